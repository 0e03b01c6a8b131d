"""Kytos: what would happen if the pods of a Kubernetes cluster were placed better.

What a program needs is here by name (docs/library.md shows how): read a cluster, ask one of the
four questions, look at the outcome. A name is loaded when it is first used, for the libraries
behind the solvers take seconds.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kytos.cluster import Cluster, Node, Pod
    from kytos.hamiltonian.weights import Weights
    from kytos.optimize.autoscale import AutoscaleOutcome, autoscale
    from kytos.optimize.placement import PlacementOutcome, PlacementRequest, place
    from kytos.optimize.rebalance import RebalanceOutcome, RebalanceRequest, rebalance
    from kytos.optimize.recovery import RecoveryOutcome, RecoveryRequest, recover
    from kytos.optimize.scaling_step import AutoscaleRequest
    from kytos.solvers.base import SolverName, SolverParams, Watch
    from kytos.sources.manifests import read_cluster

__all__ = [
    "AutoscaleOutcome",
    "AutoscaleRequest",
    "Cluster",
    "Node",
    "PlacementOutcome",
    "PlacementRequest",
    "Pod",
    "RebalanceOutcome",
    "RebalanceRequest",
    "RecoveryOutcome",
    "RecoveryRequest",
    "SolverName",
    "SolverParams",
    "Watch",
    "Weights",
    "autoscale",
    "place",
    "read_cluster",
    "rebalance",
    "recover",
]

_HOMES = {
    "kytos.cluster": ("Cluster", "Node", "Pod"),
    "kytos.hamiltonian.weights": ("Weights",),
    "kytos.optimize.autoscale": ("AutoscaleOutcome", "autoscale"),
    "kytos.optimize.placement": ("PlacementOutcome", "PlacementRequest", "place"),
    "kytos.optimize.rebalance": ("RebalanceOutcome", "RebalanceRequest", "rebalance"),
    "kytos.optimize.recovery": ("RecoveryOutcome", "RecoveryRequest", "recover"),
    "kytos.optimize.scaling_step": ("AutoscaleRequest",),
    "kytos.solvers.base": ("SolverName", "SolverParams", "Watch"),
    "kytos.sources.manifests": ("read_cluster",),
}
"""Module -> what of it is offered here."""


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
