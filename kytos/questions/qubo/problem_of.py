"""The problem behind a question, built again from what was asked: for looking at, never solved."""

from __future__ import annotations

from functools import singledispatch

from kytos.cluster import Cluster
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.hamiltonian.scale_out import ScaleOut
from kytos.problem import Problem
from kytos.questions.autoscale.request import AutoscaleRequest
from kytos.questions.autoscale.wanted import granted, scale_out, scaling_step
from kytos.questions.fleet.fleet import fleet_problem
from kytos.questions.fleet.request import FleetRequest
from kytos.questions.parts.known_use import as_asked
from kytos.questions.parts.others_pods import with_others_pods
from kytos.questions.placement.placement import placement_problem
from kytos.questions.placement.request import PlacementRequest
from kytos.questions.rebalance import RebalanceRequest, pinned_pods, rebalance_problem
from kytos.questions.recovery.failure import fail, failing_nodes
from kytos.questions.recovery.recovery import RecoveryRequest, recovery_problem


@singledispatch
def problem_of(request: object, cluster: Cluster) -> Problem | ScaleOut:  # noqa: ARG001  as each question
    """Return what a sampler is asked: where pods go, or how many new replicas go where.

    Raises
    ------
    TypeError
        For what is none of the five questions.
    """
    raise TypeError(
        f"{type(request).__name__} poses no problem; register how it does in {__name__}"
    )


@problem_of.register
def _rebalance(request: RebalanceRequest, cluster: Cluster) -> Problem:
    cluster = as_asked(cluster, request)
    return rebalance_problem(cluster, request, pinned_pods(cluster, request))


@problem_of.register
def _recovery(request: RecoveryRequest, cluster: Cluster) -> Problem:
    failed = failing_nodes(
        cluster, request.failed_nodes, request.failed_zones, spot=request.failed_spot
    )
    cluster = with_others_pods(as_asked(cluster, request), request)
    return recovery_problem(fail(cluster, failed, request.how), request)


@problem_of.register
def _placement(request: PlacementRequest, cluster: Cluster) -> Problem:
    return placement_problem(as_asked(cluster, request), request)


@problem_of.register
def _fleet(request: FleetRequest, cluster: Cluster) -> Problem:
    return fleet_problem(as_asked(cluster, request), request)


@problem_of.register
def _autoscale(request: AutoscaleRequest, cluster: Cluster) -> ScaleOut:
    return scale_out(scaling_step(as_asked(cluster, request), request))


def problem_for_placers(
    request: object, cluster: Cluster, weights: Weights, watch: Watch = Watch()
) -> Problem:
    """Return what a placer is asked: the same, but for an autoscale the replicas granted exactly.

    Raises
    ------
    TypeError
        For what is none of the five questions.
    """
    if not isinstance(request, AutoscaleRequest):
        problem = problem_of(request, cluster)
        assert isinstance(problem, Problem)
        return problem
    step = scaling_step(as_asked(cluster, request), request)
    return granted(step, watch, serve_demand=weights.C > 0).problem
