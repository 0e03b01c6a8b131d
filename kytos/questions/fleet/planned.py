"""A fleet's plan by patterns, what no plan undercuts, and which pods of a service go on spot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

from kytos.cluster import CPU, is_spot
from kytos.contract.params import SolverParams
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.language import said
from kytos.problem import Problem
from kytos.questions.fleet.asked import Asked, spot_of
from kytos.questions.fleet.built import candidates, without_spot
from kytos.questions.fleet.packing_of import Posed, packing_of, rules_left_out
from kytos.questions.fleet.pools import pool_bounds
from kytos.questions.fleet.request import FleetRequest
from kytos.solvers.patterns import PatternPlan, cheapest_plan

BOUND_SHARE, CHOICE_SHARE = 0.5, 0.5
"""Of the time: the bound where rules are left out of it; each choice of pods for spot."""

CLOSE = 0.005
"""Relative gap from which on no other choice of pods for spot is tried."""

Pose = Callable[[frozenset[str], bool], Posed]


def by_patterns(
    problem: Problem,
    asked: Asked,
    request: FleetRequest,
    weights: Weights,
    params: SolverParams,
    watch: Watch,
) -> tuple[Asked, Posed, PatternPlan, float]:
    """Return the plan by patterns and what no plan that the request allows undercuts.

    Where a service may have a share of its pods on spot and they are not alike, which of them go
    there is chosen: by id, and by what a plan that looks at no share puts there.

    Returns
    -------
    tuple
        The request with the pods chosen that may not run on spot, the packing, its plan and the
        bound.
    """
    nodes = candidates(asked)
    seed = params.seed

    def posed(barred: frozenset[str], exact: bool) -> Posed:
        return packing_of(
            without_spot(problem, nodes, barred),
            asked.offers,
            len(asked.rest.nodes),
            weights,
            asked.move_price,
            spot_nodes=spot_of(nodes),
            spot_share=request.spot_share,
            max_types=request.max_types,
            pools=pool_bounds(asked.pools, asked.rest.nodes),
            exact=exact,
        )

    wanted = posed(asked.barred, False)
    loose = _loosely_shared(posed, problem, asked) if asked.shared else frozenset()
    without = rules_left_out(problem)
    if loose:
        without = (*without, said("the share of each service's pods on spot"))
    asked = replace(asked, bound_without=without)
    if wanted.exact and not loose:
        plan = cheapest_plan(wanted.packing, watch, seed)
        return asked, wanted, plan, plan.bound
    relaxed = posed(asked.barred - loose, True)
    lowest = cheapest_plan(relaxed.packing, watch.share(BOUND_SHARE), seed)
    if not loose:
        return asked, wanted, cheapest_plan(wanted.packing, watch, seed), lowest.bound
    best = (asked, wanted, cheapest_plan(wanted.packing, watch.share(CHOICE_SHARE), seed))
    for larger_first in (True, False):
        if best[2].total <= lowest.bound * (1 + CLOSE) or watch.reason is not None:
            break
        chosen = _chosen_for_spot(problem, asked, loose, relaxed, lowest, larger_first)
        other = posed(chosen.barred, False)
        plan = cheapest_plan(other.packing, watch.share(CHOICE_SHARE), seed)
        if (plan.left.sum(), plan.total) < (best[2].left.sum(), best[2].total):
            best = (chosen, other, plan)
    return *best, lowest.bound


def _loosely_shared(posed: Pose, problem: Problem, asked: Asked) -> frozenset[str]:
    """Pods that `spot_share` bars though it might be others of their service.

    Where all pods of a service are alike, which of them may run on spot is all one.
    """
    free = posed(asked.barred - asked.shared, True)
    index, pods = asked.rest.pod_index, asked.rest.pods
    classes: defaultdict[str | None, set[int]] = defaultdict(set)
    for class_, members in enumerate(free.members):
        for at in members:
            pod = problem.pods[at]
            if pod not in asked.barred or pod in asked.shared:
                classes[pods[index[pod]].service].add(class_)
    alike = {service for service, ones in classes.items() if len(ones) == 1}
    return frozenset(pod for pod in asked.shared if pods[index[pod]].service not in alike)


def _chosen_for_spot(
    problem: Problem,
    asked: Asked,
    loose: frozenset[str],
    posed: Posed,
    plan: PatternPlan,
    larger_first: bool,
) -> Asked:
    """Bar others of each service: those that a plan without shares puts on spot may go there."""
    nodes = candidates(asked)
    spot = spot_of(nodes)
    counts = plan.pattern[spot[plan.offer]].sum(axis=0)
    there = {
        problem.pods[at]
        for members, count in zip(posed.members, counts, strict=True)
        for at in members[: int(count)]
    }
    index, pods = asked.rest.pod_index, asked.rest.pods
    spot_now = {node.name for node in asked.rest.nodes if is_spot(node)}
    services = {pods[index[pod]].service for pod in loose}
    outside = asked.barred - asked.shared
    barred = set(asked.barred - loose)
    for service in services:
        members = [
            pod
            for pod in pods
            if pod.service == service and pod.id in asked.decide and pod.id not in outside
        ]
        few = len(members) - sum(pod.id in loose for pod in members)
        sign = -1 if larger_first else 1
        members.sort(
            key=lambda pod: (
                pod.node not in spot_now,
                pod.id not in there,
                sign * pod.footprint.get(CPU, 0),
                pod.id,
            )
        )
        barred |= {pod.id for pod in members[few:]}
    return replace(asked, barred=frozenset(barred), shared=frozenset(barred - outside))
