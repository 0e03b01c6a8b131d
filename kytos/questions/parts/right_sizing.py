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
from kytos.sources.quantities import read_quantity
from kytos.usage import EVERY_CONTAINER, WHOLE_POD, Usage

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
        return (
            f"cpu: {self.cpu_percentile:g}th percentile of all replicas' samples; memory: highest "
            f"sample and {margin} more; at least {self.min_cpu}m and {self.min_memory}Mi, never "
            "below a VerticalPodAutoscaler's lower bound or minAllowed, a LimitRange's minimum or "
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
    requests: Amounts = Field(description="of one replica today, in millicores and MiB")
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
    """The replicas of one container of a service."""

    pods: list[Pod] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    requests: Resources = field(default_factory=dict)


def right_sizing(cluster: Cluster, rules: SizeRules = USUAL_RULES) -> tuple[RightSize, ...]:
    """Return what each container with known use would better request, by service.

    A pod without a service, or of a source that lists no containers, stands for itself.
    """
    usage = Usage() if cluster.usage is None else cluster.usage
    row = {key: at for at, key in enumerate(usage.containers)}
    containers: dict[tuple[str, str], _Container] = defaultdict(_Container)
    for pod in cluster.pods:
        if pod.finished:
            continue
        for name, requests in (pod.containers or {WHOLE_POD: pod.requests}).items():
            one = containers[pod.service or pod.id, name]
            one.pods.append(pod)
            for resource in LOAD_RESOURCES:
                asked = requests.get(resource, 0)
                one.requests[resource] = max(asked, one.requests.get(resource, 0))
            for key in ((pod.id, name), (pod.id, WHOLE_POD)):
                if key in row and (key[1] == name or len(pod.containers) == 1):
                    one.rows.append(row[key])
                    break
            else:
                if not pod.containers:
                    one.rows += [at for at, (of, _) in enumerate(usage.containers) if of == pod.id]
    window = _window(usage)
    found = []
    for (service, name), one in sorted(containers.items()):
        lower, advised, who = _advice(cluster, usage, one.pods[0], name)
        seen = _seen(usage, one, rules)
        recommended: Resources = {}
        for resource in LOAD_RESOURCES:
            least = max(rules.least(service, resource), lower.get(resource, 0))
            if resource in seen:
                recommended[resource] = max(seen[resource], least)
            elif resource in advised:
                recommended[resource] = max(advised[resource], least)
        if not recommended:
            continue
        saves = {
            resource: len(one.pods) * (one.requests[resource] - amount)
            for resource, amount in recommended.items()
        }
        found.append(
            RightSize(
                service=service,
                container=name or one.pods[0].name,
                namespace=one.pods[0].namespace,
                kind=one.pods[0].owner.kind if one.pods[0].owner else "",
                workload=one.pods[0].owner.name if one.pods[0].owner else one.pods[0].name,
                requests=_shown(one.requests),
                recommended=_shown(recommended),
                saves=_shown(saves),
                replicas=len(one.pods),
                method=rules.method if seen else f"as {who} recommends",
                window=window if seen else "its own",
            )
        )
    return tuple(found)


def right_sized(cluster: Cluster, rules: SizeRules = USUAL_RULES) -> Cluster:
    """Return the cluster as if every container requested what `right_sizing` recommends."""
    sizes = right_sizing(cluster, rules)
    by_name = {(one.service, one.container): one.recommended for one in sizes}

    def sized(pod: Pod) -> Pod:
        change: dict[str, int] = defaultdict(int)
        held = dict(pod.containers)
        for name, requests in (pod.containers or {WHOLE_POD: pod.requests}).items():
            advised = by_name.get((pod.service or pod.id, name or pod.name))
            if advised is None:
                continue
            wanted = {
                resource: amount
                for resource, amount in ((CPU, advised.cpu), (MEMORY, advised.memory))
                if amount is not None
            }
            for resource, amount in wanted.items():
                canonical = ceil(amount if resource == CPU else amount * MIB)
                change[resource] += canonical - requests.get(resource, 0)
                if name in held:
                    held[name] = held[name] | {resource: canonical}
        if not change or pod.finished:
            return pod
        requests = pod.requests | {
            resource: max(0, pod.requests.get(resource, 0) + by) for resource, by in change.items()
        }
        return pod.model_copy(update={"requests": requests, "held": None, "containers": held})

    return cluster.replace(pods=tuple(sized(pod) for pod in cluster.pods))


def _seen(usage: Usage, one: _Container, rules: SizeRules) -> Resources:
    margin = 1 + Fraction(str(rules.memory_margin))
    seen: Resources = {}
    if one.rows:
        cpu, memory = usage.cpu[one.rows], usage.memory[one.rows]
        if not np.isnan(cpu).all():
            percentile = float(np.nanpercentile(cpu.astype(float), rules.cpu_percentile))
            seen[CPU] = ceil(round(percentile, 3))
        if not np.isnan(memory).all():
            most = Fraction(float(np.nanmax(memory))) * margin
            seen[MEMORY] = ceil(most / MIB) * MIB
        return seen
    foreseen = [pod.expected for pod in one.pods if pod.expected and not pod.containers]
    if foreseen:
        cpu_seen = [amounts[CPU] for amounts in foreseen if CPU in amounts]
        memory_seen = [amounts[MEMORY] for amounts in foreseen if MEMORY in amounts]
        if cpu_seen:
            seen[CPU] = ceil(float(np.percentile(cpu_seen, rules.cpu_percentile)))
        if memory_seen:
            seen[MEMORY] = ceil(Fraction(max(memory_seen)) * margin / MIB) * MIB
    return seen


def _advice(
    cluster: Cluster, usage: Usage, pod: Pod, container: str
) -> tuple[Resources, Resources, str]:
    """Lower bounds of one replica's container, what a tool would have it request, and which."""
    lower: Resources = {}
    advised: Resources = {}
    who = ""
    workload = f"{pod.namespace}/{pod.owner.name}" if pod.owner else pod.id
    for one in usage.recommendations:
        if one.container not in (container, EVERY_CONTAINER) or one.workload != workload:
            continue
        if one.kind and pod.owner is not None and one.kind != pod.owner.kind:
            continue
        if one.requests:
            advised, who = one.requests, one.source
        for resource, amount in one.lower_bound.items():
            lower[resource] = max(amount, lower.get(resource, 0))
    for limits in cluster.limit_ranges:
        if limits.namespace == pod.namespace and pod.containers:
            for item in limits.items:
                if item.type == "Container":
                    for resource, amount in _canonical(item.min).items():
                        lower[resource] = max(amount, lower.get(resource, 0))
    return lower, advised, who


def _canonical(written: Mapping[str, str]) -> Resources:
    return {
        resource: ceil(read_quantity(written[resource]) * (1000 if resource == CPU else 1))
        for resource in LOAD_RESOURCES
        if resource in written
    }


def _shown(amounts: Mapping[str, int]) -> Amounts:
    return Amounts(
        cpu=amounts.get(CPU),
        memory=None if MEMORY not in amounts else round(amounts[MEMORY] / MIB, 3),
    )


def _window(usage: Usage) -> str:
    if not usage.samples:
        return "as foreseen"
    if usage.samples == 1:
        return "a single sample"
    span = usage.samples * usage.step_s
    told = f"{span / 86_400:.3g} days" if span >= 86_400 else f"{span / 3600:.3g} hours"
    return f"{told} in steps of {usage.step_s:g} s"


def requested(cluster: Cluster) -> tuple[float, float]:
    """Millicores and MiB that all pods which hold capacity request together."""
    pods = [pod for pod in cluster.pods if pod.holds_capacity]
    cpu, memory = (sum(pod.footprint.get(name, 0) for pod in pods) for name in LOAD_RESOURCES)
    return float(cpu), round(memory / MIB, 3)
