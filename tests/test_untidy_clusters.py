"""From untidy manifests to answers: an error in words or an answer, never a traceback."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kytos.calls.scenario import digest_of
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.weights import Weights
from kytos.errors import SourceError
from kytos.problem import LoadMode
from kytos.questions.rebalance import RebalanceRequest, rebalance
from kytos.report.usage import summarise
from kytos.rules.eviction import movability
from kytos.rules.why_not import as_json, why_not
from kytos.sources.manifests import read_cluster
from tests.sources.conftest import read_xz
from tests.sources.test_fuzz import JUNK, paths_of

QUICK = SolverParams(num_reads=1, num_sweeps=5, refine_proposals=2_000, max_variables=40)
OWNER = {
    "apiVersion": "apps/v1",
    "kind": "StatefulSet",
    "name": "s",
    "uid": "u",
    "controller": True,
}
PODS = 12


@pytest.fixture(scope="module")
def running_objects() -> list[dict[str, Any]]:
    """Three recorded nodes, volumes and budgets, and pods of every feature that run on them."""
    recorded = json.loads(read_xz("oracle/cluster-8.json.xz"))
    items = recorded["cluster"]["items"]
    nodes = [item for item in items if item["kind"] == "Node"][:3]
    others = [item for item in items if item["kind"] not in ("Node", "Pod")]
    names = [node["metadata"]["name"] for node in nodes]
    pods = [deepcopy(candidate["pod"]) for candidate in recorded["candidates"]]
    for position, pod in enumerate(pods):
        pod["metadata"]["ownerReferences"] = [OWNER]
        pod["spec"]["nodeName"] = names[position % len(names)]
        pod["status"]["phase"] = "Running"
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "b", "namespace": pods[0]["metadata"]["namespace"]},
        "spec": {"selector": {"matchLabels": {"app": "cand"}}},
        "status": {"disruptionsAllowed": 2},
    }
    return [*nodes, budget, *others, *pods]


def mutated(objects: list[dict[str, Any]], data: st.DataObject) -> list[dict[str, Any]]:
    """Some of the objects, one to three of whose values are junk or gone."""
    fixed = [item for item in objects if item["kind"] != "Pod"]
    pods = [item for item in objects if item["kind"] == "Pod"]
    start = data.draw(st.integers(0, len(pods) - PODS), label="first pod")
    chosen = [*fixed, *pods[start : start + PODS]]
    for _ in range(data.draw(st.integers(1, 3), label="changes")):
        place = data.draw(st.integers(0, len(chosen) - 1), label="object")
        chosen[place] = deepcopy(chosen[place])
        path = data.draw(st.sampled_from(paths_of(chosen[place])), label="path")
        target: Any = chosen[place]
        for key in path[:-1]:
            target = target[key]
        if isinstance(target, dict) and data.draw(st.booleans(), label="leave out"):
            del target[path[-1]]
        else:
            target[path[-1]] = data.draw(JUNK, label="junk")
    return chosen


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_mutated_manifests_end_to_end(
    running_objects: list[dict[str, Any]], data: st.DataObject
) -> None:
    """What can be read can be summed up, explained, rebalanced and written down."""
    items = mutated(running_objects, data)
    solver = data.draw(st.sampled_from([SolverName.FIRST_FIT_DECREASING, SolverName.OPENJIJ_SA]))
    mode = data.draw(st.sampled_from(LoadMode))
    try:
        cluster = read_cluster([("f.json", json.dumps({"kind": "List", "items": items}))])
    except SourceError:
        return
    summarise(cluster)
    digest_of(cluster)
    assert set(movability(cluster)) == set(cluster.pod_index)
    nodes = [node.name for node in cluster.nodes]
    answers = as_json(why_not(cluster, list(cluster.pod_index)), nodes)
    json.dumps(answers).encode()
    outcome = rebalance(
        cluster, RebalanceRequest(mode=mode), weights=Weights(), solver=solver, params=QUICK
    )
    outcome.model_dump_json(by_alias=True)
    assert outcome.energy.after.total <= outcome.energy.before.total + 1e-9
