"""What every question may be held to: how full nodes get, and which are never freed."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Literal

import numpy as np
from pydantic import Field, field_validator

from kytos.cluster import Cluster, Frozen, Node
from kytos.errors import RequestRefused
from kytos.language import said
from kytos.problem import Bools
from kytos.questions.parts.right_sizing import USUAL_RULES, SizeRules


class LoadFrom(StrEnum):
    """What pods count for where load is levelled."""

    REQUESTS = "requests"
    USAGE = "usage"


class CountedAs(Frozen):
    """What pods count for: what they request, or use."""

    load_from: LoadFrom = Field(
        LoadFrom.REQUESTS,
        description="requests, or usage: level what pods are known to use, and hold nodes to "
        "`max_used`",
    )
    max_used: float = Field(
        1.0,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="under load_from usage: share of a node's CPU and memory that the 95th "
        "percentile of what its pods use together may reach; what is above it already may stay, "
        "and never grows",
    )
    right_sized: bool = Field(
        False,
        description="ask as if every container requested what `right_sizing` recommends",
    )
    sizing: SizeRules = Field(
        USUAL_RULES, description="how `right_sizing` comes from what was used, and its least"
    )


class Limits(CountedAs):
    """The part of a request that all questions share."""

    max_utilization: float = Field(
        1.0,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="share of a node's CPU and memory that pods may fill it to; what is above it "
        "already may stay, and never grows",
    )
    keep_nodes: tuple[str, ...] = Field(
        (), description="nodes that are never freed: names, or key=value labels"
    )
    risk: bool = Field(
        False, description="say which failures of a node or a zone the plan would survive"
    )


class PlanLimits(Limits):
    """What a plan that frees nodes may be held to beside that."""

    survive: tuple[Literal["node", "zone"], ...] = Field(
        (),
        description="node, zone or both: whatever one of them fails after the plan, all pods it "
        "evicts find a node; failures that are fatal today may stay so",
    )

    least_nodes: dict[str, int] = Field(
        {},
        description="by key=value label: so many of the nodes that carry it stay in use, or all "
        "that are",
    )

    @field_validator("least_nodes")
    @classmethod
    def _counts(cls, least: dict[str, int]) -> dict[str, int]:
        for label, count in least.items():
            if count < 0:
                raise ValueError(f"{label!r} is {count}; give a number of nodes from 0 upwards")
        return least


class NotHeldToFailures(PlanLimits):
    """A request that leads to several plans: none is held to failures or to the size of pools."""

    @field_validator("survive", "least_nodes", "risk", "why_not_freed", check_fields=False)
    @classmethod
    def _promises_are_of_one_plan(cls, asked: object) -> object:
        if asked:
            raise ValueError("several plans are compared here; ask a rebalance for it")
        return asked


def nodes_asked_to_stay(cluster: Cluster, names: Sequence[str]) -> dict[str, str]:
    """Return the nodes that are to stay, by name, and why.

    Raises
    ------
    RequestRefused
        When an entry is no node's name, nor a ``key=value`` label that a node carries.
    """
    for position, name in enumerate(names):
        if not any(_is_meant(node, (name,)) for node in cluster.nodes):
            raise RequestRefused(
                said(
                    f"{name!r} is no node of cluster {cluster.name!r} and no key=value label "
                    "that one carries; name a node, or a label as its nodes have it"
                ),
                f"keep_nodes[{position}]",
            )
    return dict.fromkeys(meant_nodes(cluster, names), said("keep_nodes names it"))


def meant_nodes(cluster: Cluster, names: Sequence[str]) -> frozenset[str]:
    """Return the nodes that names and labels mean here; an entry may mean none."""
    return frozenset(node.name for node in cluster.nodes if _is_meant(node, names))


def carries(node: Node, label: str) -> bool:
    """Whether a node has a label, written ``key=value``."""
    key, separator, value = label.partition("=")
    return bool(separator) and node.labels.get(key) == value


def _is_meant(node: Node, names: Sequence[str]) -> bool:
    return any(node.name == name or carries(node, name) for name in names)


def nodes_carrying(cluster: Cluster, label: str) -> Bools:
    """``(nodes,)`` which nodes carry a label of `PlanLimits.least_nodes`.

    Raises
    ------
    RequestRefused
        When none does.
    """
    members = np.array([carries(node, label) for node in cluster.nodes], dtype=np.bool_)
    if not members.any():
        raise RequestRefused(
            said(
                f"no node of cluster {cluster.name!r} carries the label {label!r}; give "
                "key=value as its nodes have it"
            ),
            f"least_nodes.{label}",
        )
    return members
