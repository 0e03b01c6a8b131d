"""What a question is answered with: one shape for pages, API and command line.

`Outcome` holds what all four questions share; each question adds its own fields in
`kytos.questions`. JSON uses the names of the HTTP contract (``from``, ``to``).
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from pydantic import ConfigDict, Field, JsonValue, model_serializer

from kytos.bounds import Certificate
from kytos.cluster import LOAD_RESOURCES, Frozen, Note
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.run_report import SolverReport
from kytos.contract.runbook import Runbook
from kytos.contract.shares import Share
from kytos.contract.weights import Weights
from kytos.problem import Ints, Problem
from kytos.questions.parts.right_sizing import IfRightSized, RightSize
from kytos.questions.parts.use_report import UseReport
from kytos.questions.recovery.risk import Risk
from kytos.referee.feasible import has_left


class Question(StrEnum):
    """The five questions."""

    REBALANCE = "rebalance"
    RECOVERY = "recovery"
    PLACEMENT = "placement"
    AUTOSCALE = "auto_scale"
    FLEET = "fleet"


class Energy(Frozen):
    """The energy of one placement by term; total = A·constraint + B·load + C·cost + D·affinity."""

    constraint: float
    load: float
    cost: float
    affinity: float
    total: float

    def without_left_out(self, weights: Weights) -> float:
        """The total but for what pods without a node cost, to full precision."""
        return weights.B * self.load + weights.C * self.cost + weights.D * self.affinity


class EnergyChange(Frozen):
    """The energy as it is and as it would be."""

    before: Energy
    after: Energy


class Move(Frozen):
    """A running pod that would change its node."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    pod: str
    origin: str = Field(alias="from")
    target: str = Field(alias="to")
    why: str = ""
    cost: float = Field(1.0, description="in ordinary moves")
    cost_because: str = Field("", description="what makes it other than 1, where that is told")


class Metrics(Frozen):
    """A placement in the units people use."""

    nodes_in_use: int
    nodes_total: int
    cpu_peak: float
    """Highest cpu utilisation of a usable node, as a share."""
    memory_peak: float
    cpu_spread: float
    """Standard deviation of cpu utilisation over usable nodes."""
    memory_spread: float
    pods_moved: int
    anti_affinity_pairs: int
    """Pairs of replicas of one service on one node."""
    price_per_hour: float | None
    """Of the nodes in use, those of unknown price as the notes say; None when none is known."""
    unplaced: dict[int, int] = Field({})
    """Pods without a node, by priority."""
    cpu_used_peak: float | None = Field(
        None,
        description="95th percentile of what the pods of a node use together, as a share of its "
        "allocatable, on the fullest usable node; there once use was given, null where no pod's "
        "is known",
    )
    memory_used_peak: float | None = Field(None, description="the same of memory")

    @model_serializer(mode="wrap")
    def _without_what_was_not_given(self, handler):  # type: ignore[no-untyped-def]
        # Without a return type, so that the schema stays that of the fields.
        written = handler(self)
        for name in ("cpu_used_peak", "memory_used_peak"):
            if name not in self.model_fields_set:
                written.pop(name, None)
        return written


class MetricsChange(Frozen):
    """The metrics as they are and as they would be."""

    before: Metrics
    after: Metrics


class Asked(Frozen):
    """How an answer was asked for, so that it can be asked again of the same cluster."""

    request: dict[str, JsonValue] = Field(description="what the question takes; defaults left out")
    solver: SolverName | None = Field(None, description="None: chosen by size")
    params: SolverParams = Field(SolverParams(), description="how hard the solver worked")


class Outcome(Frozen):
    """What every question answers with, beside its own fields."""

    question: Question
    weights: Weights
    energy: EnergyChange
    metrics: MetricsChange
    solver: SolverReport
    certificate: Certificate
    risk: Risk | None = None
    """What one more failure would do to the cluster as planned, where that was asked."""
    nothing_to_do: bool
    """The start is the best found: no change pays."""
    notes: tuple[Note, ...] = ()
    """What was read and not honoured, left out or assumed."""
    right_sizing: tuple[RightSize, ...] = ()
    """What containers would better request, where their use was given."""
    if_right_sized: IfRightSized | None = None
    """Today's requests, right-sized ones, and the plan with these, where that was asked."""
    use: UseReport | None = None
    """What nodes' pods use together, where use was given."""
    runbook: Runbook | None = None
    """The answer as ordered safe steps, where the request asks for it."""
    shares: tuple[Share, ...] = ()
    """What each part of the solver gained: from the start by sampler, refinement, search and exact
    solver, those that ran, to the bound."""
    asked: Asked | None = None
    """How it was asked for; of answers of the command line and the service."""


def measure(problem: Problem, placement: Ints, prices_known: bool) -> Metrics:
    """Return the metrics of a placement ``(pods,)`` of a problem."""
    usable = problem.usable
    load = problem.held(placement)
    offered = problem.allocatable
    share = np.divide(load, offered, out=np.zeros(offered.shape), where=offered > 0)
    levelled = share[usable] if usable.any() else np.zeros((1, share.shape[1]))
    cpu, memory = (problem.resources.index(name) for name in LOAD_RESOURCES)
    in_use = problem.in_use(placement)
    missing = problem.priority[placement < 0]
    return Metrics(
        nodes_in_use=int(in_use.sum()),
        nodes_total=len(problem.nodes),
        cpu_peak=float(levelled[:, cpu].max()),
        memory_peak=float(levelled[:, memory].max()),
        cpu_spread=float(levelled[:, cpu].std()),
        memory_spread=float(levelled[:, memory].std()),
        pods_moved=int(has_left(problem, placement).sum()),
        anti_affinity_pairs=_pairs_on_nodes(problem, placement),
        price_per_hour=float(problem.price[in_use].sum()) if prices_known else None,
        unplaced={int(rank): int((missing == rank).sum()) for rank in np.unique(missing)},
    )


def _pairs_on_nodes(problem: Problem, placement: Ints) -> int:
    placed = (placement >= 0) & (problem.service >= 0)
    return problem.service_fixed.plus(problem.service[placed], placement[placed]).pairs()
