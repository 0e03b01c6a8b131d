"""Answers as people read them in a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from kytos.cli.printing import print_notes, print_sentence, print_table
from kytos.cli.runbooks import print_runbook
from kytos.cli.use import print_use
from kytos.questions.autoscale.autoscale import AutoscaleOutcome
from kytos.questions.fleet.fleet import FleetOutcome
from kytos.questions.outcome import Outcome
from kytos.questions.parts.unplaced import UnplacedPod
from kytos.questions.placement.request import PlacementOutcome
from kytos.questions.rebalance import RebalanceOutcome
from kytos.questions.recovery.recovery import RecoveryOutcome
from kytos.report import processor, units
from kytos.report.shares import share_sentence
from kytos.report.wording import (
    move_reason,
    no_change_sentence,
    nodes_by_reason,
    proof_sentence,
    risk_sentences,
    safety_sentence,
    why_it_ended,
)


def print_outcome(outcome: Outcome, console: Console) -> None:
    """Print an answer: what would change, before and after, and how good it is."""
    if isinstance(outcome, RebalanceOutcome):
        print_table(
            console,
            ("pod", "from", "to", "why"),
            [(move.pod, move.origin, move.target, move_reason(move)) for move in outcome.moves],
        )
        if outcome.freed_nodes:
            print_sentence(console, f"Nodes freed: {', '.join(outcome.freed_nodes)}")
        for reason, nodes in nodes_by_reason(outcome.kept_nodes).items():
            print_sentence(console, f"Nodes that stay: {', '.join(nodes)} ({reason})")
    if isinstance(outcome, RecoveryOutcome):
        _print_recovery(outcome, console)
    if isinstance(outcome, PlacementOutcome):
        _print_placement(outcome, console)
    if isinstance(outcome, AutoscaleOutcome):
        _print_autoscale(outcome, console)
    if isinstance(outcome, FleetOutcome):
        _print_fleet(outcome, console)
    if outcome.nothing_to_do:
        print_sentence(console, no_change_sentence(outcome))
    print_table(console, ("", "before", "after"), list(_metric_rows(outcome)))
    print_use(outcome, console)
    if outcome.runbook is not None:
        print_runbook(outcome.runbook, console)
    print_notes(outcome.notes, console)
    print_sentence(console, proof_sentence(outcome))
    if told := share_sentence(outcome):
        print_sentence(console, told)
    _print_processor(outcome, console)
    print_sentence(console, safety_sentence(outcome))
    if isinstance(outcome, RebalanceOutcome) and outcome.survival_price is not None:
        print_sentence(console, outcome.survival_price.sentence)
    if isinstance(outcome, RebalanceOutcome):
        _print_worth(outcome, console)
    if outcome.risk is not None:
        for sentence in risk_sentences(outcome.risk):
            print_sentence(console, sentence)
    print_sentence(
        console,
        f"{outcome.solver.name}, seed {outcome.solver.seed}, {outcome.solver.seconds:.1f} s; "
        f"it ended because {why_it_ended(outcome.solver.stopped_by)}",
    )


def _print_processor(outcome: Outcome, console: Console) -> None:
    """Print what each submission to a quantum processor did, where there were any."""
    run = processor.on_processor(outcome.solver.qubo)
    if run is None:
        return
    print_table(console, processor.COLUMNS, run.rows)
    for sentence in run.sentences:
        print_sentence(console, sentence)


def _print_worth(outcome: RebalanceOutcome, console: Console) -> None:
    if outcome.possible is not None:
        print_sentence(console, outcome.possible.sentence)
    if outcome.karpenter is not None:
        print_sentence(console, outcome.karpenter.sentence)
    print_table(
        console,
        ("node", "why it is not freed", "what would free it"),
        [(stays.node, stays.reason, stays.change) for stays in outcome.why_not_freed or ()],
    )


def _print_placement(outcome: PlacementOutcome, console: Console) -> None:
    print_table(
        console,
        ("new pod", "node", "starts in", "latency"),
        [
            (placed.pod, placed.node, f"{placed.startup_s:g} s", f"{placed.latency_ms:.3g} ms")
            for placed in outcome.placements
        ],
    )
    _print_unplaced(outcome.unplaced, console)
    if outcome.bought_nodes:
        print_sentence(console, f"Nodes bought: {', '.join(outcome.bought_nodes)}")


def _print_recovery(outcome: RecoveryOutcome, console: Console) -> None:
    print_table(
        console, ("pod", "to"), [(placed.pod, placed.node) for placed in outcome.placements]
    )
    _print_unplaced(outcome.unplaced, console)
    print_table(console, ("gives way to others",), [(pod,) for pod in outcome.preempted])
    print_table(
        console,
        ("moves to make room", "from", "to"),
        [(move.pod, move.origin, move.target) for move in outcome.moves],
    )
    left_behind = {left.pod: left.reason for left in outcome.left_behind}
    for reason, pods in nodes_by_reason(left_behind).items():
        print_sentence(console, f"Not evacuated: {', '.join(pods)} ({reason})")
    print_table(
        console,
        ("if then fails", "pods to place", "without a node", "not started again"),
        [
            (
                f"{one.kind} {one.name}",
                str(one.evacuated) if one.checked else "not checked",
                str(len(one.lost_pods)) if one.checked else "",
                str(one.not_recreated),
            )
            for one in outcome.cascade
        ],
    )


def _print_autoscale(outcome: AutoscaleOutcome, console: Console) -> None:
    print_table(
        console,
        ("service", "replicas", "desired", "recommended", "why"),
        [
            (
                action.service,
                str(action.current_replicas),
                str(action.desired_replicas),
                str(action.recommended_replicas),
                action.reason,
            )
            for action in outcome.actions
        ],
    )
    print_table(
        console, ("new replica", "node"), [(new.pod, new.node) for new in outcome.placements]
    )
    print_table(
        console, ("goes", "from"), [(gone.pod, gone.node or "-") for gone in outcome.removed]
    )


def _print_fleet(outcome: FleetOutcome, console: Console) -> None:
    print_table(
        console,
        ("buy", "capacity", "zone", "nodes", "each", "together"),
        [
            (
                one.type,
                one.capacity_type,
                one.zone or "any",
                str(one.count),
                units.price(one.price_per_hour),
                units.price(one.count * one.price_per_hour),
            )
            for one in outcome.buy
        ],
    )
    if outcome.keep:
        print_sentence(console, f"Nodes kept: {', '.join(outcome.keep)}")
    if outcome.release:
        print_sentence(console, f"Nodes released: {', '.join(outcome.release)}")
    for reason, nodes in nodes_by_reason(outcome.kept_nodes).items():
        print_sentence(console, f"Nodes that stay: {', '.join(nodes)} ({reason})")
    print_table(
        console,
        ("pod", "from", "to", "why"),
        [(move.pod, move.origin, move.target, move.why) for move in outcome.moves],
    )
    _print_unplaced(outcome.unplaced, console)
    before, after = outcome.price.before, outcome.price.after
    print_sentence(
        console, f"The fleet costs {units.price(after)} instead of {units.price(before)}."
    )
    for one in outcome.families:
        print_sentence(console, one.sentence)


def _print_unplaced(unplaced: Iterable[UnplacedPod], console: Console) -> None:
    print_table(
        console,
        ("given up", "priority", "why"),
        [(pod.pod, str(pod.priority), pod.reason) for pod in unplaced],
    )


def _metric_rows(outcome: Outcome) -> Iterable[tuple[str, str, str]]:
    before, after = outcome.metrics.before, outcome.metrics.after
    yield "nodes in use", str(before.nodes_in_use), str(after.nodes_in_use)
    yield "price", units.price(before.price_per_hour), units.price(after.price_per_hour)
    yield "highest CPU", units.percent(before.cpu_peak), units.percent(after.cpu_peak)
    yield "highest memory", units.percent(before.memory_peak), units.percent(after.memory_peak)
    for name, peak in (("CPU", "cpu_used_peak"), ("memory", "memory_used_peak")):
        first_used, last_used = getattr(before, peak), getattr(after, peak)
        if first_used is not None and last_used is not None:
            told = units.percent(first_used), units.percent(last_used)
            yield f"highest {name} in use (95 % of the time)", told[0], told[1]
    yield "pods moved", str(before.pods_moved), str(after.pods_moved)
    yield "pairs on one node", str(before.anti_affinity_pairs), str(after.anti_affinity_pairs)
    yield (
        "pods without a node",
        str(sum(before.unplaced.values())),
        str(sum(after.unplaced.values())),
    )
    first, last = outcome.energy.before, outcome.energy.after
    yield "energy", units.energy(first.total), units.energy(last.total)
    if first.constraint or last.constraint:
        # What pods without a node cost outweighs the rest by far, and hides it.
        apart = (one.without_left_out(outcome.weights) for one in (first, last))
        yield "energy but for those", units.energy(next(apart)), units.energy(next(apart))
