"""What each pod was seen to use and to suffer: percentiles, throttling and kills, as measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from pydantic import Field

from kytos.cluster import CPU, LOAD_RESOURCES, MEMORY, Cluster, Frozen
from kytos.questions.parts.known_use import KnownUse
from kytos.usage import Series, Usage

PERCENTILES = (50.0, 95.0, 99.0, 100.0)
MIB = 2**20


class Profile(Frozen):
    """How much of a resource a pod uses, over the samples there are: millicores or MiB."""

    p50: float
    p95: float
    p99: float
    max: float


class PodUse(Frozen):
    """What one pod uses, and what was measured to befall it."""

    pod: str
    service: str | None = None
    node: str | None = Field(None, description="where it runs today")
    cpu: Profile | None = Field(None, description="millicores; null where it is unknown")
    memory: Profile | None = Field(None, description="MiB; null where it is unknown")
    own: bool = Field(True, description="false: the mean of its service's others, which it takes")
    throttled: float | None = Field(
        None,
        description="measured share of CPU periods in which its most throttled container was held "
        "back by its own limit, mean of the window; null where it was not measured",
    )
    oom_kills: int | None = Field(
        None, description="measured kills for lack of memory; null where they were not counted"
    )


class Measured(Frozen):
    """What was measured to befall the pods of a service or of a node, as they run today."""

    name: str
    pods: int = Field(description="of which anything was measured")
    throttled: float | None = Field(description="mean of its pods' shares of CPU periods")
    throttled_worst: float | None = Field(description="the share of its most throttled pod")
    oom_kills: int | None = Field(description="of its pods together")


class MeasuredReport(Frozen):
    """Throttling and kills that were counted, by service and node; no model stands behind them."""

    services: tuple[Measured, ...]
    nodes: tuple[Measured, ...]


def use_of_each_pod(cluster: Cluster, known: KnownUse) -> tuple[PodUse, ...]:
    """Return what is known of each pod, in the cluster's order.

    Percentiles are those of the samples as they are (NumPy's linear interpolation); what is
    missing counts for nothing.
    """
    usage = Usage() if cluster.usage is None else cluster.usage
    measured = set(usage.pods)
    running = [pod for pod in cluster.pods if not pod.finished]
    throttled, kills = _throttled(usage), _kills(usage)
    own = [pod.id for pod in running if pod.id in measured]
    samples = dict(zip(LOAD_RESOURCES, usage.of_pods(own), strict=True))
    place = {pod: at for at, pod in enumerate(own)}
    taken: dict[str, dict[str, Profile]] = defaultdict(dict)
    for resource in LOAD_RESOURCES:
        foreseen = {pod.id for pod in running if resource in pod.expected}
        seen = [pod for pod in own if pod not in foreseen]
        scale = 1.0 if resource == CPU else 1.0 / MIB
        rows = samples[resource][[place[pod] for pod in seen]]
        _take(taken, resource, seen, rows * scale)
        has = {pod for pod in seen if resource in taken[pod]}
        others = [pod.id for pod in running if pod.id in known.row and pod.id not in has]
        _take(taken, resource, others, known.of(resource)[[known.row[p] for p in others]] * scale)
    return tuple(
        PodUse(
            pod=pod.id,
            service=pod.service,
            node=pod.node,
            cpu=taken[pod.id].get(CPU),
            memory=taken[pod.id].get(MEMORY),
            own=pod.id in measured or bool(pod.expected),
            throttled=throttled.get(pod.id),
            oom_kills=kills.get(pod.id),
        )
        for pod in running
        if taken.get(pod.id) or pod.id in throttled or pod.id in kills
    )


def measured_report(pods: Sequence[PodUse]) -> MeasuredReport | None:
    """Add up what was measured by service and node; None where nothing was."""
    told = [pod for pod in pods if pod.throttled is not None or pod.oom_kills is not None]
    if not told:
        return None
    return MeasuredReport(
        services=_by(told, lambda pod: pod.service or pod.pod),
        nodes=_by((pod for pod in told if pod.node is not None), lambda pod: str(pod.node)),
    )


def _take(
    taken: dict[str, dict[str, Profile]], resource: str, pods: Sequence[str], rows: Series
) -> None:
    if not rows.size:
        return
    some = np.flatnonzero(~np.isnan(rows).all(axis=1))
    if not len(some):
        return
    of = np.nanpercentile(rows[some].astype(float), PERCENTILES, axis=1)
    for at, row in enumerate(some):
        p50, p95, p99, most = (round(float(value), 3) for value in of[:, at])
        taken[pods[int(row)]][resource] = Profile(p50=p50, p95=p95, p99=p99, max=most)


def _throttled(usage: Usage) -> dict[str, float]:
    """By pod, the highest of its containers' means over time."""
    if not usage.throttled.size:
        return {}
    most: dict[str, float] = {}
    for row in np.flatnonzero(~np.isnan(usage.throttled).all(axis=1)):
        share = round(float(np.nanmean(usage.throttled[row], dtype=float)), 6)
        pod = usage.containers[row][0]
        most[pod] = max(share, most.get(pod, 0.0))
    return most


def _kills(usage: Usage) -> dict[str, int]:
    kills: dict[str, int] = defaultdict(int)
    for (pod, _), count in usage.oom_kills.items():
        kills[pod] += count
    return dict(kills)


def _by(pods: Iterable[PodUse], name: Callable[[PodUse], str]) -> tuple[Measured, ...]:
    groups: Mapping[str, list[PodUse]] = defaultdict(list)
    for pod in pods:
        groups[name(pod)].append(pod)
    return tuple(_of(group, members) for group, members in sorted(groups.items()))


def _of(name: str, members: Sequence[PodUse]) -> Measured:
    shares = [pod.throttled for pod in members if pod.throttled is not None]
    kills = [pod.oom_kills for pod in members if pod.oom_kills is not None]
    return Measured(
        name=name,
        pods=len(members),
        throttled=round(sum(shares) / len(shares), 6) if shares else None,
        throttled_worst=max(shares, default=None),
        oom_kills=sum(kills) if kills else None,
    )
