"""Pods that are gone, and whose replicas they were, by the names their controllers gave them.

A rollout gives every pod of a Deployment a new name. What its earlier pods used is what its pods
use, else a week of samples would count for nothing on the day after.
https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pod-template-hash-label
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from kytos.cluster import Cluster
from kytos.usage import Usage

_LAST = re.compile(r"(?P<base>.+)-(?P<end>[a-z0-9]{1,10})")
_RANDOM = 5
"""Letters that the API server adds to a generated name."""

_ONE_MORE = ("Deployment", "CronJob")
"""Their pods' names have a hash or a time, and then what every generated name ends in."""


def earlier_pods(cluster: Cluster) -> Mapping[str, tuple[str, ...]]:
    """By service: pods with measured use that are not in the cluster any more, sorted.

    A pod that could be of two is of the one with the longer name.
    """
    usage = Usage() if cluster.usage is None else cluster.usage
    strangers = [pod for pod in usage.pods if pod not in cluster.pod_index]
    if not strangers:
        return {}
    kinds: dict[tuple[str, str], tuple[str, str]] = {}
    for pod in cluster.pods:
        if pod.service is None or pod.finished:
            continue
        if pod.owner is not None:
            kinds[pod.namespace, pod.owner.name] = pod.owner.kind, pod.service
        else:
            kinds["", pod.service] = "", pod.service
    earlier: dict[str, list[str]] = defaultdict(list)
    for stranger in strangers:
        service = _service_of(stranger, kinds)
        if service is not None:
            earlier[service].append(stranger)
    return {service: tuple(pods) for service, pods in earlier.items()}


def _service_of(pod: str, kinds: Mapping[tuple[str, str], tuple[str, str]]) -> str | None:
    namespace, _, name = pod.rpartition("/")
    last = _LAST.fullmatch(name)
    if last is None:
        return None
    for place in (namespace, ""):
        kind, service = kinds.get((place, last["base"]), (None, ""))
        ends_as_made = (
            last["end"].isdecimal() if kind == "StatefulSet" else len(last["end"]) == _RANDOM
        )
        if kind == "" or (kind is not None and kind not in _ONE_MORE and ends_as_made):
            return service
        before = _LAST.fullmatch(last["base"])
        if before is None or len(last["end"]) != _RANDOM:
            continue
        kind, service = kinds.get((place, before["base"]), (None, ""))
        if kind == "" or kind in _ONE_MORE:
            return service
    return None
