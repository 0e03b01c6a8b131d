"""The frontier, held to all placements of small clusters and to what makes it one."""

from __future__ import annotations

from itertools import pairwise

import pytest

from kytos.cluster import Cluster
from kytos.compare import Frontier, FrontierRequest, frontier
from kytos.compare.frontier import CHEAP_MOVES
from kytos.contract.params import SolverParams
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights, exchange_rates
from kytos.problem import LoadMode
from kytos.questions.rebalance import RebalanceRequest, rebalance
from kytos.referee.feasible import feasible
from kytos.sources.manifests import read_cluster
from kytos.sources.prices import with_prices
from tests.brute_force import feasible_placements
from tests.compare.conftest import QUICK, placement_of, problem_of, refereed, small_cluster

MODES = [LoadMode.CONSOLIDATE, LoadMode.SPREAD]


def drawn(
    cluster: Cluster, mode: LoadMode = LoadMode.CONSOLIDATE, weights: Weights = Weights(D=0)
) -> Frontier:
    return frontier(cluster, FrontierRequest(mode=mode), weights=weights, params=QUICK)


def worth_having(found: Frontier) -> list[tuple[int, float]]:
    """Moves and load of the points no other beats."""
    return [
        (point.plan.metrics.pods_moved, point.plan.energy.load)
        for point in found.points
        if not point.dominated
    ]


@pytest.fixture(scope="module")
def hot_spots() -> Cluster:
    """The sample where four of twelve nodes hold everything."""
    path = "sample_clusters/hot-spots.json"
    with open(path, "rb") as file:
        return with_prices(read_cluster([("hot-spots.json", file.read())]))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", range(4))
def test_small_frontier_is_the_whole_truth(seed: int, mode: LoadMode) -> None:
    """On five pods it is what trying all placements gives, less gains not worth a cheap move."""
    cluster = small_cluster(seed)
    problem = problem_of(cluster, FrontierRequest(mode=mode))
    least: dict[int, float] = {}
    for placement in feasible_placements(problem):
        if (placement < 0).any():
            continue
        moved = int((placement != problem.current).sum())
        load = _load(problem.mode, problem, placement)
        least[moved] = min(load, least.get(moved, load))
    worth = CHEAP_MOVES * exchange_rates(problem).cost
    expected = [(0, least[0])]
    for moved in sorted(least):
        before = expected[-1]
        if least[moved] + worth * moved < before[1] + worth * before[0] - 1e-12:
            expected.append((moved, least[moved]))
    found = worth_having(drawn(cluster, mode))
    assert [moved for moved, _ in found] == [moved for moved, _ in expected]
    assert [load for _, load in found] == pytest.approx([load for _, load in expected])


def _load(mode: LoadMode, problem, placement) -> float:  # type: ignore[no-untyped-def]
    """H_load counted by hand, node by node."""
    total = 0.0
    for node in range(len(problem.nodes)):
        here = [pod for pod in range(len(problem.pods)) if placement[pod] == node]
        if mode is LoadMode.CONSOLIDATE:
            total += float(problem.price[node]) if here else 0.0
            continue
        for resource in range(2):
            asked = sum(problem.load_request[pod, resource] for pod in here)
            offered = problem.load_allocatable[:, resource]
            mean = problem.load_request[:, resource].sum() / offered.sum()
            total += (asked / offered[node] - mean) ** 2
    return total


@pytest.mark.parametrize("mode", MODES)
def test_more_moves_only_where_they_bring_more(hot_spots: Cluster, mode: LoadMode) -> None:
    """Among points worth having, moves rise and load falls; each other has one that beats it."""
    found = drawn(hot_spots, mode)
    worth = worth_having(found)
    assert len(worth) > 1
    for (moved, load), (moved_next, load_next) in pairwise(worth):
        assert moved < moved_next
        assert load > load_next
    for point in found.points:
        moved, load = point.plan.metrics.pods_moved, point.plan.energy.load
        beaten = any(other[0] <= moved and other[1] <= load + 1e-12 for other in worth)
        assert beaten


def test_it_begins_as_it_is(five_pods: Cluster) -> None:
    """The first point moves nothing and is the cluster as it stands."""
    first = drawn(five_pods).points[0]
    assert first.plan.moves == ()
    assert first.plan.freed_nodes == ()
    assert not first.dominated


def test_every_plan_is_whole(hot_spots: Cluster) -> None:
    """Each point's moves lead to a feasible placement with the energy it claims."""
    weights = Weights(B=2, C=0.5, D=1.5)
    problem = problem_of(hot_spots, FrontierRequest(mode=LoadMode.SPREAD))
    found = drawn(hot_spots, LoadMode.SPREAD, weights)
    for point in found.points:
        assert point.plan.energy.total == pytest.approx(refereed(problem, weights, point.plan))
        assert feasible(problem, placement_of(problem, point.plan))


def test_the_sliders_setting_is_the_best_under_it(hot_spots: Cluster) -> None:
    """One point is marked present, and none has a lower energy under the weights asked."""
    found = drawn(hot_spots, LoadMode.SPREAD, Weights(C=5))
    (present,) = [point for point in found.points if point.present]
    assert present.plan.energy.total == min(point.plan.energy.total for point in found.points)
    assert 0 < present.plan.metrics.pods_moved < max(m for m, _ in worth_having(found))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("C", [0.0, 1.0, 3.0])
def test_the_sliders_plan_is_the_rebalance(hot_spots: Cluster, mode: LoadMode, C: float) -> None:
    """The same sliders, seed and work give the same moves on both pages."""
    weights = Weights(C=C)
    asked = FrontierRequest(mode=mode, points=2)
    points = frontier(hot_spots, asked, params=QUICK, weights=weights).points
    (present,) = [point for point in points if point.present]
    plan = rebalance(hot_spots, RebalanceRequest(mode=mode), params=QUICK, weights=weights)
    assert present.plan.moves == plan.moves


def test_no_more_points_than_asked(hot_spots: Cluster) -> None:
    """Two points are the start and the sliders' own."""
    request = FrontierRequest(mode=LoadMode.SPREAD, points=2)
    assert len(frontier(hot_spots, request, params=QUICK).points) == 2


def test_a_limit_on_moves_holds_throughout(hot_spots: Cluster) -> None:
    """With at most three moves no point makes four."""
    request = FrontierRequest(mode=LoadMode.SPREAD, max_moves=3)
    found = frontier(hot_spots, request, params=QUICK)
    assert max(point.plan.metrics.pods_moved for point in found.points) == 3


@pytest.mark.parametrize(
    "weights", [Weights(B=0), Weights(B=0, C=0, D=0), Weights(C=0), Weights(B=1000, C=1000)]
)
def test_extreme_weights_give_a_frontier(five_pods: Cluster, weights: Weights) -> None:
    """Weights that leave nothing to gain, or moves free, still give points from the start on."""
    found = drawn(five_pods, weights=weights)
    assert found.points[0].plan.moves == ()
    assert sum(point.present for point in found.points) == 1


def test_same_seed_same_points(hot_spots: Cluster) -> None:
    """Two runs give the same plans; only the clock differs."""
    first, second = (drawn(hot_spots, LoadMode.SPREAD).points for _ in range(2))
    assert first == second


def test_stop_keeps_what_was_found(hot_spots: Cluster) -> None:
    """Stopped during the third point, there are the start and two more at the most."""
    heard: list[str] = []
    watch = Watch(
        stopped=lambda: "point 3 of 12" in heard,
        report=lambda stage, progress, energy: heard.append(stage),
    )
    found = frontier(hot_spots, FrontierRequest(mode=LoadMode.SPREAD), params=QUICK, watch=watch)
    assert found.stopped_by is StopReason.USER
    assert 2 <= len(found.points) <= 3


def test_the_time_cap_is_for_all_points(hot_spots: Cluster) -> None:
    """A cap of a tenth of a second ends the sweep, and says so."""
    params = SolverParams(time_limit_s=0.1, refine_proposals=2_000_000)
    found = frontier(hot_spots, FrontierRequest(mode=LoadMode.SPREAD), params=params)
    assert found.stopped_by is StopReason.CLOCK
    assert found.seconds < 5


def test_json_holds_all_of_it(five_pods: Cluster) -> None:
    """A frontier written as JSON reads back as the same."""
    found = drawn(five_pods)
    assert Frontier.model_validate_json(found.model_dump_json(by_alias=True)) == found


def test_nothing_to_move() -> None:
    """A cluster without pods has one point."""
    assert len(drawn(small_cluster(1, pods=0)).points) == 1
