"""How a QUBO lies on a quantum processor: chains by length, and on the hardware's graph."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from kytos.language import _
from kytos.report.figures.style import AFTER, BEFORE, MARK, blank


def chain_lengths(lengths: Sequence[int]) -> go.Figure:
    """Draw how many variables have a chain of how many qubits."""
    figure = blank(260)
    begin, end = 0.5, max(lengths, default=1) + 0.5
    figure.add_trace(
        go.Histogram(
            x=list(lengths),
            xbins={"start": begin, "end": end, "size": 1},
            marker={"color": AFTER, "line": {"color": "white", "width": 1}},
            hovertemplate=_("chains of %{x} qubits: %{y}") + "<extra></extra>",
        )
    )
    # Chains all of one length would be one block as wide as the figure.
    figure.update_xaxes(title=_("qubits in a chain"), dtick=1, fixedrange=True, range=[begin, end])
    figure.update_yaxes(title=_("variables"), fixedrange=True)
    return figure


def embedding_picture(
    embedding: Mapping[str, Sequence[int]],
    qubits: Sequence[int],
    couplers: Sequence[tuple[int, int]],
    positions: Mapping[int, tuple[float, float]],
) -> go.Figure:
    """Draw the chains on the processor's graph, each joined by its own couplers.

    Parameters
    ----------
    qubits, couplers
        The processor's, those that work.
    positions
        Where each qubit is drawn, as D-Wave's layouts of its topologies place it.
    """
    figure = blank(520)
    figure.add_trace(
        go.Scattergl(
            x=[positions[qubit][0] for qubit in qubits],
            y=[positions[qubit][1] for qubit in qubits],
            mode="markers",
            marker={"size": 3, "color": BEFORE, "opacity": 0.5},
            name=_("{count:,} qubits", count=len(qubits)),
            hoverinfo="skip",
        )
    )
    owner = {qubit: name for name, chain in embedding.items() for qubit in chain}
    inside = [pair for pair in couplers if owner.get(pair[0], 0) == owner.get(pair[1], 1)]
    figure.add_trace(
        go.Scattergl(
            x=_segments(inside, positions, 0),
            y=_segments(inside, positions, 1),
            mode="lines",
            line={"color": MARK, "width": 1.5},
            name=_("couplers that hold a chain"),
            hoverinfo="skip",
        )
    )
    used = list(owner)
    figure.add_trace(
        go.Scattergl(
            x=[positions[qubit][0] for qubit in used],
            y=[positions[qubit][1] for qubit in used],
            mode="markers",
            marker={"size": 7, "color": AFTER, "symbol": "square"},
            name=_(
                "{qubits:,} qubits in {chains:,} chains", qubits=len(used), chains=len(embedding)
            ),
            text=[_("{owner}, qubit {qubit}", owner=owner[qubit], qubit=qubit) for qubit in used],
            hovertemplate="%{text}<extra></extra>",
        )
    )
    figure.update_xaxes(visible=False, fixedrange=False)
    figure.update_yaxes(visible=False, scaleanchor="x")
    return figure


def _segments(
    pairs: Sequence[tuple[int, int]], positions: Mapping[int, tuple[float, float]], axis: int
) -> list[float]:
    """Both ends of each pair along one axis, parted by a gap."""
    return [
        value
        for first, second in pairs
        for value in (positions[first][axis], positions[second][axis], math.nan)
    ]
