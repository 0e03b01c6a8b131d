"""``kytos fleet``: the user's prices, and what is bought written as YAML."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.cli.test_commands import kytos

QUICK = ["--solver", "first-fit-decreasing", "--time-limit", "5"]
PODS = {"nodes": [], "pods": [{"id": "p", "cpu_request": 900, "mem_request": 512}]}
TYPE = {"name": "m", "cpu_capacity": 2000, "mem_capacity": 4000, "price_per_hour": 0.1}


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    """A pod that waits, and no node."""
    path = tmp_path / "pods.json"
    path.write_text(json.dumps(PODS))
    return path


def test_what_is_bought_is_written_as_yaml(cluster: Path, tmp_path: Path) -> None:
    """NodePools and node groups name the type bought; where none is, the file says so."""
    types, pools, groups = (tmp_path / name for name in ("t.json", "p.yaml", "g.yaml"))
    types.write_text(json.dumps([TYPE]))
    given = ["--types", types, "--node-pools", pools, "--managed-groups", groups]
    assert kytos("fleet", cluster, *QUICK, *given).exit_code == 0
    pool = yaml.safe_load(pools.read_text())
    assert pool["kind"] == "NodePool"
    assert pool["spec"]["template"]["spec"]["requirements"][0]["values"] == ["m"]
    assert yaml.safe_load(groups.read_text())["managedNodeGroups"][0]["desiredCapacity"] == 1
    types.write_text(json.dumps([TYPE | {"cpu_capacity": 100}]))
    kytos("fleet", cluster, *QUICK, *given)
    assert yaml.safe_load(pools.read_text()) is None


def test_files_of_what_is_bought_are_refused_before_the_work(cluster: Path, tmp_path: Path) -> None:
    """A folder that is not there, and a question asked again and again."""
    done = kytos("fleet", cluster, "--node-pools", tmp_path / "none" / "p.yaml")
    assert done.exit_code == 2
    assert "no folder" in done.output
    done = kytos("fleet", cluster, "--node-pools", tmp_path / "p.yaml", "--every", "1h")
    assert done.exit_code == 2
    assert "--every" in done.output


def test_prices_of_ones_own_are_what_is_bought_at(cluster: Path, tmp_path: Path) -> None:
    """The file prices the catalogue, too, not today's nodes alone."""
    prices, answer = tmp_path / "prices.csv", tmp_path / "answer.json"
    row = "instance_type,capacity_type,price_per_hour\nm5.large,spot,0.0001\n"
    prices.write_text(row)
    given = ["--prices", prices, "--spot-share", "1", "-o", answer]
    assert kytos("fleet", cluster, *QUICK, *given).exit_code == 0
    (one,) = json.loads(answer.read_text())["buy"]
    assert (one["type"], one["capacity_type"], one["price_per_hour"]) == ("m5.large", "spot", 1e-4)
