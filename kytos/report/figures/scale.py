"""The colour scales that heatmaps share, for the strip that is drawn below them."""

from __future__ import annotations

from dataclasses import dataclass

from plotly.colors import get_colorscale

from kytos.language import N_
from kytos.report.figures.style import DIFFERENCE, UTILISATION


@dataclass(frozen=True)
class Scale:
    """Colours from one end to the other, evenly, and what stands below them."""

    colours: tuple[str, ...]
    labels: tuple[str, ...]


def utilisation_scale() -> Scale:
    """Return the fixed scale of utilisation, 0 to 100%."""
    return Scale(_colours(UTILISATION), ("0%", "25%", "50%", "75%", "100%"))


def difference_scale() -> Scale:
    """Return the fixed scale of a change, -100 to +100 points."""
    return Scale(_colours(DIFFERENCE), ("-100", "-50", "0", "+50", N_("+100 points")))


def _colours(name: str | list[tuple[float, str]]) -> tuple[str, ...]:
    return tuple(colour for _place, colour in get_colorscale(name))
