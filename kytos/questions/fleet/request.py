"""What is asked of a fleet: what may be bought, and what may stay."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, Field, StringConstraints, model_validator

from kytos.cluster import CPU, MEMORY, PODS, Frozen, NodeClass, NodeOverlay, NodePool
from kytos.contract.runbook import CarriedOut
from kytos.errors import InputError
from kytos.plain import Identifier, Mebibytes, Millicores, Number, PlainTaint
from kytos.questions.parts.limits import Limits
from kytos.questions.parts.others_pods import OthersPods
from kytos.sources.catalogue.kwok import types_of_kwok
from kytos.sources.catalogue.types import DEFAULT_REGION
from kytos.sources.node_pools import read_karpenter

MOST_TYPES = 5_000
"""Of one request; a region has about a thousand."""

_DISCOUNT = re.compile(r"[^=\s]+=[0-9]*\.?[0-9]+")
_OWN_FIELDS = {CPU: "cpu_capacity", MEMORY: "mem_capacity", PODS: "max_pods"}


def _a_discount(rule: str) -> str:
    if not _DISCOUNT.fullmatch(rule):
        raise ValueError(f"expected name=factor, such as m*=0.72; found {rule!r}")
    return rule


Discount = Annotated[str, StringConstraints(max_length=200), AfterValidator(_a_discount)]


class FleetType(Frozen):
    """Nodes that can be bought; capacities are allocatable, less only what DaemonSets take."""

    # A placement's `node_shapes` call it `id`. No validator before the fields translates it: what
    # that hands on is no JSON any more, whose lists are no tuples to a strict reader.
    name: Identifier = Field(validation_alias=AliasChoices("name", "id"))
    cpu_capacity: Annotated[Millicores, Field(gt=0)] = Field(
        description="CPU for pods, in millicores"
    )
    mem_capacity: Annotated[Mebibytes, Field(gt=0)] = Field(description="Memory for pods, in MiB")
    price_per_hour: Number
    capacity_type: Literal["on-demand", "spot"] = "on-demand"
    zones: tuple[Identifier, ...] = Field((), description="where it can be bought; none for any")
    max_pods: Annotated[int, Field(strict=True, ge=0, le=2**31)] = 110
    arch: str = Field("amd64", min_length=1, description="amd64 or arm64")
    resources: dict[Identifier, Number] = Field(
        {}, description="more resources by name, such as nvidia.com/gpu: 8"
    )
    labels: dict[str, str] = Field({}, description="labels its nodes have beside the usual ones")
    taints: tuple[PlainTaint, ...] = Field((), description="as in Kubernetes")
    count: Annotated[int, Field(strict=True, ge=0, le=2**31)] | None = Field(
        None, description="nodes at most; none for no limit"
    )

    provisioned: Literal[False] = Field(
        False, exclude=True, description="as a placement's `node_shapes` say it; types are bought"
    )

    @model_validator(mode="after")
    def _basics_have_their_own_fields(self) -> FleetType:
        for basic, instead in _OWN_FIELDS.items():
            if basic in self.resources:
                raise ValueError(f"resources.{basic} has its own field; use {instead}")
        return self


class OwnPrice(Frozen):
    """A row of the user's own price table: what a type costs an hour, wherever it is bought."""

    instance_type: Identifier
    capacity_type: Literal["on-demand", "spot"] = "on-demand"
    price_per_hour: Number


class FleetRequest(OthersPods, Limits, CarriedOut):
    """What is asked of a fleet beside the weights."""

    types: tuple[FleetType, ...] | None = Field(
        None,
        max_length=MOST_TYPES,
        description="what can be bought; left out: the shipped catalogue of the region",
    )
    region: str = Field(DEFAULT_REGION, description="of the shipped catalogue's prices")
    prices: tuple[OwnPrice, ...] = Field(
        (),
        max_length=2 * MOST_TYPES,
        description="what types of the shipped catalogue really cost, on-demand and spot: these "
        "win over the list, in whichever region. Spot is bought where `spot_share` or `services` "
        "says what may run there",
    )
    zones: tuple[Identifier, ...] = Field(
        (), description="where nodes can be bought; left out: the zones the cluster names"
    )
    arch: tuple[str, ...] = Field(
        (),
        description="of the catalogue's types; left out: those of today's nodes, else amd64, and "
        "for pods that name another by selector or affinity that one",
    )
    discounts: tuple[Discount, ...] = Field(
        (),
        description="name=factor, such as m*=0.72: on-demand prices of types whose name fits are "
        "multiplied by it; of several that fit, the longest name counts",
    )
    keep: tuple[str, ...] | None = Field(
        None,
        description="which of today's nodes may stay: names or key=value labels; left out: all, "
        "empty: none but those that pods hold which must not move",
    )
    spot_share: float | None = Field(
        None,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="share of the fleet's nodes, and of each service's pods, on spot at most",
    )
    services: tuple[str, ...] | None = Field(
        None,
        description="services (or namespaces, or pods) that may run on spot; left out: all may",
    )
    max_types: int | None = Field(
        None, ge=1, le=MOST_TYPES, description="different types bought at most"
    )
    survive: tuple[Literal["node", "zone", "spot"], ...] = Field(
        (),
        description="node, zone or spot (a type in a zone, reclaimed at once), several of them: "
        "whatever one of them fails after the plan, all pods it evicts find a node; what is fatal "
        "today may stay so. Nodes without pods are bought to stand by where that takes some",
    )
    kwok_types: tuple[dict[str, Any], ...] = Field(
        (),
        max_length=MOST_TYPES,
        description="more types, as Karpenter's kwok provider lists them in instance_types.json",
    )
    pools: tuple[dict[str, Any], ...] = Field(
        (),
        max_length=1_000,
        description="Karpenter's NodePools, NodeOverlays and EC2NodeClasses as Kubernetes writes "
        "them, beside those of the cluster's files: where there is a NodePool, only what pools "
        "allow is bought, as large as its EC2NodeClass makes it",
    )
    may_move: tuple[str, ...] = Field(
        (), description="pods, services or namespaces that may move though care would pin them"
    )
    must_stay: tuple[str, ...] = Field(
        (), description="pods, services or namespaces that stay; wins over `may_move`"
    )

    @cached_property
    def own_types(self) -> tuple[FleetType, ...] | None:
        """What can be bought, kwok's too; None stands for the shipped catalogue."""
        if self.types is None and not self.kwok_types:
            return None
        read = tuple(
            FleetType.model_validate(one)
            for at, given in enumerate(self.kwok_types)
            for one in types_of_kwok(given, f"kwok_types[{at}]")
        )
        return (*(self.types or ()), *read)

    @cached_property
    def pools_given(self) -> tuple[NodePool, ...]:
        """The NodePools among `pools`."""
        return tuple(one for one in self._read if isinstance(one, NodePool))

    @cached_property
    def overlays_given(self) -> tuple[NodeOverlay, ...]:
        """The NodeOverlays among `pools`."""
        return tuple(one for one in self._read if isinstance(one, NodeOverlay))

    @cached_property
    def classes_given(self) -> tuple[NodeClass, ...]:
        """The EC2NodeClasses among `pools`."""
        return tuple(one for one in self._read if isinstance(one, NodeClass))

    @cached_property
    def _read(self) -> tuple[NodePool | NodeOverlay | NodeClass, ...]:
        return tuple(read_karpenter(one, f"pools[{at}]") for at, one in enumerate(self.pools))

    @model_validator(mode="after")
    def _karpenters_can_be_read(self) -> FleetRequest:
        try:
            _ = self._read, self.own_types
        except InputError as error:
            raise ValueError(str(error)) from error
        return self


def own_prices(request: FleetRequest) -> dict[tuple[str, str], float]:
    """Return the request's own prices by (type, capacity type); of several rows the last counts."""
    return {(one.instance_type, one.capacity_type): one.price_per_hour for one in request.prices}


def discount_of(discounts: tuple[str, ...], name: str) -> float:
    """Return what the on-demand price of a type is multiplied by; the longest name wins."""
    fitting = [
        (len(pattern), float(factor))
        for pattern, _, factor in (rule.rpartition("=") for rule in discounts)
        if fnmatchcase(name, pattern)
    ]
    return max(fitting)[1] if fitting else 1.0
