"""The four calls as the HTTP contract words them: a body read into a cluster and options, answered.

The service and the command line share them, so that the same input means the same in both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from kytos.cluster import Cluster, Frozen
from kytos.hamiltonian.weights import Weights
from kytos.optimize.rebalance import RebalanceRequest, rebalance
from kytos.optimize.recovery import RecoveryRequest, recover
from kytos.outcome import Outcome, Question
from kytos.solvers.base import SolverName, SolverParams, Watch
from kytos.sources.body import ClusterBody, cluster_from_body


class SolverChoice(SolverParams):
    """Which solver, and how hard it works."""

    name: SolverName | None = Field(
        None, description="see GET /solvers; left out: by the size of the problem"
    )

    @property
    def shown_name(self) -> str:
        """The name as asked for; which solver `by size` came to stands in the outcome."""
        return "by size" if self.name is None else self.name.value

    @property
    def params(self) -> SolverParams:
        """The parameters without the name."""
        return SolverParams.model_validate(self.model_dump(exclude={"name"}))


class Options(Frozen):
    """What every call takes beside its cluster and its own fields."""

    weights: Weights = Field(Weights(), description="A, B, C, D; 1 each by default")
    solver: SolverChoice = Field(SolverChoice(), description="which solver, and how hard it works")


class RebalanceOptions(RebalanceRequest, Options):
    """A rebalance of a cluster that is read from elsewhere."""


class RebalanceBody(RebalanceOptions, ClusterBody):
    """A rebalance of the cluster in the body."""


class RecoveryOptions(RecoveryRequest, Options):
    """A recovery of a cluster that is read from elsewhere."""


class RecoveryBody(RecoveryOptions, ClusterBody):
    """A recovery of the cluster in the body; pods on a node that is not listed are evacuated."""


@dataclass(frozen=True)
class Call:
    """One question as a call.

    Attributes
    ----------
    question
        Which of the four.
    request
        What the question itself takes.
    options
        That and what every call takes.
    function
        Answers it: ``(cluster, request, *, weights, solver, params, watch)``.
    evacuates
        Whether a pod on a node that is not listed is to be given a new one, not refused.
    """

    question: Question
    request: type[Frozen]
    options: type[Options]
    function: Callable[..., Outcome]
    evacuates: bool = False

    def cluster(self, body: ClusterBody) -> Cluster:
        """Read the cluster of a body.

        Raises
        ------
        kytos.sources.errors.SourceError
            Naming the field that cannot be.
        """
        return cluster_from_body(body, evacuate_unknown=self.evacuates)

    def answer(self, cluster: Cluster, options: Options, watch: Watch) -> Outcome:
        """Ask the question of a cluster.

        Raises
        ------
        ValueError
            When the cluster and the options do not agree; the message names the field.
        """
        own: dict[str, Any] = {name: getattr(options, name) for name in self.request.model_fields}
        return self.function(
            cluster,
            self.request(**own),
            weights=options.weights,
            solver=options.solver.name,
            params=options.solver.params,
            watch=watch,
        )


REBALANCE = Call(Question.REBALANCE, RebalanceRequest, RebalanceOptions, rebalance)

RECOVERY = Call(Question.RECOVERY, RecoveryRequest, RecoveryOptions, recover, evacuates=True)

CALLS = {call.question: call for call in (REBALANCE, RECOVERY)}
