"""Who brought a plan where it is, in one line: from the start by each part to what is proven."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kytos.contract.shares import (
    BOUND,
    EXACT,
    PLACER,
    REFINEMENT,
    SAMPLER,
    SEARCH,
    START,
    Share,
)
from kytos.language import N_, _
from kytos.questions.autoscale.reads import SETTLED
from kytos.questions.outcome import Outcome
from kytos.questions.parts.most_placed import STAGE as MOST_PLACED
from kytos.report import units

NAMES = {
    START: N_("start"),
    SAMPLER: N_("sampler"),
    REFINEMENT: N_("refinement"),
    SEARCH: N_("search"),
    EXACT: N_("exact solver"),
    PLACER: N_("placer"),
    SETTLED: N_("exact counts"),
    MOST_PLACED: N_("exact placing"),
    BOUND: N_("bound"),
}
"""Of a part, as a person reads it; a stage of another name is called by that."""
_NO_PERCENT = 0.005
_LEGIBLE = 1e7
"""From here on digits are counted, not read: what pods without a node cost may be beyond 1e17."""


def share_sentence(outcome: Outcome) -> str:
    """Return the way of the energy as one sentence; empty where the answer does not tell it."""
    if not outcome.shares:
        return ""
    start, *way = outcome.shares
    told = [_step(one) for one in way if one.part != BOUND]
    if not told:
        told = [_("the plan to {total}", total=amount(outcome.energy.after.total))]
    bound = next((one.energy for one in way if one.part == BOUND), None)
    proven = (
        ""
        if bound is None or not math.isfinite(bound)
        else _(" No plan can have less than {bound}.", bound=amount(bound))
    )
    return _(
        "Step by step, from {start}: {names}.{proven}",
        start=amount(start.energy),
        names=", ".join(told),
        proven=proven,
    )


def steps(shares: Sequence[Share]) -> list[tuple[str, float]]:
    """Return what is drawn of the way: name and energy of each step that has a finite one."""
    return [
        (_(NAMES.get(one.part, one.part)), one.energy)
        for one in shares
        if one.energy is not None and math.isfinite(one.energy)
    ]


def amount(energy: float | None) -> str:
    """Return an energy as it is read, in powers of ten where it is too long to read.

    Examples
    --------
    >>> amount(12.345), amount(3.2e17), amount(None)
    ('12.35', '3.2e+17', 'unknown')
    """
    if energy is None:
        return _("unknown")
    return f"{energy:.3g}" if abs(energy) >= _LEGIBLE else units.energy(energy)


def share(part: float) -> str:
    """Return a part of the gain in per cent; what is more than nothing never reads as 0%.

    Examples
    --------
    >>> share(0.5), share(0.0001)
    ('50%', 'under 1%')
    """
    return _("under 1%") if 0 < part < _NO_PERCENT else units.percent(part)


def _step(one: Share) -> str:
    name = _(NAMES.get(one.part, one.part))
    if one.share is None:
        return _("{name} to {energy}", energy=amount(one.energy), name=name)
    if one.gained <= 0:
        return _("{name} no lower", name=name)
    return _(
        "{name} to {energy} ({share} of the gain)",
        energy=amount(one.energy),
        name=name,
        share=share(one.share),
    )
