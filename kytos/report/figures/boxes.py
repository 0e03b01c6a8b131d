"""Nodes as boxes and pods as blocks in them: what a plan empties stands apart, with its price.

Every node is a box as high as it is large, filled by the pods that run on it, largest service
first. Nodes that come free fade into a tray below the others. Beyond a few hundred nodes a box is
a group of alike ones.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from kytos.cluster import CPU, INSTANCE_TYPE, MEMORY, Cluster, Node
from kytos.report.figures.style import BARE_INK, blank, safe
from kytos.report.units import count, middle, percent, price

MOST_BOXES = 240
"""More nodes than this are drawn in groups."""
_IN_A_ROW = 20
_ROW_PIXELS = 150
_GAP = 0.3
"""Between two rows of boxes, of the height of the largest."""
_COLOURS: tuple[tuple[str, str], ...] = (
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
_REST = ("#8a949e", "#000000")
REST = "other services"
_FADED, _DIMMED = 0.35, 0.2


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
    size
        Of the largest box, 0..1.
    fill
        Share of it that is taken, by the fuller of CPU and memory.
    """

    name: str
    node: str
    size: float
    fill: float
    freed: bool
    under: str
    blocks: tuple[Block, ...]


def boxes(cluster: Cluster, freed: Collection[str] = ()) -> list[Box]:
    """Return a cluster's boxes: fullest first, the freed ones last.

    Parameters
    ----------
    freed
        Names of nodes that come free.
    """
    nodes = [node for node in cluster.nodes if node.provisioned or cluster.pods_by_node[node.name]]
    groups = _groups(nodes, frozenset(freed))
    largest = max((_cores(group[0]) for group in groups), default=1.0) or 1.0
    drawn = [_box(cluster, group, largest, group[0].name in freed) for group in groups]
    return sorted(drawn, key=lambda box: (box.freed, -box.fill, box.name))


def boxes_figure(
    drawn: Sequence[Box], services: Sequence[str], marked: str | None = None
) -> go.Figure:
    """Draw boxes with their blocks.

    Parameters
    ----------
    services
        Those with a colour of their own; see `coloured_services`.
    marked
        A service, or a node, that stands out: what else there is fades.
    """
    stay = [box for box in drawn if not box.freed]
    tray = [box for box in drawn if box.freed]
    places, rows = _places(stay, tray)
    figure = blank(int(rows * _ROW_PIXELS) + 60)
    _outlines(figure, places)
    for name in (*services, REST):
        _service(figure, name, services, places, marked)
    _names(figure, places)
    if tray:
        first = next(bottom for box, _, bottom in places if box.freed)
        top = first + max(box.size for box in tray) + _GAP * 0.3
        figure.add_annotation(
            x=-0.5,
            y=top,
            text=f"○ Freed: {count(len(tray), 'node')}",
            showarrow=False,
            xanchor="left",
            font={"size": 13, "color": BARE_INK},
        )
    figure.update_xaxes(
        range=[-0.6, min(_IN_A_ROW, max(len(stay), len(tray), 8)) - 0.4],
        visible=False,
        fixedrange=True,
    )
    bottom = min(place[2] for place in places) - _GAP if places else 0.0
    figure.update_yaxes(range=[bottom, 1.0 + _GAP * 0.6], visible=False, fixedrange=True)
    figure.update_layout(
        barmode="overlay",
        bargap=0,
        legend={"y": 1.0, "traceorder": "normal", "font": {"color": BARE_INK}},
        uniformtext={"minsize": 9, "mode": "hide"},
        clickmode="event+select",
        dragmode=False,
    )
    return figure


def coloured_services(cluster: Cluster) -> list[str]:
    """Return the services that ask for most, one for each colour."""
    asked: Counter[str] = Counter()
    for pod in cluster.pods:
        if pod.holds_capacity and pod.service:
            asked[pod.service] += pod.requests.get(CPU, 0)
    return [name for name, _ in asked.most_common(len(_COLOURS))]


def _groups(nodes: Sequence[Node], freed: frozenset[str]) -> list[list[Node]]:
    if len(nodes) <= MOST_BOXES:
        return [[node] for node in nodes]
    alike: dict[tuple[object, ...], list[Node]] = {}
    for node in nodes:
        kind = node.labels.get(INSTANCE_TYPE, "")
        size = (node.allocatable.get(CPU, 0), node.allocatable.get(MEMORY, 0))
        alike.setdefault((node.zone, kind, size, node.name in freed), []).append(node)
    most = max(1, math.ceil(len(nodes) / MOST_BOXES))
    return [
        group[start : start + max(most, math.ceil(len(group) / 20))]
        for group in alike.values()
        for start in range(0, len(group), max(most, math.ceil(len(group) / 20)))
    ]


def _cores(node: Node) -> float:
    return node.allocatable.get(CPU, 0) / 1000


def _box(cluster: Cluster, group: Sequence[Node], largest: float, freed: bool) -> Box:
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
        weights.append(("", "load from elsewhere", elsewhere / offered))
    first = group[0]
    alone = len(group) == 1
    name = first.name if alone else f"{len(group)} like {middle(first.name, 24)}"
    if not alone:
        weights = [(of, of or "no service", share) for of, share in _by_service(weights).items()]
    order = _by_service(weights)
    weights.sort(key=lambda entry: (-order[entry[0]], entry[0], -entry[2], entry[1]))
    fill = max(by_cpu, by_memory, sum(share for _, _, share in weights))
    what = (
        f"<b>{safe(name)}</b><br>{percent(fill)} full by {'CPU' if resource == CPU else 'memory'}"
    )
    blocks = tuple(
        Block(service, share, f"{safe(pod)}<br>{percent(share)} of {what}")
        for service, pod, share in weights
        if share > 0
    )
    prices = [node.price_per_hour for node in group]
    known = [value for value in prices if value is not None]
    cost = price(sum(known)) if freed and len(known) == len(prices) else ""
    under = cost if freed and cost else percent(fill)
    node = first.name if alone else ""
    return Box(name, node, _cores(first) / largest, fill, freed, under, blocks)


def _by_service(weights: Sequence[tuple[str, str, float]]) -> dict[str, float]:
    shares: dict[str, float] = {}
    for service, _, share in weights:
        shares[service] = shares.get(service, 0.0) + share
    return shares


_Place = tuple[Box, float, float]


def _places(stay: Sequence[Box], tray: Sequence[Box]) -> tuple[list[_Place], float]:
    """Where each box stands: its column and the bottom of its row, and the number of rows."""
    places: list[_Place] = []
    row = 0
    for members in (stay, tray):
        for start in range(0, len(members), _IN_A_ROW):
            bottom = -row * (1 + _GAP)
            row += 1
            places += [
                (box, float(column), bottom)
                for column, box in enumerate(members[start : start + _IN_A_ROW])
            ]
    return places, max(row, 1) * (1 + _GAP) / 1.15


def _outlines(figure: go.Figure, places: Sequence[_Place]) -> None:
    """The boxes themselves, dashed where a node comes free."""
    for freed in (False, True):
        those = [place for place in places if place[0].freed is freed]
        if not those:
            continue
        figure.add_trace(
            go.Bar(
                x=[column for _, column, _ in those],
                y=[box.size for box, _, _ in those],
                base=[bottom for _, _, bottom in those],
                width=0.86,
                marker={
                    "color": "rgba(127,140,153,0.10)",
                    "line": {"color": BARE_INK, "width": 1},
                    "opacity": 0.7 if freed else 1.0,
                },
                customdata=[[box.node] for box, _, _ in those],
                hovertext=[f"<b>{safe(box.name)}</b><br>{box.under}" for box, _, _ in those],
                hovertemplate="%{hovertext}<extra></extra>",
                showlegend=False,
                name="freed" if freed else "node",
                selected={"marker": {"opacity": 1}},
                unselected={"marker": {"opacity": 1}},
            )
        )


def _service(
    figure: go.Figure,
    name: str,
    services: Sequence[str],
    places: Sequence[_Place],
    marked: str | None,
) -> None:
    """The blocks of one service, in its colour and with its name where there is room."""
    bars: list[tuple[float, float, float, str, str, float]] = []
    for box, column, bottom in places:
        base = bottom
        scale = box.size / max(1.0, box.fill)
        for block in box.blocks:
            height = block.share * scale
            if (block.service if block.service in services else REST) == name:
                shown = marked is None or marked in (block.service, box.node)
                opacity = (_FADED if box.freed else 1.0) if shown else _DIMMED
                bars.append((column, base, height, block.hover, box.node, opacity))
            base += height
    if not bars:
        return
    colour, ink = _COLOURS[services.index(name)] if name in services else _REST
    label = name.rsplit("/", 1)[-1]
    figure.add_trace(
        go.Bar(
            x=[bar[0] for bar in bars],
            base=[bar[1] for bar in bars],
            y=[bar[2] for bar in bars],
            width=0.82,
            marker={
                "color": colour,
                "opacity": [bar[5] for bar in bars],
                "line": {"color": "white", "width": 0.6},
            },
            text=[label if name != REST and bar[5] == 1.0 else "" for bar in bars],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"color": ink, "size": 10},
            customdata=[[bar[4]] for bar in bars],
            hovertext=[bar[3] for bar in bars],
            hovertemplate="%{hovertext}<extra></extra>",
            name=safe(middle(label, 24)),
        )
    )


def _names(figure: go.Figure, places: Sequence[_Place]) -> None:
    """What stands under each box: its fill, or the price that goes with it."""
    figure.add_trace(
        go.Scatter(
            x=[column for _, column, _ in places],
            y=[bottom - 0.09 for _, _, bottom in places],
            text=[box.under for box, _, _ in places],
            mode="text",
            textfont={"color": BARE_INK, "size": 11},
            hoverinfo="skip",
            showlegend=False,
            cliponaxis=False,
            name="under",
        )
    )


def table_of(drawn: Sequence[Box]) -> list[dict[str, object]]:
    """Return the picture as rows: what each box is called, how full it is and whether it goes."""
    return [
        {
            "Node": box.name,
            "Fullness": percent(box.fill),
            "Pods": len(box.blocks),
            "Freed": f"yes, {box.under}" if box.freed else "",
        }
        for box in drawn
    ]
