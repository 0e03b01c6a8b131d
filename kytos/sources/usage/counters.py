"""Counters as cAdvisor exposes them, turned into what was used between their samples.

A dashboard's export often holds the counter itself, not its rate. A counter that falls was reset
with its container, and counts from 0 again, as Prometheus' own ``rate`` and ``increase`` take it:
https://prometheus.io/docs/prometheus/latest/querying/functions/#rate
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kytos.sources.usage.grid import Times


def increments(values: Times) -> Times:
    """``(samples - 1,)`` how much was counted between samples, all known."""
    steps = np.diff(values)
    return np.where(steps >= 0, steps, values[1:])


def rate_of(times: Times, values: Times) -> tuple[Times, Times]:
    """Times and rates per second of a counter: each rate is that up to its sample.

    Samples that are unknown, or of the same moment as another, are passed over.
    """
    times, values = _known(times, values)
    if len(times) < 2:
        return times[:0], values[:0]
    return times[1:], increments(values) / np.diff(times)


def counted(times: Times, values: Times) -> float:
    """How much a counter counted in all; a single sample is that itself."""
    _, values = _known(times, values)
    if len(values) < 2:
        return float(values.sum())
    return float(increments(values).sum())


def _known(times: Times, values: Times) -> tuple[Times, Times]:
    known: npt.NDArray[np.bool_] = np.isfinite(values)
    times, values = times[known], values[known]
    later = np.concatenate([[True], np.diff(times) > 0]) if len(times) else np.ones(0, np.bool_)
    return times[later], values[later]
