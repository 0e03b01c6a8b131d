"""A QUBO laid on a processor's graph: a chain of qubits for each variable."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import dimod
import minorminer
import networkx as nx
from fasteners import InterProcessLock
from minorminer import busclique

from kytos.contract.paid import SolverUnavailableError

Embedding = dict[Any, tuple[int, ...]]
"""Variable -> the qubits of its chain."""

CLIQUE_FROM = 0.3
"""Density of couplings from which a clique's embedding, short uniform chains found in
milliseconds, is tried before a search."""


def embed(
    bqm: dimod.BinaryQuadraticModel, graph: nx.Graph, name: str, seed: int, timeout_s: float
) -> Embedding:
    """Return a chain of qubits for each variable; same seed, same chains.

    Parameters
    ----------
    graph, name
        The processor's qubits and couplers, and what it is called in an error.

    Raises
    ------
    SolverUnavailableError
        When none is found in time.
    """
    variables = list(bqm.variables)
    pairs = len(variables) * (len(variables) - 1) / 2
    if pairs and bqm.num_interactions >= CLIQUE_FROM * pairs:
        clique = _clique(variables, graph)
        if clique:
            return _chains(clique)
    problem = nx.Graph()
    problem.add_nodes_from(variables)
    problem.add_edges_from(bqm.quadratic)
    # Each chain takes a qubit and each coupling a coupler of its own: where those do not go round,
    # the search is bound to fail, and long after its time (1,000 variables: 35 s where it had 2).
    may_fit = len(variables) <= len(graph) and bqm.num_interactions <= graph.number_of_edges()
    embedded = may_fit and minorminer.find_embedding(
        problem, graph, random_seed=seed, timeout=max(1, round(timeout_s))
    )
    if variables and not embedded:
        raise SolverUnavailableError(
            f"No embedding of {len(variables)} variables and {bqm.num_interactions} couplers was "
            f"found on {name} ({len(graph)} qubits): use fewer pods or nodes in one block."
        )
    return _chains(embedded or {})


def _clique(variables: list[Any], graph: nx.Graph) -> dict[Any, Any]:
    """A clique's embedding, or none.

    The library keeps what it finds on disk, and two processes that do so at once take each other's
    files away: one at a time. Without that cache it needs tens of gigabytes on Zephyr graphs, so
    where nothing can be written the search goes without a clique.
    """
    name = f"kytos-clique-{os.getuid()}.lock"
    try:
        with InterProcessLock(Path(tempfile.gettempdir()) / name):
            embedded: dict[Any, Any] = busclique.find_clique_embedding(variables, g=graph)
    except OSError:
        return {}
    return embedded


def _chains(embedded: dict[Any, Any]) -> Embedding:
    return {variable: tuple(int(qubit) for qubit in chain) for variable, chain in embedded.items()}
