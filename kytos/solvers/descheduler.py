"""What the descheduler would do: evict by its utilisation thresholds, then let the scheduler place.

Source: the strategies LowNodeUtilization and HighNodeUtilization of
https://github.com/kubernetes-sigs/descheduler, with the thresholds of its README. Where load is
to be even the first runs, where nodes are to be freed the second, together with MostAllocated
scoring, as its README asks for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kytos.cluster import CPU, MEMORY, PODS
from kytos.hamiltonian.weights import Weights
from kytos.problem import Bools, Floats, Ints, LoadMode, Problem
from kytos.solvers.base import Availability, SolverName, SolverParams, Watch
from kytos.solvers.greedy import replace_pods
from kytos.solvers.kube_scheduler import ScoringStrategy, by_score

THRESHOLD = 0.2
"""Below this share of every resource a node is underutilised."""

TARGET = 0.5
"""Above this share of any resource a node is overutilised (LowNodeUtilization)."""

WATCHED = (CPU, MEMORY, PODS)
"""Resources the thresholds are about."""


@dataclass(frozen=True)
class Descheduler:
    """Evicts what the thresholds name and reschedules it; pods that wait are left waiting."""

    name: SolverName = SolverName.DESCHEDULER

    def available(self) -> Availability:
        """Say that it can be used: it is computed here, no cluster is asked."""
        return Availability(ok=True)

    def place(
        self,
        problem: Problem,
        weights: Weights,  # noqa: ARG002  (the descheduler knows none)
        params: SolverParams,
        watch: Watch,
    ) -> Ints:
        """Return where the evicted pods end up; the current placement if one finds no node."""
        packs = problem.mode is LoadMode.CONSOLIDATE
        evicted = _high_utilisation(problem) if packs else _low_utilisation(problem)
        strategy = ScoringStrategy.MOST_ALLOCATED if packs else ScoringStrategy.LEAST_ALLOCATED
        queue = evicted[np.lexsort((evicted, -problem.priority[evicted]))]
        return replace_pods(problem, queue, by_score(problem, strategy, params.seed), watch)


DESCHEDULER = Descheduler()


def _shares(problem: Problem, held: Ints) -> Floats:
    """``(nodes, watched)`` share held of each watched resource; a resource not offered is full."""
    columns = [problem.resources.index(name) for name in WATCHED if name in problem.resources]
    offered = problem.allocatable[:, columns]
    return np.divide(
        held[:, columns], offered, out=np.ones(offered.shape, dtype=np.float64), where=offered > 0
    )


def _underutilised(problem: Problem) -> Bools:
    """``(nodes,)`` below the threshold in every watched resource."""
    return np.asarray((_shares(problem, problem.initial_held) < THRESHOLD).all(axis=1))


def _low_utilisation(problem: Problem) -> Ints:
    """Pods off overutilised nodes, fullest node and lowest priority first.

    It stops at a node once that is no longer above target, and altogether once the underutilised
    nodes would be at target themselves.
    """
    under = _underutilised(problem)
    if not under.any():
        return np.zeros(0, dtype=np.int64)
    columns = [problem.resources.index(name) for name in WATCHED if name in problem.resources]
    held = problem.initial_held.copy()
    room = (problem.allocatable[under] * TARGET - held[under]).sum(axis=0)[columns]
    evicted: list[int] = []
    for node in np.argsort(-_shares(problem, held).sum(axis=1), kind="stable"):
        pods = np.flatnonzero(problem.current == node)
        for pod in pods[np.lexsort((pods, problem.priority[pods]))]:
            over = (_shares(problem, held)[node] > TARGET).any()
            if not over or under[node] or (room <= 0).any():
                break
            evicted.append(int(pod))
            held[node] -= problem.request[pod]
            room = room - problem.request[pod, columns]
    return np.array(evicted, dtype=np.int64)


def _high_utilisation(problem: Problem) -> Ints:
    """All pods off underutilised nodes, the emptiest first, while others are left to take them."""
    under = _underutilised(problem)
    if under.all():
        return np.zeros(0, dtype=np.int64)
    nodes = np.flatnonzero(under)
    order = nodes[np.argsort(_shares(problem, problem.initial_held)[nodes].sum(axis=1))]
    pods = [np.flatnonzero(problem.current == node) for node in order]
    return np.concatenate([np.zeros(0, dtype=np.int64), *pods])
