"""What the descheduler would do: evict by its utilisation thresholds, then let the scheduler place.

Source: the strategies LowNodeUtilization and HighNodeUtilization of
https://github.com/kubernetes-sigs/descheduler (``pkg/framework/plugins/nodeutilization``), with the
thresholds of its README. Where load is to be even the first runs, where nodes are to be freed the
second, together with MostAllocated scoring, as its README asks for. Among pods of one priority it
would evict by QoS class, which a problem does not know.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kytos.cluster import CPU, MEMORY, PODS
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.solver import Availability
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.problem import Bools, Floats, Ints, LoadMode, Problem
from kytos.solvers.baselines.greedy import replace_pods
from kytos.solvers.baselines.kube_scheduler import ScoringStrategy, by_score

THRESHOLD = 0.2
"""Up to this share of every resource a node is underutilised."""

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


def _low_utilisation(problem: Problem) -> Ints:
    """Pods off overutilised nodes, the fullest first, until none of a node's shares is too high."""
    shares = _shares(problem, problem.initial_held)
    others = (shares <= THRESHOLD).all(axis=1) & problem.usable
    sources = np.flatnonzero((shares > TARGET).any(axis=1) & ~others)
    order = sources[np.argsort(-_amount(problem)[sources], kind="stable")]
    return _evicted(problem, order, others, TARGET, down_to=TARGET)


def _high_utilisation(problem: Problem) -> Ints:
    """All pods off underutilised nodes, the emptiest first."""
    under = (_shares(problem, problem.initial_held) <= THRESHOLD).all(axis=1)
    sources = np.flatnonzero(under)
    order = sources[np.argsort(_amount(problem)[sources], kind="stable")]
    return _evicted(problem, order, ~under & problem.usable, 1.0)


def _evicted(
    problem: Problem, sources: Ints, others: Bools, filled_to: float, down_to: float = 0.0
) -> Ints:
    """Pods off `sources` in turn, lowest priority first, while a share there is above `down_to`.

    It ends altogether once what was evicted would fill the `others` ``(nodes,)`` up to
    `filled_to` in one of the resources. A pod that none of them may run is left alone.
    """
    columns = _columns(problem)
    held = problem.initial_held.copy()
    room = (problem.allocatable[others] * filled_to - held[others]).sum(axis=0)[columns]
    welcome = problem.allowed[:, others].any(axis=1)
    evicted: list[int] = []
    for node in sources:
        pods = np.flatnonzero((problem.current == node) & welcome)
        for pod in pods[np.lexsort((pods, problem.priority[pods]))]:
            if (room <= 0).any() or (_shares(problem, held)[node] <= down_to).all():
                break
            evicted.append(int(pod))
            held[node] -= problem.request[pod]
            room = room - problem.request[pod, columns]
    return np.array(evicted, dtype=np.int64)


def _columns(problem: Problem) -> list[int]:
    return [problem.resources.index(name) for name in WATCHED if name in problem.resources]


def _shares(problem: Problem, held: Ints) -> Floats:
    """``(nodes, watched)`` share held of each watched resource; a resource not offered is full."""
    columns = _columns(problem)
    offered = problem.allocatable[:, columns]
    return np.divide(
        held[:, columns], offered, out=np.ones(offered.shape, dtype=np.float64), where=offered > 0
    )


def _amount(problem: Problem) -> Ints:
    """``(nodes,)`` by what nodes are sorted: millicores, bytes and pods held, added up as they are.

    So it is memory that decides (``sortNodesByUsage``).
    """
    amount: Ints = problem.initial_held[:, _columns(problem)].sum(axis=1)
    return amount
