"""A question's QUBO on a processor's graph, to see whether it fits; nothing is sent anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kytos.cluster import Cluster
from kytos.contract.watch import Watch
from kytos.questions.qubo.consent import Offer
from kytos.questions.qubo.view import qubo_of
from kytos.solvers.dwave.embedding import Embedding
from kytos.solvers.dwave.kept import embed_once
from kytos.solvers.dwave.topology import IDEAL, graph_of

SEARCH_S = 30.0
"""Longest search; what was not found by then rarely is."""


@dataclass(frozen=True)
class EmbeddingRequest:
    """A QUBO, and the name of the processor in `IDEAL` it is to be laid on."""

    offer: Offer
    processor: str


@dataclass(frozen=True)
class ProcessorEmbedding:
    """Chains found.

    Attributes
    ----------
    topology
        The processor's, as D-Wave describes it: type and shape.
    variables, couplers
        Of the QUBO.
    """

    processor: str
    topology: dict[str, Any]
    variables: int
    couplers: int
    embedding: Embedding
    kept: bool
    """Found before, for a QUBO of this shape on this graph."""


def try_embedding(
    cluster: Cluster, request: EmbeddingRequest, *, watch: Watch = Watch()
) -> ProcessorEmbedding | None:
    """Return chains for a question's QUBO, every row in force; None where it has no variable.

    Raises
    ------
    kytos.contract.paid.SolverUnavailableError
        When none are found in time.
    """
    offer = request.offer
    view = qubo_of(cluster, offer.request, offer.weights, offer.params)
    if view is None:
        return None
    watch.report("embed", 0.0, None)
    described, bqm = IDEAL[request.processor], view.coefficients.bqm()
    graph = graph_of(described)
    embedding = embed_once(bqm, graph, request.processor, offer.params.seed, SEARCH_S)
    return ProcessorEmbedding(
        processor=request.processor,
        topology=described,
        variables=bqm.num_variables,
        couplers=bqm.num_interactions,
        embedding=embedding.embedding,
        kept=embedding.kept,
    )
