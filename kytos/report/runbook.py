"""A runbook as people read it: promised beside forecast, and its waves on a line of time."""

from __future__ import annotations

from kytos.contract.runbook import Runbook, WayForecast
from kytos.language import N_, _
from kytos.report import units

_HEADER = (
    N_("carried out by"),
    N_("nodes in use"),
    N_("price"),
    N_("pods left waiting"),
    N_("landed as planned"),
    N_("energy"),
)

WAYS = {
    "plain": N_("evictions alone"),
    "drain": N_("cordon and evict"),
    "steer": N_("gate and nominate"),
}
"""Each way in a few words."""


def forecast_header() -> tuple[str, ...]:
    """Return what stands above the columns of the rows."""
    return tuple(map(_, _HEADER))


def forecast_rows(runbook: Runbook) -> list[tuple[str, str, str, str, str, str]]:
    """Return a row for what the plan promises, and one for each way of carrying it out."""
    promised, forecast = runbook.promised, runbook.forecast
    moves = forecast.drain.moves
    rows = [
        (
            _("as promised"),
            str(promised.nodes_in_use),
            units.price(promised.price_per_hour),
            "",
            _("{part} of {whole}", part=moves, whole=moves),
            _energy(promised.energy),
        )
    ]
    for way, words in WAYS.items():
        expected: WayForecast = getattr(forecast, way)
        rows.append(
            (
                f"{way}: {_(words)}",
                str(expected.nodes_in_use),
                units.price(expected.price_per_hour),
                str(expected.pods_pending),
                _("{part} of {whole}", part=expected.landed_as_planned, whole=expected.moves),
                _energy(expected.energy),
            )
        )
    return rows


def _energy(value: float | None) -> str:
    return "" if value is None else units.energy(value)
