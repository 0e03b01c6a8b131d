"""The pictures of a handout, drawn here as SVG: they need no script, and print as sharp as text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from markupsafe import Markup, escape

from kytos.contract.weights import Weights
from kytos.language import _
from kytos.questions.outcome import EnergyChange
from kytos.report import units
from kytos.report.boxes import COLOURS, REST, REST_COLOUR, Box

_WIDTH = 1000
_BOX, _SPACE = 44, 6
_HIGH, _UNDER = 96, 18
_IN_A_ROW = _WIDTH // (_BOX + _SPACE)
_FADED_MARK = Markup(' opacity="0.4"')
_BEFORE, _AFTER = "#8a949e", "#0072b2"
_LABELLED, _VALUES = 130, 90


def boxes_picture(drawn: Sequence[Box], services: Sequence[str], title: str) -> Markup:
    """Draw nodes as boxes to scale, their pods as blocks by service; freed ones faded and dashed.

    Parameters
    ----------
    services
        Those with a colour of their own, in the order of `COLOURS`.
    title
        What a reader who cannot see the picture is told it is.
    """
    rows = [
        members[start : start + _IN_A_ROW]
        for members in ([b for b in drawn if not b.gone], [b for b in drawn if b.gone])
        for start in range(0, len(members), _IN_A_ROW)
    ]
    parts: list[Markup] = []
    top = 0
    for row in rows:
        high = max(24, round(_HIGH * max(box.size for box in row)))
        for column, box in enumerate(row):
            parts.append(_box(box, column * (_BOX + _SPACE), top + high, services))
        top += high + _UNDER + 8
    return _svg(top, title, parts)


def legend(drawn: Sequence[Box], services: Sequence[str]) -> list[tuple[str, str]]:
    """Return the name and the colour of each service that a picture shows."""
    shown = {block.service for box in drawn for block in box.blocks}
    entries = [(name, _colour(name, services)) for name in services if name in shown]
    return [*entries, (_(REST), REST_COLOUR[0])] if shown - set(services) else entries


def energy_picture(energy: EnergyChange, weights: Weights) -> Markup:
    """Draw what each weighted term of the energy contributes before and after."""
    terms = (
        (_("A · constraint"), weights.A, "constraint"),
        (_("B · load"), weights.B, "load"),
        (_("C · cost"), weights.C, "cost"),
        (_("D · affinity"), weights.D, "affinity"),
    )
    bars = [
        (name, weight * getattr(energy.before, term), weight * getattr(energy.after, term))
        for name, weight, term in terms
    ]
    lowest = min(0.0, *(min(before, after) for _, before, after in bars))
    highest = max(0.0, *(max(before, after) for _, before, after in bars))
    span = (highest - lowest) or 1.0
    room = _WIDTH - _LABELLED - _VALUES
    zero = _LABELLED + room * -lowest / span
    parts: list[Markup] = []
    for row, (name, before, after) in enumerate(bars):
        y = row * 44
        parts.append(
            Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(
                _LABELLED - 8, y + 22, name
            )
        )
        for at, (value, colour) in enumerate(((before, _BEFORE), (after, _AFTER))):
            length = room * abs(value) / span
            left = zero - length if value < 0 else zero
            parts.append(
                Markup('<rect x="{}" y="{}" width="{}" height="14" fill="{}"/>').format(
                    _short(left), y + 4 + at * 16, _short(length), colour
                )
            )
            parts.append(
                Markup('<text x="{}" y="{}" class="v">{}</text>').format(
                    _short(max(zero, left + length) + 5), y + 16 + at * 16, units.energy(value)
                )
            )
    return _svg(len(bars) * 44, _("Energy by term, before (grey) and after (blue)"), parts)


def _box(box: Box, left: int, floor: int, services: Sequence[str]) -> Markup:
    high = max(2.0, _HIGH * box.size)
    scale = high / max(1.0, box.fill)
    parts = [
        Markup('<rect x="{}" y="{}" width="{}" height="{}" class="{}"/>').format(
            left, _short(floor - high), _BOX, _short(high), "f" if box.gone else "n"
        )
    ]
    base = 0.0
    # Neighbours of one colour are one rectangle: a large cluster's page stays small.
    for colour, blocks in groupby(box.blocks, lambda block: _colour(block.service, services)):
        height = sum(block.share for block in blocks) * scale
        parts.append(
            Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="{}"{}/>').format(
                left + 1,
                _short(floor - base - height),
                _BOX - 2,
                _short(height),
                colour,
                _FADED_MARK if box.gone else "",
            )
        )
        base += height
    told = _("{name}: {fill} full", name=box.name, fill=units.percent(box.fill))
    name = Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(
        left + _BOX / 2, floor + 13, box.under
    )
    return Markup("<g><title>{}</title>{}{}</g>").format(told, Markup("").join(parts), name)


def _colour(service: str, services: Sequence[str]) -> str:
    return COLOURS[services.index(service)][0] if service in services else REST_COLOUR[0]


def _svg(height: int, title: str, parts: Sequence[Markup]) -> Markup:
    head = Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
        _WIDTH, max(height, 1), escape(title)
    )
    return head + Markup("").join(parts) + Markup("</svg>")


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
