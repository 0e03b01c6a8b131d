"""Plans that survive failures, for CP-SAT: the energy, and where each failure's pods would go.

Each failure has variables of its own for where the pods on it find a node, within what is free
there and where they are allowed. Rules among those pods are left out, so the bound holds, and a
placement is still to be checked.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kytos.contract.params import SolverParams
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.problem import Bools, Ints, Problem
from kytos.referee.energy import energy
from kytos.solvers.cpsat.energy import EnergyModel
from kytos.solvers.cpsat.library import cp_model
from kytos.solvers.cpsat.rules import BuildingStopped, total
from kytos.solvers.cpsat.search import Answer, Search

MAX_REFUGES = 6_000
"""Triples of a failure, a pod and a node above which no model is built: at 8,000 presolving alone
takes seven seconds."""

UNBOUND = -np.inf


@dataclass(frozen=True)
class Others:
    """Pods outside the problem that a failure evicts.

    Attributes
    ----------
    home
        ``(others,)`` the node of each.
    request
        ``(others, resources)`` of the problem's resources.
    allowed
        ``(others, nodes)``.
    """

    home: Ints
    request: Ints
    allowed: Bools


@dataclass(frozen=True)
class SurvivingAnswer(Answer):
    """With the positions of the nodes that are paid for, pods on them or none."""

    paid: frozenset[int] = frozenset()


def solve_surviving(
    problem: Problem,
    weights: Weights,
    failures: Sequence[Bools],
    others: Others,
    params: SolverParams,
    watch: Watch,
    hint: Ints,
    evicted: Bools,
    bought: Bools | None = None,
    alike: Sequence[Ints] = (),
) -> SurvivingAnswer:
    """Minimise H over placements whose failures' pods all find room.

    Parameters
    ----------
    failures
        Each ``(nodes,)`` bool, the nodes that fail together; all their pods are to find a node.
    hint
        ``(pods,)`` where the search begins.
    evicted
        ``(pods,)`` whether a failure makes it look for another node; a pod without a controller
        is gone.
    bought
        ``(nodes,)`` nodes that are there only at their price, pods on them or none; left out:
        nodes that nothing runs on today are there, and those that the plan empties are gone.
    alike
        Each the positions of nodes that are the same: the first of them are used before others.
    """
    nothing = SurvivingAnswer(None, UNBOUND, optimal=False)
    nodes = len(problem.nodes)
    if len(failures) * (len(problem.pods) + len(others.home)) * nodes > MAX_REFUGES:
        return nothing
    try:
        model = EnergyModel(problem, weights, watch)
        hosts = _hosts(model) if bought is None else _bought_hosts(model, bought)
        for group in alike:
            for one, other in itertools.pairwise(group.tolist()):
                if one in model.used and other in model.used:
                    model.cp.add_implication(model.used[other], model.used[one])
        for gone in failures:
            if watch.reason is not None:
                return nothing
            _survives(model, gone, others, hosts, evicted)
    except BuildingStopped:
        return nothing
    search = Search(model, params, watch)
    answer = search.minimise(model.objective.expression(), hint, model.objective)
    if answer.placement is None or search.solver is None:
        return nothing
    worth = energy(problem, weights, answer.placement).total
    paid = frozenset(node for node, used in model.used.items() if search.solver.boolean_value(used))
    return SurvivingAnswer(
        answer.placement, answer.bound - model.rounding(worth), answer.optimal, paid
    )


def _bought_hosts(model: EnergyModel, bought: Bools) -> list[cp_model.IntVar | None]:
    """For each node whether it is paid for: None where it is there anyway."""
    return [model.used.get(node) if bought[node] else None for node in range(len(bought))]


def _hosts(model: EnergyModel) -> list[cp_model.IntVar | None]:
    """For each node whether it is there for others' pods: None where it always is.

    A node in use that the plan empties is gone.
    """
    problem = model.problem
    in_use = problem.in_use(problem.current)
    hosts: list[cp_model.IntVar | None] = []
    for node, there in enumerate(model._on):
        if problem.held_open[node] or not in_use[node]:
            hosts.append(None)
            continue
        host = model.cp.new_bool_var("")
        model.cp.add(host <= total([variable for _, variable in there]))
        hosts.append(host)
    return hosts


def _survives(
    model: EnergyModel,
    gone: Bools,
    others: Others,
    hosts: Sequence[cp_model.IntVar | None],
    evicted: Bools,
) -> None:
    """Every pod on a failed node finds one that is left."""
    problem, cp = model.problem, model.cp
    left = np.flatnonzero(~gone)
    arrivals: list[list[tuple[cp_model.IntVar, Ints]]] = [[] for _ in problem.nodes]
    for pod, options in enumerate(model.x):
        hit = [variable for node, variable in options.items() if gone[node]]
        if hit and evicted[pod]:
            targets = [int(node) for node in left if problem.allowed[pod, node]]
            _refuge(model, total(hit), targets, problem.request[pod], hosts, arrivals)
    for other in np.flatnonzero(gone[others.home]):
        targets = [int(node) for node in left if others.allowed[other, node]]
        _refuge(model, total([]) + 1, targets, others.request[other], hosts, arrivals)
    for node in left:
        came = arrivals[node]
        if not came:
            continue
        for resource in range(len(problem.resources)):
            asking = [(var, int(need[resource])) for var, need in came if need[resource] > 0]
            if not asking:
                continue
            stay = [
                (variable, int(problem.request[pod, resource]))
                for pod, variable in model._on[node]
                if problem.request[pod, resource] > 0
            ]
            room = int(problem.allocatable[node, resource] - problem.fixed[node, resource])
            terms = stay + asking
            if sum(amount for _, amount in terms) <= room:
                continue
            held = cp_model.LinearExpr.weighted_sum(
                [variable for variable, _ in terms], [amount for _, amount in terms]
            )
            constraint = cp.add(held <= room)
            if problem.initial_held[node, resource] > problem.allocatable[node, resource]:
                constraint.only_enforce_if(model._any([variable for variable, _ in asking]))


def _refuge(
    model: EnergyModel,
    hit: cp_model.LinearExpr,
    targets: Sequence[int],
    request: Ints,
    hosts: Sequence[cp_model.IntVar | None],
    arrivals: list[list[tuple[cp_model.IntVar, Ints]]],
) -> None:
    """A pod has a node to go to whenever it is hit."""
    chosen = []
    for node in targets:
        goes = model.cp.new_bool_var("")
        host = hosts[node]
        if host is not None:
            model.cp.add_implication(goes, host)
        arrivals[node].append((goes, request))
        chosen.append(goes)
    model.cp.add(total(chosen) == hit)
