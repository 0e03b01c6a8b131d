"""Files of use, known by their shape, read into one `Usage`."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kytos.errors import SourceError
from kytos.sources.archives import unpacked
from kytos.sources.documents import read_documents
from kytos.sources.json_stream import FileContent
from kytos.sources.usage.counters import counted, rate_of
from kytos.sources.usage.grid import Key, SampleSink, grid_of
from kytos.sources.usage.krr import is_krr, read_scan
from kytos.sources.usage.kubernetes_usage import (
    POD_METRICS,
    VERTICAL_POD_AUTOSCALER,
    objects_of,
    read_pod_metrics,
    read_recommendations,
)
from kytos.sources.usage.prometheus import PrometheusSeries, is_prometheus, read_series
from kytos.usage import WHOLE_POD, Recommendation, Usage

LEAST_BYTES = 100_000.0
"""A series without a name whose median is higher is memory: no container uses as many cores, and
none has so small a working set."""

MILLICORES = 1000.0

_LATEST_S = 1e15
_MOST = 1e18
"""No sample is that late or that much: what is, is unknown rather than a sum without bounds."""

_SANDBOX = {"POD"}
"""The pause container's name in cAdvisor's metrics: no container of the pod's own."""

_MAX_BYTES = 4 * 2**30
_HEAD = 4096


@dataclass
class _Collected:
    """What the files have told so far."""

    cpu: SampleSink = field(default_factory=SampleSink)
    memory: SampleSink = field(default_factory=SampleSink)
    throttled: SampleSink = field(default_factory=SampleSink)
    periods: dict[str, dict[Key, list[PrometheusSeries]]] = field(
        default_factory=lambda: {"throttled": defaultdict(list), "all": defaultdict(list)}
    )
    """Counters of CPU periods, where they came instead of their share."""
    oom_kills: Counter[Key] = field(default_factory=Counter)
    recommendations: list[Recommendation] = field(default_factory=list)
    left_out: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def empty(self) -> bool:
        sinks = (self.cpu, self.memory, self.throttled)
        return not (any(s.keys for s in sinks) or self.oom_kills or self.recommendations)


def read_usage(
    files: Iterable[tuple[str, bytes | FileContent]],
    max_bytes: int = _MAX_BYTES,
    passing_over: Container[str] = (),
) -> Usage:
    """Read files of use: PodMetrics, Prometheus' answers, VerticalPodAutoscalers, krr's report.

    Archives (gzip, tar, zip) are unpacked. Other objects in them are passed over, so that a
    cluster's own file can be given as well. Prometheus' series without a name are told apart by
    their file's name (one with ``cpu``, ``mem``, ``throttl`` or ``oom`` in it), else by their size.

    Parameters
    ----------
    passing_over
        Names of files that need not tell of use at all.

    Raises
    ------
    SourceError
        When a file is none of these, naming it.
    """
    collected = _Collected()
    for name, content in _unpacked(files, max_bytes):
        if isinstance(content, FileContent) and is_prometheus(content.head(_HEAD)):
            content = content.whole()
        if isinstance(content, bytes) and is_prometheus(content):
            for series in read_series(content, name):
                _take_series(collected, series, name)
            continue
        known = False
        for document in read_documents(content, name, max_bytes, _of_use):
            known |= _take_document(collected, document, name)
        if not known and name not in passing_over:
            raise SourceError(
                "holds no use of pods; expected PodMetrics (kubectl get --raw "
                "/apis/metrics.k8s.io/v1beta1/pods), an answer of Prometheus' query_range, "
                "VerticalPodAutoscaler objects or krr's JSON",
                name,
            )
    return _usage_of(collected)


def _of_use(entry: Any) -> Any:
    """An object of a List, or nothing of one that tells no use: a cluster's pods, say."""
    kind = entry.get("kind") if isinstance(entry, dict) else None
    return None if kind and kind not in (POD_METRICS, VERTICAL_POD_AUTOSCALER) else entry


def _unpacked(
    files: Iterable[tuple[str, bytes | FileContent]], max_bytes: int
) -> Iterator[tuple[str, bytes | FileContent]]:
    for name, content in files:
        for part in unpacked([(name, content)], max_bytes):
            raw = part.content
            yield part.name, raw.encode() if isinstance(raw, str) else raw


def _take_document(collected: _Collected, document: Any, name: str) -> bool:
    """Take what a document tells; False where it is nothing about use."""
    if is_krr(document):
        for position, scan in enumerate(document["scans"]):
            try:
                collected.recommendations.append(read_scan(scan, f"{name}: scans[{position}]"))
            except SourceError as error:
                collected.left_out[error.message].append(error.where)
        return True
    known = False
    for item in objects_of(document):
        kind = item.get("kind")
        try:
            if kind == POD_METRICS:
                known = True
                for key, time, cpu, memory in list(read_pod_metrics(item, name)):
                    collected.cpu.add(key, np.array([time]), np.array([cpu]))
                    collected.memory.add(key, np.array([time]), np.array([memory]))
            elif kind == VERTICAL_POD_AUTOSCALER:
                known = True
                collected.recommendations.extend(read_recommendations(item, name))
        except SourceError as error:
            collected.left_out[error.message].append(error.where)
    return known or (isinstance(document, dict) and document.get("kind") == f"{POD_METRICS}List")


def _take_series(collected: _Collected, series: PrometheusSeries, name: str) -> None:
    labels = series.labels
    pod = labels.get("pod") or labels.get("pod_name")
    if not pod:
        collected.left_out["a series of Prometheus names no pod; it is left out"].append(name)
        return
    container = labels.get("container") or labels.get("container_name") or WHOLE_POD
    if container in _SANDBOX or not len(series.times):
        return
    key = f"{labels.get('namespace') or 'default'}/{pod}", container
    moments = np.abs(series.times) < _LATEST_S  # not-a-number is none either
    series = PrometheusSeries(labels, series.times[moments], series.values[moments])
    within = (series.values >= 0) & (series.values < _MOST)
    values = np.where(within, series.values, np.nan)
    if np.isnan(values).all():
        why = "a series of Prometheus has no value of at least 0; it is left out"
        collected.left_out[why].append("/".join(key))
        return
    metric = labels.get("__name__", "").lower()
    known = PrometheusSeries(labels, series.times, values)
    if metric.endswith("_total") and _take_counter(collected, metric, key, known):
        return
    if _NO_USE.search(metric):
        why = f"{labels['__name__']} is nothing that pods use; it is left out"
        collected.left_out[why].append("/".join(key))
        return
    match _quantity(metric, name, values):
        case "oom":
            collected.oom_kills[key] += _kills(float(np.nanmax(values)))
        case "throttled":
            collected.throttled.add(key, series.times, np.minimum(values, 1.0))
        case "memory":
            collected.memory.add(key, series.times, values)
        case _:
            collected.cpu.add(key, series.times, values * MILLICORES)


def _take_counter(collected: _Collected, metric: str, key: Key, series: PrometheusSeries) -> bool:
    """Take one of cAdvisor's counters as it is exposed; False where it is none of those."""
    if metric == "container_cpu_usage_seconds_total":
        times, cores = rate_of(series.times, series.values)
        if len(times):
            collected.cpu.add(key, times, cores * MILLICORES)
        else:
            why = f"{metric} is a counter, which tells a rate from two samples on; it is left out"
            collected.left_out[why].append("/".join(key))
    elif metric == "container_oom_events_total":
        collected.oom_kills[key] += _kills(counted(series.times, series.values))
    elif metric == "container_cpu_cfs_throttled_periods_total":
        collected.periods["throttled"][key].append(series)
    elif metric == "container_cpu_cfs_periods_total":
        collected.periods["all"][key].append(series)
    else:
        return False
    return True


def _kills(increase: float) -> int:
    """Prometheus' ``increase`` extrapolates to the window's ends: whole kills are told."""
    return max(1, round(increase)) if increase > 0 else 0


def _take_periods(collected: _Collected) -> None:
    """Shares of CPU periods from the two counters; one without the other tells none."""
    both = collected.periods["throttled"].keys() & collected.periods["all"].keys()
    for key in sorted(both):
        (throttled,), (every,) = (
            [_joined(collected.periods[which][key])] for which in ("throttled", "all")
        )
        times, part = rate_of(throttled.times, throttled.values)
        all_times, whole = rate_of(every.times, every.values)
        _, at, where = np.intersect1d(times, all_times, return_indices=True)
        share = np.divide(
            part[at], whole[where], out=np.full(len(at), np.nan), where=whole[where] > 0
        )
        if len(at):
            collected.throttled.add(key, times[at], np.minimum(share, 1.0))
    for key in sorted(
        (collected.periods["throttled"].keys() | collected.periods["all"].keys()) - both
    ):
        why = "throttled and all CPU periods are both needed to tell a share; one is left out"
        collected.left_out[why].append("/".join(key))


def _joined(series: list[PrometheusSeries]) -> PrometheusSeries:
    times = np.concatenate([one.times for one in series])
    values = np.concatenate([one.values for one in series])
    order = np.argsort(times, kind="stable")
    return PrometheusSeries(series[0].labels, times[order], values[order])


_WORDS = {
    "oom": re.compile(r"(?<![a-z])oom"),
    "throttled": re.compile(r"throttl"),
    "memory": re.compile(r"(?<![a-z])mem|working_set"),
    "cpu": re.compile(r"(?<![a-z])cpu"),
}
"""What a metric's or a file's name says of what its series are."""

_NO_USE = re.compile(
    r"_spec_|_limit|_request|_cfs_|_quota|_failcnt|_failures_|_load_average|_max_usage|_swap$|"
    r"_cache$|_psi|_pressure"
)
"""In names of cAdvisor's and kube-state-metrics' series that are about cpu or memory, but tell no
use of now."""


def _quantity(metric: str, file_name: str, values: np.ndarray[Any, np.dtype[np.float64]]) -> str:
    """Which of the four standard queries a series answers; what is named first in a name decides.

    ``cpu_throttling`` is throttling all the same, and ``memory_oom`` are kills.
    """
    for said in (metric, file_name.lower()):
        for quantity in ("oom", "throttled"):
            if _WORDS[quantity].search(said):
                return quantity
        places = {
            quantity: place.start()
            for quantity in ("memory", "cpu")
            if (place := _WORDS[quantity].search(said))
        }
        if places:
            return min(places, key=places.__getitem__)
    return "memory" if float(np.nanmedian(values)) >= LEAST_BYTES else "cpu"


def _usage_of(collected: _Collected) -> Usage:
    _take_periods(collected)
    sinks = (collected.cpu, collected.memory, collected.throttled)
    containers = tuple(sorted({key for sink in sinks for key in sink.keys}))
    rows = {key: row for row, key in enumerate(containers)}
    grid = grid_of(*sinks)
    return Usage(
        containers=containers,
        start_s=grid.start_s,
        step_s=grid.step_s,
        cpu=grid.filled(collected.cpu, rows),
        memory=grid.filled(collected.memory, rows, keep_highest=True),
        throttled=grid.filled(collected.throttled, rows),
        oom_kills=dict(collected.oom_kills),
        recommendations=tuple(collected.recommendations),
        left_out={why: tuple(names) for why, names in collected.left_out.items()},
    )
