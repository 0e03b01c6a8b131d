"""The QUBO of one question put to every sampler of this machine: their reads beside each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kytos.cluster import Cluster
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.registry import Kind
from kytos.contract.run_report import QuboFacts
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.questions.outcome import Outcome


def local_samplers() -> tuple[SolverName, ...]:
    """Return the samplers that run here and cost nothing."""
    return tuple(
        name
        for name in SolverName
        if name.traits.kind is Kind.SAMPLER and name.traits.local and not name.traits.paid
    )


@dataclass(frozen=True)
class SamplersRequest:
    """A question, and how hard each sampler works on it; two equal get the same reads."""

    request: Any
    weights: Weights
    params: SolverParams


@dataclass(frozen=True)
class SamplerReads:
    """What one sampler drew, and how long its reads took together."""

    solver: SolverName
    qubo: QuboFacts
    seconds: float


def reads_of_each(
    question: Callable[..., Outcome],
    cluster: Cluster,
    asked: SamplersRequest,
    *,
    watch: Watch = Watch(),
) -> tuple[SamplerReads, ...]:
    """Return the reads of every local sampler that got to draw any, nothing refined or proven."""
    params = asked.params.model_copy(update={"refine_proposals": 0, "proof_work": 0.0})
    reads = []
    for solver in local_samplers():
        if watch.reason is not None:
            break
        report = question(
            cluster,
            asked.request,
            weights=asked.weights,
            solver=solver,
            params=params,
            watch=watch,
        ).solver
        if report.qubo is not None:
            seconds = sum(stage.seconds for stage in report.stages if stage.name == "sample")
            reads.append(SamplerReads(solver, report.qubo, seconds))
    return tuple(reads)
