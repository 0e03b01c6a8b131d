"""What the pods would cost on one family of types alone, and which resource fills its nodes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from kytos.cluster import CPU, MEMORY, PODS, Cluster, Frozen, Pod
from kytos.problem import Floats
from kytos.questions.fleet.asked import Asked, made_concrete
from kytos.questions.fleet.offer import Offer
from kytos.questions.fleet.request import FleetRequest
from kytos.sources.prices import ON_DEMAND

FULL = 1 - 1e-6
"""Share from which on a resource counts as full."""


class FamilyCost(Frozen):
    """One family, were all pods to run on it."""

    name: str
    """As ``m6i``, or ``m6i (spot)``."""
    price_per_hour: float
    """Of nodes that hold what all pods ask together: no plan on it costs less."""
    filled: dict[str, float]
    """Share (0..1) of those nodes that the pods fill, by resource."""
    sentence: str = ""
    """How it compares with the cheapest, where that was put in words."""

    @property
    def binds(self) -> tuple[str, ...]:
        """The resources that fill its nodes: what decides how many there are."""
        return tuple(name for name, share in self.filled.items() if share >= FULL)


def family_costs(cluster: Cluster, request: FleetRequest) -> tuple[FamilyCost, ...]:
    """Return every family that could run all pods alone, the cheapest first.

    Each is priced by what pods ask together, as if they could be cut to measure: a linear program
    over its types. What DaemonSets and headroom take is off; taints, zones and the like are not
    looked at.
    """
    return costs_by_family(made_concrete(cluster, request), request)


def costs_by_family(asked: Asked, request: FleetRequest) -> tuple[FamilyCost, ...]:
    """The same of a request that is made concrete."""
    pods = asked.pods(asked.rest)
    if not pods:
        return ()
    resources, wanted, largest = _wanted(pods)
    families: defaultdict[str, list[Offer]] = defaultdict(list)
    for offer in asked.offers:
        name = offer.type.partition(".")[0]
        bare = offer.capacity_type == ON_DEMAND
        families[name if bare else f"{name} ({offer.capacity_type})"].append(offer)
    priced = [
        one
        for name, offers in families.items()
        if (one := _priced(name, offers, resources, wanted, largest, request.max_utilization))
    ]
    return tuple(sorted(priced, key=lambda one: (one.price_per_hour, one.name)))


def _wanted(pods: Sequence[Pod]) -> tuple[tuple[str, ...], Floats, Floats]:
    """``(resources,)`` what all pods ask together, and what each asks of one at most."""
    asked = [dict(pod.footprint) | {PODS: 1} for pod in pods]
    names = tuple(dict.fromkeys((CPU, MEMORY, *(name for one in asked for name in one))))
    table = np.array([[float(one.get(name, 0)) for name in names] for one in asked])
    kept = table.sum(axis=0) > 0
    return (
        tuple(name for name, keep in zip(names, kept, strict=True) if keep),
        table.sum(axis=0)[kept],
        table.max(axis=0)[kept],
    )


def _priced(
    name: str,
    offers: Sequence[Offer],
    resources: tuple[str, ...],
    wanted: Floats,
    largest: Floats,
    max_utilization: float,
) -> FamilyCost | None:
    from scipy.optimize import linprog  # loaded by who needs it

    cheapest: dict[str, Offer] = {}
    for offer in offers:
        if offer.type not in cheapest or offer.price < cheapest[offer.type].price:
            cheapest[offer.type] = offer
    room = np.array(
        [
            [
                offer.node.allocatable.get(one, 0)
                * (max_utilization if one in (CPU, MEMORY) else 1)
                for one in resources
            ]
            for offer in cheapest.values()
        ]
    )
    if (room.max(axis=0) < largest).any():
        return None
    prices = np.array([offer.price for offer in cheapest.values()])
    # In shares of what is wanted, so that bytes and millicores weigh alike.
    solved = linprog(prices, A_ub=-(room / wanted).T, b_ub=-np.ones(len(resources)))
    if not solved.success:
        return None
    held = solved.x @ room
    filled = {
        one: float(want / have) for one, want, have in zip(resources, wanted, held, strict=True)
    }
    return FamilyCost(name=name, price_per_hour=float(solved.fun), filled=filled)
