"""What containers would better request, from what they were seen to use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil

import numpy as np
from pydantic import Field

from kytos.cluster import CPU, LOAD_RESOURCES, MEMORY, Cluster, Frozen, Pod, Resources
from kytos.language import said
from kytos.questions.parts.advice import Advisers
from kytos.questions.parts.earlier_pods import earlier_pods
from kytos.usage import WHOLE_POD, Series, Usage

CPU_PERCENTILE = 95.0
MEMORY_MARGIN = Fraction(15, 100)
LEAST_CPU = 10
"""Millicores."""
MIB = 2**20
LEAST_MEMORY = 32 * MIB


class Amounts(Frozen):
    """Cpu and memory as people read them; what is not known is None."""

    cpu: float | None = Field(None, description="millicores")
    memory: float | None = Field(None, description="MiB")


class Least(Frozen):
    """What a container is to request at least."""

    cpu: float = Field(0, ge=0, le=10**6, allow_inf_nan=False, description="millicores")
    memory: float = Field(0, ge=0, le=10**7, allow_inf_nan=False, description="MiB")


class SizeRules(Frozen):
    """How a right size comes from what was used, and below what none may be."""

    cpu_percentile: float = Field(
        CPU_PERCENTILE,
        ge=50,
        le=100,
        allow_inf_nan=False,
        description="of all replicas' samples of cpu, what a container is to request",
    )
    memory_margin: float = Field(
        float(MEMORY_MARGIN),
        ge=0,
        le=10,
        allow_inf_nan=False,
        description="so much above the highest sample of memory, as a share of it",
    )
    min_cpu: int = Field(LEAST_CPU, ge=0, le=10**6, description="millicores, of every container")
    min_memory: int = Field(
        LEAST_MEMORY // MIB, ge=0, le=10**7, description="MiB, of every container"
    )
    minimums: dict[str, Least] = Field(
        {},
        description="by service (or pod without one) what its containers are to request at least",
    )

    @property
    def method(self) -> str:
        """The rules in a sentence."""
        margin = f"{100 * self.memory_margin:g} %"
        return said(
            f"cpu: {self.cpu_percentile:g}th percentile of all replicas' samples; memory: highest "
            f"sample and {margin} more; at least {self.min_cpu}m and {self.min_memory}Mi, never "
            "below what a VerticalPodAutoscaler sets (its target, or its lower bound where it only "
            "recommends) or its minAllowed, a LimitRange's minimum or "
            "what sizing.minimums says"
        )

    def least(self, service: str, resource: str) -> int:
        """Canonical amount below which no container of a service is sized."""
        own = self.minimums.get(service, Least())
        if resource == CPU:
            return max(self.min_cpu, ceil(own.cpu))
        return max(self.min_memory, ceil(own.memory)) * MIB


USUAL_RULES = SizeRules()


class RightSize(Frozen):
    """What the replicas of a service would better request for one container."""

    service: str
    container: str
    namespace: str = ""
    kind: str = Field("", description="of the workload whose template has the container")
    workload: str = ""
    sidecar: bool = Field(False, description="written under initContainers")
    requests: Amounts = Field(description="of one replica today, in millicores and MiB")
    limits: Amounts = Field(Amounts(), description="of one replica today; null: none")
    recommended: Amounts = Field(description="of one replica, in millicores and MiB")
    saves: Amounts = Field(description="of all replicas together; negative: they ask too little")
    replicas: int
    method: str = Field(description="how the recommendation came about")
    window: str = Field(description="the time that was looked at")


class Sized(Frozen):
    """The cluster in nodes, money and requests."""

    nodes_in_use: int
    price_per_hour: float | None
    cpu_requested: float = Field(description="of all pods, in millicores")
    memory_requested: float = Field(description="of all pods, in MiB")


class IfRightSized(Frozen):
    """What right sizes come to, side by side."""

    today: Sized
    right_sized: Sized
    """On the same nodes."""
    planned: Sized
    """Right-sized, and the plan carried out."""


@dataclass
class _Container:
    """The replicas of one container of a service, and the samples of it there are."""

    pods: list[Pod] = field(default_factory=list)
    rows: list[tuple[int | None, int | None]] = field(default_factory=list)
    """Of each replica in `Usage.containers`: its own, and the whole pod's where it is alone."""
    whole: list[str] = field(default_factory=list)
    """Pods that are sized as a whole."""
    requests: Resources = field(default_factory=dict)
    limits: Resources = field(default_factory=dict)
    requested: Resources = field(default_factory=dict)
    """Of all replicas together."""

    def samples(self, usage: Usage) -> tuple[Series, Series]:
        """Cpu and memory of all replicas, ``(replicas, samples)``."""
        if self.whole:
            return usage.of_pods(self.whole)
        cpu, memory = (
            np.array([_row(series, own, whole) for own, whole in self.rows], np.float32)
            for series in (usage.cpu, usage.memory)
        )
        return cpu, memory


def _row(series: Series, own: int | None, whole: int | None) -> Series:
    """A container's samples; the whole pod's where it has none of its own."""
    if own is not None and (whole is None or not np.isnan(series[own]).all()):
        return np.asarray(series[own])
    return np.asarray(series[whole])


_Key = tuple[str, str]
"""Service (or pod without one) and container; `WHOLE_POD` where a source lists none."""


def right_sizing(cluster: Cluster, rules: SizeRules = USUAL_RULES) -> tuple[RightSize, ...]:
    """Return what each container with known use would better request, by service.

    A pod without a service stands for itself; one of a source that lists no containers is sized
    as a whole. Pods that are gone count among their service's replicas (`earlier_pods`).
    """
    return tuple(_sizes(cluster, rules).values())


def _sizes(cluster: Cluster, rules: SizeRules) -> dict[_Key, RightSize]:
    usage = Usage() if cluster.usage is None else cluster.usage
    advisers = Advisers(cluster)
    sizes: dict[_Key, RightSize] = {}
    for (service, name), one in sorted(_containers(cluster, usage).items()):
        advice = advisers.of(one.pods[0], name)
        seen = _seen(usage, one, rules)
        recommended: Resources = {}
        for resource in LOAD_RESOURCES:
            least = max(rules.least(service, resource), advice.least.get(resource, 0))
            if resource in seen:
                recommended[resource] = max(seen[resource], least)
            elif resource in advice.requests:
                recommended[resource] = max(advice.requests[resource], least)
        if not recommended:
            continue
        first = one.pods[0]
        saves = {
            resource: one.requested.get(resource, 0) - len(one.pods) * amount
            for resource, amount in recommended.items()
        }
        sizes[service, name] = RightSize(
            service=service,
            container=name or (first.name if len(one.pods) == 1 else service),
            namespace=first.namespace,
            kind=first.owner.kind if first.owner else "",
            workload=first.owner.name if first.owner else first.name,
            sidecar=name in first.sidecars,
            requests=_shown(one.requests),
            limits=_shown(one.limits),
            recommended=_shown(recommended),
            saves=_shown(saves),
            replicas=len(one.pods),
            method=rules.method if seen else said(f"as {advice.source} recommends"),
            window=window_of(usage) if seen else said("its own"),
        )
    return sizes


def right_sized(cluster: Cluster, rules: SizeRules = USUAL_RULES) -> Cluster:
    """Return the cluster as if every container requested what `right_sizing` recommends."""
    sizes = _sizes(cluster, rules)

    def sized(pod: Pod) -> Pod:
        containers = pod.containers or {WHOLE_POD: pod.requests}
        new = dict(containers)
        for name, requests in containers.items():
            size = sizes.get((pod.service or pod.id, name))
            if size is not None:
                new[name] = requests | _canonical(size.recommended)
        if new == containers or pod.finished:
            return pod
        requests = dict(pod.requests)
        for resource in LOAD_RESOURCES:
            before, after = (
                sum(one.get(resource, 0) for one in each.values()) for each in (containers, new)
            )
            # init containers run before the others, and overhead beside them
            starting = pod.starting.get(resource, 0)
            beside = requests.get(resource, 0) - max(before, starting)
            if after != before:
                requests[resource] = max(0, beside + max(after, starting))
        held = new if pod.containers else {}
        return pod.model_copy(update={"requests": requests, "held": None, "containers": held})

    return cluster.replace(pods=tuple(sized(pod) for pod in cluster.pods))


def _containers(cluster: Cluster, usage: Usage) -> dict[_Key, _Container]:
    rows_of: dict[str, dict[str, int]] = defaultdict(dict)
    for row, (pod_id, container) in enumerate(usage.containers):
        rows_of[pod_id][container] = row
    containers: dict[_Key, _Container] = defaultdict(_Container)
    for pod in cluster.pods:
        if pod.finished:
            continue
        for name, requests in (pod.containers or {WHOLE_POD: pod.requests}).items():
            one = containers[pod.service or pod.id, name]
            one.pods.append(pod)
            for resource in LOAD_RESOURCES:
                asked = requests.get(resource, 0)
                one.requests[resource] = max(asked, one.requests.get(resource, 0))
                one.requested[resource] = asked + one.requested.get(resource, 0)
            one.limits = dict(pod.container_limits.get(name, one.limits))
    earlier = earlier_pods(cluster)
    for (service, name), one in containers.items():
        alone = name == WHOLE_POD or len(one.pods[0].containers) == 1
        for pod_id in (*(pod.id for pod in one.pods), *earlier.get(service, ())):
            told = rows_of.get(pod_id, {})
            if name == WHOLE_POD:
                one.whole.append(pod_id)
            elif name in told or (alone and WHOLE_POD in told):
                one.rows.append((told.get(name), told.get(WHOLE_POD) if alone else None))
    return containers


def _seen(usage: Usage, one: _Container, rules: SizeRules) -> Resources:
    margin = 1 + Fraction(str(rules.memory_margin))
    seen: Resources = {}
    cpu, memory = one.samples(usage)
    if not np.isnan(cpu).all():
        percentile = float(np.nanpercentile(cpu.astype(float), rules.cpu_percentile))
        seen[CPU] = ceil(round(percentile, 3))
    if not np.isnan(memory).all():
        most = Fraction(float(np.nanmax(memory))) * margin
        seen[MEMORY] = ceil(most / MIB) * MIB
    foreseen = [pod.expected for pod in one.pods if pod.expected and not pod.containers]
    cpu_seen = [amounts[CPU] for amounts in foreseen if CPU in amounts]
    memory_seen = [amounts[MEMORY] for amounts in foreseen if MEMORY in amounts]
    if cpu_seen and CPU not in seen:
        seen[CPU] = ceil(float(np.percentile(cpu_seen, rules.cpu_percentile)))
    if memory_seen and MEMORY not in seen:
        seen[MEMORY] = ceil(Fraction(max(memory_seen)) * margin / MIB) * MIB
    return seen


def _canonical(amounts: Amounts) -> Resources:
    told = {CPU: amounts.cpu, MEMORY: None if amounts.memory is None else amounts.memory * MIB}
    return {name: ceil(amount) for name, amount in told.items() if amount is not None}


def _shown(amounts: Mapping[str, int]) -> Amounts:
    return Amounts(
        cpu=amounts.get(CPU),
        memory=None if MEMORY not in amounts else round(amounts[MEMORY] / MIB, 3),
    )


def window_of(usage: Usage) -> str:
    """The time that was looked at, in words."""
    if not usage.samples:
        return said("as foreseen")
    if usage.samples == 1:
        return said("a single sample")
    span = usage.samples * usage.step_s
    told = said(f"{span / 86_400:.3g} days") if span >= 86_400 else said(f"{span / 3600:.3g} hours")
    return said(f"{told} in steps of {usage.step_s:g} s")


def requested(cluster: Cluster) -> tuple[float, float]:
    """Millicores and MiB that all pods which hold capacity request together."""
    pods = [pod for pod in cluster.pods if pod.holds_capacity]
    cpu, memory = (sum(pod.footprint.get(name, 0) for pod in pods) for name in LOAD_RESOURCES)
    return float(cpu), round(memory / MIB, 3)
