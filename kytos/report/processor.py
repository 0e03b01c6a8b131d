"""What a quantum processor's submissions did, as a person reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kytos.contract.run_report import QuboFacts
from kytos.report import units

COLUMNS = ("submission", "chain strength", "gauge", "reads", "chains broken", "best", "mean")
"""Heads of a table of `submission_rows`."""


@dataclass(frozen=True)
class OnProcessor:
    """What the facts of a run on a processor tell.

    Attributes
    ----------
    sentences
        How it was annealed, and which chain strength was chosen.
    rows
        One a submission, under `COLUMNS`; none where there was one submission alone.
    """

    sentences: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def on_processor(qubo: QuboFacts | None) -> OnProcessor | None:
    """Return what came of a run on a processor; None where none drew the reads."""
    told = None if qubo is None else qubo.info.get("submissions")
    if qubo is None or not isinstance(told, list) or not told:
        return None
    info: Mapping[str, Any] = qubo.info
    rows = tuple(_row(one) for one in told) if len(told) > 1 else ()
    return OnProcessor(tuple(_sentences(info, told)), rows)


def _sentences(info: Mapping[str, Any], told: list[Mapping[str, Any]]) -> list[str]:
    said = [_annealed(info)]
    tried = [one for one in told if one["tried"]]
    if tried:
        strengths = ", ".join(f"{one['chain_prefactor']:g}" for one in tried)
        said.append(
            f"Chain strengths of {strengths} torques were tried, "
            f"{units.count(sum(one['reads'] for one in tried), 'read')} in all; "
            f"{info['chain_prefactor']:g} was best and drew the rest."
        )
    if info.get("gauges"):
        turned = ", ".join(f"{one['turned']:,}" for one in told if not one["tried"])
        said.append(
            f"{units.count(int(info['gauges']), 'spin reversal')}: {turned} variables were turned "
            "round."
        )
    if info.get("fault"):
        said.append(f"The rest was not drawn: {info['fault']}")
    return said


def _annealed(info: Mapping[str, Any]) -> str:
    points = info.get("anneal_schedule")
    if not points:
        return f"Each anneal took {info['anneal_us']:g} µs."
    path = ", ".join(f"{s:g} at {time:g} µs" for time, s in points)
    if info.get("reverse"):
        return f"Annealed in reverse, from today's placement: s = {path}."
    return f"Annealed by a schedule: s = {path}."


def _row(one: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        "strength tried" if one["tried"] else "run",
        f"{one['chain_prefactor']:g} torques ({one['chain_strength']:.3g})",
        "none" if one["gauge"] is None else f"{one['gauge']}",
        f"{one['reads']:,}",
        units.percent(one["chain_break_fraction"]),
        units.energy(one["best_energy"]),
        units.energy(one["mean_energy"]),
    )
