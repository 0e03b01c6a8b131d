"""The user's word on who may move: pods, whole services or whole namespaces."""

from __future__ import annotations

from collections.abc import Sequence

from kytos.cluster import Cluster, Pod
from kytos.errors import RequestRefused
from kytos.language import said


def with_overrides(cluster: Cluster, may_move: Sequence[str], must_stay: Sequence[str]) -> Cluster:
    """Return the cluster with `Pod.movable` set for the pods that are named.

    A name is a pod's id, a service or a namespace, and stands for every pod it fits. Staying wins
    over moving. What nobody can overrule (`kytos.rules.eviction`) stays as it is.

    Raises
    ------
    RequestRefused
        When a name fits no pod.
    """
    movers, stayers = set(may_move), set(must_stay)
    if not movers and not stayers:
        return cluster
    known = set[str]().union(*map(_names, cluster.pods))
    for field, names in (("may_move", may_move), ("must_stay", must_stay)):
        for position, name in enumerate(names):
            if name not in known:
                raise RequestRefused(
                    said(
                        f"{name!r} is no pod, service or namespace of the cluster; name one that is"
                    ),
                    f"{field}[{position}]",
                )
    return cluster.replace(pods=tuple(_overridden(pod, movers, stayers) for pod in cluster.pods))


def _overridden(pod: Pod, movers: set[str], stayers: set[str]) -> Pod:
    names = _names(pod)
    if names & stayers:
        return pod.model_copy(update={"movable": False})
    if names & movers:
        return pod.model_copy(update={"movable": True})
    return pod


def _names(pod: Pod) -> set[str]:
    return {pod.id, pod.namespace} | ({pod.service} if pod.service else set())
