"""Plans that survive failures, checked by fitting pods in without any of the code under test."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from ortools.sat.python import cp_model

from kytos.cluster import Cluster
from kytos.contract.params import SolverParams
from kytos.contract.watch import Watch
from kytos.errors import RequestRefused
from kytos.questions import survival
from kytos.questions.rebalance import (
    RebalanceOutcome,
    RebalanceRequest,
    rebalance,
    rebalance_problem,
)
from kytos.questions.survival import pools_of, promise
from kytos.sources.body import ClusterBody, cluster_from_body
from tests.questions.small import QUICK, cluster, node, pod

LIGHT = SolverParams(
    num_reads=1, num_sweeps=20, refine_proposals=2_000, max_variables=60, proof_work=0.5
)
MANY = 40


def random_body(seed: int) -> dict[str, Any]:
    """Three to six nodes in up to three zones, up to 16 pods, some of them unable to move."""
    rng = random.Random(seed)
    zones = [f"z{at}" for at in range(rng.randint(1, 3))]
    nodes = [
        {
            "id": f"n{at}",
            "cpu_capacity": rng.choice([1000, 1000, 2000]),
            "mem_capacity": rng.choice([1000, 2000]),
            "price_per_hour": rng.choice([0.1, 0.2]),
            "zone": rng.choice(zones),
            "labels": {"disk": rng.choice(["ssd", "hdd"])},
        }
        for at in range(rng.randint(3, 6))
    ]
    pods = []
    free = {each["id"]: [each["cpu_capacity"], each["mem_capacity"]] for each in nodes}
    for at in range(rng.randint(4, 16)):
        size = [rng.randint(1, 5) * 100, rng.randint(0, 4) * 100]
        fits = [
            each["id"]
            for each in nodes
            if all(have >= need for have, need in zip(free[each["id"]], size, strict=True))
        ]
        if not fits:
            continue
        home = rng.choice(fits)
        free[home] = [have - need for have, need in zip(free[home], size, strict=True)]
        disk = next(each["labels"]["disk"] for each in nodes if each["id"] == home)  # type: ignore[index]
        pods.append(
            {
                "id": f"p{at}",
                "cpu_request": size[0],
                "mem_request": size[1],
                "current_node": home,
                "service": f"s{at % 4}",
                "movable": rng.random() > 0.15,
                "node_selector": {"disk": disk} if rng.random() < 0.2 else {},
            }
        )
    return {"nodes": nodes, "pods": pods}


def fatal(body: dict[str, Any], where: dict[str, Any], hosts: set[str], kind: str) -> set[str]:
    """Failures that leave a pod without a node: CP-SAT places the evicted ones, each alone."""
    groups: dict[str, set[str]] = {}
    for each in body["nodes"]:
        if each["id"] in hosts:
            groups.setdefault(each["id"] if kind == "node" else each["zone"], set()).add(each["id"])
    return {name for name, gone in groups.items() if not _fit(body, where, hosts - gone, gone)}


def _fit(body: dict[str, Any], where: dict[str, Any], left: set[str], gone: set[str]) -> bool:
    model = cp_model.CpModel()
    evicted = [each for each in body["pods"] if where[each["id"]] in gone]
    labels = {each["id"]: each["labels"] for each in body["nodes"]}
    goes = {
        (each["id"], name): model.new_bool_var("")
        for each in evicted
        for name in left
        if each["node_selector"].items() <= labels[name].items()
    }
    for each in evicted:
        model.add_exactly_one(goes[key] for key in goes if key[0] == each["id"])
    for room in body["nodes"]:
        for need, has in (("cpu_request", "cpu_capacity"), ("mem_request", "mem_capacity")):
            held = sum(each[need] for each in body["pods"] if where[each["id"]] == room["id"])
            came = [
                each[need] * goes[each["id"], room["id"]]
                for each in evicted
                if (each["id"], room["id"]) in goes
            ]
            if room["id"] in left and came:
                model.add(sum(came) + held <= room[has])
    return cp_model.CpSolver().solve(model) in (cp_model.OPTIMAL, cp_model.FEASIBLE)


def broken_promises(seed: int) -> Iterator[str]:
    """What an answer promised and does not keep."""
    body = random_body(seed)
    rng = random.Random(-seed)
    kinds = rng.choice([("node",), ("zone",), ("node", "zone")])
    limit = rng.choice([1.0, 0.9, 0.8])
    given = cluster_from_body(ClusterBody.model_validate(body))
    request = RebalanceRequest(
        survive=kinds, max_utilization=limit, mode=rng.choice(["consolidate", "spread"])
    )
    outcome = rebalance(given, request, params=LIGHT)
    today = {each["id"]: each["current_node"] for each in body["pods"]}
    names = {each["id"] for each in body["nodes"]}
    for kind in kinds:
        before = fatal(body, today, names, kind)
        after = fatal(body, outcome.placement, names - set(outcome.freed_nodes), kind)
        if after - before:
            yield f"{seed}: {kind} {after - before}"
        told = getattr(outcome.risk, kind)
        if set(told.fatal) != after or told.unknown:
            yield f"{seed}: told {told}, is {after}"
    for each in body["nodes"]:
        for need, has in (("cpu_request", "cpu_capacity"), ("mem_request", "mem_capacity")):
            held, had = (
                sum(one[need] for one in body["pods"] if at[one["id"]] == each["id"])
                for at in (outcome.placement, today)
            )
            if held > max(limit * each[has], had):
                yield f"{seed}: {each['id']} filled to {held} of {each[has]}"
    if outcome.energy.after.total > outcome.energy.before.total + 1e-9:
        yield f"{seed}: worse than doing nothing"


@pytest.mark.parametrize("seed", range(MANY))
def test_no_plan_breaks_what_it_promises(seed: int) -> None:
    """Every node and zone of the plan fails in turn; headroom is kept; risk says the same."""
    assert list(broken_promises(seed)) == []


@pytest.fixture
def four_quarters() -> Cluster:
    """Four nodes at 45%: two hold everything, three survive one of them."""
    names = "abcd"
    nodes = [
        node(name, zone=f"z{at % 2}", price_per_hour=0.1, labels={"pool": "web"})
        for at, name in enumerate(names)
    ]
    pods = [pod(f"{name}-{at}", name, 150, 100) for name in names for at in range(3)]
    return cluster(nodes, pods)


def answer(given: Cluster, **asked: Any) -> RebalanceOutcome:
    return rebalance(given, RebalanceRequest.model_validate(asked), params=QUICK)


def test_surviving_a_node_costs_the_node_it_takes(four_quarters: Cluster) -> None:
    """Two nodes suffice without the promise, three with it; the sentence says so."""
    assert answer(four_quarters).metrics.after.nodes_in_use == 2
    outcome = answer(four_quarters, survive=["node"])
    assert outcome.metrics.after.nodes_in_use == 3
    assert outcome.survival_price is not None
    assert outcome.survival_price.nodes == 1
    assert outcome.survival_price.sentence == "Surviving any node costs 1 node, $0.10/h."
    assert outcome.risk is not None
    assert outcome.risk.node.survivable == outcome.risk.node.of == 3


def test_surviving_a_zone_needs_the_other_to_hold_everything(four_quarters: Cluster) -> None:
    """Each zone must hold all of it: nothing can be freed."""
    outcome = answer(four_quarters, survive=["zone"])
    assert outcome.freed_nodes == ()


def test_what_is_fatal_today_holds_nothing_back() -> None:
    """Two nodes at 80% and two at 10%: no node's failure that is survived today becomes fatal."""
    pods = [pod(f"{name}-0", name, 800, 100) for name in "ab"]
    pods += [pod(f"{name}-0", name, 100, 100) for name in "cde"]
    outcome = answer(cluster([node(name) for name in "abcde"], pods), survive=["node"])
    assert outcome.risk is not None
    assert outcome.metrics.after.nodes_in_use < 5
    assert set(outcome.risk.node.fatal) <= {"a", "b"}


def test_a_pool_keeps_its_least_size(four_quarters: Cluster) -> None:
    """Two would do; three are asked for, and a pool that is not there is refused by name."""
    outcome = answer(four_quarters, least_nodes={"pool=web": 3})
    assert outcome.metrics.after.nodes_in_use == 3
    assert answer(four_quarters, least_nodes={"pool=web": 9}).freed_nodes == ()
    with pytest.raises(RequestRefused, match=r"least_nodes\.pool=db"):
        answer(four_quarters, least_nodes={"pool=db": 1})


def test_plans_that_survive_keep_pools_too(four_quarters: Cluster) -> None:
    """Whatever plan is tried for a failure's sake is held to the least size of every pool."""
    request = RebalanceRequest(survive=("node",), least_nodes={"pool=web": 4})
    problem = rebalance_problem(four_quarters, request, ())
    pools = pools_of(four_quarters, problem, request.least_nodes)
    held, _ = promise(four_quarters, problem, ("node",), Watch(), pools)
    emptied = np.where(problem.current == 3, 2, problem.current)
    assert not held.broken(emptied)
    assert held.keeps(problem.current)
    assert not held.keeps(emptied)


def test_what_was_not_settled_in_time_is_not_promised(
    four_quarters: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No time to look at today's failures: the answer names them rather than promise them."""
    monkeypatch.setattr(survival, "CHECK_S", 0.0)
    price = answer(four_quarters, survive=["node"]).survival_price
    assert price is not None
    assert price.not_promised == tuple(f"node {name}" for name in "abcd")
    assert price.sentence.endswith(
        "Not settled in time, so not promised: node a, node b, node c, node d."
    )


def test_a_price_by_plans_that_are_not_proven_says_so(four_quarters: Cluster) -> None:
    """Without the exact solver's proof other plans may cost less; with it, none does."""
    price = answer(four_quarters, survive=["node"]).survival_price
    assert price is not None
    assert price.proven
    light = QUICK.model_copy(update={"proof_work": 1e-9})
    outcome = rebalance(four_quarters, RebalanceRequest(survive=("node",)), params=light)
    price = outcome.survival_price
    assert price is not None
    assert price.nodes == 1
    assert not price.proven
    assert price.sentence == (
        "Surviving any node costs 1 node, $0.10/h. That is by the best plans found; it is not "
        "proven that no other costs less."
    )


def test_pods_that_nothing_starts_again_need_no_refuge() -> None:
    """A bare pod that may move is gone with its node: the exact model asks for no place for it."""
    nodes = [node(name, price_per_hour=0.1) for name in "ab"]
    pods = [pod("a-0", "a", 400, 100, owner=None), pod("b-0", "b", 400, 100, owner=None)]
    outcome = answer(cluster(nodes, pods), survive=["node"], may_move=["a-0", "b-0"])
    assert outcome.metrics.after.nodes_in_use == 1
