"""D-Wave's nonlinear hybrid solver: each pod is one integer, the number of the place it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from dwave.system import LeapHybridNLSampler

from kytos.contract.paid import Estimate
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.solver import Availability
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.extras import DWAVE, MissingExtraError, how_to_install
from kytos.hamiltonian.cqm import constrained_model
from kytos.hamiltonian.layout import Layout
from kytos.problem import Ints, Problem
from kytos.referee.energy import score
from kytos.refine import repair
from kytos.solvers.dwave import cloud

try:
    from dwave.optimization import mathematical
    from dwave.optimization.model import Model
except ModuleNotFoundError as missing:
    raise MissingExtraError(how_to_install("The model of dwave-leap-nl", DWAVE)) from missing

CANDIDATES = 8
"""States of one run that are repaired and compared."""


@dataclass(frozen=True)
class NonlinearModel:
    """A model whose decision is a vector of integers, and what they stand for.

    Attributes
    ----------
    model
        Locked: it can be sent, and evaluated here.
    choice
        The decision: of each pod with a choice, which of its places.
    pods
        ``(decisions,)`` positions of these pods.
    starts
        ``(decisions,)`` where the places of each begin among the layout's assignments.
    """

    model: Any
    choice: Any
    layout: Layout
    pods: Ints
    starts: Ints

    def placement(self, state: Ints) -> Ints:
        """``(pods,)`` the placement that a state of the decision stands for."""
        placement = self.layout.settled.copy()
        ends = np.append(self.starts[1:], len(self.layout.pod))
        position = self.starts + state
        takes = position < ends
        placement[self.pods[takes]] = self.layout.node[position[takes]]
        return placement

    def state(self, placement: Ints) -> Ints:
        """``(decisions,)`` the state of the decision that stands for a placement."""
        ends = np.append(self.starts[1:], len(self.layout.pod))
        return np.array(
            [
                next((at - a for at in range(a, b) if self.layout.node[at] == placement[p]), b - a)
                for p, a, b in zip(self.pods, self.starts, ends, strict=True)
            ],
            dtype=np.int64,
        )

    def evaluated(self, placement: Ints) -> tuple[float, bool]:
        """Return the objective of a placement and whether all constraints hold, computed here."""
        self.model.states.resize(1)
        self.choice.set_state(0, self.state(placement))
        return float(self.model.objective.state(0)), bool(self.model.feasible(0))


def nonlinear_model(problem: Problem, weights: Weights) -> NonlinearModel:
    """Build the model: the objective is H, capacities and the other limits are constraints.

    One integer a pod says which of the places allowed to it is taken, one more where it may
    wait: that it has one place is no constraint then. That a node is in use is computed, not
    decided. Limits are those of the constrained model, exclusions among them.
    """
    constrained = constrained_model(problem, weights, exclusions=True)
    layout, cqm = constrained.layout, constrained.cqm
    pods, starts = np.unique(layout.pod, return_index=True)
    places = np.diff(np.append(starts, len(layout.pod)))
    waits = layout.may_wait[pods].astype(np.int64)
    model: Any = Model()  # type: ignore[no-untyped-call]
    choice = model.integer(len(pods), lower_bound=0, upper_bound=places + waits - 1)
    decision = np.searchsorted(pods, layout.pod)
    number = np.arange(len(layout.pod)) - starts[decision]
    taken = mathematical.equal(choice[model.constant(decision)], model.constant(number))
    position = {name: at for at, name in enumerate(layout.assignments)}
    objective = _objective(model, taken, cqm.objective, position)
    if layout.uses:
        here = (layout.node == layout.counted_nodes[:, None]).astype(float)
        used = mathematical.logical(_product(model, here, taken))
        price = np.array([float(cqm.objective.linear[name]) for name in layout.uses])
        objective = objective + (model.constant(price) * used).sum()
    model.minimize(objective)
    rows = [
        constraint
        for constraint in cqm.constraints.values()
        if constraint.sense.name == "Le" and set(constraint.lhs.variables) <= set(position)
    ]
    if rows:
        matrix = np.zeros((len(rows), len(position)))
        for row, constraint in enumerate(rows):
            for name, bias in constraint.lhs.linear.items():
                matrix[row, position[name]] = bias
        most = np.array([float(one.rhs) - float(one.lhs.offset) for one in rows]) + 1e-9
        model.add_constraint((_product(model, matrix, taken) <= model.constant(most)).all())
    model.lock()
    return NonlinearModel(model, choice, layout, pods, starts)


def _objective(model: Any, taken: Any, objective: Any, position: dict[str, int]) -> Any:
    """The part of H over places: offset, what each costs, and what each pair of them does."""
    linear = np.array([float(objective.linear[name]) for name in position])
    total = model.constant(float(objective.offset)) + (model.constant(linear) * taken).sum()
    pairs = [
        (position[u], position[v], float(bias))
        for (u, v), bias in objective.quadratic.items()
        if bias
    ]
    if pairs:
        first, second, bias = (np.array(column) for column in zip(*pairs, strict=True))
        both = taken[model.constant(first)] * taken[model.constant(second)]
        total = total + (model.constant(bias) * both).sum()
    return total


def _product(model: Any, matrix: Any, taken: Any) -> Any:
    return model.constant(matrix) @ taken


@dataclass(frozen=True)
class LeapNl:
    """The hybrid solver of nonlinear models, run for the least time it charges for.

    Attributes
    ----------
    connect
        Opens the service: `LeapHybridNLSampler`, or a stand-in with its interface.
    ready
        Says whether `connect` can work here.
    """

    connect: Callable[[], Any] = LeapHybridNLSampler
    ready: Callable[[], Availability] = cloud.account
    name: SolverName = SolverName.DWAVE_LEAP_NL

    def available(self) -> Availability:
        """Say whether a token is configured."""
        return self.ready()

    def estimate(self, problem: Problem, weights: Weights, params: SolverParams) -> Estimate:  # noqa: ARG002  as the QPU's
        """Tell what a run would use; submits nothing.

        Raises
        ------
        SolverUnavailableError
            When the service cannot be reached.
        """
        return _estimate(cloud.opened(self.ready, self.connect), nonlinear_model(problem, weights))

    def place(self, problem: Problem, weights: Weights, params: SolverParams, watch: Watch) -> Ints:
        """Return the best feasible answer ``(pods,)``; the start when none is better.

        Raises
        ------
        ConsentRequiredError
            When the charge was not accepted; nothing is sent then.
        SolverUnavailableError
            When the service cannot be reached or refuses.
        """
        watch = watch.within(params.time_limit_s)
        start = repair(problem, weights, problem.current)
        built = nonlinear_model(problem, weights) if problem.allowed.any() else None
        if built is None or not len(built.pods):
            return start
        service = cloud.opened(self.ready, self.connect)
        estimate = _estimate(service, built)
        cloud.require_consent(estimate, params)
        if watch.reason is not None:
            return start
        # The service goes on from the states it is sent; today's placement is a good one.
        built.model.states.resize(1)
        built.choice.set_state(0, built.state(start))
        with cloud.plain_faults():
            answer = service.sample(built.model, time_limit=estimate.minimum_time_s)
            if cloud.wait(answer, answer.result, watch) is not None:
                return start
        best, lowest = start, score(problem, weights, start)
        for state in range(min(CANDIDATES, built.model.states.size())):
            chosen = np.asarray(built.choice.state(state), dtype=np.int64)
            placement = repair(problem, weights, built.placement(chosen))
            scored = score(problem, weights, placement)
            if scored < lowest:
                best, lowest = placement, scored
        return best


DWAVE_LEAP_NL = LeapNl()


def _estimate(service: Any, built: NonlinearModel) -> Estimate:
    seconds = float(service.estimated_min_time_limit(built.model))
    return Estimate(
        cloud.name_of(service),
        len(built.pods),
        0,
        seconds,
        cloud.charge(seconds, service.properties),
    )
