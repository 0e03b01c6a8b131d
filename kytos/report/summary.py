"""The summary card: what an answer comes to in one row of figures, the same on every page."""

from __future__ import annotations

import numpy as np

from kytos.bounds import CertificateStatus
from kytos.cluster import Cluster
from kytos.contract.runbook import Runbook, Way
from kytos.contract.watch import StopReason
from kytos.language import N_, _
from kytos.problem import LoadMode
from kytos.questions.autoscale.autoscale import AutoscaleOutcome
from kytos.questions.fleet.fleet import FleetOutcome
from kytos.questions.outcome import Metrics, Outcome
from kytos.questions.placement.request import PlacementOutcome
from kytos.questions.rebalance import RebalanceOutcome
from kytos.questions.recovery.recovery import RecoveryOutcome
from kytos.questions.recovery.risk import Failures
from kytos.report import units
from kytos.report.cells import Cell
from kytos.report.fullness import fullness
from kytos.report.usage import usage

_ENDED = {
    StopReason.WORK: (N_("Work"), N_("all the work asked for was done")),
    StopReason.CLOCK: (N_("Clock"), N_("the time cap: another run may differ")),
    StopReason.USER: (N_("You"), N_("stopped before its end")),
    StopReason.OPTIMAL: (N_("Proof"), N_("nothing better exists")),
    StopReason.TARGET: (N_("Target"), N_("the energy asked for was reached")),
}


_SURVIVED = {
    "node": N_("Node failures survived"),
    "zone": N_("Zone failures survived"),
    "spot pool": N_("Spot pool failures survived"),
}


def summary_cells(outcome: Outcome, planned: Cluster | None) -> list[Cell]:
    """Return the figures that every answer has.

    Parameters
    ----------
    planned
        The cluster as it would be; without it the fullest node is not named.
    """
    before, after = outcome.metrics.before, outcome.metrics.after
    cells = [
        *_money(*_prices(outcome)),
        _nodes(before, after),
        *_evenness(outcome),
        _restarts(outcome),
        *([fullest_cell(planned, _gone(outcome))] if planned is not None else []),
    ]
    if outcome.risk is not None:
        cells += [
            *_survived("node", outcome.risk.node),
            *_survived("zone", outcome.risk.zone),
            *_survived(N_("spot pool"), outcome.risk.spot),
        ]
    return [*cells, *_scheduler(outcome), _end(outcome)]


def _prices(outcome: Outcome) -> tuple[float | None, float | None]:
    """The price per hour now and then; None where a node's is unknown."""
    before, after = outcome.metrics.before.price_per_hour, outcome.metrics.after.price_per_hour
    if isinstance(outcome, FleetOutcome) and before is not None:
        # Of all of today's nodes: those that nothing runs on are released too.
        return outcome.price.before, outcome.price.after
    return before, after


def _money(now: float | None, then: float | None) -> list[Cell]:
    """The price now and then, with the change a year; nothing where a price is unknown."""
    if now is None or then is None:
        return []
    change = then - now
    delta = None
    if round(change, 2):
        sign = "-" if change < 0 else "+"
        share = f" ({sign}{units.percent(abs(change) / now)})" if now > 0 else ""
        delta = f"{sign}{units.price_per_year(abs(change))}{share}"
    value = f"${now:,.2f} → ${then:,.2f}" if delta else f"${then:,.2f}"
    return [Cell(_("Price per hour"), value, delta, aimed_at=True)]


def fullest_cell(cluster: Cluster, gone: frozenset[str] = frozenset()) -> Cell:
    """Return the fullest node by CPU or memory; colour, icon and word say how full that is.

    Parameters
    ----------
    gone
        Nodes that do not count: those that failed.
    """
    held = usage(cluster)
    share = np.nan_to_num(held.share[:, :2])
    share[[name in gone for name in held.nodes]] = 0.0
    if not share.size:
        return Cell(_("Fullest node"), "n/a", remark=_("no nodes"))
    node, column = np.unravel_index(int(share.argmax()), share.shape)
    level = fullness(float(share[node, column]))
    name = units.middle(held.nodes[int(node)], 18)
    resource = units.resource_name(held.resources[int(column)])
    return Cell(
        _("Fullest node"),
        units.percent(float(share[node, column])),
        remark=_("{word} · {resource} of {name}", word=level.word, resource=resource, name=name),
        icon=level.icon,
        colour=level.colour,
    )


def _nodes(before: Metrics, after: Metrics) -> Cell:
    difference = after.nodes_in_use - before.nodes_in_use
    delta = f"{difference:+,}" if difference else None
    return Cell(_("Nodes in use"), f"{after.nodes_in_use:,}", delta, aimed_at=True)


def _evenness(outcome: Outcome) -> list[Cell]:
    """How even the load is, where that was the goal."""
    if not isinstance(outcome, RebalanceOutcome) or outcome.mode is LoadMode.CONSOLIDATE:
        return []
    before, after = outcome.metrics.before, outcome.metrics.after
    shares = (
        (_("CPU spread"), before.cpu_spread, after.cpu_spread),
        (_("Memory spread"), before.memory_spread, after.memory_spread),
    )
    cells = []
    for label, old, new in shares:
        points = round(100 * (new - old))
        delta = _("{points:+d} points", points=points) if points else None
        cells.append(Cell(label, units.percent(new), delta, aimed_at=True))
    return cells


def _restarts(outcome: Outcome) -> Cell:
    label = _("Pods that restart")
    if isinstance(outcome, RebalanceOutcome):
        return Cell(
            label,
            f"{len(outcome.moves):,}",
            remark=_("of {running:,} running", running=_running(outcome)),
        )
    if isinstance(outcome, RecoveryOutcome):
        touched = len(outcome.moves) + len(outcome.preempted)
        return Cell(
            label,
            f"{len(outcome.placements) + touched:,}",
            remark=_("{touched:,} of survivors", touched=touched)
            if touched
            else _("none of survivors"),
        )
    if isinstance(outcome, PlacementOutcome):
        return Cell(
            label,
            "0",
            remark=_("{pods} start", pods=units.count(len(outcome.placements), "new pod")),
        )
    if isinstance(outcome, AutoscaleOutcome):
        ended = _(
            "{ended:,} end, {started:,} start",
            ended=len(outcome.removed),
            started=len(outcome.placements),
        )
        return Cell(label, "0", remark=ended)
    moved = outcome.metrics.after.pods_moved
    return Cell(label, f"{moved:,}", remark=_("moved"))


def _running(outcome: RebalanceOutcome) -> int:
    return sum(node is not None for node in outcome.placement.values())


def _survived(kind: str, failures: Failures | None) -> list[Cell]:
    """How many single failures lose no pod; those not settled in time count as neither."""
    if failures is None or not failures.of:
        return []
    unknown = len(failures.unknown)
    fatal = failures.of - failures.survivable - unknown
    label = _(_SURVIVED[kind])
    value = _("{part:,} of {whole:,}", part=failures.survivable, whole=failures.of)
    if fatal:
        icon = ":material/error:"
        return [
            Cell(
                label,
                value,
                remark=_("{fatal:,} would lose pods", fatal=fatal),
                icon=icon,
                colour="red",
            )
        ]
    if unknown:
        icon, remark = ":material/help:", _("{unknown:,} not settled in time", unknown=unknown)
        return [Cell(label, value, remark=remark, icon=icon, colour="orange")]
    icon = ":material/check_circle:"
    return [Cell(label, value, remark=_("each of them"), icon=icon, colour="green")]


def _scheduler(outcome: Outcome) -> list[Cell]:
    """What the scheduler would make of the answer: its forecast, or its own choice of nodes."""
    if isinstance(outcome.runbook, Runbook):
        runbook = outcome.runbook
        forecast = runbook.forecast.steer if runbook.way is Way.STEER else runbook.forecast.drain
        landed = _(
            "{landed_as_planned:,} of {moves:,} land as planned",
            landed_as_planned=forecast.landed_as_planned,
            moves=forecast.moves,
        )
        if forecast.pods_pending:
            landed += _(", {pods_pending:,} would wait", pods_pending=forecast.pods_pending)
        value = units.count(forecast.nodes_in_use, "node")
        return [Cell(_("By the scheduler"), value, remark=landed)]
    if isinstance(outcome, PlacementOutcome) and outcome.placements:
        placed = [(pod.pod, pod.node) for pod in outcome.placements]
        same = sum(outcome.default_scheduler.get(pod) == node for pod, node in placed)
        value = _("{part:,} of {whole:,}", part=same, whole=len(placed))
        return [Cell(_("By the scheduler"), value, remark=_("on the same node"))]
    return []


def _end(outcome: Outcome) -> Cell:
    """What ended the search, and how near to the best that is known to be."""
    certificate = outcome.certificate
    if certificate.status is CertificateStatus.OPTIMAL:
        return Cell(
            _("Ended by"), _("Proof"), remark=_("no better plan exists"), icon=":material/verified:"
        )
    value, why = map(_, _ENDED[outcome.solver.stopped_by])
    if certificate.gap is not None and certificate.gap < 1:
        why = _("at most {gap} from the best", gap=units.percent_up(certificate.gap))
    return Cell(_("Ended by"), value, remark=why)


def _gone(outcome: Outcome) -> frozenset[str]:
    return frozenset(outcome.failed_nodes) if isinstance(outcome, RecoveryOutcome) else frozenset()
