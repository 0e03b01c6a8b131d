"""The cheapest families of types in comparative words: how much dearer each is, and why."""

from __future__ import annotations

from collections.abc import Sequence

from kytos.cluster import CPU, MEMORY
from kytos.language import _
from kytos.questions.fleet.families import FamilyCost
from kytos.report import units

_ROOM = 0.9
"""Share below which a resource is said to stay empty."""

_ALIKE = 0.005
"""Difference in price that rounds to none."""


def families_in_words(costs: Sequence[FamilyCost], most: int = 3) -> list[str]:
    """Return a sentence for each of the cheapest families, the first compared with none.

    Parameters
    ----------
    costs
        The cheapest first.
    """
    told = costs[:most]
    if not told:
        return []
    first = told[0]
    return [_alone(first), *(_beside(one, first) for one in told[1:])]


def _alone(one: FamilyCost) -> str:
    return _(
        "{family} alone runs all of it the cheapest, for {price} at least: {reason}.",
        family=one.name,
        price=units.price(one.price_per_hour),
        reason=_fills(one),
    )


def _beside(one: FamilyCost, first: FamilyCost) -> str:
    more = one.price_per_hour / first.price_per_hour - 1 if first.price_per_hour else 0.0
    if more < _ALIKE:
        return _(
            "{family} costs the same as {first} here: {reason}.",
            family=one.name,
            first=first.name,
            reason=_fills(one),
        )
    return _(
        "{first} costs {less} less than {family} here, because {reason}.",
        first=first.name,
        family=one.name,
        less=units.percent(1 - first.price_per_hour / one.price_per_hour),
        reason=_why(one, first),
    )


def _why(one: FamilyCost, first: FamilyCost) -> str:
    """What makes a family dearer: the resource that fills its nodes, and what stays empty."""
    shared = [name for name in first.binds if name in one.binds]
    if not shared:
        return _(
            "its nodes run out of {bound}, while those of {family} run out of {other} and {empty}",
            bound=_names(first.binds),
            other=_names(one.binds),
            family=one.name,
            empty=_left(one),
        )
    more_room = [
        name
        for name, share in _bought(one).items()
        if share < _ROOM and share < first.filled[name] - 0.01
    ]
    if more_room:
        return _(
            "the nodes of both run out of {bound}, not of {spare}, and {family} is paid for "
            "{spare} that stays empty: {share} of it is used, {own} on {first}",
            bound=_names(shared),
            spare=_names(more_room),
            family=one.name,
            share=units.percent(one.filled[more_room[0]]),
            own=units.percent(first.filled[more_room[0]]),
            first=first.name,
        )
    return _(
        "the nodes of both run out of {bound}, and the same of it costs more on {family}",
        bound=_names(shared),
        family=one.name,
    )


def _fills(one: FamilyCost) -> str:
    left = [name for name, share in _bought(one).items() if share < _ROOM]
    if not left:
        return _("its nodes run out of {bound}, and little stays empty", bound=_names(one.binds))
    return _("its nodes run out of {bound}, and {empty}", bound=_names(one.binds), empty=_left(one))


def _left(one: FamilyCost) -> str:
    """What stays empty of a family's nodes, by the resource with most of it left."""
    name, share = min(_bought(one).items(), key=lambda entry: entry[1])
    return _(
        "{share} of their {resource} stays empty",
        share=units.percent(1 - share),
        resource=_names([name]),
    )


def _bought(one: FamilyCost) -> dict[str, float]:
    """How full CPU and memory are: what nodes are paid by, unlike places for pods."""
    return {name: share for name, share in one.filled.items() if name in (CPU, MEMORY)}


def _names(resources: Sequence[str]) -> str:
    return _(" and ").join(
        # Headings are capitalised; inside a sentence only an abbreviation is.
        units.resource_name(name) if name == CPU else units.resource_name(name).lower()
        for name in resources
    )
