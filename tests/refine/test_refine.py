"""Repair and refinement against the referee, the final check and brute force."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kytos.contract.params import SolverParams
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights
from kytos.problem import UNPLACED, Ints, LoadMode, Problem
from kytos.referee.energy import energy
from kytos.referee.feasible import feasible
from kytos.refine import default_proposals, kernels, refine, refine_block, repair, warm_up
from kytos.refine.ejection import EjectionSearch
from kytos.refine.packing import packings
from kytos.refine.state import flatten
from kytos.solvers.cpsat import solve_exact
from tests.problems import problems, random_feasible, random_placement, random_problem, seeds
from tests.solvers.baselines.test_baselines import equal_nodes

WEIGHTS = Weights(A=1, B=1.5, C=0.7, D=2)
BUDGET = 20_000
PROPERTY = settings(max_examples=40, deadline=None)


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    warm_up()


def ranked(problem: Problem, placement: Ints) -> tuple[tuple[int, ...], float]:
    """Unplaced pods class by class, then those that stand alone, then the energy without them."""
    unplaced = placement < 0
    classes = list(zip(problem.desire, problem.priority, strict=True))
    counts = [
        sum(bool(out) for out, own in zip(unplaced, classes, strict=True) if own == one)
        for one in sorted(set(classes), reverse=True)
    ]
    counts.append(int((unplaced & problem.sole).sum()))
    terms = energy(problem, WEIGHTS, placement)
    return tuple(counts), terms.total - WEIGHTS.A * terms.constraint


def all_feasible(problem: Problem) -> list[Ints]:
    """Every feasible placement of a tiny problem."""
    choices = range(UNPLACED, len(problem.nodes))
    every = (np.array(one) for one in itertools.product(choices, repeat=len(problem.pods)))
    return [placement for placement in every if feasible(problem, placement)]


@PROPERTY
@given(problems(further=True), seeds)
def test_the_compiled_energy_and_check_are_the_referees(problem: Problem, seed: int) -> None:
    """Counted by the kernels, any placement has the referee's energy and feasibility."""
    flat, state = flatten(problem, WEIGHTS)
    for placement in (random_placement(problem, seed), random_feasible(problem, seed)):
        kernels.load(flat, state, placement)
        terms = energy(problem, WEIGHTS, placement)
        expected = terms.total - WEIGHTS.A * terms.constraint
        assert kernels.energy_of(flat, state) == pytest.approx(expected, rel=1e-9, abs=1e-12)
        assert kernels.all_hold(flat, state) == feasible(problem, placement)


@PROPERTY
@given(problems(further=True), seeds)
def test_changes_add_up(problem: Problem, seed: int) -> None:
    """Each shift that is allowed changes the referee's energy by exactly what `cost_at` says, and
    is allowed exactly if the final check passes afterwards."""
    flat, state = flatten(problem, WEIGHTS)
    start = random_feasible(problem, seed)
    kernels.load(flat, state, start)
    rng = np.random.default_rng(seed)
    for _ in range(20):
        pod, node = rng.integers(len(problem.pods)), rng.integers(len(problem.nodes))
        before = state.place.copy()
        if before[pod] < 0 or before[pod] == node:
            continue
        change = kernels.change_of(flat, state, pod, kernels.NOWHERE, node)
        after = before.copy()
        after[pod] = node
        assert kernels.try_shift(flat, state, pod, node) == feasible(problem, after)
        if state.place[pod] == node:
            expected = ranked(problem, after)[1] - ranked(problem, before)[1]
            assert change == pytest.approx(expected, rel=1e-9, abs=1e-9)


@PROPERTY
@given(problems(rules=False, further=True), seeds)
def test_swaps_add_up(problem: Problem, seed: int) -> None:
    """A swap changes the referee's energy by what `change_of` says, traffic and pairs included."""
    flat, state = flatten(problem, WEIGHTS)
    before = np.abs(random_placement(problem, seed)) % len(problem.nodes)
    kernels.load(flat, state, before)
    for pod, other in itertools.permutations(range(len(problem.pods)), 2):
        if before[pod] == before[other]:
            continue
        after = before.copy()
        after[[pod, other]] = before[[other, pod]]
        change = kernels.change_of(flat, state, pod, other, before[other])
        expected = ranked(problem, after)[1] - ranked(problem, before)[1]
        assert change == pytest.approx(expected, rel=1e-9, abs=1e-9)


@PROPERTY
@given(problems(further=True), seeds)
def test_repair_makes_anything_feasible(problem: Problem, seed: int) -> None:
    """From any placement repair returns a feasible one, always the same."""
    broken = random_placement(problem, seed)
    repaired = repair(problem, WEIGHTS, broken)
    assert feasible(problem, repaired)
    assert (repaired == repair(problem, WEIGHTS, broken)).all()


@PROPERTY
@given(problems(further=True), seeds)
def test_repair_keeps_what_is_feasible(problem: Problem, seed: int) -> None:
    """A feasible placement that leaves nobody out comes back as it is."""
    placement = random_feasible(problem, seed)
    if (placement >= 0).all():
        assert (repair(problem, WEIGHTS, placement) == placement).all()


@PROPERTY
@given(problems(max_pods=9, further=True), seeds)
def test_refined_is_feasible_and_never_worse(problem: Problem, seed: int) -> None:
    """The answer passes the final check, is not worse, and has the energy it claims."""
    start = random_feasible(problem, seed)
    refined = refine(problem, WEIGHTS, start, BUDGET, seed)
    assert feasible(problem, refined.placement)
    assert ranked(problem, refined.placement) <= ranked(problem, start)
    total = energy(problem, WEIGHTS, refined.placement).total
    assert refined.energy == pytest.approx(total, rel=1e-9, abs=1e-12)


@settings(max_examples=8, deadline=None)
@given(problems(max_pods=9), seeds)
def test_same_seed_same_answer(problem: Problem, seed: int) -> None:
    """The answer depends on nothing but problem, weights, start, budget and seed."""
    start = random_feasible(problem, seed)
    first, second = (refine(problem, WEIGHTS, start, BUDGET, seed) for _ in range(2))
    assert (first.placement == second.placement).all()


@pytest.mark.parametrize("mode", LoadMode)
def test_tiny_problems_are_solved_to_the_optimum(mode: LoadMode) -> None:
    """Where pods all have a node, brute force finds nothing better."""
    for seed in range(15):
        problem = random_problem(
            seed, 5, 3, mode, rules=seed % 2 == 0, waiting=0.0, further=seed % 3 == 0
        )
        least = min(ranked(problem, placement) for placement in all_feasible(problem))
        found = ranked(problem, refine(problem, WEIGHTS, problem.current, 60_000, seed).placement)
        assert found[0] == least[0]
        assert found[1] == pytest.approx(least[1], rel=1e-9, abs=1e-12), f"seed {seed}"


def test_higher_priority_is_placed_first() -> None:
    """With too little room nobody serves the highest priority better, and seldom any other: which
    equals are given up is settled greedily, though it may matter to lower ones."""
    best = 0
    for seed in range(15):
        problem = random_problem(seed, 5, 2, rules=False, waiting=1.0, room=0.7)
        least = min(ranked(problem, placement)[0] for placement in all_feasible(problem))
        nowhere = np.full(5, UNPLACED)
        found = ranked(problem, refine(problem, WEIGHTS, nowhere, BUDGET, seed).placement)[0]
        assert found[0] == least[0], f"seed {seed}"
        best += found == least
    assert best >= 14


def test_the_last_of_a_service_goes_before_its_equals() -> None:
    """Of two pods of one priority with room for one, the sole replica is placed."""
    base = random_problem(1, 2, 2, rules=False, waiting=1.0)
    one = np.ones((2, 3), dtype=np.int64)
    room = np.array([[1, 1, 1], [0, 0, 0]])
    problem = replace(
        base,
        request=one,
        allocatable=room,
        capacity=room,
        fixed=0 * room,
        allowed=np.ones((2, 2), dtype=np.bool_),
        priority=np.zeros(2, dtype=np.int64),
        lifeline=np.array([-1, 0]),
    )
    assert (repair(problem, WEIGHTS, np.array([UNPLACED, UNPLACED])) == [UNPLACED, 0]).all()
    assert (repair(problem, WEIGHTS, np.array([0, UNPLACED])) == [UNPLACED, 0]).all()


def test_a_block_moves_only_its_own(large_spread: Problem) -> None:
    """Pods elsewhere stay, pods of the block stay inside, and the energy falls."""
    block = np.array([0, 3, 5])
    refined = refine_block(large_spread, Weights(), large_spread.current, block, 50_000, 0)
    inside = np.isin(large_spread.current, block)
    assert (refined.placement[~inside] == large_spread.current[~inside]).all()
    assert np.isin(refined.placement[inside], block).all()
    assert refined.energy < energy(large_spread, Weights(), large_spread.current).total


def test_a_spread_comes_close_to_its_bound(large_spread: Problem) -> None:
    """Without move cost the variance all but vanishes: 0.02 % of the sum of squares."""
    refined = refine(large_spread, Weights(C=0, D=0), large_spread.current, 2_000_000, 0)
    squares = len(large_spread.nodes) * float((large_spread.mean_load**2).sum())
    assert refined.energy <= 2e-4 * squares


def test_the_clock_and_the_stop_button_end_it(large_spread: Problem) -> None:
    """A huge budget stops within a chunk of its deadline, and at once when told to."""
    watch = Watch(deadline=time.monotonic() + 0.3)
    clocked = refine(large_spread, Weights(), large_spread.current, 10**10, 0, watch)
    assert clocked.stopped_by is StopReason.CLOCK
    assert clocked.trace[-1].seconds < 5
    told = refine(large_spread, Weights(), large_spread.current, 10**10, 0, Watch(stopped=bool_on))
    assert told.stopped_by is StopReason.USER
    assert (told.placement == large_spread.current).all()


def test_the_trace_never_rises(large_spread: Problem) -> None:
    """The energy over time is that of the best so far."""
    trace = refine(large_spread, Weights(), large_spread.current, 2_000_000, 0).trace
    energies = [point.energy for point in trace]
    assert len(trace) > 3
    assert energies == sorted(energies, reverse=True)


def test_refining_what_is_infeasible_is_refused(large_spread: Problem) -> None:
    """The error says what to do."""
    everything = np.zeros(len(large_spread.pods), dtype=np.int64)
    with pytest.raises(ValueError, match="repair"):
        refine(large_spread, Weights(), everything, 1, 0)
    with pytest.raises(ValueError, match="expected 60 node positions below 8"):
        repair(large_spread, Weights(), np.zeros(3, dtype=np.int64))


def test_the_default_budget_grows_with_the_pods(large_spread: Problem) -> None:
    """Small problems get at least eight million proposals."""
    assert default_proposals(large_spread) == 8_000_000


@given(st.integers(0, 50))
@settings(max_examples=10, deadline=None)
def test_consolidation_frees_as_many_nodes_as_first_fit_decreasing(seed: int) -> None:
    """Without move cost no first-fit-decreasing order needs fewer nodes."""
    rng = np.random.default_rng(seed)
    pods, nodes = 30, 12
    request = np.column_stack(
        [rng.integers(1, 9, pods), rng.integers(1, 9, pods), np.ones(pods, dtype=np.int64)]
    )
    problem = even_problem(request, nodes, np.array([20, 20, 110]), LoadMode.CONSOLIDATE)
    refined = refine(problem, Weights(C=0, D=0), problem.current, 200_000, seed)
    assert feasible(problem, refined.placement)
    least = min(first_fit(request, order) for order in decreasing(request))
    assert problem.in_use(refined.placement).sum() <= least


@pytest.fixture
def large_spread() -> Problem:
    """60 pods on 8 equal nodes, the first nodes fuller than the last."""
    rng = np.random.default_rng(5)
    request = np.column_stack(
        [rng.integers(1, 90, 60), rng.integers(1, 90, 60), np.ones(60, dtype=np.int64)]
    )
    return even_problem(request, 8, np.array([600, 600, 110]), LoadMode.SPREAD)


def bool_on() -> bool:
    return True


def even_problem(request: Ints, nodes: int, room: Ints, mode: LoadMode) -> Problem:
    """Pods packed first-fit on equal nodes, free to go anywhere."""
    pods = len(request)
    allocatable = np.tile(room, (nodes, 1))
    current, held = np.zeros(pods, dtype=np.int64), np.zeros((nodes, 3), dtype=np.int64)
    for pod in range(pods):
        current[pod] = np.flatnonzero((held + request[pod] <= room).all(axis=1))[0]
        held[current[pod]] += request[pod]
    base = random_problem(0, pods, nodes, mode, rules=False, traffic=False, waiting=0.0)
    return replace(
        base,
        allocatable=allocatable,
        capacity=allocatable,
        fixed=0 * allocatable,
        request=request,
        load_allocatable=allocatable[:, :2].astype(np.float64),
        load_fixed=np.zeros((nodes, 2)),
        load_request=request[:, :2].astype(np.float64),
        current=current,
        allowed=np.ones((pods, nodes), dtype=np.bool_),
        must_place=np.ones(pods, dtype=np.bool_),
        desire=np.zeros(pods),
        usable=np.ones(nodes, dtype=np.bool_),
        price=np.ones(nodes),
        held_open=np.zeros(nodes, dtype=np.bool_),
        node_cost=None,
        preference=None,
        pairings=(),
        tallies=(),
    )


def decreasing(request: Ints) -> list[Ints]:
    """Orders by cpu, memory, their sum and the larger of both."""
    cpu, memory = request[:, 0], request[:, 1]
    keys = (cpu, memory, cpu + memory, np.maximum(cpu, memory))
    return [np.argsort(-key, kind="stable") for key in keys]


def first_fit(request: Ints, order: Ints) -> int:
    """Nodes of 20 x 20 that first fit needs."""
    bins: list[Ints] = []
    for pod in order:
        for position, room in enumerate(bins):
            if (request[pod, :2] <= room).all():
                bins[position] = room - request[pod, :2]
                break
        else:
            bins.append(np.array([20, 20]) - request[pod, :2])
    return len(bins)


@PROPERTY
@given(problems(further=True), seeds)
def test_packings_break_nothing(problem: Problem, seed: int) -> None:
    """Whatever the rules, each packing offered passes the final check."""
    flat, state = flatten(problem, WEIGHTS)
    kernels.load(flat, state, random_feasible(problem, seed))
    for _ in packings(problem, flat, state, Watch()):
        assert feasible(problem, state.place)
        held = [(state.place == node).sum() for node in range(len(problem.nodes))]
        assert (state.node["count"] == held).all()


@PROPERTY
@given(problems(further=True), seeds)
def test_a_vacated_node_is_empty_and_a_failed_try_changes_nothing(
    problem: Problem, seed: int
) -> None:
    """Only a node whose pods all found room counts as vacated."""
    flat, state = flatten(problem, WEIGHTS)
    start = random_feasible(problem, seed)
    kernels.load(flat, state, start)
    search = EjectionSearch(problem, flat, state, np.ones(1, dtype=np.uint64))
    for node in range(len(problem.nodes)):
        before = state.place.copy()
        if search.vacate(node, 10_000):
            assert not (state.place == node).any()
        else:
            assert (state.place == before).all()
        assert feasible(problem, state.place)


def nearly_full(seed: int) -> Problem:
    """24 pods on 8 equal nodes that are 93 % full, to be spread."""
    rng = np.random.default_rng(seed)
    request = rng.integers(5, 60, (24, 2))
    room = np.ceil(request.sum(axis=0) / 8 / 0.93).astype(np.int64)
    current, held = np.zeros(24, dtype=np.int64), np.zeros((8, 2), dtype=np.int64)
    for pod in sorted(range(24), key=lambda pod: -int(request[pod].sum())):
        current[pod] = rng.choice(np.flatnonzero((held + request[pod] <= room).all(axis=1)))
        held[current[pod]] += request[pod]
    requests = [(int(cpu), int(memory)) for cpu, memory in request]
    problem = equal_nodes(8, requests, current.tolist(), mode=LoadMode.SPREAD)
    offered = np.tile(np.array([*room, 110], dtype=np.int64), (8, 1))
    return replace(
        problem,
        allocatable=offered,
        capacity=offered,
        load_allocatable=offered[:, :2].astype(np.float64),
    )


def test_the_anneal_of_a_full_cluster_is_warm() -> None:
    """Where no pod fits on another node, what swaps would change tells how hot to begin."""
    problem = equal_nodes(2, [(60, 50), (50, 60)], [0, 1], mode=LoadMode.SPREAD)
    flat, state = flatten(problem, WEIGHTS)
    kernels.load(flat, state, problem.current)
    changes, rng = np.zeros(256), np.array([1], dtype=np.uint64)
    found = kernels.sample_changes(flat, state, np.arange(2), np.arange(2), rng, changes)
    assert found > 0
    assert changes[:found].min() > 0


@pytest.mark.parametrize("seed", range(3))
def test_few_pods_that_hardly_fit_are_levelled_as_far_as_can_be(seed: int) -> None:
    """At 93 % full the default budget ends where the exact solver does not get below."""
    problem, weights = replace(nearly_full(91), max_moves=6), Weights(C=0.2)
    refined = refine(problem, weights, problem.current, default_proposals(problem), seed)
    exact = solve_exact(problem, weights, SolverParams(proof_work=1.0), hint=refined.placement)
    assert refined.energy == pytest.approx(energy(problem, weights, exact.placement).total)


def test_the_best_placement_has_the_energy_noted_for_it() -> None:
    """However few moves the journal holds, and if it is full in the middle of a swap."""
    problem = nearly_full(91)
    pods, nodes = np.arange(24), np.arange(8)
    flat, state = flatten(problem, WEIGHTS)
    for length in (4, 5, 6):
        for seed in range(1, 20):
            kernels.load(flat, state, problem.current)
            present = kernels.energy_of(flat, state)
            energies, best = np.array([present, present]), problem.current.copy()
            rng, journal = np.array([seed], dtype=np.uint64), np.zeros((length, 2), dtype=np.int64)
            chain = np.zeros((kernels.LEGS, 3), dtype=np.int64)
            marks = np.array([0, 1])
            mix = np.array([0.0, 0.3, 0.5, 0.0])
            kernels.anneal(
                *(flat, state, pods, nodes, rng, 200, 0.1, 0.1),
                *(mix, energies, best, journal, marks, chain),
            )
            kernels.load(flat, state, best)
            assert kernels.energy_of(flat, state) == pytest.approx(energies[1])


@PROPERTY
@given(problems(max_pods=6, max_nodes=4, further=True), seeds, st.booleans())
def test_chains_add_up_and_break_nothing(problem: Problem, seed: int, large: bool) -> None:
    """Of whatever legs, under bounds on moves that are reached; rearrangements likewise."""
    start = random_feasible(problem, seed)
    assume(len(problem.pods) > 0 and len(problem.nodes) > 1)
    moved = int(((start != problem.current) & (problem.current >= 0)).sum())
    problem = replace(problem, max_moves=max(1, moved))
    flat, state = flatten(problem, WEIGHTS)
    kernels.load(flat, state, start)
    present = kernels.energy_of(flat, state)
    energies, best = np.array([present, present]), start.copy()
    kernels.anneal(
        *(flat, state, np.arange(len(problem.pods)), np.arange(len(problem.nodes))),
        *(np.array([seed + 1], dtype=np.uint64), 400, 10.0, 10.0),
        np.array([0.9 * large, 0.9, 0.5, 0.5]),
        *(energies, best, np.zeros((kernels.JOURNAL, 2), dtype=np.int64), np.array([0, 1])),
        np.zeros((kernels.LEGS, 3), dtype=np.int64),
    )
    assert feasible(problem, state.place)
    assert feasible(problem, best)
    assert kernels.energy_of(flat, state) == pytest.approx(energies[0])


def test_one_goes_home_for_another_to_leave() -> None:
    """With one move allowed, and spent on the wrong pod, no move or swap alone lowers H."""
    requests, spent = [(30, 30), (30, 30), (40, 40), (40, 40)], np.array([2, 0, 1, 1])
    problem = equal_nodes(3, requests, [0, 0, 1, 1], mode=LoadMode.SPREAD, max_moves=1)
    flat, state = flatten(problem, Weights())
    for chains, expected in ((0.0, 1), (0.5, 2)):
        kernels.load(flat, state, spent)
        present = kernels.energy_of(flat, state)
        kernels.anneal(
            *(flat, state, np.arange(4), np.arange(3), np.array([1], dtype=np.uint64), 500),
            *(1e-9, 1e-9, np.array([0.0, chains, 0.5, 0.0]), np.array([present, present])),
            *(spent.copy(), np.zeros((kernels.JOURNAL, 2), dtype=np.int64)),
            *(np.array([0, 1]), np.zeros((kernels.LEGS, 3), dtype=np.int64)),
        )
        assert state.place[2:].max() == expected


@pytest.mark.parametrize("seed", range(2))
def test_pods_are_settled_on_the_nodes_that_stay(seed: int) -> None:
    """Where moves are cheap, who goes where counts: it was 8.51 and more from the hot ladders."""
    rng = np.random.default_rng(2)
    requests = [(int(cpu), int(memory)) for cpu, memory in rng.integers(3, 22, (60, 2))]
    held, current = np.zeros((12, 2)), []
    for request in requests:
        fitting = np.flatnonzero((held + request <= 100).all(axis=1))
        current.append(int(rng.choice(fitting)))
        held[current[-1]] += request
    problem = equal_nodes(
        12,
        requests,
        current,
        mode=LoadMode.CONSOLIDATE,
        service=np.arange(60) % 12,
        services=tuple(f"service-{number}" for number in range(12)),
        service_fixed=np.zeros((12, 12), dtype=np.int64),
    )
    assert refine(problem, Weights(C=0.2), problem.current, 1_000_000, seed).energy < 8.5


def test_where_no_node_is_in_use_there_is_nothing_to_settle() -> None:
    """Pods that wait and fit nowhere leave no node to cool down on."""
    problem = equal_nodes(2, [(150, 150), (150, 150)], [-1, -1], mode=LoadMode.CONSOLIDATE)
    assert refine(problem, WEIGHTS, problem.current, BUDGET, 0).placement.tolist() == [-1, -1]
