"""Pods that others run: other schedulers' and custom controllers', and the switches for them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from kytos.cluster import DEFAULT_SCHEDULER, Cluster, Frozen, Pod

SchedulerOfPods = Annotated[str, StringConstraints(min_length=1, max_length=253)]


class OthersPods(Frozen):
    """Which pods that others run are treated as the cluster's own."""

    schedulers: tuple[SchedulerOfPods, ...] = Field(
        (),
        description="names of other schedulers whose pods are placed by the default one's rules; "
        "by default they stay, with their nodes",
    )
    move_custom_controllers: bool = Field(
        False,
        description="pods of controllers that are none of Kubernetes' own (TaskRun, "
        "SparkApplication, ...) may move: those start them again",
    )


def with_others_pods(cluster: Cluster, request: OthersPods) -> Cluster:
    """Return the cluster with what the request hands over counted as the cluster's own."""
    named = frozenset(request.schedulers)

    def handed_over(pod: Pod) -> Pod:
        changes = {}
        if pod.scheduler in named:
            changes["scheduler"] = DEFAULT_SCHEDULER
        if request.move_custom_controllers and pod.custom_controller:
            changes["custom_controller"] = ""
        return pod.model_copy(update=changes) if changes else pod

    pods = tuple(map(handed_over, cluster.pods))
    changed = any(new is not old for new, old in zip(pods, cluster.pods, strict=True))
    return cluster.replace(pods=pods) if changed else cluster
