"""The stories of the guided demo: what each asks of the sample cluster, and how things stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kytos.calls.scenario import read_scenario
from kytos.language import N_, _
from kytos.problem import LoadMode
from kytos.questions.outcome import Question
from kytos.questions.rebalance import RebalanceRequest
from kytos.questions.recovery.recovery import RecoveryRequest
from kytos.report import units
from kytos.ui.parts import controls
from kytos.ui.session import clusters
from kytos.ui.session.clusters import Loaded
from kytos.ui.shipped import SAMPLES

_ROOM = (100 - controls.USUAL_FREE) / 100


class Story(StrEnum):
    """A story; a run of it is none of the question's own page."""

    COST = "demo: cut cost"
    ZONE = "demo: survive a zone"
    SALE = "demo: sale day"


@dataclass(frozen=True)
class Told:
    """What a story is about.

    Attributes
    ----------
    question
        The one it asks.
    request
        What is asked, of the sample's cluster.
    now
        Says how things stand, of the cluster and the request.
    """

    title: str
    about: str
    icon: str
    question: Question
    request: Callable[[Loaded], Any]
    now: Callable[[Loaded, Any], str]


def _cost_now(loaded: Loaded, _request: Any) -> str:
    summary = loaded.summary
    month = units.price_per_month(summary.price_per_hour or 0)
    share = units.percent(summary.cpu_held / max(summary.cpu_offered, 1))
    return _(
        "{name} runs {nodes} nodes for {month}; {share} of their CPU is asked for",
        name=loaded.name,
        nodes=summary.nodes,
        month=month,
        share=share,
    )


def _zone_now(loaded: Loaded, request: RecoveryRequest) -> str:
    (zone,) = request.failed_zones
    cluster = loaded.cluster
    inside = [node.name for node in cluster.nodes if node.zone == zone]
    pods = sum(len(cluster.pods_by_node[name]) for name in inside)
    return _(
        "Zone {zone} goes dark, with {nodes} of {count:,} and {pods}",
        zone=zone,
        nodes=units.count(len(inside), "node"),
        count=len(cluster.nodes),
        pods=units.count(pods, "pod"),
    )


def _sale_now(_loaded: Loaded, request: Any) -> str:
    busiest = max(request.services, key=lambda service: service.request_rate)
    return _(
        "The sale begins: {service} alone is asked for {request_rate:,.0f} requests a second",
        service=busiest.id,
        request_rate=busiest.request_rate,
    )


def _scenario(name: str) -> Any:
    content = (SAMPLES / "scenarios" / f"{name}.json").read_bytes()
    return read_scenario(content).request.model_copy(update={"risk": True})


SAMPLE = clusters.FIRST_SAMPLE
STORIES: dict[Story, Told] = {
    Story.COST: Told(
        N_("Cut cost"),
        N_("Which nodes could go, and what that saves."),
        ":material/savings:",
        Question.REBALANCE,
        # As the start page asks: where it was answered ahead, the story need not wait.
        lambda _: RebalanceRequest(mode=LoadMode.CONSOLIDATE, max_utilization=_ROOM, risk=True),
        _cost_now,
    ),
    Story.ZONE: Told(
        N_("Survive a zone"),
        N_("Where pods go when a third of the machines is gone."),
        ":material/bolt:",
        Question.RECOVERY,
        lambda _: _scenario("recovery-zone"),
        _zone_now,
    ),
    Story.SALE: Told(
        N_("Sale day"),
        N_("How many replicas each service gets, and what the cluster can carry."),
        ":material/local_fire_department:",
        Question.AUTOSCALE,
        lambda _: _scenario("autoscale-sale"),
        _sale_now,
    ),
}
