"""What containers have really used over time, apart from what they request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

Series = npt.NDArray[np.float32]
Resources = dict[str, int]

WHOLE_POD = ""
"""The container's name of a series that covers all of a pod."""


EVERY_CONTAINER = "*"
"""The container's name in a recommendation that holds for all of a pod."""


@dataclass(frozen=True)
class Recommendation:
    """What a tool would have a container request.

    Attributes
    ----------
    source
        Which tool says so.
    kind, workload
        The controller whose containers it is about, ``namespace/name``.
    requests
        Canonical amounts by resource; what is missing is not recommended.
    lower_bound
        Below which the tool says a request would starve the container, or its user allows none.
    """

    source: str
    kind: str
    workload: str
    container: str
    requests: Resources
    lower_bound: Resources = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Usage:
    """Samples of use on one grid of time.

    Attributes
    ----------
    containers
        Pod id and container name along the first axis; `WHOLE_POD` where a series tells no
        container.
    start_s, step_s
        Time of the first sample (seconds since 1970) and between samples.
    cpu, memory
        ``(containers, samples)``, millicores and bytes; NaN where nothing is known.
    throttled
        ``(containers, samples)``, share of CPU periods in which the container was throttled; NaN
        where nothing is known.
    oom_kills
        Kills for lack of memory seen, by (pod id, container).
    left_out
        What could not be read, by why: names of the objects.
    """

    containers: tuple[tuple[str, str], ...] = ()
    start_s: float = 0.0
    step_s: float = 60.0
    cpu: Series = field(default_factory=lambda: np.empty((0, 0), np.float32))
    memory: Series = field(default_factory=lambda: np.empty((0, 0), np.float32))
    throttled: Series = field(default_factory=lambda: np.empty((0, 0), np.float32))
    oom_kills: Mapping[tuple[str, str], int] = field(default_factory=dict)
    recommendations: tuple[Recommendation, ...] = ()
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def samples(self) -> int:
        """How many samples a series has."""
        return int(self.cpu.shape[1])

    @cached_property
    def pods(self) -> tuple[str, ...]:
        """Ids of the pods with at least one series, sorted."""
        return tuple(sorted({pod for pod, _ in self.containers}))

    def of_pods(self, pods: Sequence[str]) -> tuple[Series, Series]:
        """CPU in millicores and memory in bytes of whole pods, ``(pods, samples)`` each.

        A pod is the sum of its containers; where one of them is unknown at a time, the sum of the
        others stands, and where all are, NaN. A series of the whole pod wins over its containers',
        resource by resource.
        """
        return self._of_pods(self.cpu, pods), self._of_pods(self.memory, pods)

    def _of_pods(self, series: Series, pods: Sequence[str]) -> Series:
        total = np.full((len(pods), self.samples), np.nan, np.float32)
        for at, pod in enumerate(pods):
            containers, whole = self._rows_by_pod.get(pod, ([], []))
            if whole:
                total[at] = _sum_of(series[whole])
            if containers and np.isnan(total[at]).all():
                total[at] = _sum_of(series[containers])
        return total

    @cached_property
    def _rows_by_pod(self) -> Mapping[str, tuple[list[int], list[int]]]:
        """By pod the rows of its containers, and those of the whole pod."""
        rows: dict[str, tuple[list[int], list[int]]] = {}
        for row, (pod, container) in enumerate(self.containers):
            rows.setdefault(pod, ([], []))[container == WHOLE_POD].append(row)
        return rows


def _sum_of(series: Series) -> Series:
    total = np.nansum(series, axis=0, dtype=np.float32)
    return np.where(np.isnan(series).all(axis=0), np.float32(np.nan), total)


def filled(series: Series) -> Series:
    """``(rows, samples)`` with gaps filled in time; rows without a sample stay NaN."""
    known = ~np.isnan(series)
    filled = series.copy()
    at = np.arange(series.shape[1])
    for row in np.flatnonzero(known.any(axis=1) & ~known.all(axis=1)):
        filled[row] = np.interp(at, at[known[row]], series[row, known[row]])
    return filled
