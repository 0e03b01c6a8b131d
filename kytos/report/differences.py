"""Two answers beside each other: figures, what was asked, and pods on another node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kytos.cluster import Frozen
from kytos.contract.params import SolverName, SolverParams
from kytos.language import N_, _
from kytos.questions.outcome import Outcome
from kytos.report import units

NO_NODE = N_("no node")

Asked = tuple[Frozen, SolverName | None, SolverParams]
"""A request, its solver and how hard that worked."""


@dataclass(frozen=True)
class Differences:
    """What tells two answers apart.

    Attributes
    ----------
    figures
        Name, in the one, in the other, and by how much the other is more.
    settings
        What was asked differently: its name, in the one and in the other.
    placements
        Pods that both know and have on different nodes.
    """

    figures: Sequence[tuple[str, str, str, str]]
    settings: Sequence[tuple[str, str, str]]
    placements: Sequence[tuple[str, str, str]]


def differences(one: Outcome, other: Outcome, asked: Asked, also_asked: Asked) -> Differences:
    """Return what tells two answers apart, of one question or of two."""
    return Differences(
        _figures(one, other),
        _settings(one, other, asked, also_asked),
        _placements(one, other),
    )


def _figures(one: Outcome, other: Outcome) -> list[tuple[str, str, str, str]]:
    a, b = one.metrics.after, other.metrics.after
    rows = [
        (name, f"{left:,}", f"{right:,}", f"{right - left:+,}")
        for name, left, right in (
            (_("Nodes in use"), a.nodes_in_use, b.nodes_in_use),
            (_("Pods moved"), a.pods_moved, b.pods_moved),
            (_("Pods without a node"), sum(a.unplaced.values()), sum(b.unplaced.values())),
            (_("Replica pairs on one node"), a.anti_affinity_pairs, b.anti_affinity_pairs),
        )
    ]
    if a.price_per_hour is not None and b.price_per_hour is not None:
        change = b.price_per_hour - a.price_per_hour
        sign = "-" if change < 0 else "+"
        told = f"{sign}{units.price_per_month(abs(change))}"
        rows.insert(
            0, (_("Price"), units.price(a.price_per_hour), units.price(b.price_per_hour), told)
        )
    rows += [
        (
            name,
            units.percent(left),
            units.percent(right),
            _("{change:+d} points", change=round(100 * (right - left))),
        )
        for name, left, right in (
            (_("Highest CPU"), a.cpu_peak, b.cpu_peak),
            (_("Highest memory"), a.memory_peak, b.memory_peak),
            (_("CPU spread"), a.cpu_spread, b.cpu_spread),
        )
    ]
    left, right = one.energy.after.total, other.energy.after.total
    return [*rows, (_("Energy"), units.energy(left), units.energy(right), f"{right - left:+.4g}")]


def _points(difference: float) -> str:
    return _("{change:+d} points", change=round(100 * difference))


def _settings(
    one: Outcome, other: Outcome, asked: Asked, also_asked: Asked
) -> list[tuple[str, str, str]]:
    left, right = (
        {_("question"): of.question.value}
        | {_("weight {name}", name=name): value for name, value in of.weights.model_dump().items()}
        | {_("solver"): _("by size") if how[1] is None else how[1].value}
        | _flat(how[0])
        | _flat(how[2])
        for of, how in ((one, asked), (other, also_asked))
    )
    names = [name for name in {**left, **right} if left.get(name) != right.get(name)]
    return [(_words(name), _told(left, name), _told(right, name)) for name in names]


def _flat(model: Frozen) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True)


def _told(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if value is None or value == [] or value == {}:
        return _("none")
    return str(value) if not isinstance(value, (list, tuple)) else ", ".join(map(str, value))


def _words(name: str) -> str:
    return name.replace("_", " ")


def _placements(one: Outcome, other: Outcome) -> list[tuple[str, str, str]]:
    left: Mapping[str, str | None] = getattr(one, "placement", {})
    right: Mapping[str, str | None] = getattr(other, "placement", {})
    return [
        (pod, node or _(NO_NODE), right[pod] or _(NO_NODE))
        for pod, node in left.items()
        if pod in right and right[pod] != node
    ]
