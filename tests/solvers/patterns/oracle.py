"""The cheapest packing by CP-SAT over explicit copies of nodes, which shares no code with ours."""

from __future__ import annotations

import numpy as np
from ortools.sat.python import cp_model

from kytos.solvers.patterns import Packing


def optimum(given: Packing) -> float:
    """Return the least cost of whole prices and costs; one number for each class on each copy."""
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
    solver.parameters.max_time_in_seconds = 60
    assert solver.solve(model) == cp_model.OPTIMAL
    return solver.objective_value
