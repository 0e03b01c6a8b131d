"""One placement among others, in full: its energy, its metrics and the moves that lead to it."""

from __future__ import annotations

from dataclasses import asdict

from kytos.cluster import Cluster, Frozen
from kytos.contract.weights import Weights
from kytos.problem import Ints, Problem
from kytos.questions.outcome import Energy, Metrics, Move, measure
from kytos.questions.parts.answer import freed_nodes, moves
from kytos.questions.parts.prices import prices_known
from kytos.referee.energy import energy


class Plan(Frozen):
    """A placement as what would change."""

    energy: Energy
    """As the referee has it, under the weights it is compared by."""
    metrics: Metrics
    moves: tuple[Move, ...]
    freed_nodes: tuple[str, ...]
    """In use before, empty after (but for DaemonSet and mirror pods)."""

    @property
    def changes(self) -> dict[str, str]:
        """The node of every pod that moves, as `Cluster.with_placement` takes it."""
        return {move.pod: move.target for move in self.moves}


def plan_of(problem: Problem, weights: Weights, placement: Ints, cluster: Cluster) -> Plan:
    """Return a placement ``(pods,)`` as a plan of the cluster that the problem is of."""
    return Plan(
        energy=Energy(**asdict(energy(problem, weights, placement))),
        metrics=measure(problem, placement, prices_known(cluster)),
        moves=moves(problem, placement, cluster),
        freed_nodes=freed_nodes(problem, placement),
    )
