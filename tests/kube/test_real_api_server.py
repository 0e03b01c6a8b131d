"""A live cluster, read from an etcd and a kube-apiserver started here."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from kubernetes.client import ApiClient, Configuration
from kubernetes.utils import create_from_dict

from kytos.kube.connection import LiveError, contexts
from kytos.kube.live import Limits, read_snapshot
from kytos.sources.listings import LISTINGS
from kytos.sources.manifests import read_cluster
from kytos.sources.snapshot import cluster_of, snapshot_bytes

ASSETS = os.environ.get("KUBEBUILDER_ASSETS", "")
ROLE = Path(__file__).parents[2] / "deploy" / "cronjob" / "role.yaml"
START_S = 60
USERS = {"admin": "system:masters", "reader": "readers", "stranger": "nobody"}

pytestmark = [
    pytest.mark.live,
    pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning"),
    pytest.mark.skipif(
        not all((Path(ASSETS) / name).is_file() for name in ("etcd", "kube-apiserver")),
        reason="KUBEBUILDER_ASSETS names no folder with etcd and kube-apiserver",
    ),
]


@dataclass(frozen=True)
class RealServer:
    """A running API server and an administrator's client for it."""

    url: str
    admin: ApiClient

    def create(self, *manifests: dict[str, Any]) -> None:
        for manifest in manifests:
            create_from_dict(self.admin, manifest)

    def patch(self, path: str, change: dict[str, Any]) -> None:
        request = self.admin.param_serialize(
            "PATCH",
            path,
            header_params={"Content-Type": "application/merge-patch+json"},
            body=change,
            auth_settings=["BearerToken"],
        )
        assert self.admin.call_api(*request).status == 200


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_until_ready(url: str, log: Path) -> None:
    deadline = time.monotonic() + START_S
    with urllib3.PoolManager(cert_reqs="CERT_NONE") as pool:
        while time.monotonic() < deadline:
            try:
                answer = pool.request("GET", f"{url}/readyz", timeout=2.0, retries=False)
                if answer.status == 200:
                    return
            except urllib3.exceptions.HTTPError:
                pass
            time.sleep(0.2)
    pytest.fail(f"{url} was not ready after {START_S} s:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """An API server with one etcd, three tokens and RBAC, gone when the module ends."""
    folder = tmp_path_factory.mktemp("apiserver")
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    (folder / "accounts.key").write_bytes(pem)
    rows = [f'{user}-token,{user},{user},"{group}"' for user, group in USERS.items()]
    (folder / "tokens.csv").write_text("\n".join(rows) + "\n")
    clients, peers, secure = free_port(), free_port(), free_port()
    etcd = [
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls=http://127.0.0.1:{clients}",
        f"--advertise-client-urls=http://127.0.0.1:{clients}",
        f"--listen-peer-urls=http://127.0.0.1:{peers}",
        "--unsafe-no-fsync",
    ]
    api = [
        f"--etcd-servers=http://127.0.0.1:{clients}",
        "--bind-address=127.0.0.1",
        f"--secure-port={secure}",
        f"--cert-dir={folder / 'certificates'}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        # There is no controller that would make each namespace its account.
        "--disable-admission-plugins=ServiceAccount",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={folder / 'accounts.key'}",
        f"--service-account-signing-key-file={folder / 'accounts.key'}",
        "--service-cluster-ip-range=10.0.0.0/24",
    ]
    url = f"https://127.0.0.1:{secure}"
    with ExitStack() as stack:
        log = stack.enter_context((folder / "log").open("w"))
        for name, arguments in (("etcd", etcd), ("kube-apiserver", api)):
            command = [str(Path(ASSETS) / name), *arguments]
            process = stack.enter_context(
                subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
            )
            stack.callback(process.kill)
        wait_until_ready(url, folder / "log")
        configuration = Configuration(host=url)
        configuration.verify_ssl = False
        configuration.api_key = {"BearerToken": "Bearer admin-token"}
        yield RealServer(url, stack.enter_context(ApiClient(configuration)))


@pytest.fixture(scope="module")
def filled(server: RealServer) -> RealServer:
    """Three nodes, a Deployment's five pods on them, a budget, and the role for readers."""
    size = {"cpu": "4", "memory": "16Gi", "pods": "110"}
    for name in ("a", "b", "c"):
        server.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
        ready = [{"type": "Ready", "status": "True"}]
        status = {"capacity": size, "allocatable": size, "conditions": ready}
        server.patch(f"/api/v1/nodes/{name}/status", {"status": status})
    labels = {"app": "web"}
    main = {"name": "main", "image": "web", "env": [{"name": "PASSWORD", "value": "5ecret"}]}
    main["resources"] = {"requests": {"cpu": "500m", "memory": "1Gi"}}
    replicas = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": "frontend",
            "namespace": "default",
            "ownerReferences": [owner("Deployment", "shop")],
        },
        "spec": {
            "replicas": 5,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [main]}},
        },
    }
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": f"web-{number}",
                "namespace": "default",
                "labels": labels,
                "ownerReferences": [owner("ReplicaSet", "frontend")],
            },
            "spec": {"containers": [main], "nodeName": "abc"[number % 3]},
        }
        for number in range(5)
    ]
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": labels}},
    }
    role, _ = yaml.safe_load_all(ROLE.read_text())
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "readers"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": role["metadata"]["name"],
        },
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "readers"}],
    }
    server.create(replicas, *pods, budget, role, binding)
    return server


def owner(kind: str, name: str) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": name, "controller": True}


@pytest.fixture(autouse=True)
def kubeconfig(filled: RealServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kubeconfig with a context for each user."""
    cluster = {"server": filled.url, "insecure-skip-tls-verify": True}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "here", "cluster": cluster}],
        "users": [{"name": user, "user": {"token": f"{user}-token"}} for user in USERS],
        "contexts": [
            {"name": user, "context": {"cluster": "here", "user": user}} for user in USERS
        ],
        "current-context": "reader",
    }
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def test_the_role_in_deploy_is_enough() -> None:
    """A user with that role and nothing else reads everything, page by page."""
    assert contexts()[0] == "reader"
    cluster = cluster_of(read_snapshot(limits=Limits(page=2)))
    assert [node.name for node in cluster.nodes] == ["a", "b", "c"]
    assert len(cluster.pods) == 5
    assert len(cluster.budgets) == 1
    assert [note for note in cluster.notes if "403" in note.message or "404" in note.message] == []


def test_owners_come_from_metadata_alone() -> None:
    """The server sends ReplicaSets without their specs, and pods still find their Deployment."""
    snapshot = read_snapshot()
    (replicas,) = (item for item in snapshot.objects if item["kind"] == "ReplicaSet")
    assert "spec" not in replicas
    assert {pod.service for pod in cluster_of(snapshot).pods} == {"default/shop"}


def test_saved_and_read_back() -> None:
    """The snapshot is a file that upload reads, without what the containers are told."""
    snapshot = read_snapshot()
    saved = snapshot_bytes(snapshot)
    assert b"5ecret" not in saved
    assert read_cluster([("c.json", saved)]).pods == cluster_of(snapshot).pods


def test_a_stranger_is_refused() -> None:
    """Without the role nothing can be said, and the server's own words say why."""
    with pytest.raises(LiveError, match=r'pods may not be listed.*User "stranger" cannot list'):
        read_snapshot("stranger")


def test_less_than_the_role_is_noted(filled: RealServer) -> None:
    """Taking one right away leaves a cluster and a note."""
    role, _ = yaml.safe_load_all(ROLE.read_text())
    path = f"/apis/rbac.authorization.k8s.io/v1/clusterroles/{role['metadata']['name']}"
    rules = [rule for rule in role["rules"] if "policy" not in rule["apiGroups"]]
    filled.patch(path, {"rules": rules})
    cost = next(one.without for one in LISTINGS if one.resource == "poddisruptionbudgets")
    try:
        deadline = time.monotonic() + START_S  # the authoriser hears of it a moment later
        while not (notes := read_snapshot().notes):
            assert time.monotonic() < deadline
    finally:
        filled.patch(path, {"rules": role["rules"]})
    assert [note.message for note in notes] == [
        f"poddisruptionbudgets may not be listed (403): {cost}"
    ]
