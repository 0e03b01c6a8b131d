"""Whatever is thrown at the readers, the answer is a Cluster or a SourceError."""

from __future__ import annotations

import json
from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kytos.cluster import Cluster
from kytos.errors import SourceError
from kytos.rules.compile import compile_rules
from kytos.rules.eviction import movability
from kytos.rules.why_not import why_not
from kytos.sources.manifests import cluster_from_objects, read_cluster
from tests.sources.conftest import read_xz

JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "x", "1Gi", "-5m", "NaN", "Always", "<b>", "\ud800", "9" * 30, "1e999"])
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)  # fmt: skip

NAMES = ["kind", "metadata", "name", "spec", "items", "nodes", "pods", "id", "containers", "status"]
SHAPED = st.recursive(
    JUNK | st.sampled_from(["Pod", "Node", "List", "PodList"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
    ),
    max_leaves=15,
)  # fmt: skip


@pytest.fixture(scope="module")
def varied_objects() -> list[dict[str, Any]]:
    """One cluster's node, volumes and claims, and its candidates: pods with every feature."""
    recorded = json.loads(read_xz("oracle/cluster-8.json.xz"))
    items = recorded["cluster"]["items"]
    kinds = {item["kind"]: item for item in items}
    return [*kinds.values(), *(candidate["pod"] for candidate in recorded["candidates"])]


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place inside a document."""
    found = [path] if path else []
    if isinstance(value, dict):
        for key, inner in value.items():
            if key != "managedFields":
                found += paths_of(inner, (*path, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            found += paths_of(inner, (*path, position))
    return found


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_mutated_manifests(varied_objects: list[dict[str, Any]], data: st.DataObject) -> None:
    """Junk at a random place of a real manifest never raises anything but SourceError.

    What is read all the same, every rule can judge.
    """
    victim = deepcopy(data.draw(st.sampled_from(varied_objects), label="object"))
    path = data.draw(st.sampled_from(paths_of(victim)), label="path")
    target: Any = victim
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = data.draw(JUNK, label="junk")
    node = next(item for item in varied_objects if item["kind"] == "Node")
    others = [node] if victim.get("kind") != "Node" else []
    with suppress(SourceError):
        cluster = cluster_from_objects([*others, victim])
        assert len(why_not(cluster, list(cluster.pod_index))) == len(movability(cluster))
        compile_rules(cluster, cluster.pods)


@settings(max_examples=300, deadline=None)
@given(SHAPED)
def test_random_documents(value: Any) -> None:
    """Random JSON with the right field names never raises anything but SourceError."""
    with suppress(SourceError):
        assert isinstance(read_cluster([("f.json", json.dumps(value))]), Cluster)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_mutated_bodies(data: st.DataObject) -> None:
    """Junk in any field of a request body never raises anything but SourceError."""
    body: Any = {
        "nodes": [
            {"id": "n", "cpu_capacity": 4000, "mem_capacity": 16, "labels": {}, "zone": "a",
             "taints": [{"key": "k"}], "resources": {"gpu": 1}, "current_load": {"cpu": 1}}
        ],
        "pods": [
            {"id": "p", "cpu_request": 1, "mem_request": 1, "current_node": "n", "priority": 1,
             "tolerations": [{"key": "k"}], "resources": {"gpu": 1}, "move_cost": 1}
        ],
    }  # fmt: skip
    path = data.draw(st.sampled_from(paths_of(body)))
    target = body
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = data.draw(JUNK)
    with suppress(SourceError):
        assert isinstance(read_cluster([("f.json", json.dumps(body))]), Cluster)
