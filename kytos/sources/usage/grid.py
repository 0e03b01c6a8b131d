"""Samples of many series, put on one grid of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from kytos.errors import SourceError
from kytos.language import said
from kytos.usage import Series

MOST_SAMPLES = 20_000
"""A week in half minutes; a longer or finer series is to be asked for with a larger step."""

LEAST_STEP_S = 1.0
DEFAULT_STEP_S = 60.0
"""Where nobody has two samples to tell a step from."""

Key = tuple[str, str]
Times = npt.NDArray[np.float64]


@dataclass
class SampleSink:
    """Collects samples by container, in whatever order files bring them."""

    times: list[Times] = field(default_factory=list)
    values: list[Times] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)

    def add(self, key: Key, times: Times, values: Times) -> None:
        """Take the samples of one container: seconds since 1970, and what was used then."""
        self.keys.append(key)
        self.times.append(times)
        self.values.append(values)


@dataclass(frozen=True)
class Grid:
    """Evenly spaced times: sample i is at ``start_s + i * step_s``."""

    start_s: float
    step_s: float
    samples: int

    def filled(
        self, sink: SampleSink, rows: Mapping[Key, int], *, keep_highest: bool = False
    ) -> Series:
        """Put a sink's samples on the grid, ``(rows, samples)``; NaN where there is none.

        Parameters
        ----------
        keep_highest
            Of several samples in one step keep the highest, as memory wants it; else their mean.
        """
        total = np.zeros((len(rows), self.samples), np.float32)
        count = np.zeros((len(rows), self.samples), np.uint16)
        for key, times, values in zip(sink.keys, sink.times, sink.values, strict=True):
            known = np.isfinite(values) & np.isfinite(times)
            at = np.rint((times[known] - self.start_s) / self.step_s).astype(np.int64)
            row = rows[key]
            if keep_highest:
                np.maximum.at(total[row], at, values[known].astype(np.float32))
                count[row, at] = 1
            else:
                np.add.at(total[row], at, values[known].astype(np.float32))
                np.add.at(count[row], at, 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(count > 0, total / count, np.nan).astype(np.float32)


def grid_of(*sinks: SampleSink) -> Grid:
    """The grid that all samples fit on: the coarsest of the resources' usual steps.

    A resource's usual step is the median of its series' own, weighed by their samples: one pod
    that was seen twice in a week does not make a week of one step.

    Raises
    ------
    SourceError
        When the series are longer than `MOST_SAMPLES` steps.
    """
    ends = [(float(times[0]), float(times[-1])) for sink in sinks for times in sink.times]
    if not ends:
        return Grid(0.0, DEFAULT_STEP_S, 0)
    start, end = min(first for first, _ in ends), max(last for _, last in ends)
    steps = [step for sink in sinks if (step := _usual_step(sink)) is not None]
    step = max(LEAST_STEP_S, max(steps, default=DEFAULT_STEP_S))
    samples = int(np.rint((end - start) / step)) + 1
    if samples > MOST_SAMPLES:
        raise SourceError(
            said(
                f"usage over {(end - start) / 86_400:.1f} days in steps of {step:g} s is "
                f"{samples:,} samples a series; at most {MOST_SAMPLES:,} are read. Ask for a "
                "larger step or a shorter time"
            )
        )
    return Grid(start, step, samples)


def _usual_step(sink: SampleSink) -> float | None:
    apart: list[Times] = [np.diff(times) for times in sink.times if len(times) > 1]
    single: dict[Key, list[Times]] = {}
    for key, times in zip(sink.keys, sink.times, strict=True):
        if len(times) == 1:
            single.setdefault(key, []).append(times)
    apart += [np.diff(np.sort(np.concatenate(times))) for times in single.values()]
    # a sample of the same moment tells no step
    apart = [later for between in apart if len(later := between[between > 0])]
    if not apart:
        return None
    steps = np.array([np.median(between) for between in apart])
    order = np.argsort(steps)
    share = np.cumsum(np.array([len(between) for between in apart])[order])
    return float(steps[order[np.searchsorted(share, share[-1] / 2)]])
