"""The cluster compiled once says of every failure what compiling it anew would."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.rules import made_up_cluster
from kytos.cluster import Cluster, Owner, Phase
from kytos.problem import Ints, Problem
from kytos.questions.recovery.compiled_cluster import CompiledCluster
from kytos.questions.recovery.failure import fail
from kytos.questions.recovery.recovery import RecoveryRequest, recovery_problem
from kytos.referee.feasible import feasible


@pytest.fixture(scope="module")
def every_rule() -> Cluster:
    """Twelve nodes in six zones and 150 pods in which every rule has something to say.

    Some pods belong to their node, some wait, some lost theirs; there are four priorities.
    """
    cluster = made_up_cluster(nodes=12, pods=150, seed=3)
    changes = {
        5: {"owner": None},
        6: {"owner": Owner(kind="DaemonSet", name="agent")},
        7: {"phase": Phase.SUCCEEDED},
        8: {"terminating": True},
    }
    pods = tuple(
        pod.model_copy(
            update={
                "priority": (0, 10, 100, 1000)[position % 4],
                "ready": position % 5 > 0,
                "requests": {name: amount // 2 for name, amount in pod.requests.items()},
                **({"phase": Phase.PENDING} if pod.node is None and position % 2 else {}),
                **changes.get(position % 40, {}),
            }
        )
        for position, pod in enumerate(cluster.pods)
    )
    return cluster.replace(pods=pods)


def compiled_anew(cluster: Cluster, failed: list[str], max_utilization: float) -> Problem:
    """The problem of a failure by the long way round."""
    request = RecoveryRequest(max_utilization=max_utilization, allow_preemption=False)
    return recovery_problem(fail(cluster, failed), request)


def down_together(problem: Problem) -> set[frozenset[str]]:
    """Of each service that is down, the pods that would bring it back."""
    services = np.unique(problem.lifeline[problem.lifeline >= 0])
    pods = np.array(problem.pods)
    return {frozenset(pods[problem.lifeline == service].tolist()) for service in services}


def candidates(problem: Problem, random: np.random.Generator) -> list[Ints]:
    """Placements that are feasible often enough: a few pods each on a node they may go to."""
    found = []
    for _ in range(60):
        placement = np.full(len(problem.pods), -1)
        for pod in random.permutation(len(problem.pods))[: random.integers(1, 9)]:
            nodes = np.flatnonzero(problem.allowed[pod])
            if len(nodes):
                placement[pod] = random.choice(nodes)
        found.append(placement)
    return found


@pytest.mark.parametrize("max_utilization", [1.0, 0.6])
def test_what_is_cut_out_is_what_would_be_built(
    every_rule: Cluster, max_utilization: float
) -> None:
    """For every node and zone: the same pods, rooms and classes, and the same verdicts.

    Pairs may be forbidden by either way through `allowed` or through a rule; so what is compared
    are verdicts over placements, drawn from what both allow and from what either does.
    """
    random = np.random.default_rng(0)
    compiled = CompiledCluster(every_rule, max_utilization)
    zones = sorted({node.zone or "" for node in every_rule.nodes})
    failures = [[node.name] for node in every_rule.nodes]
    failures += [[n.name for n in every_rule.nodes if n.zone == zone] for zone in zones]
    verdicts = set()
    for failed in failures:
        anew = compiled_anew(every_rule, failed, max_utilization)
        cut = compiled.cut([every_rule.node_index[name] for name in failed])
        found = cut.problem
        assert (found.pods, found.nodes) == (anew.pods, anew.nodes)
        assert found.resources == anew.resources
        for name in ("capacity", "fixed", "request", "priority", "desire", "load_fixed"):
            np.testing.assert_array_equal(getattr(found, name), getattr(anew, name), err_msg=name)
        assert down_together(found) == down_together(anew)
        np.testing.assert_array_equal(found.allowed.any(axis=1), anew.allowed.any(axis=1))
        for problem in (found, anew):
            for placement in candidates(problem, random):
                expected = feasible(anew, placement)
                assert feasible(found, placement) == expected, (failed, placement)
                verdicts.add(expected)
        bare = [why for why in fail(every_rule, failed).left_behind.values() if "controller" in why]
        assert cut.not_recreated == len(bare)
    assert verdicts == {True, False}


def test_a_zone_that_is_gone_is_no_domain_any_more(every_rule: Cluster) -> None:
    """Spread is judged over the zones that are left, not against an empty one that failed."""
    compiled = CompiledCluster(every_rule)
    zone = every_rule.nodes[0].zone
    gone = [at for at, node in enumerate(every_rule.nodes) if node.zone == zone]
    skews = compiled.cut(gone).problem.skews
    assert skews
    assert all(skew.eligible.sum() == 5 for skew in skews if len(skew.eligible) == 6)
