"""Each question's answer in one sentence, as its page and the handout begin."""

from __future__ import annotations

from kytos.problem import LoadMode
from kytos.questions.autoscale.autoscale import AutoscaleOutcome
from kytos.questions.fleet.fleet import FleetOutcome
from kytos.questions.outcome import Outcome
from kytos.questions.placement.placement import PlacementOutcome
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
        return no_change_sentence(outcome).removesuffix(".")
    moved = units.count(len(outcome.moves), "pod")
    before, after = outcome.metrics.before, outcome.metrics.after
    if outcome.freed_nodes:
        freed = units.count(len(outcome.freed_nodes), "node")
        verb = "comes" if len(outcome.freed_nodes) == 1 else "come"
        words = f"{freed} {verb} free by moving {moved}"
        if before.price_per_hour is not None and after.price_per_hour is not None:
            saved = before.price_per_hour - after.price_per_hour
            if saved > 0:
                words += f", saving {units.price(saved)} ({units.price_per_month(saved)})"
        return words
    if outcome.mode is LoadMode.CONSOLIDATE:
        return f"Moving {moved} lowers the energy; no node comes free"
    return (
        f"Moving {moved} takes the CPU spread from {units.percent(before.cpu_spread)} to "
        f"{units.percent(after.cpu_spread)} and the memory spread from "
        f"{units.percent(before.memory_spread)} to {units.percent(after.memory_spread)}"
    )


def _recovery(outcome: RecoveryOutcome) -> str:
    placed, lost = len(outcome.placements), len(outcome.unplaced)
    if not outcome.failed_nodes and not placed and not lost:
        return "No node fails, so no pod needs another"
    if not lost:
        words = f"Survivable: all {units.count(placed, 'evacuated pod')} get a node"
    else:
        words = f"{placed:,} of {placed + lost:,} evacuated pods get a node, {lost:,} given up"
        highest = max(pod.priority for pod in outcome.unplaced)
        words += f" (priority {highest:,} and below)"
    if outcome.preempted:
        words += f"; {units.count(len(outcome.preempted), 'pod')} of survivors give way"
    return words


def _placement(outcome: PlacementOutcome) -> str:
    placed, without = len(outcome.placements), len(outcome.unplaced)
    if without:
        words = f"{placed:,} of {placed + without:,} new pods get a node, {without:,} do not"
    else:
        words = f"{units.count(placed, 'new pod')} placed"
    if outcome.bought_nodes:
        words += f"; {units.count(len(outcome.bought_nodes), 'node')} to buy"
    return words


def _autoscale(outcome: AutoscaleOutcome) -> str:
    new, gone = len(outcome.placements), len(outcome.removed)
    missing = sum(
        max(0, action.desired_replicas - action.recommended_replicas) for action in outcome.actions
    )
    if outcome.nothing_to_do and not missing:
        return "Every service has the replicas its rate calls for"
    words = f"{units.count(new, 'new replica')}, {gone:,} removed"
    if missing:
        words += f", {missing:,} more wanted than the cluster can carry"
    return words


def _fleet(outcome: FleetOutcome) -> str:
    bought = sum(one.count for one in outcome.buy)
    words = [f"buy {units.count(bought, 'node')}"] if bought else []
    if outcome.keep:
        words.append(f"keep {len(outcome.keep)}")
    if outcome.release:
        words.append(f"release {len(outcome.release)}")
    told = ", ".join(words) or "no node is needed"
    told = told[0].upper() + told[1:]
    before, after = outcome.price.before, outcome.price.after
    return f"{told}: {units.price(after)} instead of {units.price(before)}"
