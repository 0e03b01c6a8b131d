"""The question as a constrained quadratic model: capacities as native inequalities, no penalty."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import dimod
import numpy as np

from kytos.contract.params import Capacity, Encoding
from kytos.contract.weights import Weights
from kytos.hamiltonian.arrays import coefficients
from kytos.hamiltonian.layout import Layout, lay_out
from kytos.hamiltonian.penalties import LINK
from kytos.pod_sets import PodSet
from kytos.problem import UNPLACED, Ints, LoadMode, Problem, Tally


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


def constrained_model(
    problem: Problem, weights: Weights, *, exclusions: bool = False
) -> ConstrainedModel:
    """Build the model in the one-hot encoding, over all pods and nodes.

    Objective: B, C and D of the energy and the desire of unplaced pods. Constraints: one node a
    pod (at most one where it may stay unplaced), the room of each node in each resource,
    `max_moves` and `move_limits`. The rules that depend on where others go are left to repair: as
    exact quadratic constraints they would outnumber everything else.

    Parameters
    ----------
    exclusions
        Hold exclusions (required anti-affinity, host ports) too, as linear inequalities, and
        leave out the penalty that ties a node's y to its pods: for solvers that nothing repairs
        after. Presences and spreads stay out.
    """
    layout = lay_out(problem, encoding=Encoding.ONE_HOT)
    free_of_penalties = weights.model_copy(update={"A": 0.0})
    objective = coefficients(layout, free_of_penalties, Capacity.UNBALANCED).bqm()
    desire = weights.A * problem.desire
    objective.offset += float(desire[layout.settled == UNPLACED].sum())
    for name, pod in zip(layout.assignments, layout.pod, strict=True):
        objective.add_linear(name, -float(desire[pod]))
    if exclusions:
        _without_links(objective, layout, weights)
    cqm = dimod.ConstrainedQuadraticModel.from_bqm(objective)
    _one_place(cqm, layout)
    _room(cqm, layout)
    _in_use(cqm, layout)
    _few_moves(cqm, layout)
    if exclusions:
        _apart(cqm, layout)
    _without_slashes(cqm)
    return ConstrainedModel(cqm, layout)


def _without_slashes(cqm: dimod.ConstrainedQuadraticModel) -> None:
    """Write ``:`` for the ``/`` of labels: dimod's files keep each in a folder of its name.

    What a file with such a label holds cannot be read again, neither here nor by Leap.
    """
    named: dict[Hashable, Hashable] = {}
    taken = set(cqm.constraints)
    for label in cqm.constraints:
        if "/" in label:
            plain = label.replace("/", ":")
            while plain in taken:
                plain += "'"
            named[label] = plain
            taken.add(plain)
    cqm.relabel_constraints(named)


def _one_place(cqm: dimod.ConstrainedQuadraticModel, layout: Layout) -> None:
    names = layout.assignments
    for pod in np.unique(layout.pod):
        terms = [(names[position], 1) for position in np.flatnonzero(layout.pod == pod)]
        sense = "<=" if layout.may_wait[pod] else "=="
        cqm.add_constraint_from_iterable(
            terms, sense, rhs=1, label=f"one node for {layout.problem.pods[pod]}"
        )


def _room(cqm: dimod.ConstrainedQuadraticModel, layout: Layout) -> None:
    """What a node may hold at most, as shares: bytes would strain a float's precision.

    A node that starts overcommitted may stay so, but receives nobody who asks for what it is
    short of until it fits: one inequality an arrival, which its excess at the start slackens
    while that pod stays away.
    """
    problem, names = layout.problem, layout.assignments
    held = problem.held(layout.settled)
    excess = np.maximum(problem.initial_held - problem.capacity, 0)
    arrives = layout.node != problem.current[layout.pod]
    for node, resource in np.ndindex(problem.capacity.shape):
        asked = np.where(layout.node == node, problem.request[layout.pod, resource], 0)
        room = int(problem.capacity[node, resource] - held[node, resource])
        if asked.sum() <= room:
            continue
        slack = int(excess[node, resource])
        unit = max(1, int(problem.capacity[node, resource]))
        label = f"{problem.resources[resource]} of {problem.nodes[node]}"
        for arrival in np.flatnonzero(arrives & (asked > 0)) if slack else [-1]:
            amount = asked.copy()
            if slack:
                amount[arrival] += slack
            terms = [(names[one], int(amount[one]) / unit) for one in amount.nonzero()[0]]
            cqm.add_constraint_from_iterable(
                terms,
                "<=",
                rhs=(room + slack) / unit,
                label=f"{label} with {names[arrival]}" if slack else label,
            )


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
    """`max_moves` and the disruption budgets: of some running pods, so many may leave."""
    problem = layout.problem
    limits = [(limit.members, limit.limit) for limit in problem.move_limits]
    if problem.max_moves is not None:
        everyone = np.ones(len(problem.pods), dtype=np.bool_)
        limits.append((PodSet.of(everyone), problem.max_moves))
    for number, (members, limit) in enumerate(limits):
        choosing = layout.free & members & (problem.current >= 0)
        if choosing.sum() <= limit:
            continue
        stays = np.flatnonzero((layout.node == problem.current[layout.pod]) & members[layout.pod])
        terms = [(layout.assignments[position], -1) for position in stays]
        rhs = limit - int(choosing.sum())
        cqm.add_constraint_from_iterable(terms, "<=", rhs=rhs, label=f"moves {number}")


def _without_links(objective: dimod.BinaryQuadraticModel, layout: Layout, weights: Weights) -> None:
    """Take out what a pod on a node of y = 0 costs; the constraint `in use` says it already."""
    if layout.problem.mode is not LoadMode.CONSOLIDATE:
        return
    for node, used in zip(layout.counted_nodes, layout.uses, strict=True):
        link = weights.B * LINK * float(layout.problem.price[node])
        for position in np.flatnonzero(layout.node == node):
            name = layout.assignments[position]
            if objective.quadratic.get((name, used)) is None:
                continue
            objective.add_linear(name, -link)
            objective.remove_interaction(name, used)


def _apart(cqm: dimod.ConstrainedQuadraticModel, layout: Layout) -> None:
    """No carrier with a target in one domain, unless both run there and stay.

    One inequality for a pod p that comes into a domain, a_p = X_p less its staying there: with
    M others that may be there, M·a_p + sum X_q <= M. Exact, and linear in both.
    """
    problem = layout.problem
    for number, exclusion in enumerate(problem.exclusions):
        carriers, targets = problem.tallies[exclusion.carriers], problem.tallies[exclusion.targets]
        sides = [(carriers, targets)] if carriers is targets else [
            (carriers, targets), (targets, carriers)
        ]  # fmt: skip
        for side, (those, others) in enumerate(sides):
            _keep_out(cqm, layout, those, others, f"exclusion {number}.{side} {exclusion.rule}")


def _keep_out(
    cqm: dimod.ConstrainedQuadraticModel, layout: Layout, those: Tally, others: Tally, label: str
) -> None:
    current, names = layout.problem.current, layout.assignments
    occupied = others.fixed.copy()
    settled = np.flatnonzero(others.members & (layout.settled >= 0))
    domains = others.domain[layout.settled[settled]]
    np.add.at(occupied, domains[domains >= 0], 1)
    domain = those.domain[layout.node]
    arrives = (domain >= 0) & those.members[layout.pod] & (layout.node != current[layout.pod])
    for pod, place in sorted(set(zip(layout.pod[arrives], domain[arrives], strict=True))):
        comes = np.flatnonzero(arrives & (layout.pod == pod) & (domain == place))
        here = np.flatnonzero((domain == place) & others.members[layout.pod] & (layout.pod != pod))
        many = len(np.unique(layout.pod[here]))
        title = f"{label}: {layout.problem.pods[pod]} in {place}"
        if occupied[place]:
            cqm.add_constraint_from_iterable([(names[one], 1) for one in comes], "<=", 0, title)
        elif many:
            terms = [(names[one], many) for one in comes] + [(names[one], 1) for one in here]
            cqm.add_constraint_from_iterable(terms, "<=", rhs=many, label=title)
