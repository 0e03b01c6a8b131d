"""What a placement is asked and what it answers."""

from __future__ import annotations

from pydantic import Field, field_validator

from kytos.cluster import Frozen, Pod
from kytos.contract.runbook import CarriedOut
from kytos.problem import LoadMode
from kytos.questions.outcome import Outcome
from kytos.questions.parts.limits import Limits
from kytos.questions.parts.others_pods import OthersPods
from kytos.questions.parts.unplaced import UnplacedPod
from kytos.questions.placement.new_objects import NewPod, NodeShape
from kytos.questions.placement.startup_and_latency import (
    Latency,
    StartupSeconds,
    TrafficEdge,
)

MOST_TEXT = 5_000_000
"""Characters of manifests given as text."""


class PlacementRequest(OthersPods, Limits, CarriedOut):
    """What is asked of a placement beside the weights."""

    new_pods: tuple[NewPod, ...] = Field((), description="a pod's fields, and count")
    manifests: tuple[Pod, ...] = Field((), description="new pods as read from manifests")
    manifest_text: str = Field(
        "",
        max_length=MOST_TEXT,
        description="new pods as manifests, YAML or JSON as `kubectl apply -f` takes it",
    )
    waiting: bool = Field(
        False,
        description="place the cluster's own waiting pods too; without new ones they are placed "
        "anyway",
    )
    traffic: tuple[TrafficEdge, ...] = Field((), description="from, to, weight: pods or services")
    latency_ms: Latency = Field(Latency(), description="by how far apart two nodes are")
    startup_s: StartupSeconds = Field(
        StartupSeconds(), description="by what a node has ready for a pod"
    )
    growth: dict[str, float] = Field(
        {}, description="by service: the load foreseen as a multiple of what its pods request"
    )
    node_shapes: tuple[NodeShape, ...] = Field((), description="nodes that can be bought")
    mode: LoadMode = Field(LoadMode.SPREAD, description="consolidate, spread or squares")
    alternatives: int = Field(4, ge=0, le=100, description="runner-up nodes shown for each pod")

    @field_validator("growth")
    @classmethod
    def _growth_is_a_factor(cls, growth: dict[str, float]) -> dict[str, float]:
        for service, factor in growth.items():
            if not 0 <= factor <= 1000:
                raise ValueError(f"{service!r} grows by {factor}; give a factor from 0 to 1000")
        return growth


class PodPlacement(Frozen):
    """A new pod and the node it gets."""

    pod: str
    node: str
    startup_s: float
    latency_ms: float
    """Mean to those it talks to, weighted by traffic; 0 when it talks to nobody."""


class NodeOption(Frozen):
    """What one pod would cost on one node, all others as planned, by term.

    The terms are what the pod adds to the energy there, before the sliders; `total` is
    B·load + C·cost + D·affinity.
    """

    pod: str
    node: str
    chosen: bool
    load: float
    cost: float
    affinity: float
    total: float
    startup_s: float
    latency_ms: float


class PlacementOutcome(Outcome):
    """A node for each new pod, and what the runners-up would cost."""

    mode: LoadMode
    placements: tuple[PodPlacement, ...]
    unplaced: tuple[UnplacedPod, ...]
    alternatives: tuple[NodeOption, ...]
    """For each placed pod its node first (`chosen`), then the runners-up, cheapest first."""
    bought_nodes: tuple[str, ...]
    """Nodes still to be provisioned that get a pod."""
    default_scheduler: dict[str, str | None]
    """What kube-scheduler would choose among the nodes that are up; None where nothing fits."""
    default_scheduler_energy: float
    """H of that, by the same measure as `energy`."""
    placement: dict[str, str | None]
    """Every new pod, by id; None has no node."""
