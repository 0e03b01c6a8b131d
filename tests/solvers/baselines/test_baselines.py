"""The classical baselines: what they must never break, and what each is known to do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from kytos.contract.params import SolverParams
from kytos.contract.solver import Placer
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.problem import UNPLACED, LoadMode, Pairing, Presence, Problem, Tally
from kytos.referee.feasible import feasible, has_left
from kytos.referee.incremental import PlacementState
from kytos.solvers.baselines.descheduler import DESCHEDULER
from kytos.solvers.baselines.first_fit import FIRST_FIT_DECREASING
from kytos.solvers.baselines.kube_scheduler import (
    KUBE_SCHEDULER,
    KubeScheduler,
    ScoringStrategy,
    by_score,
)
from tests.problems import problems, random_problem

BASELINES: tuple[Placer, ...] = (
    FIRST_FIT_DECREASING,
    KUBE_SCHEDULER,
    KubeScheduler(ScoringStrategy.MOST_ALLOCATED),
    DESCHEDULER,
)


@pytest.fixture
def six_halves() -> Problem:
    """Six pods of half a node each, one to a node, on six equal nodes."""
    return equal_nodes(nodes=6, requests=[(50, 50)] * 6, current=[0, 1, 2, 3, 4, 5])


def equal_nodes(
    nodes: int, requests: list[tuple[int, int]], current: list[int], **changes: object
) -> Problem:
    """Nodes of 100 millicores and 100 bytes, pods that may go anywhere, no services or rules."""
    pods = len(requests)
    request = np.array([(cpu, memory, 1) for cpu, memory in requests], dtype=np.int64)
    allocatable = np.tile(np.array([[100, 100, 110]], dtype=np.int64), (nodes, 1))
    problem = Problem(
        pods=tuple(f"pod-{position}" for position in range(pods)),
        nodes=tuple(f"node-{position}" for position in range(nodes)),
        resources=("cpu", "memory", "pods"),
        allocatable=allocatable,
        capacity=allocatable,
        fixed=np.zeros_like(allocatable),
        request=request,
        load_allocatable=allocatable[:, :2].astype(np.float64),
        load_fixed=np.zeros((nodes, 2)),
        load_request=request[:, :2].astype(np.float64),
        current=np.array(current, dtype=np.int64),
        allowed=np.ones((pods, nodes), dtype=np.bool_),
        must_place=np.array(current) >= 0,
        desire=np.where(np.array(current) >= 0, 0.0, 1e6),
        priority=np.zeros(pods, dtype=np.int64),
        move_cost=np.ones(pods),
        service=np.full(pods, -1),
        services=(),
        service_fixed=np.zeros((0, nodes), dtype=np.int64),
        zone=np.full(nodes, -1),
        usable=np.ones(nodes, dtype=np.bool_),
        price=np.ones(nodes),
        held_open=np.zeros(nodes, dtype=np.bool_),
        mode=LoadMode.CONSOLIDATE,
    )
    return replace(problem, **changes)  # type: ignore[arg-type]


def place(placer: Placer, problem: Problem, seed: int = 0) -> np.ndarray:
    return placer.place(problem, Weights(), SolverParams(seed=seed), Watch())


@pytest.mark.parametrize("placer", BASELINES, ids=lambda placer: placer.name)
@settings(max_examples=100, deadline=None)
@given(problem=problems(max_pods=8, max_nodes=5))
def test_no_baseline_breaks_a_rule(placer: Placer, problem: Problem) -> None:
    """Whatever the rules and however full the nodes, what comes out is feasible."""
    assert feasible(problem, place(placer, problem))


@pytest.mark.parametrize("placer", BASELINES, ids=lambda placer: placer.name)
def test_running_pods_stay_while_others_wait(placer: Placer) -> None:
    """With pods waiting for a node, the ones that run are not touched."""
    problem = equal_nodes(3, [(30, 30), (30, 30), (20, 20)], [0, 1, UNPLACED])
    placement = place(placer, problem)
    assert placement[:2].tolist() == [0, 1]
    assert placement[2] >= 0 or placer is DESCHEDULER


@pytest.mark.parametrize("placer", BASELINES, ids=lambda placer: placer.name)
def test_a_stop_leaves_everything_where_it_is(placer: Placer, six_halves: Problem) -> None:
    """A half-done rescheduling is no plan."""
    stopped = Watch(stopped=lambda: True)
    placement = placer.place(six_halves, Weights(), SolverParams(), stopped)
    assert placement.tolist() == six_halves.current.tolist()


@pytest.mark.parametrize("placer", BASELINES, ids=lambda placer: placer.name)
def test_same_seed_same_answer(placer: Placer) -> None:
    """Lots are drawn from the seed alone."""
    problem = random_problem(5, pods=30, nodes=8, rules=False, room=2.0, waiting=0.0)
    assert place(placer, problem, 3).tolist() == place(placer, problem, 3).tolist()


def test_first_fit_packs_halves_two_to_a_node(six_halves: Problem) -> None:
    """Six halves fill three nodes."""
    assert len(set(place(FIRST_FIT_DECREASING, six_halves).tolist())) == 3


def test_first_fit_fills_the_cheap_node_first(six_halves: Problem) -> None:
    """Among equal nodes the cheapest are opened."""
    problem = replace(six_halves, price=np.array([9.0, 9.0, 1.0, 1.0, 1.0, 9.0]))
    assert set(place(FIRST_FIT_DECREASING, problem).tolist()) == {2, 3, 4}


def test_first_fit_keeps_to_the_nodes_held_open(six_halves: Problem) -> None:
    """A node that is in use anyway takes pods before one that is not."""
    problem = replace(six_halves, held_open=np.array([False, False, False, False, True, True]))
    assert {4, 5} <= set(place(FIRST_FIT_DECREASING, problem).tolist())


def test_worst_fit_levels(six_halves: Problem) -> None:
    """Where load is to be even, halves crowded on three nodes are spread over six."""
    crowded = replace(
        six_halves, mode=LoadMode.SPREAD, current=np.array([0, 0, 1, 1, 2, 2], dtype=np.int64)
    )
    assert sorted(place(FIRST_FIT_DECREASING, crowded).tolist()) == [0, 1, 2, 3, 4, 5]


def test_first_fit_stays_within_the_moves_allowed(six_halves: Problem) -> None:
    """`max_moves` bounds the evictions."""
    problem = replace(six_halves, max_moves=1)
    placement = place(FIRST_FIT_DECREASING, problem)
    assert has_left(problem, placement).sum() <= 1


def test_least_allocated_spreads_and_most_allocated_packs(six_halves: Problem) -> None:
    """The two strategies of NodeResourcesFit pull opposite ways."""
    spread = place(KUBE_SCHEDULER, six_halves)
    packed = place(KubeScheduler(ScoringStrategy.MOST_ALLOCATED), six_halves)
    assert len(set(spread.tolist())) == 6
    assert len(set(packed.tolist())) == 3


def test_the_scheduler_places_higher_priorities_first() -> None:
    """With room for one, the pod of higher priority gets it whatever its place in the list."""
    problem = equal_nodes(
        1,
        [(80, 80), (80, 80)],
        [UNPLACED, UNPLACED],
        priority=np.array([0, 1000], dtype=np.int64),
    )
    assert place(KUBE_SCHEDULER, problem).tolist() == [UNPLACED, 0]


def test_balanced_allocation_decides_between_equally_full_nodes() -> None:
    """A cpu-heavy pod goes beside a memory-heavy one: node-0 (30, 70) rather than (70, 30)."""
    problem = equal_nodes(2, [(20, 0)], [UNPLACED])
    problem = replace(problem, fixed=np.array([[30, 70, 1], [70, 30, 1]], dtype=np.int64))
    state = PlacementState(problem, problem.current)
    choose = by_score(problem, ScoringStrategy.LEAST_ALLOCATED, seed=0)
    assert choose(state, 0, np.array([0, 1])) == 0


def choice_of_two(problem: Problem) -> int:
    """The node of the highest score for a pod that fits on both."""
    choose = by_score(problem, ScoringStrategy.LEAST_ALLOCATED, seed=0)
    return choose(PlacementState(problem, problem.current), 0, np.array([0, 1]))


def test_balance_is_not_scored_for_a_pod_that_asks_for_nothing() -> None:
    """Free are 50 % of node-0, unbalanced, and 45 % of node-1, balanced: the freer one wins."""
    problem = equal_nodes(2, [(0, 0)], [UNPLACED])
    big = np.array([[10_000, 2**40, 110]] * 2, dtype=np.int64)
    held = np.array([[9_000, 2**40 // 10, 1], [5_500, int(0.55 * 2**40), 1]], dtype=np.int64)
    assert choice_of_two(replace(problem, allocatable=big, capacity=big, fixed=held)) == 0


def test_a_preferred_node_is_scored_by_its_share_of_the_most() -> None:
    """Weights of 80 and 100 differ by 2 x 20 points, less than 45 of free cpu and memory do."""
    problem = equal_nodes(2, [(10, 10)], [UNPLACED], preference=np.array([[-0.8, -1.0]]))
    crowded = replace(problem, fixed=np.array([[0, 0, 0], [45, 45, 1]], dtype=np.int64))
    assert choice_of_two(crowded) == 0
    assert choice_of_two(problem) == 1


def test_soft_taints_are_scored_by_their_share_of_the_most() -> None:
    """One taint of at most two is 3 x 50 points: less than 46 of room and 2 x 67 of replicas."""
    problem = equal_nodes(
        2,
        [(10, 10)],
        [UNPLACED],
        preference=np.array([[2.0, 1.0]]),
        fixed=np.array([[0, 0, 0], [46, 46, 3]], dtype=np.int64),
        service=np.array([0], dtype=np.int64),
        services=("web",),
        service_fixed=np.array([[0, 3]], dtype=np.int64),
    )
    assert choice_of_two(problem) == 0
    freer = replace(problem, fixed=np.zeros((2, 3), dtype=np.int64))
    assert choice_of_two(freer) == 1


def test_replicas_that_avoid_their_own_kind_count_from_both_sides() -> None:
    """A pod of its own kind repels by both their terms, one of another kind by its own alone."""
    hosts = np.arange(2)
    own = Tally(hosts, np.array([True]), np.array([1, 0]))
    other = Tally(hosts, np.array([False]), np.array([0, 1]))
    problem = equal_nodes(
        2,
        [(10, 10)],
        [UNPLACED],
        fixed=np.array([[0, 0, 0], [45, 45, 1]], dtype=np.int64),
        tallies=(own, other),
        pairings=(Pairing(0, 0, 1.0), Pairing(0, 1, 1.0)),
    )
    assert choice_of_two(problem) == 1


def test_a_pod_is_drawn_to_those_that_require_it() -> None:
    """``hardPodAffinityWeight``: node-1 holds a pod that must run beside this one."""
    hosts = np.arange(2)
    requires = Tally(hosts, np.array([False]), np.array([0, 1]))
    required = Tally(hosts, np.array([True]), np.array([0, 1]))
    problem = equal_nodes(
        2,
        [(10, 10)],
        [UNPLACED],
        fixed=np.array([[0, 0, 0], [60, 60, 2]], dtype=np.int64),
        tallies=(requires, required),
        presences=(Presence(0, 1, "near", np.array([False])),),
    )
    assert choice_of_two(problem) == 1


def test_replicas_of_a_service_are_kept_apart() -> None:
    """PodTopologySpread's default constraints outweigh a slightly fuller node."""
    problem = equal_nodes(
        2,
        [(10, 10)],
        [UNPLACED],
        service=np.array([0], dtype=np.int64),
        services=("web",),
        service_fixed=np.array([[3, 0]], dtype=np.int64),
        fixed=np.array([[30, 30, 3], [40, 40, 1]], dtype=np.int64),
    )
    assert place(KUBE_SCHEDULER, problem).tolist() == [1]


def test_ties_are_drawn_by_lot(six_halves: Problem) -> None:
    """Equal nodes are taken in another order with another seed, as kube-scheduler does."""
    answers = {tuple(place(KUBE_SCHEDULER, six_halves, seed).tolist()) for seed in range(5)}
    assert len(answers) > 1


def test_high_node_utilisation_empties_idle_nodes() -> None:
    """Pods on nodes under a fifth full go to the node that is not."""
    problem = equal_nodes(3, [(60, 60), (10, 10), (10, 10)], [0, 1, 2])
    assert place(DESCHEDULER, problem).tolist() == [0, 0, 0]


def test_low_node_utilisation_relieves_the_full_node() -> None:
    """Pods leave the node above half full until it is not, for the idle one."""
    problem = equal_nodes(2, [(30, 30), (30, 30), (30, 30)], [0, 0, 0], mode=LoadMode.SPREAD)
    placement = place(DESCHEDULER, problem)
    assert (placement == 1).sum() == 2


def test_the_descheduler_leaves_well_alone() -> None:
    """Between the thresholds nothing is evicted."""
    problem = equal_nodes(2, [(40, 40), (30, 30)], [0, 1], mode=LoadMode.SPREAD)
    assert place(DESCHEDULER, problem).tolist() == [0, 1]


def test_the_descheduler_fills_no_cordoned_node() -> None:
    """The only idle node is cordoned, so nothing leaves the full one."""
    problem = equal_nodes(
        2,
        [(30, 30), (30, 30), (30, 30)],
        [0, 0, 0],
        mode=LoadMode.SPREAD,
        usable=np.array([True, False]),
    )
    assert place(DESCHEDULER, problem).tolist() == [0, 0, 0]


def test_a_node_just_at_the_threshold_is_underutilised() -> None:
    """A fifth full is not above a fifth."""
    problem = equal_nodes(2, [(60, 60), (20, 20)], [0, 1])
    assert place(DESCHEDULER, problem).tolist() == [0, 0]


def test_high_node_utilisation_ends_when_the_others_are_full() -> None:
    """Node-0 has room for 20: after 15 of node-1 and 8 of node-2 the 10 there stay, in no lot."""
    problem = equal_nodes(
        3,
        [(80, 80), (15, 15), (8, 8), (10, 10)],
        [0, 1, 2, 2],
        priority=np.array([0, 0, 0, 1], dtype=np.int64),
    )
    placements = [place(DESCHEDULER, problem, seed) for seed in range(5)]
    assert [placement[3] for placement in placements] == [2] * 5


def test_low_node_utilisation_sorts_nodes_by_bytes_held() -> None:
    """With room for one, a pod leaves the node that holds most memory, not most cpu."""
    offered = np.array([[100, 1000, 110], [100, 10_000, 110], [100, 1000, 110]], dtype=np.int64)
    problem = equal_nodes(
        3, [(90, 900), (10, 6000), (60, 10)], [0, 1, 1], mode=LoadMode.SPREAD,
        allocatable=offered, capacity=offered, priority=np.array([0, 1, 0]),
    )  # fmt: skip
    placement = place(DESCHEDULER, problem)
    assert placement[0] == 0
    assert placement[2] == 2
