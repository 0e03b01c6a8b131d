"""Pods that get no node: which, and why not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import floor

import numpy as np

from kytos.cluster import LOAD_RESOURCES, Cluster, Frozen, Pod
from kytos.language import said
from kytos.questions.parts.decimals import as_written
from kytos.rules.counted import with_counted
from kytos.rules.free_volumes import with_taken_volumes
from kytos.rules.index import RuleIndex
from kytos.rules.verdicts import PLAN_RULES, first_refusals
from kytos.rules.volumes import Volumes
from kytos.rules.why_not import refusal_summary

_BY_VOLUME = next(at for at, rule in enumerate(PLAN_RULES) if isinstance(rule, Volumes))


class UnplacedPod(Frozen):
    """A pod that is given up."""

    pod: str
    priority: int
    reason: str
    stuck: bool = False
    """Its volume cannot be reached from any node: room would not help."""


def by_importance(pods: Iterable[Pod]) -> list[Pod]:
    """Return pods by falling priority, then by id."""
    return sorted(pods, key=lambda pod: (-pod.priority, pod.id))


def explain(
    cluster: Cluster, unplaced_pods: Sequence[Pod], max_utilization: float = 1.0
) -> tuple[UnplacedPod, ...]:
    """Say of each pod why it fits nowhere in the cluster as planned, by the rules.

    Parameters
    ----------
    max_utilization
        Share of CPU and memory that the nodes were to be filled to.
    """
    planned = with_taken_volumes(_limited(cluster, max_utilization))
    index = RuleIndex(planned)
    positions = [cluster.pod_index[pod.id] for pod in unplaced_pods]
    unplaced = []
    refusals = first_refusals(index, positions, PLAN_RULES)
    if (refusals < 0).any():
        # What pods that were placed have taken of volumes and devices, no rule sees yet.
        index = RuleIndex(with_counted(planned, {pod.id for pod in unplaced_pods}))
        rest = first_refusals(index, positions, PLAN_RULES)
        refusals = np.where(refusals < 0, rest, refusals)
    for pod, position, first in zip(unplaced_pods, positions, refusals, strict=True):
        stuck = bool((first == _BY_VOLUME).all())
        of_all = PLAN_RULES[first[0]] if first[0] >= 0 and (first == first[0]).all() else None
        if stuck:
            reason = said(
                f"stuck on every node: {PLAN_RULES[_BY_VOLUME].reason(index, position, 0)}"
            )
        elif of_all is not None and of_all.whole_pod:
            reason = of_all.reason(index, position, 0)
        else:
            reason = refusal_summary(index, position, first)
            if max_utilization < 1:
                reason = said(f"{reason} (filled to {max_utilization:.0%} at most)")
        unplaced.append(UnplacedPod(pod=pod.id, priority=pod.priority, reason=reason, stuck=stuck))
    return tuple(unplaced)


def _limited(cluster: Cluster, max_utilization: float) -> Cluster:
    """The cluster as if its nodes offered only what evacuated pods may fill."""
    if max_utilization >= 1:
        return cluster
    share = as_written(max_utilization)
    nodes = tuple(
        node.model_copy(
            update={
                "allocatable": {
                    name: floor(amount * share) if name in LOAD_RESOURCES else amount
                    for name, amount in node.allocatable.items()
                }
            }
        )
        for node in cluster.nodes
    )
    profile = cluster.load_profile
    if profile is not None:  # of the whole node, however full pods may fill it
        most = float(as_written(profile.max_used) / share) if share else 1.0
        profile = replace(profile, max_used=most)
    return cluster.replace(nodes=nodes, load_profile=profile)
