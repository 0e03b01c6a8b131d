"""What a quantum processor's submissions did, as a person reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kytos.contract.run_report import QuboFacts
from kytos.language import N_, _
from kytos.report import units

COLUMNS = (
    N_("submission"),
    N_("chain strength"),
    N_("gauge"),
    N_("reads"),
    N_("chains broken"),
    N_("best"),
    N_("mean"),
)
"""Heads of a table of `OnProcessor.rows`."""


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
        said.append(
            _(
                "Chain strengths of {strengths} torques were tried, {reads} in all; {best:g} was "
                "best and drew the rest.",
                strengths=", ".join(f"{one['chain_prefactor']:g}" for one in tried),
                reads=units.count(sum(one["reads"] for one in tried), "read"),
                best=info["chain_prefactor"],
            )
        )
    if info.get("gauges"):
        said.append(
            _(
                "Spin reversals: {gauges}, in which {variables} variables were turned round.",
                gauges=info["gauges"],
                variables=", ".join(f"{one['turned']:,}" for one in told if not one["tried"]),
            )
        )
    if info.get("fault"):
        said.append(_("The rest was not drawn: {fault}", fault=info["fault"]))
    return said


def _annealed(info: Mapping[str, Any]) -> str:
    points = info.get("anneal_schedule")
    if not points:
        return _("Each anneal took {microseconds:g} µs.", microseconds=info["anneal_us"])
    path = ", ".join(
        _("{progress:g} at {microseconds:g} µs", progress=s, microseconds=time)
        for time, s in points
    )
    if info.get("reverse"):
        return _("Annealed in reverse, from today's placement: s = {path}.", path=path)
    return _("Annealed by a schedule: s = {path}.", path=path)


def _row(one: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        _("strength tried") if one["tried"] else _("run"),
        _(
            "{prefactor:g} torques ({strength:.3g})",
            prefactor=one["chain_prefactor"],
            strength=one["chain_strength"],
        ),
        _("none") if one["gauge"] is None else f"{one['gauge']}",
        f"{one['reads']:,}",
        units.percent(one["chain_break_fraction"]),
        units.energy(one["best_energy"]),
        units.energy(one["mean_energy"]),
    )
