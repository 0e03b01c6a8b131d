"""The calls as the HTTP contract words them: a body read into a cluster and options, answered.

The service and the command line share them, so that the same input means the same in both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from pydantic import ConfigDict, Field, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema

from kytos.calls.answers import autoscale, fleet, place, rebalance, recover
from kytos.cluster import Cluster, Frozen, Pod
from kytos.compare import CompareRequest, compare_solvers
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.questions.autoscale.request import AutoscaleRequest
from kytos.questions.fleet.request import FleetRequest
from kytos.questions.outcome import Asked, Outcome, Question
from kytos.questions.placement.request import PlacementRequest
from kytos.questions.rebalance import RebalanceRequest
from kytos.questions.recovery.recovery import RecoveryRequest
from kytos.sources.body import ClusterBody, PodsAndNodesBody, cluster_from_body
from kytos.sources.usage.attach import usage_of_documents, with_usage

NODES_AND_PODS: dict[str, Any] = {
    "nodes": [
        {"id": "node-1", "cpu_capacity": 4000, "mem_capacity": 16000},
        {"id": "node-2", "cpu_capacity": 4000, "mem_capacity": 16000},
    ],
    "pods": [{"id": "pod-a", "cpu_request": 500, "mem_request": 1024, "current_node": "node-1"}],
}
"""The cluster of the examples."""


SOLVING_SHARE = 0.8
"""Of the time a call may take, what the solver has where a runbook is to be made of its answer."""


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

    @property
    def brings(self) -> tuple[int, int]:
        """Nodes and pods that the question adds to its cluster."""
        return 0, 0

    @property
    def solves(self) -> int:
        """Solves the call comes to, one after another, each with the whole of its time limit."""
        return 1

    def within(self, seconds: float) -> Self:
        """The same, its solves ending within so many seconds by the clock."""
        most = seconds / self.solves
        if getattr(self, "asked_runbook", None) is not None:
            most *= SOLVING_SHARE
        if self.solver.time_limit_s <= most:
            return self
        solver = self.solver.model_copy(update={"time_limit_s": most})
        return self.model_copy(update={"solver": solver})

    def without_consent(self) -> Self:
        """The same, with no charge accepted."""
        return self.model_copy(update={"solver": self.solver.model_copy(update={"consent": False})})


class RebalanceOptions(RebalanceRequest, Options):
    """A rebalance of a cluster that is read from elsewhere."""


class RebalanceBody(RebalanceOptions, ClusterBody):
    """A rebalance of the cluster in the body."""


class RecoveryOptions(RecoveryRequest, Options):
    """A recovery of a cluster that is read from elsewhere."""


class RecoveryBody(RecoveryOptions, ClusterBody):
    """A recovery of the cluster in the body; pods on a node that is not listed are evacuated."""

    @model_validator(mode="after")
    def _unlisted_have_failed(self) -> Self:
        """A node that only pods name is gone already: naming it as failed changes nothing."""
        gone = {pod.current_node for pod in self.pods} - {node.id for node in self.nodes}
        left = tuple(name for name in self.failed_nodes if name not in gone)
        object.__setattr__(self, "failed_nodes", left)
        return self


class PlacementOptions(PlacementRequest, Options):
    """A placement in a cluster that is read from elsewhere."""

    manifests: SkipJsonSchema[tuple[Pod, ...]] = Field((), description="read from files, not said")

    @field_validator("manifests", mode="before")
    @classmethod
    def _come_as_files(cls, _: object) -> None:
        raise ValueError("no such field here; new pods are new_pods, or files beside the cluster's")

    @property
    def brings(self) -> tuple[int, int]:
        """What can be bought, and what is to be placed."""
        new = sum(pod.count for pod in self.new_pods) + len(self.manifests)
        return sum(shape.count for shape in self.node_shapes), new


class PlacementBody(PlacementOptions, ClusterBody):
    """A placement in the cluster in the body."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                NODES_AND_PODS
                | {
                    "new_pods": [
                        {"id": "pod-b", "cpu_request": 250, "mem_request": 512, "count": 2}
                    ],
                    "traffic": [{"from": "pod-b", "to": "pod-a", "weight": 3}],
                }
            ]
        }
    )


class AutoscaleOptions(AutoscaleRequest, Options):
    """An autoscale of a cluster that is read from elsewhere."""


class AutoscaleBody(AutoscaleOptions, ClusterBody):
    """An autoscale of the cluster in the body."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                NODES_AND_PODS
                | {
                    "services": [
                        {
                            "id": "shop",
                            "replicas": 2,
                            "request_rate": 450,
                            "target_rate": 100,
                            "cpu_request": 250,
                            "mem_request": 512,
                        }
                    ],
                    "cpu_margin": 0.2,
                }
            ]
        }
    )


class FleetOptions(FleetRequest, Options):
    """A fleet for a cluster that is read from elsewhere."""


class FleetBody(FleetOptions, PodsAndNodesBody):
    """A fleet for the pods in the body; `nodes` may be empty."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "nodes": [],
                    "pods": [
                        {"id": "pod-a", "cpu_request": 500, "mem_request": 1024},
                        {"id": "pod-b", "cpu_request": 1500, "mem_request": 2048},
                    ],
                    "types": [
                        {
                            "name": "m5.large",
                            "cpu_capacity": 1930,
                            "mem_capacity": 7000,
                            "price_per_hour": 0.096,
                        }
                    ],
                }
            ]
        }
    )


class CompareOptions(CompareRequest, Options):
    """A comparison over a cluster that is read from elsewhere."""

    @property
    def solves(self) -> int:
        """One for each solver, and one for the proof they share."""
        return len(self.solvers) + 1

    @model_validator(mode="after")
    def _solvers_alone_say_which(self) -> Self:
        if self.solver.name is not None:
            raise ValueError("solver.name is for one solve; a comparison takes a list, solvers")
        return self


class CompareBody(CompareOptions, ClusterBody):
    """A comparison over the cluster in the body."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [NODES_AND_PODS | {"solvers": ["cp-sat", "descheduler"], "mode": "spread"}]
        }
    )


def asked(request: Frozen, solver: SolverName | None, params: SolverParams) -> Asked:
    """Return how a question was asked; that a charge was accepted is not said again for it."""
    said = request.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return Asked(request=said, solver=solver, params=params.model_copy(update={"consent": False}))


@dataclass(frozen=True)
class Call:
    """One question as a call.

    Attributes
    ----------
    name
        One of the five questions, or ``compare``.
    request
        What the question itself takes.
    options
        That and what every call takes.
    body
        That and the cluster.
    function
        Answers it: ``(cluster, request, *, weights, solver, params, watch)``.
    evacuates
        Whether a pod on a node that is not listed is to be given a new one, not refused.
    needs_nodes
        Whether a cluster without nodes is refused.
    """

    name: str
    request: type[Frozen]
    options: type[Options]
    body: type[ClusterBody]
    function: Callable[..., Any]
    evacuates: bool = False
    needs_nodes: bool = True

    def cluster(self, body: ClusterBody) -> Cluster:
        """Read the cluster of a body.

        Raises
        ------
        kytos.errors.SourceError
            Naming the field that cannot be.
        """
        cluster = cluster_from_body(body, evacuate_unknown=self.evacuates)
        if not body.usage:
            return cluster
        return with_usage(cluster, usage_of_documents(body.usage))

    def options_of(self, body: ClusterBody) -> Options:
        """Return the options beside a body's cluster, which were checked with it."""
        names = self.options.model_fields
        said = body.model_fields_set & set(names)
        return self.options.model_construct(said, **{name: getattr(body, name) for name in names})

    def asked(self, options: Options) -> Frozen:
        """The question's own request, of a call's options."""
        return self.request(**{name: getattr(options, name) for name in self.request.model_fields})

    def answer(self, cluster: Cluster, options: Options, watch: Watch) -> Any:
        """Ask the question of a cluster.

        Raises
        ------
        kytos.errors.InputError
            When the cluster and the options do not agree; the message names the field.
        """
        chosen = {} if options.solver.name is None else {"solver": options.solver.name}
        request, params = self.asked(options), options.solver.params
        answer = self.function(
            cluster, request, weights=options.weights, params=params, watch=watch, **chosen
        )
        if not isinstance(answer, Outcome):
            return answer
        return answer.model_copy(update={"asked": asked(request, options.solver.name, params)})


REBALANCE = Call(Question.REBALANCE, RebalanceRequest, RebalanceOptions, RebalanceBody, rebalance)

RECOVERY = Call(
    Question.RECOVERY, RecoveryRequest, RecoveryOptions, RecoveryBody, recover, evacuates=True
)

PLACEMENT = Call(Question.PLACEMENT, PlacementRequest, PlacementOptions, PlacementBody, place)

AUTOSCALE = Call(Question.AUTOSCALE, AutoscaleRequest, AutoscaleOptions, AutoscaleBody, autoscale)

FLEET = Call(Question.FLEET, FleetRequest, FleetOptions, FleetBody, fleet, needs_nodes=False)

COMPARE = Call("compare", CompareRequest, CompareOptions, CompareBody, compare_solvers)

CALLS = {call.name: call for call in (REBALANCE, RECOVERY, PLACEMENT, AUTOSCALE, FLEET, COMPARE)}
