"""A processor's graph and where its qubits are drawn, from the topology it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import networkx as nx
from dwave.graphs import (
    chimera_graph,
    chimera_layout,
    pegasus_graph,
    pegasus_layout,
    zephyr_graph,
    zephyr_layout,
)

IDEAL: dict[str, dict[str, Any]] = {
    "Advantage2 (Zephyr)": {"type": "zephyr", "shape": [12, 4]},
    "Advantage (Pegasus)": {"type": "pegasus", "shape": [16]},
}
"""The processors D-Wave offers, as if every qubit worked; a real one lacks some."""

LAYOUTS = {
    "chimera": (chimera_graph, chimera_layout),
    "pegasus": (pegasus_graph, pegasus_layout),
    "zephyr": (zephyr_graph, zephyr_layout),
}


@dataclass(frozen=True)
class Topology:
    """A graph of qubits; faults of the actual processor are not in it."""

    qubits: tuple[int, ...]
    couplers: tuple[tuple[int, int], ...]
    positions: dict[int, tuple[float, float]]


def topology_of(described: Mapping[str, Any]) -> Topology | None:
    """Return the graph of ``{"type": …, "shape": […]}``; None for a type not known here."""
    if described.get("type") not in LAYOUTS:
        return None
    graph = graph_of(described)
    _, lay_out = LAYOUTS[str(described["type"])]
    positions = {
        int(qubit): (float(place[0]), float(place[1])) for qubit, place in lay_out(graph).items()
    }
    couplers = tuple((int(first), int(second)) for first, second in graph.edges)
    return Topology(tuple(positions), couplers, positions)


def graph_of(described: Mapping[str, Any]) -> nx.Graph:
    """Return the qubits and couplers of ``{"type": …, "shape": […]}``, a type of `LAYOUTS`."""
    build, _ = LAYOUTS[str(described["type"])]
    return build(*described["shape"])
