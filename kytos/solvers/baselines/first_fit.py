"""First-fit-decreasing: the classical packing heuristic, as a baseline.

Large pods first, each onto the first node with room (Johnson 1973). Where load is to be even it
is *worst fit*: each onto the node that is left the emptiest (longest processing time first,
Graham 1969).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kytos.contract.params import SolverName, SolverParams
from kytos.contract.solver import Availability
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.problem import Ints, LoadMode, Problem
from kytos.referee.incremental import PlacementState
from kytos.solvers.baselines.greedy import Choose, dominant_share, pods_to_place, replace_pods


@dataclass(frozen=True)
class FirstFitDecreasing:
    """Packs all movable pods anew, or only the waiting ones where there are any."""

    name: SolverName = SolverName.FIRST_FIT_DECREASING

    def available(self) -> Availability:
        """Say that it can be used."""
        return Availability(ok=True)

    def place(
        self,
        problem: Problem,
        weights: Weights,  # noqa: ARG002  (it knows no moves)
        params: SolverParams,  # noqa: ARG002  (nor chance)
        watch: Watch,
    ) -> Ints:
        """Return the packing; the current placement where a pod that runs fits nowhere.

        Weights and seed change nothing. It may be worse than the current placement: a baseline
        says what would happen, and `kytos.solve.solve` keeps the better of the two.
        """
        pods = pods_to_place(problem)
        packs = problem.mode is LoadMode.CONSOLIDATE
        choose = _first_fit(problem, pods) if packs else _worst_fit(problem)
        return replace_pods(problem, _decreasing(problem, pods), choose, watch)


FIRST_FIT_DECREASING = FirstFitDecreasing()


def _decreasing(problem: Problem, pods: Ints) -> Ints:
    """Pods that must run, then by what is lost without them; among equals the largest first."""
    share = dominant_share(problem)[pods]
    order = np.lexsort((pods, -share, -problem.desire[pods], ~problem.must_place[pods]))
    return np.asarray(pods[order])


def _first_fit(problem: Problem, pods: Ints) -> Choose:
    """Nodes in use without the pods come first, then the cheapest for what they hold."""
    staying = np.ones(len(problem.pods), dtype=np.bool_)
    staying[pods] = False
    used = problem.held_open.copy()
    used[problem.current[staying & (problem.current >= 0)]] = True
    offered = np.maximum(problem.allocatable.sum(axis=0), 1)
    size = (problem.allocatable / offered).mean(axis=1)
    dear = problem.price / np.maximum(size, 1e-12)
    rank = np.empty(len(problem.nodes), dtype=np.int64)
    rank[np.lexsort((np.arange(len(problem.nodes)), dear, ~used))] = np.arange(len(problem.nodes))
    return lambda _state, _pod, nodes: int(nodes[np.argmin(rank[nodes])])


def _worst_fit(problem: Problem) -> Choose:
    def emptiest(state: PlacementState, pod: int, nodes: Ints) -> int:
        held = state.held[nodes] + problem.request[pod]
        filled = (held / np.maximum(problem.allocatable[nodes], 1)).max(axis=1)
        return int(nodes[np.argmin(filled)])

    return emptiest
