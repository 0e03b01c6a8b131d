"""Karpenter's NodePools and NodeOverlays upon what can be bought: fewer offers, other prices."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kytos.cluster import (
    INSTANCE_TYPE,
    Node,
    NodeClass,
    NodeOverlay,
    NodePool,
    Requirement,
    Resources,
    Taint,
)
from kytos.errors import RequestRefused
from kytos.language import said
from kytos.questions.fleet.node_classes import by_node_class
from kytos.questions.fleet.offer import Offer

POOL = "karpenter.sh/nodepool"
NODES = "nodes"
_AWS = "karpenter.k8s.aws/instance-"
_OF_PROVIDERS = ("karpenter.k8s.aws/", "karpenter.sh/", "node.kubernetes.io/", "kubernetes.io/")
_NAME = re.compile(r"(?P<category>[a-z]+)(?P<generation>[0-9]*)(?P<more>[a-z0-9-]*)\.(?P<size>.+)")


def type_labels(
    name: str, cpu_millicores: int | None = None, memory_mib: int | None = None
) -> dict[str, str]:
    """Return the labels that Karpenter's AWS provider gives nodes of a type.

    Parameters
    ----------
    cpu_millicores, memory_mib
        The machine's size, nothing deducted; None where it is not known.

    Examples
    --------
    >>> labels = type_labels("m6i.large", 2000, 8192)
    >>> [labels[f"karpenter.k8s.aws/instance-{key}"] for key in ("category", "generation", "cpu")]
    ['m', '6', '2']
    """
    labels: dict[str, str] = {}
    if cpu_millicores is not None and memory_mib is not None:
        labels = {f"{_AWS}cpu": str(cpu_millicores // 1000), f"{_AWS}memory": str(memory_mib)}
    if match := _NAME.fullmatch(name):
        labels |= {
            f"{_AWS}family": name.partition(".")[0],
            f"{_AWS}category": match["category"],
            f"{_AWS}size": match["size"],
        }
        if match["generation"]:
            labels[f"{_AWS}generation"] = match["generation"]
    return labels


def through_pools(
    offers: Sequence[Offer],
    pools: Sequence[NodePool],
    classes: Mapping[str, NodeClass] = {},
    *,
    own: bool = True,
) -> tuple[Offer, ...]:
    """Return the offers as pools buy them, those of the heaviest pool first; all without a pool.

    Parameters
    ----------
    classes
        EC2NodeClasses by name: what a pool names makes its nodes.
    own
        The offers are the caller's types, whose capacities are what pods may ask.

    Raises
    ------
    RequestRefused
        When the pools allow nothing that is on offer.
    """
    if not pools:
        return tuple(offers)
    bought = [
        made
        for pool in sorted(pools, key=lambda pool: (-pool.weight, pool.name))
        for offer in offers
        if all(_meets(offer.node.labels | pool.labels, one) for one in pool.requirements)
        if (made := _made(_through(offer, pool), classes.get(pool.node_class), own=own))
    ]
    if not bought:
        raise RequestRefused(
            said(
                f"the NodePools ({', '.join(pool.name for pool in pools)}) allow none of the "
                f"{len(offers)} offers; loosen their requirements or offer other types"
            ),
            "pools",
        )
    return tuple(bought)


def _made(offer: Offer, made_by: NodeClass | None, *, own: bool) -> Offer | None:
    return offer if made_by is None else by_node_class(offer, made_by, own=own)


def _through(offer: Offer, pool: NodePool) -> Offer:
    told = {
        one.key: one.values[0]
        for one in pool.requirements
        if one.operator == "In" and len(one.values) == 1 and one.key not in offer.node.labels
    }
    labels = offer.node.labels | told | pool.labels | {POOL: pool.name}
    own = {(taint.key, taint.effect) for taint in pool.taints}
    taints = tuple(t for t in offer.node.taints if (t.key, t.effect) not in own)
    node = offer.node.model_copy(
        update={
            "name": f"{offer.node.name} ({pool.name})",
            "labels": labels,
            "taints": (*taints, *(Taint.model_validate(t.model_dump()) for t in pool.taints)),
        }
    )
    return replace(offer, node=node, pool=pool.name)


def with_overlays(offers: Sequence[Offer], overlays: Sequence[NodeOverlay]) -> tuple[Offer, ...]:
    """Return the offers at the prices and with the resources that overlays give them.

    The heaviest overlay that has a price sets it; of equal weight the first by name.
    """
    ordered = sorted(overlays, key=lambda one: (-one.weight, one.name))
    return tuple(_overlaid(offer, ordered) for offer in offers) if ordered else tuple(offers)


def _overlaid(offer: Offer, overlays: Sequence[NodeOverlay]) -> Offer:
    labels = offer.node.labels
    fitting = [one for one in overlays if all(_meets(labels, each) for each in one.requirements)]
    if not fitting:
        return offer
    change = next((one.price for one in fitting if one.price), "")
    price = adjusted(offer.price, change)
    more: dict[str, int] = {}
    for one in fitting:
        more = dict(one.capacity) | more
    allocatable = dict(more) | offer.node.allocatable
    node = offer.node.model_copy(update={"price_per_hour": price, "allocatable": allocatable})
    return replace(offer, price=price, node=node)


@dataclass(frozen=True)
class PoolBound:
    """One limit of a NodePool: all its nodes together have no more of a resource.

    Attributes
    ----------
    weight_today
        What each node of today counts for, by name: those that carry the pool's label.
    most
        In units of the limit, so that no bound is of a size that a solver drops.
    """

    pool: str
    resource: str
    unit: float
    weight_today: dict[str, float]
    most: float

    def weight(self, offer: Offer) -> float:
        """What a node of an offer counts for."""
        if offer.pool != self.pool:
            return 0.0
        return self._amount(offer.capacity or offer.node.allocatable)

    def _amount(self, capacity: Resources) -> float:
        amount = 1 if self.resource == NODES else capacity.get(self.resource, 0)
        return amount / self.unit


def pool_bounds(pools: Sequence[NodePool], today: Sequence[Node]) -> list[PoolBound]:
    """Return what the limits of pools bound. A limit of 0 buys nothing.

    Karpenter counts nodes' capacity; of today's nodes only what is allocatable is known here.
    """
    bounds = []
    for pool in pools:
        own = [node for node in today if node.labels.get(POOL) == pool.name]
        for resource, limit in pool.limits.items():
            unit = float(max(limit, 1))
            bound = PoolBound(pool.name, resource, unit, {}, limit / unit)
            weights = {node.name: bound._amount(node.allocatable) for node in own}
            bounds.append(replace(bound, weight_today=weights))
    return bounds


def adjusted(price: float, change: str) -> float:
    """Return a price once changed, never below 0.

    Source: ``AdjustedPrice`` of Karpenter's pkg/cloudprovider/types.go.

    Examples
    --------
    >>> adjusted(2.0, "-25%"), adjusted(2.0, "+0.5"), adjusted(2.0, "1.25"), adjusted(2.0, "")
    (1.5, 2.5, 1.25, 2.0)
    """
    if not change:
        return price
    if change[0] not in "+-":
        return float(change)
    if change.endswith("%"):
        return max(0.0, price * (1 + float(change[:-1]) / 100))
    return max(0.0, price + float(change))


def _meets(labels: dict[str, str], one: Requirement) -> bool:
    """Whether a node with these labels may be had under a requirement.

    A key of the user's own that nothing sets yet takes whatever value is required.
    """
    value = labels.get(one.key)
    if value is None:
        open_ = not one.key.startswith(_OF_PROVIDERS) and one.key != INSTANCE_TYPE
        return one.operator in ("NotIn", "DoesNotExist") or (open_ and one.operator != "Gt")
    match one.operator:
        case "In":
            return value in one.values
        case "NotIn":
            return value not in one.values
        case "Exists":
            return True
        case "DoesNotExist":
            return False
    if not value.isdecimal():
        return False
    held, bound = int(value), int(one.values[0])
    return {"Gt": held > bound, "Gte": held >= bound, "Lt": held < bound, "Lte": held <= bound}[
        one.operator
    ]
