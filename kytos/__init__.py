"""Kytos: what would happen if the pods of a Kubernetes cluster were placed better.

What a program needs is here by name (docs/library.md shows how): read a cluster, ask one of the
four questions, look at the outcome. A name is loaded when it is first used, for the libraries
behind the solvers take seconds.

Examples
--------
Two pods that fit on one node, which frees the other:

>>> node = {"cpu_capacity": 4000, "mem_capacity": 16000}
>>> pod = {"cpu_request": 500, "mem_request": 1024}
>>> body = {
...     "nodes": [{"id": "n1"} | node, {"id": "n2"} | node],
...     "pods": [
...         {"id": "web", "current_node": "n1"} | pod,
...         {"id": "db", "current_node": "n2"} | pod,
...     ],
... }
>>> import json
>>> import kytos
>>> cluster = kytos.read_cluster([("lab.json", json.dumps(body))])
>>> outcome = kytos.rebalance(cluster, kytos.RebalanceRequest(mode="consolidate"))
>>> outcome.metrics.before.nodes_in_use, outcome.metrics.after.nodes_in_use
(2, 1)
>>> len(outcome.moves)
1
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kytos.calls.answers import autoscale, fleet, place, rebalance, recover
    from kytos.calls.interchange import export_problem, import_solution
    from kytos.cluster import Cluster, Node, Pod
    from kytos.contract.params import SolverName, SolverParams
    from kytos.contract.runbook import Runbook, RunbookRequest
    from kytos.contract.watch import Watch
    from kytos.contract.weights import Weights
    from kytos.questions.autoscale.autoscale import AutoscaleOutcome
    from kytos.questions.autoscale.request import AutoscaleRequest
    from kytos.questions.fleet.fleet import FleetOutcome
    from kytos.questions.fleet.request import FleetRequest
    from kytos.questions.placement.request import PlacementOutcome, PlacementRequest
    from kytos.questions.rebalance import RebalanceOutcome, RebalanceRequest
    from kytos.questions.recovery.recovery import RecoveryOutcome, RecoveryRequest
    from kytos.sources.manifests import read_cluster
    from kytos.sources.usage.attach import with_usage
    from kytos.sources.usage.read import read_usage

__all__ = [
    "AutoscaleOutcome",
    "AutoscaleRequest",
    "Cluster",
    "FleetOutcome",
    "FleetRequest",
    "Node",
    "PlacementOutcome",
    "PlacementRequest",
    "Pod",
    "RebalanceOutcome",
    "RebalanceRequest",
    "RecoveryOutcome",
    "RecoveryRequest",
    "Runbook",
    "RunbookRequest",
    "SolverName",
    "SolverParams",
    "Watch",
    "Weights",
    "autoscale",
    "export_problem",
    "fleet",
    "import_solution",
    "place",
    "read_cluster",
    "read_usage",
    "rebalance",
    "recover",
    "with_usage",
]

_HOMES = {
    "kytos.calls.answers": ("autoscale", "fleet", "place", "rebalance", "recover"),
    "kytos.calls.interchange": ("export_problem", "import_solution"),
    "kytos.cluster": ("Cluster", "Node", "Pod"),
    "kytos.contract.params": ("SolverName", "SolverParams"),
    "kytos.contract.runbook": ("Runbook", "RunbookRequest"),
    "kytos.contract.watch": ("Watch",),
    "kytos.contract.weights": ("Weights",),
    "kytos.questions.autoscale.autoscale": ("AutoscaleOutcome",),
    "kytos.questions.fleet.fleet": ("FleetOutcome",),
    "kytos.questions.fleet.request": ("FleetRequest",),
    "kytos.questions.placement.request": ("PlacementOutcome", "PlacementRequest"),
    "kytos.questions.rebalance": ("RebalanceOutcome", "RebalanceRequest"),
    "kytos.questions.recovery.recovery": ("RecoveryOutcome", "RecoveryRequest"),
    "kytos.questions.autoscale.request": ("AutoscaleRequest",),
    "kytos.sources.manifests": ("read_cluster",),
    "kytos.sources.usage.attach": ("with_usage",),
    "kytos.sources.usage.read": ("read_usage",),
}
"""Module -> what of it is offered here."""


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
