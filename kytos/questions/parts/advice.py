"""What other tools, and the cluster's own limits, say of a container's requests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

from kytos.cluster import CPU, LOAD_RESOURCES, Cluster, Pod, Resources
from kytos.sources.quantities import read_quantity
from kytos.usage import EVERY_CONTAINER, WHOLE_POD, Recommendation, Usage


@dataclass
class Advice:
    """Canonical amounts: below which none may be, what is recommended, and by whom."""

    least: Resources = field(default_factory=dict)
    requests: Resources = field(default_factory=dict)
    source: str = ""


class Advisers:
    """All that is said of the containers of a cluster, by workload."""

    def __init__(self, cluster: Cluster) -> None:
        """Sort what is said by workload."""
        usage = Usage() if cluster.usage is None else cluster.usage
        self._by_workload: dict[str, list[Recommendation]] = defaultdict(list)
        self._by_name: dict[str, list[Recommendation]] = defaultdict(list)
        for one in usage.recommendations:
            self._by_workload[one.workload].append(one)
            self._by_name[one.workload.rpartition("/")[2]].append(one)
        self._limit_ranges = cluster.limit_ranges

    def of(self, pod: Pod, container: str) -> Advice:
        """What is said of a container of one replica, or of all of it (`WHOLE_POD`)."""
        advice = Advice()
        told = [one for one in self._of_workload(pod) if _is_about(one, container)]
        for one in told:
            if container != WHOLE_POD:
                # the last tool that says anything; what is fixed holds whoever fixes it
                advice.requests = one.requests or advice.requests
                advice.source = one.source if one.requests else advice.source
                _raise(advice.least, one.lower_bound)
        if container == WHOLE_POD:
            # a source that lists no containers: a pod is the sum of what is said of each
            for source in dict.fromkeys(one.source for one in told):
                of_source = [one for one in told if one.source == source]
                total = _sum([one.requests for one in of_source])
                if total:
                    advice.requests, advice.source = total, source
                _raise(advice.least, _sum([one.lower_bound for one in of_source]))
        for limits in self._limit_ranges:
            if limits.namespace == pod.namespace and pod.containers:
                for item in limits.items:
                    if item.type == "Container":
                        _raise(advice.least, _canonical(item.min))
        return advice

    def _of_workload(self, pod: Pod) -> list[Recommendation]:
        if pod.owner is not None:
            told = self._by_workload.get(f"{pod.namespace}/{pod.owner.name}", [])
            return [one for one in told if not one.kind or one.kind == pod.owner.kind]
        if pod.id in self._by_workload:
            return self._by_workload[pod.id]
        # A plain body names no namespace: there the name alone tells, if it is the only one.
        told = self._by_name.get(pod.service or pod.id, []) if not pod.containers else []
        return told if len({one.workload for one in told}) == 1 else []


def _is_about(one: Recommendation, container: str) -> bool:
    return container in (WHOLE_POD, one.container) or one.container == EVERY_CONTAINER


def _raise(least: Resources, to: Mapping[str, int]) -> None:
    for resource, amount in to.items():
        least[resource] = max(amount, least.get(resource, 0))


def _sum(amounts: list[Resources]) -> Resources:
    total: Resources = {}
    for one in amounts:
        for resource, amount in one.items():
            total[resource] = total.get(resource, 0) + amount
    return total


def _canonical(written: Mapping[str, str]) -> Resources:
    return {
        resource: ceil(read_quantity(written[resource]) * (1000 if resource == CPU else 1))
        for resource in LOAD_RESOURCES
        if resource in written
    }
