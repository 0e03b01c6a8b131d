"""Karpenter's objects, as Kubernetes writes them: pools and overlays; classes beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kytos.cluster import Effect, NodeClass, NodeOverlay, NodePool, Requirement, Taint
from kytos.errors import SourceError
from kytos.sources.fields import Fields
from kytos.sources.node_classes import read_node_class
from kytos.sources.quantities import offered_rounded_up, read_quantities
from kytos.sources.selectors import requirements

POOL, OVERLAY = "NodePool.karpenter.sh", "NodeOverlay.karpenter.sh"

_KINDS = ("NodePool", "NodeOverlay", "EC2NodeClass")
_OPERATORS = frozenset({"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt", "Gte", "Lte"})
_PRICE = re.compile(r"[+-]?[0-9]*\.?[0-9]+%?")


def read_karpenter(given: Mapping[str, Any], where: str) -> NodePool | NodeOverlay | NodeClass:
    """Read a NodePool, NodeOverlay or EC2NodeClass.

    Raises
    ------
    SourceError
        When it is none of these, or a field cannot be read.
    """
    item = Fields(given, where)
    kind = item.text("kind")
    if kind in _KINDS and not item.object("metadata").text("name"):
        raise SourceError("is missing; expected a name", f"{where}.metadata.name")
    match kind:
        case "NodePool":
            return read_node_pool(item)
        case "NodeOverlay":
            return read_node_overlay(item)
        case "EC2NodeClass":
            return read_node_class(item)
    raise SourceError(
        f"is {item.text('kind') or 'of no kind'!r}; expected a NodePool, "
        "a NodeOverlay or an EC2NodeClass",
        f"{where}.kind",
    )


def read_node_pool(item: Fields) -> NodePool:
    """Read a NodePool (karpenter.sh/v1)."""
    spec = item.object("spec")
    template = spec.object("template")
    limits = spec.object("limits")
    return NodePool(
        name=item.object("metadata").text("name"),
        requirements=_requirements(template.object("spec")),
        labels=template.object("metadata").labels("labels"),
        taints=tuple(
            Taint(
                key=taint.text("key"),
                value=taint.text("value"),
                effect=taint.choice("effect", default=Effect.NO_SCHEDULE),
            )
            for taint in template.object("spec").objects("taints")
        ),
        limits=offered_rounded_up(read_quantities(limits.value, limits.path)),
        weight=spec.integer("weight"),
        node_class=template.object("spec").object("nodeClassRef").text("name"),
    )


def read_node_overlay(item: Fields) -> NodeOverlay:
    """Read a NodeOverlay (karpenter.sh/v1alpha1)."""
    spec = item.object("spec")
    price = spec.text("price") or spec.text("priceAdjustment")
    if price and not _PRICE.fullmatch(price):
        raise SourceError(
            f"{price!r} is no price; expected one like 0.12, or a change like +0.1 or -15%",
            f"{spec.path}.price",
        )
    capacity = spec.object("capacity")
    return NodeOverlay(
        name=item.object("metadata").text("name"),
        requirements=_requirements(spec),
        price=price,
        capacity=offered_rounded_up(read_quantities(capacity.value, capacity.path)),
        weight=spec.integer("weight"),
    )


def _requirements(parent: Fields) -> tuple[Requirement, ...]:
    read = requirements(parent, "requirements")
    for at, one in enumerate(read):
        if one.operator not in _OPERATORS:
            raise SourceError(
                f"{one.operator!r} is no operator; expected one of {', '.join(sorted(_OPERATORS))}",
                f"{parent.path}.requirements[{at}].operator",
            )
        if one.operator[:2] in ("Gt", "Lt") and not (
            len(one.values) == 1 and one.values[0].isdecimal()
        ):
            raise SourceError(
                "expected a single whole number", f"{parent.path}.requirements[{at}].values"
            )
    return read
