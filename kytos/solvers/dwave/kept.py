"""Embeddings kept by graph and shape: what the estimate found is what runs, now and next time."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

import dimod
import networkx as nx
from dwave.embedding import is_valid_embedding
from fasteners import InterProcessLock

from kytos.solvers.dwave.embedding import Embedding, embed

FOLDER = "KYTOS_CACHE_DIR"
"""Variable that names the folder; else ``kytos`` in the user's folder for caches."""
MOST_KEPT = 200
"""Files kept; the ones used longest ago go first. One is some ten kilobytes."""

_IN_MEMORY: dict[str, Embedding] = {}
"""Where nothing can be written to disk: of this process, as long as it lives."""


@dataclass(frozen=True)
class Found:
    """Chains for a QUBO's variables.

    Attributes
    ----------
    kept
        They were found before, and no search was made.
    seconds
        What finding them took now.
    """

    embedding: Embedding
    kept: bool
    seconds: float


def embed_once(
    bqm: dimod.BinaryQuadraticModel, graph: nx.Graph, name: str, seed: int, timeout_s: float
) -> Found:
    """Return chains kept for this graph and this shape, else search for them and keep them.

    The shape is which variables couple, by their positions: biases, and so every slider, leave it
    as it is. One process searches at a time; who waited for it finds what it found.

    Raises
    ------
    kytos.contract.paid.SolverUnavailableError
        When none is found in time.
    """
    began = time.monotonic()
    key = _key(bqm, graph)

    def searched() -> Found:
        chains = embed(bqm, graph, name, seed, timeout_s)
        chains = _named(_numbered(chains, bqm), bqm)  # in the order of the variables
        return Found(chains, False, time.monotonic() - began)

    try:
        folder = cache_folder() / "embeddings"
        folder.mkdir(parents=True, exist_ok=True)
        lock = InterProcessLock(folder / ".lock")
        # Whoever searches may take its time; a search of one's own is the better wait then.
        held = lock.acquire(timeout=timeout_s)
    except OSError:  # a read-only home
        if key in _IN_MEMORY:
            return Found(_named(_IN_MEMORY[key], bqm), True, time.monotonic() - began)
        embedding = searched()
        _IN_MEMORY[key] = _numbered(embedding.embedding, bqm)
        return embedding
    try:
        file = folder / f"{key}.json"
        kept = _read(file, bqm, graph)
        if kept is not None:
            return Found(kept, True, time.monotonic() - began)
        embedding = searched()
        if held:
            _write(file, _numbered(embedding.embedding, bqm))
        return embedding
    finally:
        if held:
            lock.release()


def cache_folder() -> Path:
    """Return the folder that Kytos keeps things in between runs."""
    named = os.environ.get(FOLDER)
    if named:
        return Path(named)
    caches = os.environ.get("XDG_CACHE_HOME")
    return (Path(caches) if caches else Path.home() / ".cache") / "kytos"


def _key(bqm: dimod.BinaryQuadraticModel, graph: nx.Graph) -> str:
    """Digest of the qubits and couplers there are, and of which variables couple."""
    at = {variable: position for position, variable in enumerate(bqm.variables)}
    shape = sorted(tuple(sorted((at[u], at[v]))) for u, v in bqm.quadratic)
    couplers = sorted(tuple(sorted(edge)) for edge in graph.edges)
    told = json.dumps([sorted(graph.nodes), couplers, len(at), shape])
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _numbered(embedding: Embedding, bqm: dimod.BinaryQuadraticModel) -> Embedding:
    return {position: embedding[name] for position, name in enumerate(bqm.variables)}


def _named(numbered: Embedding, bqm: dimod.BinaryQuadraticModel) -> Embedding:
    return {name: tuple(numbered[position]) for position, name in enumerate(bqm.variables)}


def _read(file: Path, bqm: dimod.BinaryQuadraticModel, graph: nx.Graph) -> Embedding | None:
    """The chains of a file, if they are chains of this QUBO on this graph."""
    try:
        chains = json.loads(file.read_bytes())
        numbered = {position: tuple(chain) for position, chain in enumerate(chains)}
        embedding = _named(numbered, bqm)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    problem = nx.Graph()
    problem.add_nodes_from(bqm.variables)
    problem.add_edges_from(bqm.quadratic)
    if len(chains) != len(embedding) or not is_valid_embedding(embedding, problem, graph):
        return None
    file.touch()
    return embedding


def _write(file: Path, numbered: Embedding) -> None:
    """Keep chains, whole or not at all, and let the oldest go."""
    try:
        new = file.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps([numbered[position] for position in range(len(numbered))]))
        new.replace(file)
        files = sorted(file.parent.glob("*.json"), key=lambda one: one.stat().st_mtime)
        for old in files[:-MOST_KEPT]:
            old.unlink(missing_ok=True)
    except OSError:  # a full disk: found again next time
        return
