"""A runbook as people read it: promised beside forecast, and its waves on a line of time."""

from __future__ import annotations

from kytos.contract.runbook import Runbook, WayForecast
from kytos.report import units

FORECAST_HEADER = (
    "carried out by",
    "nodes in use",
    "price",
    "pods left waiting",
    "landed as planned",
    "energy",
)

WAYS = {"plain": "evictions alone", "drain": "cordon and evict", "steer": "gate and nominate"}
"""Each way in a few words."""


def forecast_rows(runbook: Runbook) -> list[tuple[str, str, str, str, str, str]]:
    """Return a row for what the plan promises, and one for each way of carrying it out."""
    promised, forecast = runbook.promised, runbook.forecast
    moves = forecast.drain.moves
    rows = [
        (
            "as promised",
            str(promised.nodes_in_use),
            units.price(promised.price_per_hour),
            "",
            f"{moves} of {moves}",
            _energy(promised.energy),
        )
    ]
    for way, words in WAYS.items():
        expected: WayForecast = getattr(forecast, way)
        rows.append(
            (
                f"{way}: {words}",
                str(expected.nodes_in_use),
                units.price(expected.price_per_hour),
                str(expected.pods_pending),
                f"{expected.landed_as_planned} of {expected.moves}",
                _energy(expected.energy),
            )
        )
    return rows


def _energy(value: float | None) -> str:
    return "" if value is None else units.energy(value)
