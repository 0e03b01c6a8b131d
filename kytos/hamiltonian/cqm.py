"""The question as a constrained quadratic model: capacities as native inequalities, no penalty."""

from __future__ import annotations

from dataclasses import dataclass

import dimod
import numpy as np

from kytos.hamiltonian.arrays import coefficients
from kytos.hamiltonian.layout import Layout, lay_out
from kytos.hamiltonian.weights import Weights
from kytos.problem import UNPLACED, Floats, Ints, Problem
from kytos.solvers.base import Capacity, Encoding


@dataclass(frozen=True)
class ConstrainedModel:
    """A CQM with what is needed to read its samples."""

    cqm: dimod.ConstrainedQuadraticModel
    layout: Layout

    def placement(self, sample: dict[str, float]) -> Ints:
        """``(pods,)`` the placement a sample stands for; a pod set twice goes to the first."""
        placement = self.layout.settled.copy()
        names = self.layout.assignments
        for name, pod, node in zip(names, self.layout.pod, self.layout.node, strict=True):
            if sample[name] > 0 and placement[pod] == UNPLACED:
                placement[pod] = node
        return placement


def constrained_model(problem: Problem, weights: Weights) -> ConstrainedModel:
    """Build the model in the one-hot encoding, over all pods and nodes.

    Objective: B, C and D of the energy and the desire of unplaced pods. Constraints: one node a
    pod (at most one where it may stay unplaced), the room of each node in each resource, and
    `max_moves`. The rules that depend on where others go are left to repair: as exact quadratic
    constraints they would outnumber everything else.
    """
    layout = lay_out(problem, encoding=Encoding.ONE_HOT)
    free_of_penalties = weights.model_copy(update={"A": 0.0})
    objective = coefficients(layout, free_of_penalties, Capacity.UNBALANCED).bqm()
    desire = weights.A * problem.desire
    objective.offset += float(desire[problem_waits(layout)].sum())
    for name, pod in zip(layout.assignments, layout.pod, strict=True):
        objective.add_linear(name, -float(desire[pod]))
    cqm = dimod.ConstrainedQuadraticModel.from_bqm(objective)
    _one_place(cqm, layout)
    _room(cqm, layout)
    _in_use(cqm, layout)
    _few_moves(cqm, layout)
    return ConstrainedModel(cqm, layout)


def problem_waits(layout: Layout) -> Ints:
    """Positions of the pods that are unplaced until a variable places them."""
    return np.flatnonzero(layout.settled == UNPLACED)


def _one_place(cqm: dimod.ConstrainedQuadraticModel, layout: Layout) -> None:
    names = layout.assignments
    for pod in np.unique(layout.pod):
        terms = [(names[position], 1) for position in np.flatnonzero(layout.pod == pod)]
        sense = "<=" if layout.may_wait[pod] else "=="
        cqm.add_constraint_from_iterable(
            terms, sense, rhs=1, label=f"one node for {layout.problem.pods[pod]}"
        )


def _room(cqm: dimod.ConstrainedQuadraticModel, layout: Layout) -> None:
    """What a node may hold at most, as shares: bytes would strain a float's precision."""
    problem, names = layout.problem, layout.assignments
    settled = problem.fixed.copy()
    staying = np.flatnonzero(layout.settled >= 0)
    np.add.at(settled, layout.settled[staying], problem.request[staying])
    bound: Floats = np.maximum(problem.capacity, problem.initial_held).astype(np.float64)
    for node, node_name in enumerate(problem.nodes):
        here = np.flatnonzero(layout.node == node)
        for resource, resource_name in enumerate(problem.resources):
            asked = problem.request[layout.pod[here], resource]
            unit = max(1.0, bound[node, resource])
            room = bound[node, resource] - settled[node, resource]
            if asked.sum() <= room:
                continue
            terms = [
                (names[position], float(amount) / unit)
                for position, amount in zip(here, asked, strict=True)
                if amount
            ]
            label = f"{resource_name} of {node_name}"
            cqm.add_constraint_from_iterable(terms, "<=", rhs=float(room) / unit, label=label)


def _in_use(cqm: dimod.ConstrainedQuadraticModel, layout: Layout) -> None:
    """A node's y is 1 when any pod is on it."""
    names = layout.assignments
    for node, used in zip(layout.counted_nodes, layout.uses, strict=True):
        here = np.flatnonzero(layout.node == node)
        terms = [(names[position], 1) for position in here] + [(used, -len(here))]
        cqm.add_constraint_from_iterable(
            terms, "<=", rhs=0, label=f"{layout.problem.nodes[node]} in use"
        )


def _few_moves(cqm: dimod.ConstrainedQuadraticModel, layout: Layout) -> None:
    problem = layout.problem
    if problem.max_moves is None:
        return
    stays = np.flatnonzero(layout.node == problem.current[layout.pod])
    terms = [(layout.assignments[position], -1) for position in stays]
    if terms:
        cqm.add_constraint_from_iterable(
            terms, "<=", rhs=problem.max_moves - len(stays), label="moves"
        )
