"""Answers as people read them in a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from kytos import units
from kytos.cluster import CPU, MEMORY, Cluster
from kytos.optimize.rebalance import RebalanceOutcome
from kytos.optimize.recovery import RecoveryOutcome
from kytos.outcome import Outcome
from kytos.rules.why_not import WhyNot
from kytos.usage import summarise

REMEDIES_SHOWN = 3


def print_outcome(outcome: Outcome, console: Console) -> None:
    """Print an answer: what would change, before and after, and how good it is."""
    if isinstance(outcome, RebalanceOutcome):
        _print_table(
            console,
            ("pod", "from", "to", "why"),
            [(move.pod, move.origin, move.target, move.why) for move in outcome.moves],
        )
        if outcome.freed_nodes:
            _print(console, f"Nodes freed: {', '.join(outcome.freed_nodes)}")
    if isinstance(outcome, RecoveryOutcome):
        _print_table(
            console, ("pod", "to"), [(placed.pod, placed.node) for placed in outcome.placements]
        )
        _print_table(
            console,
            ("given up", "priority", "why"),
            [(pod.pod, str(pod.priority), pod.reason) for pod in outcome.unplaced],
        )
    if outcome.nothing_to_do:
        _print(console, "Already the best found: no change pays.")
    _print_table(console, ("", "before", "after"), list(_metric_rows(outcome)))
    _print(
        console,
        f"{outcome.solver.name}, seed {outcome.solver.seed}, {outcome.solver.seconds:.1f} s, "
        f"ended by {outcome.solver.stopped_by}",
    )


def print_cluster(cluster: Cluster, pinned: Mapping[str, str | None], console: Console) -> None:
    """Print the state of a cluster: how full it is, what waits, what may not move and why."""
    state = summarise(cluster)
    rows = [
        ("nodes", f"{state.nodes} ({state.cordoned} cordoned, {state.not_ready} not ready)"),
        ("CPU requested", units.amount_of(CPU, state.cpu_held, state.cpu_offered)),
        ("memory requested", units.amount_of(MEMORY, state.memory_held, state.memory_offered)),
        ("price", units.price(state.price_per_hour)),
        ("pods", f"{state.running} running, {state.pending} pending, {state.finished} finished"),
    ]
    _print_table(console, (cluster.name, ""), rows)
    reasons = Counter(reason for reason in pinned.values() if reason is not None)
    if reasons:
        _print_table(
            console,
            ("pods that may not move", "why"),
            [(str(number), reason) for reason, number in reasons.most_common()],
        )
    if cluster.notes:
        _print_table(
            console,
            ("read, not honoured yet", "objects"),
            [(note.message, f"{note.count}: {', '.join(note.subjects)}") for note in cluster.notes],
        )


def print_why_not(answers: Sequence[WhyNot], console: Console) -> None:
    """Print for each pod what keeps it off which node, and what would let it in."""
    for answer in answers:
        _print(console, f"{answer.pod}: {answer.summary}")
        _print_table(
            console,
            ("node", "rule", "reason"),
            [
                (verdict.node, verdict.rule, verdict.reason)
                for verdict in answer.verdicts
                if verdict is not None
            ],
        )
        for remedy in answer.remedies[:REMEDIES_SHOWN]:
            _print(console, f"would let it on {remedy.node}: {remedy.change}")


def _metric_rows(outcome: Outcome) -> Iterable[tuple[str, str, str]]:
    before, after = outcome.metrics.before, outcome.metrics.after
    yield "nodes in use", str(before.nodes_in_use), str(after.nodes_in_use)
    yield "price", units.price(before.price_per_hour), units.price(after.price_per_hour)
    yield "highest CPU", units.percent(before.cpu_peak), units.percent(after.cpu_peak)
    yield "highest memory", units.percent(before.memory_peak), units.percent(after.memory_peak)
    yield "pods moved", str(before.pods_moved), str(after.pods_moved)
    yield "pairs on one node", str(before.anti_affinity_pairs), str(after.anti_affinity_pairs)
    yield (
        "pods without a node",
        str(sum(before.unplaced.values())),
        str(sum(after.unplaced.values())),
    )
    yield (
        "energy",
        units.energy(outcome.energy.before.total),
        units.energy(outcome.energy.after.total),
    )


def _print(console: Console, sentence: str) -> None:
    # Names come from clusters: never read as rich's markup.
    console.print(Text(sentence))


def _print_table(console: Console, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if not rows:
        return
    table = Table(*(Column(Text(title)) for title in header), box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
    console.print()
