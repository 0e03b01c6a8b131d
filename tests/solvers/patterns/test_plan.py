"""Plans by patterns: held against CP-SAT's proven optimum, and every bound against every plan."""

from __future__ import annotations

import time

import numpy as np
import pytest

from kytos.contract.watch import Watch
from kytos.solvers.patterns import OfferRow, Packing, cheapest_plan
from kytos.solvers.patterns.assignment import assignment_bound
from kytos.solvers.patterns.columns import Columns, generate
from kytos.solvers.patterns.columns import seed as seed_patterns
from kytos.solvers.patterns.knapsack import filling
from kytos.solvers.patterns.packing import UNLIMITED, Contests, fits, total_of
from kytos.solvers.patterns.traits import traits_of
from kytos.solvers.patterns.volume import volume_bound, volume_prices
from tests.solvers.patterns.oracle import optimum


def packing(seed: int) -> Packing:
    """A few classes of pods and types of nodes; in some a type is scarce or a class is picky."""
    random = np.random.default_rng(seed)
    classes, offers = int(random.integers(2, 5)), int(random.integers(2, 5))
    request = np.c_[
        random.integers(2, 30, classes), random.integers(2, 40, classes), np.ones(classes, int)
    ]
    cpu = random.integers(20, 80, offers)
    capacity = np.c_[cpu, random.integers(25, 110, offers), np.full(offers, 8)]
    capacity[0] = (80, 110, 8)  # everything fits somewhere
    allowed = random.random((classes, offers)) < 0.8
    allowed[:, 0] = True
    limit = np.where(random.random(offers) < 0.3, 1, UNLIMITED)
    limit[0] = UNLIMITED
    return Packing(
        request=request,
        demand=random.integers(1, 4, classes),
        capacity=capacity,
        price=np.round(capacity[:, :2].sum(axis=1) * random.uniform(0.8, 1.3, offers)).astype(
            float
        ),
        limit=limit,
        allowed=allowed,
        cost=np.zeros((classes, offers)),
        most=np.where(random.random(classes) < 0.25, 1, UNLIMITED),
        kind=np.arange(offers),
    )


@pytest.mark.parametrize("seed", range(20))
def test_small_fleets_are_at_the_proven_optimum(seed: int) -> None:
    """Twenty random fleets cost what CP-SAT proves to be the least, and the bound is no more."""
    given = packing(seed)
    plan = cheapest_plan(given, Watch().within(20))
    best = optimum(given)
    assert not plan.left.any()
    assert plan.total == pytest.approx(best)
    assert plan.bound <= best + 1e-6
    assert plan.total == pytest.approx(total_of(given, plan.offer, plan.pattern))
    assert all(fits(given, int(o), row) for o, row in zip(plan.offer, plan.pattern, strict=True))
    assert (plan.pattern.sum(axis=0) == given.demand).all()
    assert volume_bound(given, 5)[0] <= best + 1e-6
    assigned = assignment_bound(given, Watch())
    assert assigned is not None
    assert 0 < assigned[0] <= best + 1e-6


def test_a_row_bounds_how_many_nodes_of_some_offers_there_are() -> None:
    """With half of the nodes of the cheap kind at most, half of them are."""
    given = Packing(
        request=np.array([[10, 10, 1]]),
        demand=np.array([4]),
        capacity=np.array([[10, 10, 9], [10, 10, 9]]),
        price=np.array([3.0, 1.0]),
        limit=np.full(2, UNLIMITED),
        allowed=np.ones((1, 2), dtype=np.bool_),
        cost=np.zeros((1, 2)),
        most=np.array([9]),
        kind=np.array([0, 1]),
        rows=(OfferRow(np.array([-0.5, 0.5]), 0.0),),
    )
    plan = cheapest_plan(given, Watch().within(10))
    assert sorted(plan.offer.tolist()) == [0, 0, 1, 1]
    assert plan.bound == pytest.approx(8)


def test_the_best_filling_of_a_node_is_found_and_bounded() -> None:
    """Against trying every filling."""
    random = np.random.default_rng(5)
    for _ in range(20):
        need = np.c_[random.integers(1, 9, 4), random.integers(1, 9, 4), np.ones(4, int)]
        room, most, gain = np.array([20, 22, 6]), random.integers(1, 4, 4), random.random(4)
        every = np.stack(np.meshgrid(*(np.arange(m + 1) for m in most)), axis=-1).reshape(-1, 4)
        held = (every @ need <= room).all(axis=1)
        best = float((every[held] @ gain).max())
        bound, counts = filling(need, room, most, gain, 0.0)
        assert counts @ gain == pytest.approx(best)
        assert bound >= best - 1e-9


def test_a_filling_keeps_rivals_apart_and_looks_only_above_what_is_asked() -> None:
    """Against trying every filling, with two pairs of rivals."""
    random = np.random.default_rng(7)
    one, two = np.array([1, 0, 0, 1], bool), np.array([0, 1, 0, 1], bool)
    other = np.array([0, 0, 1, 0], bool), np.array([0, 1, 0, 0], bool)
    contests = Contests.of(((one, two), other), 4)
    for _ in range(20):
        need = np.c_[random.integers(1, 9, 4), random.integers(1, 9, 4)]
        room, most, gain = np.array([20, 22]), random.integers(1, 4, 4), random.random(4)
        every = np.stack(np.meshgrid(*(np.arange(m + 1) for m in most)), axis=-1).reshape(-1, 4)
        used = every > 0
        apart = ~(used[:, 0] & used[:, 1]) & ~(used[:, 2] & used[:, 1]) & (every[:, 3] <= 1)
        apart &= ~(used[:, 3] & (used[:, 0] | used[:, 1]))
        held = (every @ need <= room).all(axis=1) & apart
        best = float((every[held] @ gain).max())
        bound, counts = filling(need, room, most, gain, 0.0, contests=contests)
        assert counts @ gain == pytest.approx(best)
        assert bound >= best - 1e-9
        least = best + 0.1
        bound, counts = filling(need, room, most, gain, 0.0, least=least, contests=contests)
        assert not counts.any()
        assert best - 1e-9 <= bound <= least + 1e-9


def services_and_offers(seed: int) -> Packing:
    """Four hundred pods of a dozen services, and thirty offers whose prices do not follow size."""
    random = np.random.default_rng(seed)
    cores, ratio = random.choice([2, 4, 8, 16], 30), random.choice([2, 4, 8], 30)
    cpu = random.choice([100, 250, 500, 1000, 2000], 12)
    capacity = np.c_[cores * 980, cores * ratio * 900, np.full(30, 58)]
    return Packing(
        request=np.c_[cpu, (cpu * random.uniform(0.7, 8, 12)).astype(int), np.ones(12, int)],
        demand=random.multinomial(400, np.full(12, 1 / 12)),
        capacity=capacity,
        price=cores * (0.03 + 0.004 * ratio) * random.uniform(0.85, 1.15, 30),
        limit=np.full(30, UNLIMITED),
        allowed=np.ones((12, 30), dtype=np.bool_),
        cost=np.zeros((12, 30)),
        most=np.full(12, UNLIMITED),
        kind=np.arange(30),
    )


def test_prices_between_prove_more_than_volumes_and_sooner() -> None:
    """The bound of patterns lies above that of volumes and within 1 % of their relaxation."""
    given = services_and_offers(3)
    prices = volume_prices(given)
    by_volume = float(prices.worth @ given.demand) - prices.charged
    columns = Columns(given)
    seed_patterns(columns)
    relaxed, proven = generate(columns, Watch().within(20), 0.0, prices)
    assert by_volume < proven <= relaxed.value + 1e-9
    assert relaxed.value - proven <= 0.01 * relaxed.value


def test_traits_of_many_pods_prove_a_bound_that_holds() -> None:
    """Fewer traits than classes ask for less: their bound is none above that of all classes."""
    given = services_and_offers(4)
    whole, some = Columns(given), Columns(given, traits_of(given))
    for columns in (whole, some):
        seed_patterns(columns)
    relaxed, _ = generate(whole, Watch().within(20), 0.0, volume_prices(given))
    _, proven = generate(some, Watch().within(5), 0.0, volume_prices(given))
    assert 0 < proven <= relaxed.value + 1e-9


def test_a_large_fleet_is_near_the_bound() -> None:
    """Four hundred pods on some forty nodes, of which one is 3 %: nothing is left out or broken."""
    given = services_and_offers(5)
    plan = cheapest_plan(given, Watch().within(6))
    assert not plan.left.any()
    assert plan.gap < 0.05
    assert all(fits(given, int(o), row) for o, row in zip(plan.offer, plan.pattern, strict=True))


def no_two_alike(seed: int) -> Packing:
    """Five hundred pods, each of its own size, and a few types."""
    random = np.random.default_rng(seed)
    cpu = np.clip(random.lognormal(6.0, 0.9, 500), 20, 8000).astype(int)
    memory = np.clip(cpu * random.lognormal(1.1, 0.7, 500), 32, 30_000).astype(int)
    cores, ratio = np.array([2, 4, 8, 8, 16, 2]), np.array([4, 8, 2, 4, 4, 0.3])
    return Packing(
        request=np.c_[cpu, memory, np.ones(500, int)],
        demand=np.ones(500, int),
        capacity=np.c_[cores * 980, (cores * ratio * 940).astype(int), np.full(6, 110)],
        price=cores * (0.03 + 0.004 * ratio) * np.array([1.0, 0.9, 1.0, 1.1, 0.95, 0.2]),
        limit=np.full(6, UNLIMITED),
        allowed=np.ones((500, 6), dtype=np.bool_),
        cost=np.zeros((500, 6)),
        most=np.full(500, UNLIMITED),
        kind=np.arange(6),
    )


def test_pods_of_which_no_two_are_alike_are_priced_one_by_one() -> None:
    """Their bound beats that of volumes, which pairs one pod's CPU with another's memory."""
    given = no_two_alike(1)
    bound, worth = assignment_bound(given, Watch()) or (0.0, np.zeros(0))
    assert bound > 1.005 * volume_bound(given, 5)[0]
    assert worth.sum() == pytest.approx(bound)
    plan = cheapest_plan(given, Watch().within(4))
    assert not plan.left.any()
    assert all(fits(given, int(o), row) for o, row in zip(plan.offer, plan.pattern, strict=True))
    assert plan.bound >= bound - 1e-9
    assert plan.gap < 0.05


def test_a_plan_keeps_to_its_clock() -> None:
    """With no time at all it still places every pod, by what the first nodes were."""
    given = no_two_alike(2)
    began = time.monotonic()
    plan = cheapest_plan(given, Watch().within(0.0))
    assert not plan.left.any()
    assert time.monotonic() - began < 20
