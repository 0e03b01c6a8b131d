"""What a pod waits for where: seconds until it runs, and milliseconds to those it talks to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pydantic import Field

from kytos.cluster import REGION, Cluster, Frozen, Node, Pod
from kytos.contract.weights import LATENCY_MS_PER_MOVE
from kytos.errors import RequestRefused
from kytos.language import said
from kytos.problem import Floats, Ints
from kytos.problem import Traffic as TrafficArrays

MOST_PAIRS = 2_000_000
"""Of pods that talk: beyond that the request is refused rather than left to run out of memory."""


class StartupSeconds(Frozen):
    """Seconds until a pod runs, by what its node has ready."""

    image_present: float = Field(
        1.0, ge=0, le=86_400, allow_inf_nan=False, description="the node has the pod's images"
    )
    image_pull: float = Field(
        20.0, ge=0, le=86_400, allow_inf_nan=False, description="an image has to be pulled"
    )
    node_ready: float = Field(
        0.0, ge=0, le=86_400, allow_inf_nan=False, description="more, on a node that is up"
    )


class Latency(Frozen):
    """Milliseconds between two pods, by where their nodes are."""

    same_node: float = Field(0.1, ge=0, le=1e6, allow_inf_nan=False)
    same_zone: float = Field(0.5, ge=0, le=1e6, allow_inf_nan=False)
    other_zone: float = Field(2.0, ge=0, le=1e6, allow_inf_nan=False)
    other_region: float = Field(60.0, ge=0, le=1e6, allow_inf_nan=False)


class TrafficEdge(Frozen):
    """Traffic between two pods or services; `weight` is shared evenly by all pairs of pods."""

    source: str = Field(alias="from", min_length=1)
    target: str = Field(alias="to", min_length=1)
    weight: float = Field(1.0, ge=0, le=1e6, allow_inf_nan=False)


@dataclass(frozen=True)
class Partners:
    """Those one pod talks to: ``(partners,)`` positions, and the traffic to each."""

    partner: Ints
    weight: Floats


@dataclass(frozen=True)
class Talk:
    """Who talks to whom, of those it matters for.

    Attributes
    ----------
    inside
        (position, position, weight) between two pods to decide on.
    outside
        (position, node, weight) between one of them and a pod that stays.
    """

    inside: tuple[tuple[int, int, float], ...]
    outside: tuple[tuple[int, int, float], ...]

    @cached_property
    def partners_inside(self) -> Mapping[int, Partners]:
        """By position, the other pods to decide on that one talks to."""
        first, second, weights = _columns(self.inside)
        ends, others = np.concatenate([first, second]), np.concatenate([second, first])
        return _by_pod(ends, others, np.concatenate([weights, weights]))

    @cached_property
    def partners_outside(self) -> Mapping[int, Partners]:
        """By position, the nodes of the pods that stay that one talks to."""
        return _by_pod(*_columns(self.outside))


def startup_seconds(pods: Sequence[Pod], nodes: Sequence[Node], given: StartupSeconds) -> Floats:
    """``(pods, nodes)`` seconds from being placed to running.

    A pod that names no image is taken to need a pull, which is the same on every node.
    """
    base = np.array(
        [given.node_ready if node.provisioned else node.startup_seconds for node in nodes]
    )
    stored = [frozenset(map(_full_name, node.images)) for node in nodes]
    by_images: dict[frozenset[str], Floats] = {}
    for pod in pods:
        if pod.images not in by_images:
            needed = frozenset(map(_full_name, pod.images))
            present = np.array([bool(needed) and needed <= images for images in stored])
            by_images[pod.images] = np.where(present, given.image_present, given.image_pull)
    return np.array([base + by_images[pod.images] for pod in pods]).reshape(-1, len(nodes))


def latency_ms(nodes: Sequence[Node], given: Latency) -> Floats:
    """``(nodes, nodes)`` milliseconds; two nodes without a zone label are in one zone."""
    zone = _codes([node.zone for node in nodes])
    region = _codes([node.labels.get(REGION) for node in nodes])
    # A node without the label could be anywhere: it is not counted as another region.
    apart = (region[:, None] != region) & (region[:, None] >= 0) & (region >= 0)
    between = np.where(zone[:, None] == zone, given.same_zone, given.other_zone)
    between = np.where(apart, given.other_region, between)
    np.fill_diagonal(between, given.same_node)
    return np.asarray(between, dtype=np.float64)


def talk(
    cluster: Cluster,
    decide: Sequence[Pod],
    edges: Sequence[TrafficEdge],
    names: Mapping[str, Sequence[Pod]],
) -> Talk:
    """Resolve traffic between pod and service ids to pairs of pods.

    Parameters
    ----------
    names
        Pods by the id they were asked for under, beside their own ids and services.

    Raises
    ------
    RequestRefused
        When nothing bears an id, or the pairs are too many.
    """
    members = {pod.id: (pod.id,) for pod in cluster.pods}
    by_service: dict[str, list[str]] = {}
    for pod in cluster.pods:
        if pod.service is not None and not pod.terminating:
            by_service.setdefault(pod.service, []).append(pod.id)
    known = (
        {name: tuple(pod.id for pod in pods) for name, pods in names.items()}
        | {service: tuple(ids) for service, ids in by_service.items()}
        | members
    )
    position = {pod.id: row for row, pod in enumerate(decide)}
    home = {pod.id: cluster.node_index[pod.node] for pod in cluster.pods if pod.node is not None}
    inside: dict[tuple[int, int], float] = {}
    outside: dict[tuple[int, int], float] = {}
    for number, edge in enumerate(edges):
        ends = []
        for field, name in (("from", edge.source), ("to", edge.target)):
            if name not in known:
                raise RequestRefused(
                    said(
                        f"there is no pod or service {name!r}; name one of the cluster's or of the "
                        "new pods"
                    ),
                    f"traffic[{number}].{field}",
                )
            ends.append(known[name])
        if len(ends[0]) * len(ends[1]) > MOST_PAIRS:
            raise RequestRefused(
                said(
                    f"{len(ends[0])} x {len(ends[1])} pods talk; {MOST_PAIRS:,} pairs are the most"
                ),
                f"traffic[{number}]",
            )
        pairs = [(a, b) for a in ends[0] for b in ends[1] if a != b]
        for pair in pairs:
            decided = sorted(position[pod] for pod in pair if pod in position)
            settled = [home[pod] for pod in pair if pod not in position and pod in home]
            if len(decided) == 2:
                key = decided[0], decided[1]
                inside[key] = inside.get(key, 0.0) + edge.weight / len(pairs)
            elif decided and settled:
                key = decided[0], settled[0]
                outside[key] = outside.get(key, 0.0) + edge.weight / len(pairs)
    return Talk(
        inside=tuple((*pair, weight) for pair, weight in sorted(inside.items())),
        outside=tuple((*pair, weight) for pair, weight in sorted(outside.items())),
    )


def latency_to_settled(talk: Talk, pods: int, between: Floats) -> Floats:
    """``(pods, nodes)`` milliseconds to pods that stay, times traffic."""
    total = np.zeros((pods, len(between)))
    for pod, node, weight in talk.outside:
        total[pod] += weight * between[:, node]
    return total


def traffic_arrays(talk: Talk, between: Floats) -> TrafficArrays | None:
    """The traffic between pods to decide on, in ordinary moves; None where there is none."""
    if not talk.inside:
        return None
    return TrafficArrays(
        pairs=np.array([pair[:2] for pair in talk.inside], dtype=np.int64),
        weight=np.array([pair[2] for pair in talk.inside]),
        latency=between / LATENCY_MS_PER_MOVE,
    )


def mean_latency(talk: Talk, placement: Ints, between: Floats) -> Floats:
    """``(pods,)`` milliseconds to those each placed pod talks to, weighted by traffic."""
    waits = [latency_of(talk, pod, placement, between) for pod in range(len(placement))]
    return np.array(waits, dtype=np.float64)


def latency_of(talk: Talk, pod: int, placement: Ints, between: Floats) -> float:
    """Milliseconds from one pod to those it talks to, weighted by traffic; 0 where it has no node.

    Only the pod's own partners are looked at: a plan asks it of every pod and runner-up.
    """
    home = int(placement[pod])
    if home < 0:
        return 0.0
    settled, others = talk.partners_outside[pod], talk.partners_inside[pod]
    nodes = np.concatenate([settled.partner, placement[others.partner]])
    weight = np.concatenate([settled.weight, others.weight])
    placed = nodes >= 0
    total = weight[placed].sum()
    if not total > 0:
        return 0.0
    return float(weight[placed] @ between[home, nodes[placed]] / total)


def _columns(rows: Sequence[tuple[int, int, float]]) -> tuple[Ints, Ints, Floats]:
    return (
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([row[1] for row in rows], dtype=np.int64),
        np.array([row[2] for row in rows], dtype=np.float64),
    )


def _by_pod(pods: Ints, partners: Ints, weights: Floats) -> Mapping[int, Partners]:
    """Who each pod talks to; a pod that talks to nobody has an empty entry."""
    order = np.argsort(pods, kind="stable")
    owners, starts = np.unique(pods[order], return_index=True)
    mine = [
        Partners(partners[rows], weights[rows]) for rows in np.split(order, starts[1:]) if len(rows)
    ]
    nobody = Partners(np.zeros(0, dtype=np.int64), np.zeros(0))
    return defaultdict(lambda: nobody, zip(owners.tolist(), mine, strict=True))


def _codes(labels: Sequence[str | None]) -> Ints:
    known = {label: code for code, label in enumerate(sorted({x for x in labels if x}))}
    return np.array([known.get(label or "", -1) for label in labels], dtype=np.int64)


def _full_name(image: str) -> str:
    """An image as a node lists it: with its registry, its library and a tag."""
    host, _, rest = image.partition("/")
    if not rest:
        image = f"docker.io/library/{image}"
    elif "." not in host and ":" not in host and host != "localhost":
        image = f"docker.io/{image}"
    tagged = "@" in image or ":" in image.rsplit("/", 1)[-1]
    return image if tagged else f"{image}:latest"
