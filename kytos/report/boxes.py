"""Nodes as boxes and pods as blocks in them: what a plan empties stands apart, with its price.

Every node is a box as high as it is large, filled by the pods that run on it, largest service
first. Nodes that come free, or have failed, come last. Beyond a few hundred
nodes a box is a group of alike ones.
"""

from __future__ import annotations

import html
import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from kytos.cluster import CPU, INSTANCE_TYPE, MEMORY, Cluster, Node
from kytos.language import N_, _
from kytos.report.units import middle, percent, price

MOST_BOXES = 240
"""More nodes than this are drawn in groups."""
COLOURS: tuple[tuple[str, str], ...] = (
    ("#0072b2", "#ffffff"),
    ("#e69f00", "#000000"),
    ("#009e73", "#000000"),
    ("#cc79a7", "#000000"),
    ("#56b4e9", "#000000"),
    ("#d55e00", "#000000"),
    ("#f0e442", "#000000"),
    ("#5b4a9c", "#ffffff"),
)
"""Okabe and Ito's colours, safe for colour-blind readers, and the ink that reads best on each."""
REST_COLOUR = ("#8a949e", "#000000")
REST = N_("other services")


@dataclass(frozen=True)
class Block:
    """What one box holds of one pod, or of one service where boxes are groups."""

    service: str
    share: float
    hover: str


@dataclass(frozen=True)
class Box:
    """A node, or a group of alike ones.

    Attributes
    ----------
    node
        What a click on it names; empty for a group.
    nodes
        How many it stands for.
    size
        Of the largest box, 0..1.
    fill
        Share of it that is taken, by the fuller of CPU and memory.
    """

    name: str
    node: str
    nodes: int
    size: float
    fill: float
    freed: bool
    failed: bool
    under: str
    blocks: tuple[Block, ...]

    @property
    def gone(self) -> bool:
        """Whether it stands apart: freed by the plan, or failed."""
        return self.freed or self.failed


def boxes(cluster: Cluster, freed: Collection[str] = (), failed: Collection[str] = ()) -> list[Box]:
    """Return a cluster's boxes: fullest first, those that are gone last.

    Parameters
    ----------
    freed, failed
        Names of nodes that come free, and of those that have failed.
    """
    gone = frozenset(freed) | frozenset(failed)
    groups = _groups(_shown(cluster), gone)
    largest = max((_cores(group[0]) for group in groups), default=1.0) or 1.0
    drawn = [
        _box(cluster, group, largest, group[0].name in freed, group[0].name in failed)
        for group in groups
    ]
    return sorted(drawn, key=lambda box: (box.gone, -box.fill, box.name))


def grouped(cluster: Cluster) -> bool:
    """Whether a cluster's boxes stand for groups of alike nodes."""
    return len(_shown(cluster)) > MOST_BOXES


def _shown(cluster: Cluster) -> list[Node]:
    return [node for node in cluster.nodes if node.provisioned or cluster.pods_by_node[node.name]]


def coloured_services(cluster: Cluster) -> list[str]:
    """Return the services that ask for most, one for each colour."""
    asked: Counter[str] = Counter()
    for pod in cluster.pods:
        if pod.holds_capacity and pod.service:
            asked[pod.service] += pod.requests.get(CPU, 0)
    return [name for name, _ in asked.most_common(len(COLOURS))]


def _groups(nodes: Sequence[Node], gone: frozenset[str]) -> list[list[Node]]:
    if len(nodes) <= MOST_BOXES:
        return [[node] for node in nodes]
    alike: dict[tuple[object, ...], list[Node]] = {}
    for node in nodes:
        kind = node.labels.get(INSTANCE_TYPE, "")
        size = (node.allocatable.get(CPU, 0), node.allocatable.get(MEMORY, 0))
        alike.setdefault((node.zone, kind, size, node.name in gone), []).append(node)
    most = max(1, math.ceil(len(nodes) / MOST_BOXES))
    return [
        group[start : start + max(most, math.ceil(len(group) / 20))]
        for group in alike.values()
        for start in range(0, len(group), max(most, math.ceil(len(group) / 20)))
    ]


def _cores(node: Node) -> float:
    return node.allocatable.get(CPU, 0) / 1000


def _box(cluster: Cluster, group: Sequence[Node], largest: float, freed: bool, failed: bool) -> Box:
    cpu = sum(node.allocatable.get(CPU, 0) for node in group)
    memory = sum(node.allocatable.get(MEMORY, 0) for node in group)
    pods = [pod for node in group for pod in cluster.pods_by_node[node.name]]
    held_cpu = sum(pod.requests.get(CPU, 0) for pod in pods)
    held_memory = sum(pod.requests.get(MEMORY, 0) for pod in pods)
    by_cpu = held_cpu / cpu if cpu else 0.0
    by_memory = held_memory / memory if memory else 0.0
    resource, offered = (CPU, cpu) if by_cpu >= by_memory else (MEMORY, memory)
    weights = [
        (pod.service or "", pod.id, pod.requests.get(resource, 0) / offered if offered else 0.0)
        for pod in pods
    ]
    elsewhere = sum(node.current_load.get(resource, 0) for node in group)
    if elsewhere and offered:
        weights.append(("", _("load from elsewhere"), elsewhere / offered))
    first = group[0]
    alone = len(group) == 1
    name = (
        first.name
        if alone
        else _("{count} like {name}", count=len(group), name=middle(first.name, 24))
    )
    if not alone:
        weights = [(of, of or _("no service"), share) for of, share in _by_service(weights).items()]
    order = _by_service(weights)
    weights.sort(key=lambda entry: (-order[entry[0]], entry[0], -entry[2], entry[1]))
    fill = max(by_cpu, by_memory, sum(share for _, _, share in weights))
    what = _(
        "<b>{name}</b><br>{fill} full by {resource}",
        name=_safe(name),
        fill=percent(fill),
        resource="CPU" if resource == CPU else _("memory"),
    )
    blocks = tuple(
        Block(
            service,
            share,
            _("{pod}<br>{share} of {what}", pod=_safe(pod), share=percent(share), what=what),
        )
        for service, pod, share in weights
        if share > 0
    )
    prices = [node.price_per_hour for node in group]
    known = [value for value in prices if value is not None]
    cost = price(sum(known)) if freed and len(known) == len(prices) else ""
    under = _("failed") if failed else cost if freed and cost else percent(fill)
    node = first.name if alone else ""
    size = _cores(first) / largest
    return Box(name, node, len(group), size, fill, freed, failed, under, blocks)


def _by_service(weights: Sequence[tuple[str, str, float]]) -> dict[str, float]:
    shares: dict[str, float] = {}
    for service, _name, share in weights:
        shares[service] = shares.get(service, 0.0) + share
    return shares


def table_of(drawn: Sequence[Box]) -> list[dict[str, object]]:
    """Return the picture as rows: what each box is called, how full it is and whether it goes."""
    return [
        {
            _("Node"): box.name,
            _("Fullness"): percent(box.fill),
            _("Pods"): len(box.blocks),
            _("Gone"): _("yes, {under}", under=box.under) if box.gone else "",
        }
        for box in drawn
    ]


def _safe(name: str) -> str:
    """A name with what Plotly would read as markup escaped."""
    return html.escape(name, quote=False)
