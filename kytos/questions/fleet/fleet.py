"""Fleet: which nodes to buy, keep and release, and where each pod then runs."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from kytos.bounds import Certificate, CertificateStatus, GapOf, held_against
from kytos.bounds.lower_bound import BoundSource
from kytos.cluster import Cluster, Frozen, Node, Note, Pod, is_spot
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.run_report import SolverReport, Stage
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights, exchange_rates
from kytos.language import said
from kytos.problem import UNPLACED, Ints, Problem
from kytos.questions.fleet.asked import Asked, made_concrete, spot_of
from kytos.questions.fleet.built import (
    Plan,
    bought_by,
    build,
    candidates,
    problem_of,
    spares_for,
    with_ties_broken,
    within_request,
)
from kytos.questions.fleet.families import FamilyCost, costs_by_family
from kytos.questions.fleet.offer import Offer
from kytos.questions.fleet.packing_of import Posed
from kytos.questions.fleet.planned import by_patterns
from kytos.questions.fleet.promise import planned as in_plan
from kytos.questions.fleet.request import FleetRequest
from kytos.questions.fleet.survive import STAGE as SURVIVE
from kytos.questions.fleet.survive import Surviving, surviving
from kytos.questions.fleet.survive_search import STANDS_BY
from kytos.questions.outcome import Move, Outcome, Question
from kytos.questions.parts.answer import moves, shared_answer
from kytos.questions.parts.unplaced import UnplacedPod, by_importance, explain
from kytos.questions.recovery.risk import risk_of, without_nodes
from kytos.questions.survival import SurvivalPrice, costs_in_words
from kytos.referee.energy import energy
from kytos.solve.result import Solution
from kytos.solve.solve import default_solver, solve
from kytos.solvers.patterns import PatternPlan
from kytos.solvers.patterns.packing import UNLIMITED

FREE_SHARE = 0.4
"""Of the time cap, what the plan that promises nothing has where `survive` is asked."""

PATTERN_SHARE = 0.75
"""Of the time cap: the plan by patterns; placing it under every rule, and the anneal, have the
rest."""

ANNEALED_PAIRS = 200_000
"""Pods x nodes up to which the anneal looks at a plan as well."""

RISK_SHARE = 0.1
"""Of the time cap, what is kept back to look at the failures of the fleet that is chosen."""
FAMILIES = 3
"""Families of types that are compared."""

PROVEN = 1e-6
"""Relative gap of the plan without a promise below which it is the cheapest."""

STAGE = "patterns"


class Purchase(Frozen):
    """Nodes of one kind to buy."""

    type: str
    capacity_type: str
    zone: str | None
    count: int
    price_per_hour: float
    """Of one of them."""
    nodes: tuple[str, ...]
    """As `placement` names them."""
    pool: str | None = None
    """The NodePool that buys them, where there are pools."""


class FleetPrice(Frozen):
    """What the nodes cost an hour."""

    before: float
    after: float


class FleetOutcome(Outcome):
    """Which nodes to buy, keep and release, and where each pod then runs."""

    buy: tuple[Purchase, ...]
    keep: tuple[str, ...]
    """Of today's nodes, those that stay."""
    release: tuple[str, ...]
    """Of today's nodes, those that nothing needs any more."""
    price: FleetPrice
    moves: tuple[Move, ...]
    placement: dict[str, str | None]
    """Every pod that is not finished, by id; None waits. DaemonSets' pods go with their nodes."""
    unplaced: tuple[UnplacedPod, ...]
    pinned: dict[str, str]
    """Pods that had to stay, and why."""
    kept_nodes: dict[str, str]
    """Nodes that stay whatever is decided, and why."""
    survival_price: SurvivalPrice | None = None
    """What `survive` costs, where it was asked."""
    families: tuple[FamilyCost, ...] = ()
    """The families of types that would run all pods the cheapest, each alone."""


def fleet(
    cluster: Cluster,
    request: FleetRequest = FleetRequest(),
    *,
    weights: Weights = Weights(),
    solver: SolverName | None = None,
    params: SolverParams = SolverParams(),
    watch: Watch = Watch(),
) -> FleetOutcome:
    """Return the cheapest fleet found for the pods of `cluster`, and how near to the best it is.

    Raises
    ------
    kytos.errors.RequestRefused
        When `keep`, `keep_nodes`, `services` or the like names what is not in the cluster.
    kytos.contract.paid.SolverUnavailableError
        When the solver cannot be used here; the message says what to do.
    """
    began = time.monotonic()
    whole = watch.within(params.time_limit_s)
    looks = request.risk or bool(request.survive)
    watch = whole.reserve(RISK_SHARE * params.time_limit_s) if looks else whole
    asked = made_concrete(cluster, request)
    problem = problem_of(asked.rest.replace(nodes=candidates(asked)), asked, request)
    watch.report(STAGE, 0.0, None)
    choosing = watch.share(FREE_SHARE) if request.survive else watch
    asked, posed, planned, bound = by_patterns(
        problem, asked, request, weights, params, choosing.share(PATTERN_SHARE)
    )
    patterned = time.monotonic()
    plan, report = _placed(
        problem, asked, request, posed, planned, weights, solver, params, choosing
    )
    stages = (Stage(name=STAGE, seconds=patterned - began), *report.stages)
    price = None
    if request.survive:
        free, held = plan, time.monotonic()
        kept = surviving(asked, request, problem, posed, free, bound, weights, params, watch)
        plan, bound = kept.plan, kept.bound
        asked = replace(
            asked,
            notes=(*asked.notes, *kept.notes),
            stays=asked.stays | dict.fromkeys(sorted(plan.standby), STANDS_BY),
        )
        stages = (*stages, Stage(name=SURVIVE, seconds=time.monotonic() - held))
        as_planned = len(free.bought) == int((planned.offer >= posed.stays).sum())
        proven = planned.gap <= PROVEN and as_planned
        price = _survival_price(request, asked, free, kept, proven=proven)
    report = report.model_copy(update={"stages": stages, "seconds": time.monotonic() - began})
    return _answer(problem, asked, request, plan, report, bound, weights, params, whole, price)


def _survival_price(
    request: FleetRequest, asked: Asked, free: Plan, kept: Surviving, *, proven: bool
) -> SurvivalPrice:
    """What the promise costs, beside the fleet found without it."""
    known = {node.name: node.price_per_hour or 0.0 for node in asked.today.nodes}

    def of(plan: Plan) -> tuple[int, float]:
        bought = [offer.price for offer in plan.bought.values()]
        names = {node.name for node in in_plan(asked, plan).nodes} & known.keys()
        return len(bought) + len(names), sum(bought) + sum(known[name] for name in names)

    (count, paid), (fewer, less) = of(kept.plan), of(free)
    told = costs_in_words(count - fewer, paid - less, kept.more)
    named = " or ".join("spot pool" if one == "spot" else one for one in sorted({*request.survive}))
    return SurvivalPrice(
        nodes=count - fewer,
        price_per_hour=paid - less,
        energy=kept.more,
        proven=proven,
        sentence=said(f"Surviving any {named} costs {told}."),
        not_promised=kept.not_promised,
    )


def fleet_problem(cluster: Cluster, request: FleetRequest) -> Problem:
    """Return the problem over today's nodes and one of each that can be bought."""
    asked = made_concrete(cluster, request)
    return problem_of(asked.rest.replace(nodes=candidates(asked)), asked, request)


def planned_cluster(cluster: Cluster, request: FleetRequest, outcome: FleetOutcome) -> Cluster:
    """Return the cluster as planned: what is bought is there, what is released is gone."""
    asked = made_concrete(cluster, request)
    gone = frozenset(outcome.release)
    left = without_nodes(asked.today.with_placement(_waiting(asked.today, gone)), gone)
    return left.replace(nodes=left.nodes + _nodes_bought(asked, outcome)).with_placement(
        outcome.placement
    )


def with_purchases(
    cluster: Cluster, request: FleetRequest, outcome: FleetOutcome
) -> tuple[Cluster, Problem]:
    """Return the cluster with what is bought beside what it has, and its problem.

    Every pod is where it is today: this is what the fleet is changed from.
    """
    asked = made_concrete(cluster, request)
    whole = asked.today.replace(nodes=asked.today.nodes + _nodes_bought(asked, outcome))
    return whole, with_ties_broken(problem_of(whole, asked, request))


def _nodes_bought(asked: Asked, outcome: FleetOutcome) -> tuple[Node, ...]:
    offers = {(one.type, one.capacity_type, one.zone, one.pool): one for one in asked.offers}
    return tuple(
        offers[one.type, one.capacity_type, one.zone, one.pool].bought(name)
        for one in outcome.buy
        for name in one.nodes
    )


def _waiting(cluster: Cluster, gone: frozenset[str]) -> dict[str, str | None]:
    return {pod.id: None for pod in cluster.pods if pod.node in gone and pod.keeps_node}


def _placed(
    problem: Problem,
    asked: Asked,
    request: FleetRequest,
    posed: Posed,
    planned: PatternPlan,
    weights: Weights,
    solver: SolverName | None,
    params: SolverParams,
    watch: Watch,
) -> tuple[Plan, SolverReport]:
    """Put the pods on the nodes of the plan under every rule, and better that where it pays."""
    bought, wish = bought_by(problem, asked, posed, planned)
    built, start = build(asked, request, bought, wish, weights, watch)
    hopeful = {problem.pods[pod] for members in posed.members for pod in members}
    bare = (built.pods[pod] for pod in np.flatnonzero(start < 0))
    left = [pod for pod in bare if pod in hopeful]
    spares = spares_for(problem, asked, left)
    if spares:
        bought |= spares
        wish = {pod: built.nodes[at] for pod, at in zip(built.pods, start, strict=True) if at >= 0}
        built, start = build(asked, request, bought, wish, weights, watch)
    reached = energy(built, weights, start)
    open_ = reached.without_desire(weights) - _offset(built, weights) - planned.bound
    proven = open_ <= 1e-6 * max(1.0, planned.bound) and not left
    small = len(built.pods) * len(built.nodes) <= ANNEALED_PAIRS
    if len(built.nodes) and (solver is not None or (not proven and small and len(built.pods))):
        solution = solve(built, weights, solver, params, watch, begin=start)
        placement, report = solution.placement, solution.report
        if not within_request(asked, request, bought, built, placement):
            placement = start
    else:
        why = (
            said("The plan by patterns is proven; nothing was annealed.")
            if proven
            else said("Too many pods and nodes for the anneal beside the plan by patterns.")
        )
        placement, report = start, _report(built, params, reached.total, planned, watch, why)
    used = {built.nodes[at] for at in placement if at >= 0}
    where = {
        pod: None if at < 0 else built.nodes[at]
        for pod, at in zip(built.pods, placement, strict=True)
    }
    return Plan({name: offer for name, offer in bought.items() if name in used}, where), report


def _report(
    problem: Problem,
    params: SolverParams,
    reached: float,
    planned: PatternPlan,
    watch: Watch,
    why: str,
) -> SolverReport:
    return SolverReport(
        name=default_solver(problem, params),
        seed=params.seed,
        num_reads=params.num_reads,
        num_sweeps=params.num_sweeps,
        seconds=0.0,
        stages=(),
        stopped_by=watch.reason or (StopReason.OPTIMAL if planned.gap <= 0 else StopReason.WORK),
        proposed_energy=None,
        refined_energy=reached,
        messages=(why,),
    )


def _spot_runs(cluster: Cluster, in_use: Collection[str]) -> bool:
    """Whether a node in use may be reclaimed."""
    return any(is_spot(node) for node in cluster.nodes if node.name in in_use)


def _offset(problem: Problem, weights: Weights, but: Collection[str] = ()) -> float:
    """What nodes cost that stay whatever is decided."""
    counted = problem.held_open & ~np.isin(np.array(problem.nodes, dtype=np.str_), sorted(but))
    return weights.B * float(problem.price[counted].sum())


def _answer(
    problem: Problem,
    asked: Asked,
    request: FleetRequest,
    plan: Plan,
    report: SolverReport,
    bound: float,
    weights: Weights,
    params: SolverParams,
    watch: Watch,
    survival_price: SurvivalPrice | None,
) -> FleetOutcome:
    nodes = tuple(offer.bought(name) for name, offer in plan.bought.items())
    whole = asked.today.replace(nodes=asked.today.nodes + nodes)
    shown = with_ties_broken(problem_of(whole, asked, request))
    position = {name: at for at, name in enumerate(shown.nodes)}
    placement = np.array(
        [
            UNPLACED if (node := plan.placement[pod]) is None else position[node]
            for pod in shown.pods
        ],
        dtype=np.int64,
    )
    in_use = {shown.nodes[at] for at in np.flatnonzero(shown.in_use(placement))}
    release = tuple(node.name for node in asked.today.nodes if node.name not in in_use)
    keep = tuple(node.name for node in asked.today.nodes if node.name in in_use)
    before = sum(node.price_per_hour or 0.0 for node in asked.today.nodes)
    after = sum(node.price_per_hour or 0.0 for node in whole.nodes if node.name in in_use)
    reached = energy(shown, weights, placement)
    solution = Solution(placement, reached, energy(shown, weights, shown.current), report)
    certificate = _certificate(problem, shown, asked, plan, placement, bound, weights)
    missing = [pod for pod in asked.rest.pods if plan.placement.get(pod.id, "") is None]
    candidates = asked.rest.replace(
        nodes=asked.rest.nodes + tuple(offer.node for offer in asked.offers),
        pods=tuple(
            pod for pod in asked.rest.pods if pod.id in {one.id for one in missing} or pod.node
        ),
    )
    gone = frozenset(release)
    risk = None
    if request.risk or request.survive or _spot_runs(whole, in_use):
        left = without_nodes(whole.with_placement(plan.placement), gone)
        risk = risk_of(left, params.time_limit_s, watch)
    shared = shared_answer(Question.FLEET, whole, shown, weights, solution, proven=certificate)
    return FleetOutcome(
        **(
            shared
            # The parts settle pods on what is bought already: their energies are of that problem,
            # and beside the answer's and its bound they would mislead.
            | {
                "notes": tuple(
                    dict.fromkeys(
                        (*asked.notes, *_bound_notes(asked, certificate), *shared["notes"])
                    )
                ),
                "shares": (),
            }
        ),
        risk=risk,
        survival_price=survival_price
        and survival_price.model_copy(
            update={
                "proven": survival_price.proven and certificate.status is CertificateStatus.OPTIMAL
            }
        ),
        buy=_purchases(plan.bought),
        keep=keep,
        release=release,
        price=FleetPrice(before=round(before, 9), after=round(after, 9)),
        moves=moves(shown, placement),
        placement={
            pod.id: plan.placement.get(pod.id, pod.node)
            for pod in asked.today.pods
            if not pod.finished and not (pod.node in gone and not pod.keeps_node)
        },
        unplaced=_unplaced(problem, asked, request, candidates, missing),
        pinned=asked.pinned,
        kept_nodes=asked.stays,
        families=costs_by_family(asked, request)[:FAMILIES],
    )


def _unplaced(
    problem: Problem,
    asked: Asked,
    request: FleetRequest,
    candidates: Cluster,
    missing: Sequence[Pod],
) -> tuple[UnplacedPod, ...]:
    """Why pods have no node: by the rules, or by what bounds how much is bought."""
    position = {pod: at for at, pod in enumerate(problem.pods)}
    told = explain(candidates, by_importance(missing), request.max_utilization)
    free = problem.capacity - problem.fixed
    spot = spot_of((*asked.rest.nodes, *(offer.node for offer in asked.offers)))
    bounds = ", ".join(_bounds_on_buying(asked, request)) or "time_limit_s"
    reasons = []
    for one in told:
        at = position[one.pod]
        fits = (problem.allowed[at] & (free >= problem.request[at]).all(axis=1))[: len(spot)]
        reason = one.reason
        if one.pod in asked.barred and fits.any() and not fits[~spot].any():
            reason = said("only spot nodes take it, which services or spot_share keep it off")
        elif fits.any():
            reason = said(
                f"a node that takes it could be bought, but not within the bounds given: {bounds}"
            )
        reasons.append(one.model_copy(update={"reason": reason}))
    return tuple(reasons)


def _bounds_on_buying(asked: Asked, request: FleetRequest) -> list[str]:
    """What in the request keeps a fleet from being larger, by name."""
    return [
        name
        for name, bounds in (
            ("types.count", any(offer.limit < UNLIMITED for offer in asked.offers)),
            ("max_types", request.max_types is not None),
            ("spot_share", request.spot_share is not None),
            ("pools.limits", bool(asked.pools)),
        )
        if bounds
    ]


def _purchases(bought: Mapping[str, Offer]) -> tuple[Purchase, ...]:
    grouped: dict[tuple[str, str, str | None, float, str | None], list[str]] = {}
    for name, one in bought.items():
        key = (one.type, one.capacity_type, one.zone, one.price, one.pool)
        grouped.setdefault(key, []).append(name)
    return tuple(
        Purchase(
            type=kind,
            capacity_type=capacity_type,
            zone=zone,
            count=len(names),
            price_per_hour=price,
            nodes=tuple(names),
            pool=pool,
        )
        for (kind, capacity_type, zone, price, pool), names in sorted(
            grouped.items(),
            key=lambda entry: (*entry[0][:2], entry[0][2] or "", entry[0][4] or ""),
        )
    )


def _certificate(
    problem: Problem,
    shown: Problem,
    asked: Asked,
    plan: Plan,
    placement: Ints,
    bound: float,
    weights: Weights,
) -> Certificate:
    """What is proven over every fleet that could be bought, not only over the one that is."""
    # Who fits no node that there is or could be is left out of every plan.
    free = problem.capacity - problem.fixed
    bare = [at for at, pod in enumerate(problem.pods) if plan.placement[pod] is None]
    fewest = all(
        not (problem.allowed[at] & (free >= problem.request[at]).all(axis=1)).any() for at in bare
    )
    rates = exchange_rates(shown)
    displaced = sum(
        float(shown.move_cost[at])
        for at in range(len(shown.pods))
        if shown.current[at] >= 0
        and shown.nodes[shown.current[at]] not in asked.rest.node_index
        and placement[at] >= 0
    )
    stands_by = {name for name, why in asked.stays.items() if why == STANDS_BY}
    least = bound + _offset(shown, weights, stands_by) + weights.C * rates.cost * displaced
    least += weights.D * rates.affinity * _least_affinity(shown)
    known = Certificate(
        status=CertificateStatus.NONE,
        bound=least if fewest else -1e300,
        gap=None,
        gap_of=GapOf.BOUND,
        source=BoundSource.PATTERNS,
        left_out_proven=fewest,
    )
    told = held_against(shown, weights, placement, known)
    if fewest:
        return told
    # A plan that leaves out fewer may cost any more: there is no gap to speak of.
    return told.model_copy(update={"status": CertificateStatus.NONE, "gap": None})


def _bound_notes(asked: Asked, certificate: Certificate) -> tuple[Note, ...]:
    """Which rules the bound leaves out, where it does not meet the plan."""
    if certificate.status is CertificateStatus.OPTIMAL or not asked.bound_without:
        return ()
    rules = ", ".join(asked.bound_without)
    message = said(
        f"the bound leaves out {rules}: a plan as cheap as it may break them, so this one may be "
        "nearer to the best than its gap says"
    )
    return (Note(message=message, count=len(asked.bound_without)),)


def _least_affinity(problem: Problem) -> float:
    """What preferences may take off at most; pairs of replicas only add."""
    least = 0.0
    if problem.preference is not None:
        least += float(np.minimum(problem.preference.min(axis=1, initial=0.0), 0.0).sum())
    for pairing in problem.pairings:
        if pairing.weight < 0:
            carriers, targets = problem.tallies[pairing.carriers], problem.tallies[pairing.targets]
            most = carriers.members.sum() + carriers.fixed.sum()
            least += pairing.weight * float(most * (targets.members.sum() + targets.fixed.sum()))
    return least
