"""What can be bought: an offer for each type, capacity type and zone, with the node it would be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

from kytos.cluster import (
    CPU,
    HOSTNAME,
    INSTANCE_TYPE,
    MEMORY,
    OS,
    PODS,
    REGION,
    ZONE,
    Cluster,
    Node,
    NodePool,
    NodeTerm,
    Note,
    NoteKind,
    Pod,
    Resources,
    Taint,
)
from kytos.language import said
from kytos.plain import MIB
from kytos.questions.fleet.node_classes import STORAGE, class_notes, default_storage
from kytos.questions.fleet.offer import Offer
from kytos.questions.fleet.pools import through_pools, type_labels, with_overlays
from kytos.questions.fleet.request import FleetRequest, FleetType, discount_of, own_prices
from kytos.solvers.patterns.packing import UNLIMITED
from kytos.sources.catalogue.types import DEFAULT_REGION, InstanceType, instance_types, list_prices
from kytos.sources.prices import ON_DEMAND, SPOT, default_prices, operators_prices

ARCH = "kubernetes.io/arch"
CAPACITY_TYPE = "karpenter.sh/capacity-type"


def offers_of(
    cluster: Cluster, request: FleetRequest
) -> tuple[tuple[Offer, ...], tuple[Note, ...]]:
    """Return what can be bought for a cluster, and what was assumed."""
    if request.own_types is not None:
        types, notes = request.own_types, tuple[Note, ...]()
        zones = request.zones or zones_named(cluster, request)
    else:
        zones = request.zones or zones_named(cluster, request)
        if not zones:
            zones = tuple(f"{request.region}{letter}" for letter in "abc")
        types, notes = _of_catalogue(cluster, request)
    taken = {node.name for node in cluster.nodes}
    offers = [
        _offer(one, zone, request, position, taken)
        for position, one in enumerate(types)
        for zone in one.zones or zones or (None,)
        if not request.zones or zone in request.zones or not one.zones
    ]
    pools = (*cluster.node_pools, *request.pools_given)
    own = request.own_types is not None
    classes = (*cluster.node_classes, *request.classes_given)
    by_name = {one.name: one for one in classes}
    pooled = through_pools(offers, pools, by_name, own=own) if offers else ()
    if pools:
        notes = (*notes, _pools_note(pools), *class_notes(pools, classes, own=own))
    return with_overlays(pooled, (*cluster.node_overlays, *request.overlays_given)), notes


def _pools_note(pools: Sequence[NodePool]) -> Note:
    names = ", ".join(sorted(pool.name for pool in pools))
    return Note(
        message=said(f"only what the NodePools allow is bought: {names}"),
        kind=NoteKind.ASSUMED,
        count=len(pools),
    )


def zones_named(cluster: Cluster, request: FleetRequest) -> tuple[str, ...]:
    """Zones that nodes lie in, types are sold in and pods or volumes ask for, in order."""
    named = {node.zone for node in cluster.nodes if node.zone is not None}
    named |= {zone for one in request.own_types or () for zone in one.zones}
    for pool in (*cluster.node_pools, *request.pools_given):
        named |= _asked_of(pool, ZONE)
    for made_by in (*cluster.node_classes, *request.classes_given):
        named |= set(made_by.zones)
    for pod in cluster.pods:
        if ZONE in pod.node_selector:
            named.add(pod.node_selector[ZONE])
        named |= _zones_of(pod.required_node_terms or ())
    for volume in cluster.volumes:
        named |= _zones_of(volume.required_node_terms or ())
    return tuple(sorted(named))


def _zones_of(terms: Iterable[NodeTerm]) -> set[str]:
    return {
        zone
        for term in terms
        for expression in term.expressions
        if expression.key == ZONE and expression.operator == "In"
        for zone in expression.values
    }


def _asked_of(pool: NodePool, key: str) -> set[str]:
    """The values that a pool requires one of."""
    return {
        value
        for one in pool.requirements
        if one.key == key and one.operator == "In"
        for value in one.values
    }


def _of_catalogue(
    cluster: Cluster, request: FleetRequest
) -> tuple[tuple[FleetType, ...], tuple[Note, ...]]:
    usual, more = processors(cluster, request)
    known, listed = instance_types(), list_prices(request.region)
    shipped = default_prices() if request.region == DEFAULT_REGION else {}
    # One's own rows name no region: they are what the caller pays, wherever that is.
    own_rows = {**operators_prices(), **own_prices(request)}
    own = {**shipped, **own_rows}
    asked = request.spot_share is not None or request.services is not None
    types, left = [], 0
    for name in dict.fromkeys((*listed, *(kind for kind, _ in own_rows))):
        one, price = known.get(name), own.get((name, ON_DEMAND), listed.get(name))
        if one is None or one.arch not in (*usual, *more):
            continue
        if price is not None:
            types.append(_type(one, price, ON_DEMAND))
        # Spot by known prices only, and only where somebody said what may run there.
        spot = own.get((name, SPOT))
        if spot is not None and asked:
            types.append(_type(one, spot, SPOT))
        left += (name, SPOT) in own_rows and not asked
    architectures = " and ".join((*usual, *more))
    note = Note(
        message=said(
            f"nodes are bought at the list prices of {request.region} that come with Kytos, "
            f"{architectures} types only; their sizes are what EKS leaves for pods"
        ),
        kind=NoteKind.ASSUMED,
        count=len(types),
    )
    notes = [note]
    if more:
        held_back = " and ".join(more)
        notes.append(
            Note(
                message=said(
                    f"{held_back} types are bought for pods that name their architecture "
                    "alone: what others' images run on is not known"
                ),
                kind=NoteKind.ASSUMED,
            )
        )
        if request.survive:
            notes.append(
                Note(
                    message=said(
                        f"failures are survived as if other pods could start on {held_back} nodes "
                        "too: what their images run on is not known"
                    ),
                    kind=NoteKind.ASSUMED,
                )
            )
    if left:
        notes.append(
            Note(
                message=said(
                    "spot prices are given and no spot is bought: say what may run there with "
                    "spot_share or services"
                ),
                kind=NoteKind.ASSUMED,
                count=left,
            )
        )
    return tuple(types), tuple(notes)


def processors(cluster: Cluster, request: FleetRequest) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which processors the catalogue's types have, and which more for pods that name them.

    What the request or NodePools say is all there is; otherwise pods that name none keep to what
    the cluster has today, for their images may run on nothing else.
    """
    pools = [_asked_of(pool, ARCH) for pool in (*cluster.node_pools, *request.pools_given)]
    given = request.arch or tuple(sorted(set().union(*pools)))
    if given:
        return given, ()
    today = {node.labels[ARCH] for node in cluster.nodes if ARCH in node.labels} or {"amd64"}
    running = [pod for pod in cluster.pods if not pod.finished and pod.keeps_node]
    named = set().union(*map(archs_named, running)) if running else set()
    return tuple(sorted(today)), tuple(sorted(named - today))


def archs_named(pod: Pod) -> frozenset[str]:
    """Return the processors that a pod says it may run on; empty where it says nothing."""
    named = {
        value
        for term in pod.required_node_terms or ()
        for one in term.expressions
        if one.key == ARCH and one.operator == "In"
        for value in one.values
    }
    return frozenset(named | ({pod.node_selector[ARCH]} if ARCH in pod.node_selector else set()))


def _type(one: InstanceType, price: float, capacity_type: str) -> FleetType:
    # Of no zone of its own: it is sold in all, whose names a cluster may write as it likes.
    return FleetType.model_validate(
        {
            "name": one.name,
            "cpu_capacity": one.cpu_allocatable_millicores,
            "mem_capacity": one.memory_allocatable_mib,
            "price_per_hour": price,
            "capacity_type": capacity_type,
            "max_pods": one.max_pods,
            "arch": one.arch,
            "resources": {STORAGE: float(default_storage())}
            | {name: float(count) for name, count in one.extended.items()},
        }
    )


def _offer(
    one: FleetType, zone: str | None, request: FleetRequest, position: int, taken: set[str]
) -> Offer:
    price = one.price_per_hour
    if one.capacity_type == ON_DEMAND:
        price *= discount_of(request.discounts, one.name)
    name = " ".join(filter(None, (one.name, one.capacity_type, zone)))
    while name in taken:
        name += "'"
    taken.add(name)
    known = instance_types().get(one.name)
    sizes = () if known is None else (known.cpu_millicores, known.memory_mib)
    labels = type_labels(one.name, *sizes) | {
        INSTANCE_TYPE: one.name,
        CAPACITY_TYPE: one.capacity_type,
        ARCH: one.arch,
        OS: "linux",
        HOSTNAME: name,
    }
    if zone is not None:
        labels[ZONE] = zone
        if request.own_types is None:
            labels[REGION] = request.region
    allocatable = {
        CPU: floor(one.cpu_capacity),
        MEMORY: floor(one.mem_capacity * MIB),
        PODS: one.max_pods,
    }
    node = Node(
        name=name,
        allocatable=allocatable | {key: floor(amount) for key, amount in one.resources.items()},
        labels=labels | one.labels,
        taints=tuple(Taint(key=t.key, value=t.value, effect=t.effect) for t in one.taints),
        provisioned=False,
        price_per_hour=price,
    )
    limit = UNLIMITED if one.count is None else one.count
    capacity = (
        None
        if known is None
        else {CPU: known.cpu_millicores, MEMORY: known.memory_mib * MIB, PODS: known.max_pods}
    )
    return Offer(one.name, one.capacity_type, zone, price, limit, position, node, capacity=capacity)


def with_room_for_daemons(
    cluster: Cluster, offers: Iterable[Offer], max_utilization: float = 1.0
) -> tuple[Offer, ...]:
    """Return the offers less what the cluster's DaemonSets take of such a node.

    Parameters
    ----------
    max_utilization
        Share of CPU and memory that a node's pods fill it to, DaemonSets' among them: of what is
        left that share is all that others may fill, so more is taken off.
    """
    from kytos.questions.fleet.daemons import overhead_by_node

    listed = tuple(offers)
    overheads = overhead_by_node(cluster, [offer.node for offer in listed])

    def left(node: Node, taken: Resources) -> Resources:
        return {
            name: max(0, amount - _as_filled(name, taken.get(name, 0), max_utilization))
            for name, amount in node.allocatable.items()
        }

    return tuple(
        replace(
            offer,
            node=offer.node.model_copy(update={"allocatable": left(offer.node, taken)}),
        )
        for offer, taken in zip(listed, overheads, strict=True)
    )


def _as_filled(resource: str, taken: int, max_utilization: float) -> int:
    """What taking so much means of a node that is filled to a share only."""
    if resource not in (CPU, MEMORY):
        return taken
    return ceil(Fraction(taken) / Fraction(str(max_utilization))) if max_utilization > 0 else taken
