"""Compiled rules, held against the rules themselves on the cluster that a placement makes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kytos.cluster import (
    HOSTNAME,
    ZONE,
    Claim,
    Cluster,
    HostPort,
    LabelSelector,
    Node,
    Owner,
    Pod,
    PodTerm,
    Requirement,
    SpreadConstraint,
)
from kytos.problem import UNPLACED, Ints, LoadMode, Problem
from kytos.questions.parts.build_problem import build_problem
from kytos.referee.feasible import violations
from kytos.rules.compile import compile_rules
from kytos.rules.index import RuleIndex
from kytos.rules.verdicts import FEASIBLE, first_refusals, verdicts
from tests.rules.agreement import Recording, recordings
from tests.rules.random_clusters import random_cluster

seeds = st.integers(min_value=0, max_value=2**32 - 1)


def decided(cluster: Cluster, random: np.random.Generator) -> list[Pod]:
    """Some pods to decide on; the others stay, as pinned ones would."""
    return [pod for pod in cluster.pods if not pod.terminating and random.random() < 0.7]


def blamed(problem: Problem, placement: Ints) -> bool:
    """Whether the problem's rules find a moved pod where it may not be."""
    moved = set(np.flatnonzero((placement >= 0) & (placement != problem.current)).tolist())
    return any(moved & set(found.pods) for found in violations(problem, placement))


def refused(cluster: Cluster, problem: Problem, placement: Ints) -> list[str]:
    """What the scheduler would say of each moved pod, all others where the placement has them."""
    nodes = {
        pod: None if node == UNPLACED else problem.nodes[node]
        for pod, node in zip(problem.pods, placement, strict=True)
    }
    after = cluster.with_placement(nodes)
    index = RuleIndex(after)
    found = [
        verdicts(index, after.pod_index[problem.pods[pod]])[placement[pod]]
        for pod in np.flatnonzero((placement >= 0) & (placement != problem.current))
    ]
    return [str(verdict) for verdict in found if verdict is not None] + torn(cluster, after)


def torn(cluster: Cluster, after: Cluster) -> list[str]:
    """Claims one node at a time can attach, whose pods were on one at most and end on several."""
    return [
        f"{claim.namespace}/{claim.name} on several nodes"
        for claim in cluster.claims
        if claim.access_modes == ("ReadWriteOnce",)
        and len(users(cluster, claim)) <= 1 < len(users(after, claim))
    ]


def users(cluster: Cluster, claim: Claim) -> set[str]:
    """Nodes on which pods run with a claim."""
    return {
        pod.node
        for pod in cluster.pods
        if pod.node is not None and pod.namespace == claim.namespace and claim.name in pod.claims
    }


@settings(max_examples=60, deadline=None)
@given(seed=seeds)
def test_every_single_move_is_judged_as_the_scheduler_would(seed: int) -> None:
    """For each pod and node: the problem forbids the move exactly when a rule does."""
    cluster = random_cluster(seed)
    decide = decided(cluster, np.random.default_rng(seed))
    problem = build_problem(cluster, decide, mode=LoadMode.SPREAD)
    index = RuleIndex(cluster)
    for row, pod in enumerate(decide):
        said = verdicts(index, cluster.pod_index[pod.id])
        for node in range(len(cluster.nodes)):
            if node == problem.current[row]:
                continue
            placement = problem.current.copy()
            placement[row] = node
            assert blamed(problem, placement) == (said[node] is not None), str(said[node])


@settings(max_examples=150, deadline=None)
@given(seed=seeds)
def test_several_moves_at_once_are_judged_in_the_final_state(seed: int) -> None:
    """A placement is blamed exactly when some moved pod would be refused where it ended."""
    cluster = random_cluster(seed)
    random = np.random.default_rng(seed)
    decide = decided(cluster, random)
    problem = build_problem(cluster, decide, mode=LoadMode.SPREAD)
    placement = problem.current.copy()
    for row in random.permutation(len(decide))[: int(random.integers(2, 5))]:
        possible = np.flatnonzero(problem.allowed[row])
        if len(possible):
            placement[row] = random.choice(possible)
    found = refused(cluster, problem, placement)
    assert blamed(problem, placement) == bool(found), found


@settings(max_examples=40, deadline=None)
@given(seed=seeds)
def test_only_pairs_the_rules_refuse_are_masked(seed: int) -> None:
    """With every other pod taken away, a masked pair is refused still, or by one that stays.

    Or a pod that stays holds a claim of it elsewhere, that one node at a time can attach.
    """
    cluster = random_cluster(seed)
    decide = decided(cluster, np.random.default_rng(seed))
    compiled = compile_rules(cluster, decide)
    gone = {pod.id: None for pod in decide}
    staying = cluster.with_placement(gone)
    index = RuleIndex(staying)
    for row, pod in enumerate(decide):
        said = verdicts(index, cluster.pod_index[pod.id])
        for node, allowed in enumerate(compiled.allowed[row]):
            home = pod.node == cluster.nodes[node].name
            there = staying.with_placement({pod.id: cluster.nodes[node].name})
            assert allowed or said[node] is not None or torn(cluster, there)
            assert allowed or not home


@pytest.mark.parametrize("recorded", recordings(), ids=lambda recorded: recorded.name)
def test_single_moves_on_recorded_clusters(recorded: Recording) -> None:
    """Real manifests, overcommitted and cordoned nodes among them: the same for a few pods each."""
    cluster = recorded.cluster
    decide = [
        pod
        for pod in cluster.pods
        if pod.waiting or (pod.holds_capacity and pod.keeps_node and not pod.terminating)
    ]
    problem = build_problem(cluster, decide, mode=LoadMode.SPREAD)
    rows = np.random.default_rng(0).permutation(len(decide))[:6]
    positions = [cluster.pod_index[decide[row].id] for row in rows]
    for row, said in zip(rows, first_refusals(RuleIndex(cluster), positions), strict=True):
        for node in np.flatnonzero(np.arange(len(said)) != problem.current[row]):
            placement = problem.current.copy()
            placement[row] = node
            assert blamed(problem, placement) == (said[node] != FEASIBLE)


def selects(app: str) -> LabelSelector:
    return LabelSelector(requirements=(Requirement(key="app", operator="In", values=(app,)),))


def replica(number: int, node: str | None, **fields: object) -> Pod:
    name = f"web-{number}"
    return Pod(
        id=f"default/{name}",
        name=name,
        labels={"app": "web"},
        node=node,
        owner=Owner(kind="Deployment", name="web"),
        **fields,
    )


@pytest.fixture
def three_nodes() -> tuple[Node, ...]:
    return tuple(
        Node(name=name, allocatable={"cpu": 9, "pods": 9}, labels={HOSTNAME: name})
        for name in ("one", "two", "three")
    )


def test_equal_terms_share_one_tally(three_nodes: tuple[Node, ...]) -> None:
    """Two hundred replicas with one anti-affinity term make one tally, not two hundred."""
    apart = (PodTerm(topology_key=HOSTNAME, selector=selects("web")),)
    pods = tuple(replica(number, "one", anti_affinity=apart) for number in range(200))
    compiled = compile_rules(Cluster(nodes=three_nodes, pods=pods), pods)
    assert len(compiled.tallies) == 1
    assert [(found.carriers, found.targets) for found in compiled.exclusions] == [(0, 0)]


def test_a_port_of_a_pinned_pod_is_masked(three_nodes: tuple[Node, ...]) -> None:
    """What a pod that stays holds for good is settled in the mask and needs no exclusion."""
    port = (HostPort(port=80),)
    pinned, free = replica(0, "one", host_ports=port), replica(1, "two", host_ports=port)
    compiled = compile_rules(Cluster(nodes=three_nodes, pods=(pinned, free)), [free])
    assert compiled.allowed.tolist() == [[False, True, True]]
    assert compiled.exclusions == ()


def test_a_pod_larger_than_a_node_is_masked_there(three_nodes: tuple[Node, ...]) -> None:
    """It could not run there if the node were empty; where it runs now it may stay."""
    pod = replica(0, "one", requests={"cpu": 10})
    compiled = compile_rules(Cluster(nodes=three_nodes, pods=(pod,)), [pod])
    assert compiled.allowed.tolist() == [[True, False, False]]


def test_an_unknown_pod_is_refused_by_name(three_nodes: tuple[Node, ...]) -> None:
    """The message names the pod and what to do."""
    with pytest.raises(ValueError, match=r"default/web-7.*add it to the"):
        compile_rules(Cluster(nodes=three_nodes), [replica(7, None)])


def test_company_under_another_key_is_somewhere() -> None:
    """The first-pod exception looks under all keys of the terms at once.

    The only match runs on a node with a rack and no zone, so the newcomer, which must be beside a
    match in zone and rack, is not the first of its kind: no node is free to it.
    """
    terms = tuple(PodTerm(topology_key=key, selector=selects("web")) for key in (ZONE, "rack"))
    nodes = (
        Node(name="zoned", allocatable={"pods": 9}, labels={ZONE: "a", "rack": "r"}),
        Node(name="racked", allocatable={"pods": 9}, labels={"rack": "s"}),
    )
    pods = (replica(0, None, affinity=terms), replica(1, "racked"))
    cluster = Cluster(nodes=nodes, pods=pods)
    problem = build_problem(cluster, pods, mode=LoadMode.SPREAD)
    assert blamed(problem, np.array([0, 1]))
    assert refused(cluster, problem, np.array([0, 1]))
    apart = build_problem(cluster.with_placement({pods[1].id: None}), pods, mode=LoadMode.SPREAD)
    assert not blamed(apart, np.array([0, UNPLACED]))


def test_fewer_domains_than_asked_for_take_the_least_as_zero(
    three_nodes: tuple[Node, ...],
) -> None:
    """One replica on each of three nodes is level, but with four domains asked for it is not."""
    for asked, breaks in ((3, False), (4, True)):
        even = SpreadConstraint(topology_key=HOSTNAME, selector=selects("web"), min_domains=asked)
        pods = (
            *(replica(number, name) for number, name in enumerate(("one", "two", "three"))),
            replica(3, None, spread=(even,)),
        )
        problem = build_problem(Cluster(nodes=three_nodes, pods=pods), pods, mode=LoadMode.SPREAD)
        assert blamed(problem, np.array([0, 1, 2, 0])) is breaks
