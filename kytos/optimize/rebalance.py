"""Rebalance: which running pods to move, and where, so that fewer nodes are needed or load is even."""

from __future__ import annotations

from pydantic import Field

from kytos.cluster import Cluster, Frozen
from kytos.hamiltonian.weights import Weights
from kytos.outcome import Move, Outcome
from kytos.problem import LoadMode
from kytos.solvers.base import SolverName, SolverParams, Watch


class RebalanceRequest(Frozen):
    """What is asked of a rebalance beside the weights."""

    mode: LoadMode = Field(LoadMode.CONSOLIDATE, description="consolidate, spread or squares")
    max_moves: int | None = Field(None, ge=0, description="move at most this many pods")
    zone_pairs: bool = Field(False, description="keep replicas apart by zone too, not only by node")


class RebalanceOutcome(Outcome):
    """Where every pod would run, and the moves that lead there."""

    mode: LoadMode
    moves: tuple[Move, ...]
    placement: dict[str, str | None]
    """Every pod of the cluster that is not finished, by id; None waits for a node."""
    freed_nodes: tuple[str, ...]
    pinned: dict[str, str]
    """Pods that had to stay, and why."""


def rebalance(
    cluster: Cluster,
    request: RebalanceRequest = RebalanceRequest(),
    *,
    weights: Weights = Weights(),
    solver: SolverName = SolverName.OPENJIJ_SA,
    params: SolverParams = SolverParams(),
    watch: Watch = Watch(),
) -> RebalanceOutcome:
    """Return the best found placement of the movable pods of `cluster`.

    Raises
    ------
    ValueError
        When the solver is not available here; the message says what to do.
    """
    raise NotImplementedError
