"""Each question's answer in one sentence, as its page and the handout begin."""

from __future__ import annotations

from kytos.language import _, plural
from kytos.problem import LoadMode
from kytos.questions.autoscale.autoscale import AutoscaleOutcome
from kytos.questions.fleet.fleet import FleetOutcome
from kytos.questions.outcome import Outcome
from kytos.questions.placement.request import PlacementOutcome
from kytos.questions.rebalance import RebalanceOutcome
from kytos.questions.recovery.recovery import RecoveryOutcome
from kytos.report import units
from kytos.report.wording import no_change_sentence


def headline(outcome: Outcome) -> str:
    """Say in one sentence what an answer comes to; plain text, without a full stop."""
    if isinstance(outcome, RebalanceOutcome):
        return _rebalance(outcome)
    if isinstance(outcome, RecoveryOutcome):
        return _recovery(outcome)
    if isinstance(outcome, PlacementOutcome):
        return _placement(outcome)
    if isinstance(outcome, AutoscaleOutcome):
        return _autoscale(outcome)
    if isinstance(outcome, FleetOutcome):
        return _fleet(outcome)
    raise TypeError(f"no headline for {type(outcome).__name__}")


def _rebalance(outcome: RebalanceOutcome) -> str:
    if outcome.nothing_to_do:
        return no_change_sentence(outcome).rstrip(".。")
    moved = units.count(len(outcome.moves), "pod")
    before, after = outcome.metrics.before, outcome.metrics.after
    if outcome.freed_nodes:
        words = plural(
            "{number:,} node comes free by moving {pods}",
            "{number:,} nodes come free by moving {pods}",
            len(outcome.freed_nodes),
            pods=moved,
        )
        if before.price_per_hour is not None and after.price_per_hour is not None:
            saved = before.price_per_hour - after.price_per_hour
            if saved > 0:
                words += _(
                    ", saving {saved} ({month})",
                    saved=units.price(saved),
                    month=units.price_per_month(saved),
                )
        return words
    if outcome.mode is LoadMode.CONSOLIDATE:
        return _("Moving {moved} lowers the energy; no node comes free", moved=moved)
    return _(
        "Moving {pods} takes the CPU spread from {cpu} to {cpu_after} and the memory spread from "
        "{memory} to {memory_after}",
        pods=moved,
        cpu=units.percent(before.cpu_spread),
        cpu_after=units.percent(after.cpu_spread),
        memory=units.percent(before.memory_spread),
        memory_after=units.percent(after.memory_spread),
    )


def _recovery(outcome: RecoveryOutcome) -> str:
    placed, lost = len(outcome.placements), len(outcome.unplaced)
    if not outcome.failed_nodes and not placed and not lost:
        return _("No node fails, so no pod needs another")
    if not lost:
        words = _("Survivable: all {pods} get a node", pods=units.count(placed, "evacuated pod"))
    else:
        words = _(
            "{placed:,} of {whole:,} evacuated pods get a node, {lost:,} given up",
            placed=placed,
            whole=placed + lost,
            lost=lost,
        )
        highest = max(pod.priority for pod in outcome.unplaced)
        words += _(" (priority {highest:,} and below)", highest=highest)
    if outcome.preempted:
        words += _(
            "; {pods} of survivors give way", pods=units.count(len(outcome.preempted), "pod")
        )
    return words


def _placement(outcome: PlacementOutcome) -> str:
    placed, without = len(outcome.placements), len(outcome.unplaced)
    if without:
        words = _(
            "{placed:,} of {whole:,} new pods get a node, {without:,} do not",
            placed=placed,
            whole=placed + without,
            without=without,
        )
    else:
        words = _("{pods} placed", pods=units.count(placed, "new pod"))
    if outcome.bought_nodes:
        words += _("; {nodes} to buy", nodes=units.count(len(outcome.bought_nodes), "node"))
    return words


def _autoscale(outcome: AutoscaleOutcome) -> str:
    new, gone = len(outcome.placements), len(outcome.removed)
    missing = sum(
        max(0, action.desired_replicas - action.recommended_replicas) for action in outcome.actions
    )
    if outcome.nothing_to_do and not missing:
        return _("Every service has the replicas its rate calls for")
    words = _("{replicas}, {gone:,} removed", replicas=units.count(new, "new replica"), gone=gone)
    if missing:
        words += _(", {missing:,} more wanted than the cluster can carry", missing=missing)
    return words


def _fleet(outcome: FleetOutcome) -> str:
    bought = sum(one.count for one in outcome.buy)
    words = [_("buy {nodes}", nodes=units.count(bought, "node"))] if bought else []
    if outcome.keep:
        words.append(_("keep {count}", count=len(outcome.keep)))
    if outcome.release:
        words.append(_("release {count}", count=len(outcome.release)))
    told = ", ".join(words) or _("no node is needed")
    told = told[0].upper() + told[1:]
    before, after = outcome.price.before, outcome.price.after
    return _(
        "{told}: {after} instead of {before}",
        told=told,
        after=units.price(after),
        before=units.price(before),
    )
