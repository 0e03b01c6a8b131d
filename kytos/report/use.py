"""What nodes' pods use, as pictures and tables tell it: beside requests, and by the hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kytos.cluster import CPU, LOAD_RESOURCES, MEMORY, Cluster
from kytos.language import N_, _, plural
from kytos.problem import Floats
from kytos.questions.parts.known_use import PERCENTILE, KnownUse, known_use, slots_of
from kytos.questions.parts.right_sizing import MIB, RightSize
from kytos.questions.parts.use_of_pods import Measured
from kytos.questions.parts.use_report import UseReport, sums_by_node
from kytos.report import units
from kytos.report.cells import Cell
from kytos.report.usage import Usage, usage

LOW = 5.0
"""Percentile of a band's lower edge; the upper is `PERCENTILE`."""

_LEAST_SHARE = 0.0005
"""Of the time; less is told as never."""
_SPANS = (
    (86_400, N_("{times:.3g} day"), N_("{times:.3g} days")),
    (3_600, N_("{times:.3g} hour"), N_("{times:.3g} hours")),
    (60, N_("{times:.3g} minute"), N_("{times:.3g} minutes")),
)


def has_use(cluster: Cluster) -> bool:
    """Whether anything is known of what the cluster's pods use."""
    return cluster.usage is not None or any(pod.expected for pod in cluster.pods)


def used(cluster: Cluster) -> Usage:
    """Return what the pods of each node use together, 95th percentile, of what it offers."""
    known = known_use(cluster)
    sums = sums_by_node(cluster, known, {pod.id: pod.node for pod in cluster.pods})
    held = np.zeros((len(cluster.nodes), len(LOAD_RESOURCES)), dtype=np.int64)
    for column, resource in enumerate(LOAD_RESOURCES):
        held[:, column] = np.ceil(np.percentile(sums[resource], PERCENTILE, axis=1))
    offered = np.array(
        [[node.allocatable.get(name, 0) for name in LOAD_RESOURCES] for node in cluster.nodes],
        dtype=np.int64,
    ).reshape(-1, len(LOAD_RESOURCES))
    names = tuple(node.name for node in cluster.nodes)
    return Usage(names, LOAD_RESOURCES, held, offered, _("in use, in 95 % of the time at most:"))


def requested_like(cluster: Cluster, other: Usage) -> Usage:
    """Return what is requested, in the resources of `other` alone."""
    whole = usage(cluster)
    columns = [whole.resources.index(name) for name in other.resources]
    return Usage(whole.nodes, other.resources, whole.held[:, columns], whole.offered[:, columns])


def use_cell(cluster: Cluster) -> Cell:
    """Return what all pods together use of what all nodes offer, as a number of a page."""
    known = known_use(cluster)
    sums = sums_by_node(cluster, known, {pod.id: pod.node for pod in cluster.pods})
    nodes = [node for node in cluster.nodes if node.provisioned]
    at = [cluster.node_index[node.name] for node in nodes]
    told = []
    for resource in LOAD_RESOURCES:
        offered = sum(node.allocatable.get(resource, 0) for node in nodes)
        most = float(np.percentile(sums[resource][at].sum(axis=0), PERCENTILE))
        told.append(units.percent(most / offered) if offered else "n/a")
    return Cell(_("CPU used (p95)"), told[0], remark=_("memory {told}", told=told[1]))


@dataclass(frozen=True, eq=False)
class Day:
    """A day of one node: what its pods use together.

    Attributes
    ----------
    slots
        Names of the hours, or of what the samples are.
    low, mean, high
        ``(slots,)`` 5th percentile, mean and 95th percentile of the samples in each, canonical.
    requested, offered
        What its pods request together, and what it offers.
    """

    slots: tuple[str, ...]
    low: Floats
    mean: Floats
    high: Floats
    requested: int
    offered: int


def day_of_node(cluster: Cluster, known: KnownUse, node: str, resource: str) -> Day:
    """Return a day of a node; `known` is of this cluster or one with the same pods."""
    slot, names = slots_of(known)
    pods = cluster.pods_by_node[node]
    rows = [known.row[pod.id] for pod in pods if pod.id in known.row]
    itself = cluster.nodes[cluster.node_index[node]]
    elsewhere = itself.current_load.get(resource, 0)
    total = np.nan_to_num(known.of(resource)[rows].astype(float)).sum(axis=0) + elsewhere
    inside = [total[slot == at] for at in range(len(names))]
    return Day(
        slots=names,
        low=np.array([np.percentile(values, LOW) for values in inside]),
        mean=np.array([values.mean() for values in inside]),
        high=np.array([np.percentile(values, PERCENTILE) for values in inside]),
        requested=sum(pod.footprint.get(resource, 0) for pod in pods) + elsewhere,
        offered=itself.allocatable.get(resource, 0),
    )


def coverage_sentence(report: UseReport) -> str:
    """Say of how many pods use is known, and over which time."""
    share = report.pods_covered / report.pods if report.pods else 0.0
    told = _(
        "Use is known of {pods_covered:,} of {pods:,} pods ({share:.0%})",
        pods_covered=report.pods_covered,
        pods=report.pods,
        share=share,
    )
    if report.samples <= 1 or not report.step_s:
        return _("{told}, at one moment.", told=told)
    return _(
        "{told}, over {span} in steps of {step}.",
        told=told,
        span=_span(report.samples * report.step_s),
        step=_span(report.step_s),
    )


def risk_sentences(report: UseReport) -> tuple[str, str]:
    """Say apart what CPU and what memory beyond the nodes would come to, before and after."""
    told = [
        _(
            "{before} today, {after} as planned",
            before=_nodes_over([getattr(node.before, field) for node in report.nodes]),
            after=_nodes_over([getattr(node.after, field) for node in report.nodes]),
        )
        for field in ("cpu_over", "memory_over")
    ]
    return (
        _("CPU beyond what a node has (pods are throttled, which is slow): {told}.", told=told[0]),
        _(
            "Memory beyond what a node has (containers are killed, which is worse): {told}.",
            told=told[1],
        ),
    )


def measured_columns() -> tuple[str, str, str]:
    """What the columns of `measured_troubles` after the name say."""
    return _("throttled (mean)"), _("throttled (worst pod)"), _("OOM kills")


def measured_sentence(report: UseReport) -> str:
    """Say what was counted of throttling and kills as pods run today, or that nobody counted."""
    if report.measured is None:
        return _(
            "Throttling and OOM kills were not measured; a Prometheus that scrapes the kubelets "
            "tells them."
        )
    shares = [pod.throttled for pod in report.by_pod if pod.throttled is not None]
    kills = [pod.oom_kills for pod in report.by_pod if pod.oom_kills is not None]
    told = []
    if shares:
        told.append(
            _(
                "{some:,} of {pods} throttled by their own limits, up to {share} of CPU periods",
                some=sum(share > _LEAST_SHARE for share in shares),
                pods=units.count(len(shares), "pod"),
                share=measured_share(max(shares)),
            )
        )
    if kills:
        told.append(
            _(
                "OOM kills: {kills:,} in {pods}",
                kills=sum(kills),
                pods=units.count(sum(count > 0 for count in kills), "pod"),
            )
        )
    return _("Measured as pods run today: {told}.", told="; ".join(told))


def measured_troubles(measured: Sequence[Measured]) -> list[tuple[str, ...]]:
    """Return a row for each service or node of which trouble was counted, the worst first."""
    troubled = [
        one for one in measured if one.oom_kills or (one.throttled_worst or 0.0) > _LEAST_SHARE
    ]
    troubled.sort(key=lambda one: (-(one.oom_kills or 0), -(one.throttled_worst or 0.0), one.name))
    return [
        (
            one.name,
            measured_share(one.throttled),
            measured_share(one.throttled_worst),
            _("not counted") if one.oom_kills is None else f"{one.oom_kills:,}",
        )
        for one in troubled
    ]


def measured_pods(report: UseReport) -> tuple[Measured, ...]:
    """Return what was measured of each pod, as of a service or node that has it alone."""
    return tuple(
        Measured(
            name=pod.pod,
            pods=1,
            throttled=pod.throttled,
            throttled_worst=pod.throttled,
            oom_kills=pod.oom_kills,
        )
        for pod in report.by_pod
        if pod.throttled is not None or pod.oom_kills is not None
    )


def measured_share(share: float | None) -> str:
    """A share of CPU periods as people read it."""
    return _("not measured") if share is None else f"{100 * share:.2g} %"


def _nodes_over(shares: Sequence[float]) -> str:
    over = [share for share in shares if share > _LEAST_SHARE]
    if not over:
        return _("no node")
    return _(
        "{nodes} (up to {share:.2g} % of the time)",
        nodes=units.count(len(over), "node"),
        share=100 * max(over),
    )


def saved_sentence(sizes: Sequence[RightSize]) -> str:
    """Say what right sizes come to for all replicas together."""
    totals = {}
    for name in LOAD_RESOURCES:
        told = [one for one in sizes if getattr(one.recommended, name) is not None]
        now = sum(one.replicas * (getattr(one.requests, name) or 0) for one in told)
        then = sum(one.replicas * getattr(one.recommended, name) for one in told)
        totals[name] = (now, then)
    cpu, memory = totals[CPU], totals[MEMORY]
    return _(
        "Containers with known use request {cores:,.1f} cores and "
        "{memory:,.1f} GiB; right-sized they would request "
        "{better_cores:,.1f} cores and {better_memory:,.1f} GiB.",
        cores=cpu[0] / 1000,
        memory=memory[0] * MIB / 2**30,
        better_cores=cpu[1] / 1000,
        better_memory=memory[1] * MIB / 2**30,
    )


def _span(seconds: float) -> str:
    for length, one, many in _SPANS:
        if seconds >= length:
            times = seconds / length
            return plural(one, many, 1 if round(times, 2) == 1 else 2, times=times)
    return f"{seconds:g} s"
