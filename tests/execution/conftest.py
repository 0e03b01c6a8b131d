"""A stand-in control plane on loopback, and a kubeconfig that leads to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.execution.harness import shop_cluster
from tests.stand_in.cluster import StandIn
from tests.stand_in.server import ADMIN, Api, served

DEPLOY = Path(__file__).parents[2] / "deploy"


@dataclass(frozen=True)
class Live:
    """The stand-in, and the address it is served at."""

    cluster: StandIn
    api: Api
    url: str


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """The shop behind HTTP; contexts admin, reader, drain, steer and scale, each with its role."""
    cluster = shop_cluster()
    api = Api(cluster)
    for path in DEPLOY.glob("**/*.yaml"):
        for one in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if isinstance(one, dict) and one.get("kind") in ("ClusterRole", "Role"):
                token = one["metadata"]["name"].removeprefix("kytos-")
                api.roles.setdefault(token, []).extend(one["rules"])
    for token in ("drain", "steer", "scale"):  # each is given beside the reader's role
        api.roles[token] = [*api.roles.get(token, []), *api.roles["reader"]]
    api.roles["steer"] = [*api.roles["steer"], *api.roles["drain"]]
    names = ("admin", *api.roles)
    with served(api) as url:
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "shop", "cluster": {"server": url}}],
            "users": [
                {"name": name, "user": {"token": ADMIN if name == "admin" else name}}
                for name in names
            ],
            "contexts": [
                {"name": name, "context": {"cluster": "shop", "user": name}} for name in names
            ],
            "current-context": "admin",
        }
        path = tmp_path / "kubeconfig"
        path.write_text(yaml.safe_dump(config))
        monkeypatch.setenv("KUBECONFIG", str(path))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield Live(cluster, api, url)
