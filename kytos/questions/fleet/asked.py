"""A fleet's request made concrete: what may stay, what can be bought, and which pods are to run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import floor

import numpy as np

from kytos.cluster import Cluster, Node, NodePool, Note, Phase, Pod, is_spot, note_about
from kytos.contract.weights import PAY_BACK_DAYS, RESTART_DAYS
from kytos.errors import RequestRefused
from kytos.language import said
from kytos.problem import Bools
from kytos.questions.fleet.offer import Offer
from kytos.questions.fleet.offers import offers_of, processors, with_room_for_daemons
from kytos.questions.fleet.request import FleetRequest, FleetType
from kytos.questions.parts.decimals import as_written
from kytos.questions.parts.limits import meant_nodes, nodes_asked_to_stay
from kytos.questions.parts.others_pods import with_others_pods
from kytos.questions.parts.overrides import with_overrides
from kytos.questions.parts.prices import price_notes, prices_by_size
from kytos.rules.eviction import movability
from kytos.rules.kept_nodes import kept_nodes


@dataclass(frozen=True)
class Asked:
    """What a fleet is chosen for.

    Attributes
    ----------
    today
        The cluster with every node's price, known or assumed.
    rest
        Today's nodes that may stay and what runs there; pods of the others wait for a node.
    stays
        Nodes that stay whatever is decided, by name, and why.
    decide
        Ids of the pods to find a node for.
    pinned
        Running pods that have to stay, and why.
    move_price
        What an ordinary move costs, per hour.
    barred
        Ids of pods that may not run on spot, though others may.
    """

    today: Cluster
    rest: Cluster
    offers: tuple[Offer, ...]
    stays: dict[str, str]
    decide: frozenset[str]
    pinned: dict[str, str]
    move_price: float
    barred: frozenset[str]
    shared: frozenset[str]
    """Of those, the ones that only `spot_share` bars: others of their service could be instead."""
    only_named: frozenset[str]
    """Processors of nodes that are bought for pods that name them alone."""
    pools: tuple[NodePool, ...]
    """NodePools whose limits bound what is bought."""
    notes: tuple[Note, ...]
    bound_without: tuple[str, ...] = ()
    """Rules that what no plan undercuts was reckoned without, in words."""

    def pods(self, cluster: Cluster) -> list[Pod]:
        """The pods to decide on, as they stand in a cluster."""
        return [pod for pod in cluster.pods if pod.id in self.decide]


def made_concrete(cluster: Cluster, request: FleetRequest) -> Asked:
    """Return what is asked, or say what cannot be.

    Raises
    ------
    RequestRefused
        When `keep`, `services`, `may_move` or `must_stay` names what is not in the cluster, or
        `types` a type twice.
    """
    _refuse_repeated(request.own_types or ())
    cluster = with_overrides(
        with_others_pods(cluster, request), request.may_move, request.must_stay
    )
    offers, notes = offers_of(cluster, request)
    offers = tuple(offer for offer in offers if offer.limit > 0)
    if not offers:
        raise RequestRefused(
            said(
                "there is nothing to buy; give at least one type with a count above 0, or leave "
                "types out for the shipped catalogue"
            ),
            "types",
        )
    offers = with_room_for_daemons(cluster, offers, request.max_utilization)
    cluster, assumed = _priced(cluster, [offer.node for offer in offers])
    reasons = movability(cluster)
    pinned = {
        pod.id: reason
        for pod in cluster.pods
        if pod.holds_capacity and (reason := reasons[pod.id]) is not None
    }
    held = {pod.node for pod in cluster.pods if pod.id in pinned and pod.keeps_node and pod.node}
    stays = kept_nodes(cluster) | nodes_asked_to_stay(cluster, request.keep_nodes)
    may_stay = _may_stay(cluster, request) | held | stays.keys()
    rest = _without(cluster, may_stay)
    decide = frozenset(
        pod.id for pod in rest.pods if pod.waiting or (pod.holds_capacity and pod.id not in pinned)
    )
    barred, shared = _barred(rest, decide, request)
    against_will = sorted(held - _may_stay(cluster, request)) if request.keep is not None else []
    if against_will:
        assumed = (
            *assumed,
            note_about(
                said("nodes that stay though keep does not name them: pods there must not move"),
                against_will,
            ),
        )
    return Asked(
        today=cluster,
        rest=rest,
        offers=offers,
        stays=stays,
        decide=decide,
        pinned=pinned,
        move_price=_move_price(cluster, pinned, held | stays.keys()),
        barred=barred,
        shared=shared,
        pools=tuple(pool for pool in (*cluster.node_pools, *request.pools_given) if pool.limits),
        notes=(*notes, *assumed),
        only_named=frozenset(
            () if request.own_types is not None else processors(cluster, request)[1]
        ),
    )


def _refuse_repeated(types: Sequence[FleetType]) -> None:
    seen: set[tuple[str, str, str]] = set()
    for position, one in enumerate(types):
        for zone in one.zones or ("",):
            key = (one.name, one.capacity_type, zone)
            if key in seen:
                raise RequestRefused(
                    said(f"{one.name!r} is listed twice for {one.capacity_type}; list it once"),
                    f"types[{position}].name",
                )
            seen.add(key)


def _priced(cluster: Cluster, types: list[Node]) -> tuple[Cluster, tuple[Note, ...]]:
    """The cluster with unknown prices assumed, at what known ones and the types' cost for size."""
    every = (*cluster.nodes, *types)
    prices = prices_by_size(every)[: len(cluster.nodes)]
    nodes = tuple(
        node.model_copy(update={"price_per_hour": float(price)})
        for node, price in zip(cluster.nodes, prices, strict=True)
    )
    return cluster.replace(nodes=nodes), price_notes(every)


def _may_stay(cluster: Cluster, request: FleetRequest) -> frozenset[str]:
    if request.keep is None:
        return frozenset(cluster.node_index)
    for position, name in enumerate(request.keep):
        if not meant_nodes(cluster, (name,)):
            raise RequestRefused(
                said(
                    f"{name!r} is no node of cluster {cluster.name!r} and no key=value label "
                    "that one carries; name a node, or a label as its nodes have it"
                ),
                f"keep[{position}]",
            )
    return meant_nodes(cluster, request.keep)


def _without(cluster: Cluster, may_stay: Collection[str]) -> Cluster:
    """The nodes that may stay; pods of the others wait, and their DaemonSets' go with them."""
    pods = []
    for pod in cluster.pods:
        if pod.node is None or pod.node in may_stay or pod.finished:
            gone = pod.node is not None and pod.node not in may_stay
            pods.append(pod.model_copy(update={"node": None}) if gone else pod)
        elif pod.keeps_node:
            pods.append(pod.model_copy(update={"node": None, "held": None, "phase": Phase.PENDING}))
    nodes = tuple(node for node in cluster.nodes if node.name in may_stay)
    return cluster.replace(nodes=nodes, pods=tuple(pods))


def _move_price(cluster: Cluster, pinned: Collection[str], held: Collection[str]) -> float:
    """What a move may cost an hour: a day of its pod's share, paid back within three."""
    movers = [pod for pod in cluster.pods if pod.holds_capacity and pod.id not in pinned]
    homes = {pod.node for pod in movers if pod.node not in held}
    running = sum(pod.node in homes for pod in movers)
    paid = sum(node.price_per_hour or 0.0 for node in cluster.nodes if node.name in homes)
    return RESTART_DAYS / PAY_BACK_DAYS * paid / running if running else 0.0


def _barred(
    rest: Cluster, decide: Collection[str], request: FleetRequest
) -> tuple[frozenset[str], frozenset[str]]:
    """Pods that may not run on spot: by `services`, and by `spot_share` of each service."""
    pods = [pod for pod in rest.pods if pod.id in decide]
    outside: set[str] = set()
    if request.services is not None:
        known = set().union(*(_names(pod) for pod in rest.pods)) if rest.pods else set()
        for position, name in enumerate(request.services):
            if name not in known:
                raise RequestRefused(
                    said(
                        f"{name!r} is no service, namespace or pod of the cluster; name one that is"
                    ),
                    f"services[{position}]",
                )
        named = set(request.services)
        outside = {pod.id for pod in pods if not _names(pod) & named}
    shared: set[str] = set()
    if request.spot_share is not None:
        by_service: defaultdict[str | None, list[Pod]] = defaultdict(list)
        for pod in pods:
            if pod.id not in outside:
                by_service[pod.service].append(pod)
        spot_now = {node.name for node in rest.nodes if is_spot(node)}
        for members in by_service.values():
            may = floor(len(members) * as_written(request.spot_share))
            # Those on spot now stay there rather than others go.
            members.sort(key=lambda pod: (pod.node not in spot_now, pod.id))
            shared |= {pod.id for pod in members[may:]}
    return frozenset(outside | shared), frozenset(shared)


def _names(pod: Pod) -> set[str]:
    names = {pod.id, pod.namespace}
    if pod.service:
        names |= {pod.service, pod.service.rpartition("/")[2]}
    return names


def spot_of(nodes: tuple[Node, ...]) -> Bools:
    """``(nodes,)`` which are spot."""
    return np.array([is_spot(node) for node in nodes], dtype=np.bool_)
