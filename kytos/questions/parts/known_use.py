"""What is known of the use of a cluster's pods: series on one grid, and what they count for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from kytos.cluster import CPU, LOAD_RESOURCES, MEMORY, Cluster, Note, NoteKind, Pod, note_about
from kytos.language import said
from kytos.load_profile import LoadProfile
from kytos.problem import Ints
from kytos.questions.parts.earlier_pods import earlier_pods
from kytos.questions.parts.limits import CountedAs, LoadFrom
from kytos.questions.parts.right_sizing import right_sized
from kytos.usage import Series, Usage, filled

PERCENTILE = 95.0
"""Of the sum of what the pods of a node use: what `max_used` bounds and the peaks tell."""

MOST_SLOTS = 24
"""The hours of a day; a series with no more samples is taken sample by sample."""

_DAY_S = 86_400.0


@dataclass(frozen=True, eq=False)
class KnownUse:
    """Use of pods on one grid of time, without gaps.

    Attributes
    ----------
    row
        By pod id, its row; pods of which nothing is known have none.
    cpu, memory
        ``(rows, samples)`` millicores and bytes; all NaN where that resource is unknown.
    start_s, step_s
        Time of the first sample and between samples; a step of 0 where use has no time.
    """

    row: dict[str, int]
    cpu: Series
    memory: Series
    start_s: float = 0.0
    step_s: float = 0.0

    @property
    def samples(self) -> int:
        """How many samples a series has."""
        return int(self.cpu.shape[1])

    def of(self, resource: str) -> Series:
        """``(rows, samples)`` of cpu or memory."""
        return self.cpu if resource == CPU else self.memory


def known_use(cluster: Cluster) -> KnownUse:
    """Return what the pods of a cluster use.

    What the user foresees of a pod (``expected_cpu``, ``expected_mem``) is its use; else it is
    what was measured, and a pod without a measurement takes the mean of its service's others, or
    of its service's earlier pods where none of today's is measured. Before a pod's first sample
    and after its last it is taken to use what its service's others, earlier ones among them, did
    then; where nobody knows, what it used at its nearest sample.
    """
    usage = Usage() if cluster.usage is None else cluster.usage
    samples = max(1, usage.samples)
    pods = [pod for pod in cluster.pods if not pod.finished]
    measured = set(usage.pods)
    own = [pod for pod in pods if pod.id in measured]
    earlier = earlier_pods(cluster)
    series = _own_series(usage, own, earlier)
    rows: dict[str, list[Series]] = {
        pod.id: [of[at] for of in series] for at, pod in enumerate(own) if usage.samples
    }
    of_service: dict[str, list[str]] = defaultdict(list)
    for pod in own:
        if pod.service is not None and pod.id in rows:
            of_service[pod.service].append(pod.id)
    means = {service: _mean([rows[pod] for pod in of]) for service, of in of_service.items()}
    for service, gone in earlier.items():
        if service not in means:
            cpu, memory = usage.of_pods(gone)
            means[service] = filled(_over_pods(cpu))[0], filled(_over_pods(memory))[0]
    nothing = np.full(samples, np.nan, np.float32)
    for pod in pods:
        row = rows.get(pod.id) or list(means.get(pod.service or "", (nothing, nothing)))
        for at, resource in enumerate(LOAD_RESOURCES):
            if resource in pod.expected:
                row[at] = np.full(samples, pod.expected[resource], np.float32)
        if not all(np.isnan(series).all() for series in row):
            rows[pod.id] = row
    known = list(rows)
    return KnownUse(
        row={pod: at for at, pod in enumerate(known)},
        cpu=_stacked([rows[pod][0] for pod in known], samples),
        memory=_stacked([rows[pod][1] for pod in known], samples),
        start_s=usage.start_s,
        step_s=usage.step_s if usage.samples > 1 else 0.0,
    )


def _own_series(
    usage: Usage, own: list[Pod], earlier: Mapping[str, tuple[str, ...]]
) -> tuple[Series, Series]:
    """``(pods, samples)`` cpu and memory without gaps, where anything of a pod is known."""
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, pod in enumerate(own):
        rows_of[pod.service or ""].append(row)
    cpu, memory = (series.copy() for series in usage.of_pods([pod.id for pod in own]))
    for series in (cpu, memory):
        if not series.size:
            continue
        known = ~np.isnan(series)
        short = known.any(axis=1) & ~(known[:, 0] & known[:, -1])
        for service in {own[row].service for row in np.flatnonzero(short)} - {None}:
            at = rows_of[str(service)]
            gone = earlier.get(str(service), ())
            both = usage.of_pods(gone)[0 if series is cpu else 1]
            mean = _over_pods(np.vstack([series[at], both]))[0]
            for row in np.intersect1d(at, np.flatnonzero(short)):
                first, last = np.flatnonzero(known[row])[[0, -1]]
                series[row, :first], series[row, last + 1 :] = mean[:first], mean[last + 1 :]
    return filled(cpu), filled(memory)


def _over_pods(series: Series) -> Series:
    """``(1, samples)`` mean of the pods known at each time, NaN where none is."""
    count = (~np.isnan(series)).sum(axis=0)
    total = np.nansum(series, axis=0, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return np.where(count > 0, total / count, np.nan).astype(np.float32)[None, :]


def as_asked(cluster: Cluster, request: CountedAs) -> Cluster:
    """Return the cluster as a request would have it seen: right-sized, counting for its use."""
    seen = right_sized(cluster, request.sizing) if request.right_sized else cluster
    return judged_by(seen, request)


def judged_by(cluster: Cluster, request: CountedAs, *, strictly: bool = False) -> Cluster:
    """Return the cluster, its pods counting for what they use where the request asks for that.

    Parameters
    ----------
    strictly
        Have nodes keep room for the highest sample of each slot, not for its 95th percentile.
    """
    if request.load_from is not LoadFrom.USAGE:
        return cluster
    return cluster.replace(
        load_profile=profile_of(cluster, known_use(cluster), request.max_used, strictly=strictly)
    )


def profile_of(
    cluster: Cluster, known: KnownUse, max_used: float = 1.0, *, strictly: bool = False
) -> LoadProfile:
    """Return what pods count for, by slots of time.

    Of few samples each is a slot; of more than a day the slots are hours of the day (UTC), else
    stretches of equal length. A slot's level is its mean, and what nodes keep room for is its 95th
    percentile: of a sum that stays within a bound in 95 % of each slot, the 95th percentile over
    all samples does too.
    """
    slot, names = slots_of(known)
    members = [np.flatnonzero(slot == at) for at in range(len(names))]
    level = np.empty((len(known.row), len(names), 2))
    bound = np.empty_like(level)
    most = 100.0 if strictly else PERCENTILE
    for at, inside in enumerate(members):
        for column, resource in enumerate(LOAD_RESOURCES):
            series = known.of(resource)[:, inside].astype(float)
            level[:, at, column] = series.mean(axis=1)
            bound[:, at, column] = np.percentile(series, most, axis=1)
    of_service: dict[str, list[int]] = defaultdict(list)
    for pod in cluster.pods:
        if pod.service is not None and pod.id in known.row:
            of_service[pod.service].append(known.row[pod.id])
    return LoadProfile(
        slots=names,
        level={pod: level[row] for pod, row in known.row.items()},
        bound={pod: bound[row] for pod, row in known.row.items()},
        of_service={
            service: (level[rows].mean(axis=0), bound[rows].mean(axis=0))
            for service, rows in of_service.items()
        },
        max_used=max_used,
    )


def slots_of(known: KnownUse) -> tuple[Ints, tuple[str, ...]]:
    """``(samples,)`` the slot of each sample, and the slots' names."""
    samples, step = known.samples, known.step_s
    if samples <= 1 or not step:
        return np.zeros(samples, dtype=np.int64), ("",)
    times = known.start_s + step * np.arange(samples)
    if samples <= MOST_SLOTS:
        return np.arange(samples), tuple(_clock(time) for time in times)
    if samples * step >= _DAY_S:
        length = max(_DAY_S / MOST_SLOTS, step)
        times_of_day, slot = np.unique((times % _DAY_S) // length, return_inverse=True)
        return slot, tuple(_clock(at * length) for at in times_of_day)
    slot = np.arange(samples) * MOST_SLOTS // samples
    first = [int(np.flatnonzero(slot == at)[0]) for at in range(MOST_SLOTS)]
    return slot, tuple(_clock(times[at]) for at in first)


def use_notes(cluster: Cluster, known: KnownUse, load_from: LoadFrom) -> Iterator[Note]:
    """Say how many pods' use is known, and of which it is not."""
    running = [pod for pod in cluster.pods if not pod.finished]
    missing = [pod.id for pod in running if not _is_known(known, pod)]
    covered = len(running) - len(missing)
    share = covered / len(running) if running else 0.0
    told = said(f"use is known of {covered} of {len(running)} pods ({share:.0%})")
    if missing:
        message = (
            said(
                f"{told}; unknown is that of the others named here, which count for what they "
                "request"
            )
            if load_from is LoadFrom.USAGE
            else said(f"{told}; unknown is that of the others named here")
        )
        yield note_about(message, missing, NoteKind.ASSUMED)
    else:
        yield Note(message=told)
    if not covered:
        yield Note(
            message=said("no pod's use is known, so no peak of use can be told"),
            kind=NoteKind.ASSUMED,
        )
    usage = cluster.usage
    if usage is None:
        return
    for why, names in usage.left_out.items():
        yield note_about(why, names, NoteKind.LEFT_OUT)
    gone = [pod for pods in earlier_pods(cluster).values() for pod in pods]
    if gone:
        message = said(
            "pods with use that are gone; by their names they were replicas of services here, and "
            "count as such"
        )
        yield note_about(message, gone, NoteKind.ASSUMED)
    known_gone = set(gone)
    strangers = [
        pod for pod in usage.pods if pod not in cluster.pod_index and pod not in known_gone
    ]
    if strangers:
        yield note_about(said("pods with use that are not in the cluster; left out"), strangers)
    replicas = [
        pod.id
        for pod in running
        if pod.id in known.row
        and pod.id not in usage.pods
        and not pod.expected.keys() & {CPU, MEMORY}
    ]
    if replicas:
        message = said(
            "pods without a measurement of their own take the mean of their service's others"
        )
        yield note_about(message, replicas, NoteKind.ASSUMED)


def _is_known(known: KnownUse, pod: Pod) -> bool:
    row = known.row.get(pod.id)
    return row is not None and not (
        np.isnan(known.cpu[row]).all() or np.isnan(known.memory[row]).all()
    )


def _mean(series: list[list[Series]]) -> tuple[Series, Series]:
    both = []
    for at in range(2):
        stacked = np.array([pair[at] for pair in series])
        known = stacked[~np.isnan(stacked).all(axis=1)]
        both.append(known.mean(axis=0) if len(known) else stacked[0])
    return both[0], both[1]


def _stacked(series: list[Series], samples: int) -> Series:
    return np.array(series, np.float32).reshape(len(series), samples)


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(float(seconds), UTC).strftime("%H:%M")
