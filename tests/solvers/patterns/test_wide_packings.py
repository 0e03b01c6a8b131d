"""Plans where much comes together, held against CP-SAT over explicit copies of nodes.

Today's nodes beside offers, moves that cost, rivals, few types, and a share of some offers.
"""

from __future__ import annotations

import numpy as np
import pytest

from kytos.contract.watch import Watch
from kytos.solvers.patterns import OfferRow, Packing, cheapest_plan
from kytos.solvers.patterns.packing import UNLIMITED, fits
from tests.solvers.patterns.oracle import optimum


def packing(seed: int) -> Packing:
    """A few classes, today's nodes (some paid for anyway), and offers, of which the first is
    large and unlimited."""
    random = np.random.default_rng(seed)
    classes, offers, today = (int(random.integers(*bounds)) for bounds in ((2, 6), (3, 7), (0, 4)))
    nodes = today + offers
    capacity = np.c_[
        random.integers(20, 80, nodes), random.integers(25, 110, nodes), np.full(nodes, 8)
    ]
    capacity[today] = (80, 110, 8)
    price = np.round(capacity[:, :2].sum(axis=1) * random.uniform(0.8, 1.3, nodes))
    price[:today] *= random.random(today) < 0.6
    limit = np.where(random.random(nodes) < 0.3, 1, UNLIMITED)
    limit[:today], limit[today] = 1, UNLIMITED
    allowed = random.random((classes, nodes)) < 0.85
    allowed[:, today] = True
    cost = np.zeros((classes, nodes))
    for class_, home in enumerate(random.integers(-1, max(today, 1), classes)):
        if today and home >= 0:
            cost[class_] = random.integers(1, 6)
            cost[class_, home], allowed[class_, home] = 0, True
    most = np.where(random.random(classes) < 0.25, 1, UNLIMITED)
    rivals = []
    for _ in range(int(random.integers(0, 3))):
        one = random.random(classes) < 0.4
        two = one.copy() if random.random() < 0.5 else random.random(classes) < 0.4
        most[one & two] = 1
        rivals.append((one, two))
    share = np.where(random.random(nodes) < 0.5, 0.5, -0.5)
    share[today] = -0.5
    kind = np.concatenate([np.full(today, -1), random.integers(0, max(2, offers - 1), offers)])
    return Packing(
        request=np.c_[
            random.integers(2, 30, classes), random.integers(2, 40, classes), np.ones(classes, int)
        ],
        demand=random.integers(1, 4, classes),
        capacity=capacity,
        price=price,
        limit=limit,
        allowed=allowed,
        cost=cost,
        most=most,
        kind=kind,
        rivals=tuple(rivals),
        most_kinds=int(random.integers(1, 3)) if seed % 2 else None,
        rows=(OfferRow(share, 0.0),) if seed % 3 == 0 else (),
    )


@pytest.mark.parametrize("seed", [0, 3, 7, 10, 12, 15, 21, 27])
def test_wide_packings_are_at_the_proven_optimum(seed: int) -> None:
    """The plan keeps every bound, costs what CP-SAT proves to be the least, and claims no more."""
    given = packing(seed)
    plan, best = cheapest_plan(given, Watch().within(20)), optimum(given)
    assert (plan.pattern.sum(axis=0) == given.demand).all()
    assert all(fits(given, int(o), row) for o, row in zip(plan.offer, plan.pattern, strict=True))
    count = np.bincount(plan.offer, minlength=len(given.price))
    assert (count <= given.limit).all()
    assert all(float(row.weight @ count) <= row.most + 1e-9 for row in given.rows)
    if given.most_kinds is not None:
        assert len(set(given.kind[plan.offer].tolist()) - {-1}) <= given.most_kinds
    assert plan.total == pytest.approx(best)
    assert plan.bound <= best + 1e-6


def its_own_rival() -> Packing:
    """Three pods of one service on two sizes of nodes; no two of them share a node."""
    return Packing(
        request=np.array([[10, 1], [20, 1]]),
        demand=np.array([2, 1]),
        capacity=np.array([[10, 9], [60, 9]]),
        price=np.array([2.0, 3.0]),
        limit=np.full(2, UNLIMITED),
        allowed=np.ones((2, 2), dtype=np.bool_),
        cost=np.zeros((2, 2)),
        most=np.array([1, 1]),
        kind=np.array([0, 1]),
        rivals=((np.ones(2, dtype=np.bool_), np.ones(2, dtype=np.bool_)),),
    )


def test_a_pod_does_not_keep_itself_off_a_node() -> None:
    """Replicas kept apart fill a node each, so that patterns and their bound know of them."""
    given = its_own_rival()
    assert fits(given, 1, np.array([1, 0]))
    assert not fits(given, 1, np.array([1, 1]))
    assert not fits(given, 1, np.array([2, 0]))
    plan = cheapest_plan(given, Watch().within(10))
    assert plan.total == pytest.approx(7)
    assert plan.bound == pytest.approx(7)


def test_of_few_types_every_set_that_could_be_cheaper_is_planned_for() -> None:
    """Volumes would buy the type that holds no pod whole; a plan of one type is proven anyway."""
    given = Packing(
        request=np.array([[6, 1]]),
        demand=np.array([5]),
        capacity=np.array([[10, 9], [12, 9], [7, 9]]),
        price=np.array([5.0, 7.0, 4.0]),
        limit=np.full(3, UNLIMITED),
        allowed=np.ones((1, 3), dtype=np.bool_),
        cost=np.zeros((1, 3)),
        most=np.array([9]),
        kind=np.arange(3),
        most_kinds=1,
    )
    plan = cheapest_plan(given, Watch().within(10))
    assert plan.total == pytest.approx(20)
    assert plan.bound == pytest.approx(20)
