"""A runbook on a line of time: which node is closed, left and filled in which wave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import plotly.graph_objects as go

from kytos.contract.runbook import Action, Runbook, RunbookStep
from kytos.language import _
from kytos.report.figures.style import AFTER, BEFORE, FREED, MARK, blank, safe, safe_lines
from kytos.report.units import count, middle

ROWS = 40
"""Nodes drawn; of more, those with most to do."""

PODS_LISTED = 12


def timeline(runbook: Runbook) -> go.Figure:
    """Draw a row per node: grey while it is cordoned, and what leaves and comes in each wave."""
    nodes = _rows(runbook)
    last = max((step.wave for step in runbook.steps), default=0)
    names = {node: middle(safe(node), 28) for node in nodes}
    figure = blank(110 + 26 * len(nodes))
    _closed(figure, runbook, names, last)
    leaves, comes = _events(runbook.steps, nodes)
    for title, events, colour, symbol, shift in (
        (_("leave"), leaves, MARK, "triangle-left", -0.14),
        (_("come"), comes, AFTER, "triangle-right", 0.14),
    ):
        figure.add_trace(
            go.Scatter(
                name=_("pods that {title}", title=title),
                x=[wave + shift for _, wave in events],
                y=[names[node] for node, _ in events],
                mode="markers+text",
                marker={"symbol": symbol, "size": 13, "color": colour},
                text=[str(len(pods)) for pods in events.values()],
                textposition="middle left" if shift < 0 else "middle right",
                hovertext=[
                    safe_lines(
                        [
                            _(
                                "wave {wave}, {node}: {pods} {title}",
                                wave=wave,
                                node=node,
                                pods=count(len(pods), "pod"),
                                title=title,
                            ),
                            *pods[:PODS_LISTED],
                            *(["…"] if len(pods) > PODS_LISTED else []),
                        ]
                    )
                    for (node, wave), pods in events.items()
                ],
                hoverinfo="text",
            )
        )
    figure.update_yaxes(
        autorange="reversed",
        fixedrange=True,
        automargin=True,
        categoryorder="array",
        categoryarray=list(names.values()),
    )
    figure.update_xaxes(
        title=_("wave"),
        fixedrange=True,
        range=[-0.6, last + 0.6],
        automargin=True,
        tick0=0,
        dtick=max(1, -(-last // 20)),  # waves are whole: no ticks between them
    )
    figure.update_layout(margin={"l": 8, "r": 16, "t": 36, "b": 8})
    return figure


def _rows(runbook: Runbook) -> list[str]:
    """Return the nodes that something happens to, those to be removed first."""
    busy: dict[str, int] = defaultdict(int)
    for step in runbook.steps:
        for node in (step.node, step.to):
            if node is not None:
                busy[node] += 1 if step.pod is None else 1000
    removed = set(runbook.remove_nodes)
    ordered = sorted(busy, key=lambda node: (node not in removed, -busy[node], node))
    return ordered[:ROWS]


def _closed(figure: go.Figure, runbook: Runbook, names: dict[str, str], last: int) -> None:
    """Draw when each node is cordoned; a node to be removed stays so."""
    since: dict[str, int] = {}
    spans: list[tuple[str, int, float]] = []
    for step in runbook.steps:
        if step.node not in names:
            continue
        if step.action is Action.CORDON:
            since[step.node] = step.wave
        elif step.action is Action.UNCORDON and step.node in since:
            spans.append((step.node, since.pop(step.node), step.wave))
    spans += [(node, wave, last + 0.5) for node, wave in since.items()]
    removed = set(runbook.remove_nodes)
    for title, colour, chosen in (
        (_("cordoned, then removed"), FREED, [span for span in spans if span[0] in removed]),
        (_("cordoned for a while"), BEFORE, [span for span in spans if span[0] not in removed]),
    ):
        if chosen:
            figure.add_trace(
                go.Bar(
                    name=title,
                    orientation="h",
                    y=[names[node] for node, _, _ in chosen],
                    base=[begin for _, begin, _ in chosen],
                    x=[max(end - begin, 0.2) for _, begin, end in chosen],
                    width=0.5,
                    opacity=0.45,
                    marker={"color": colour},
                    hoverinfo="skip",
                )
            )
    figure.update_layout(barmode="overlay")


Events = dict[tuple[str, int], list[str]]


def _events(steps: Sequence[RunbookStep], nodes: Sequence[str]) -> tuple[Events, Events]:
    leaves: Events = defaultdict(list)
    comes: Events = defaultdict(list)
    for step in steps:
        if step.pod is None or step.action is Action.NOMINATE:
            continue
        if step.node is not None and step.node in nodes:
            leaves[step.node, step.wave].append(step.pod)
        if step.to is not None and step.to in nodes:
            comes[step.to, step.wave].append(step.pod)
    return leaves, comes
