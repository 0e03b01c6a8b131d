"""Plans where much comes together, held against CP-SAT over explicit copies of nodes.

Today's nodes beside offers, moves that cost, rivals, few types, and a share of some offers.
"""

from __future__ import annotations

import numpy as np
import pytest
from ortools.sat.python import cp_model

from kytos.contract.watch import Watch
from kytos.solvers.patterns import OfferRow, Packing, cheapest_plan
from kytos.solvers.patterns.packing import UNLIMITED, fits


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


def optimum(given: Packing) -> float:
    """CP-SAT over explicit copies, one number for each class on each: it shares no code."""
    pods = int(given.demand.sum())
    copies = [
        offer
        for offer in range(len(given.price))
        for _ in range(min(pods, int(given.limit[offer])))
    ]
    model = cp_model.CpModel()
    used = [model.new_bool_var("") for _ in copies]
    runs = [[model.new_int_var(0, int(n), "") for n in given.demand] for _ in copies]
    some = [[model.new_bool_var("") for _ in given.demand] for _ in copies]
    for at, offer in enumerate(copies):
        for resource in range(given.request.shape[1]):
            held = sum(int(given.request[c, resource]) * v for c, v in enumerate(runs[at]))
            model.add(held <= int(given.capacity[offer, resource]) * used[at])
        for class_, count in enumerate(runs[at]):
            model.add(count <= min(int(given.most[class_]), pods) * some[at][class_])
            if not given.allowed[class_, offer]:
                model.add(count == 0)
        for one, two in given.rivals:
            for a in np.flatnonzero(one):
                for b in np.flatnonzero(two):
                    if a != b:
                        model.add(some[at][a] + some[at][b] <= 1)
        if at and copies[at - 1] == offer:
            model.add_implication(used[at], used[at - 1])
    for class_, demand in enumerate(given.demand):
        model.add(sum(row[class_] for row in runs) == int(demand))
    for row in given.rows:
        twice = [int(2 * row.weight[offer]) for offer in copies]
        model.add(sum(w * u for w, u in zip(twice, used, strict=True)) <= int(2 * row.most))
    if given.most_kinds is not None:
        bought = {kind: model.new_bool_var("") for kind in set(given.kind.tolist()) - {-1}}
        for offer, variable in zip(copies, used, strict=True):
            if given.kind[offer] >= 0:
                model.add_implication(variable, bought[int(given.kind[offer])])
        model.add(sum(bought.values()) <= given.most_kinds)
    model.minimize(
        sum(int(given.price[offer]) * u for offer, u in zip(copies, used, strict=True))
        + sum(
            int(given.cost[c, offer]) * v
            for offer, row in zip(copies, runs, strict=True)
            for c, v in enumerate(row)
        )
    )
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(model) == cp_model.OPTIMAL
    return solver.objective_value


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
