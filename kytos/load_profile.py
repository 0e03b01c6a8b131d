"""What each pod counts for in time, where use is levelled and bounded instead of requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LoadProfile:
    """The use of pods by slots of time; canonical units, cpu then memory along the last axis.

    Attributes
    ----------
    slots
        What each slot is called, such as ``09:00``; one without a name where use does not vary.
    level
        By pod id, ``(slots, 2)`` mean use, which H_load levels. NaN where nothing is known.
    bound
        By pod id, ``(slots, 2)`` what a node must have room for in each slot.
    of_service
        The same of a service's mean replica, for those that are still to come.
    max_used
        The share of a node that its pods may use together.
    """

    slots: tuple[str, ...]
    level: Mapping[str, Floats]
    bound: Mapping[str, Floats]
    of_service: Mapping[str, tuple[Floats, Floats]] = field(default_factory=dict)
    max_used: float = 1.0

    def of(self, pod: str, service: str | None) -> tuple[Floats, Floats]:
        """``(slots, 2)`` level and bound of a pod, its service's where it has none of its own."""
        if pod in self.level:
            return self.level[pod], self.bound[pod]
        if service is not None and service in self.of_service:
            return self.of_service[service]
        unknown = np.full((len(self.slots), 2), np.nan)
        return unknown, unknown
