"""The clock, the stop button and the progress of one solve."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum


class StopReason(StrEnum):
    """What ended a solve."""

    WORK = "work"
    CLOCK = "clock"
    USER = "user"
    OPTIMAL = "optimal"
    TARGET = "target"


Report = Callable[[str, float, float | None], None]
"""Called with a stage's name, its progress in 0..1 and the best energy so far."""


def say_nothing(stage: str, progress: float, energy: float | None) -> None:
    """Report to nobody."""


@dataclass(frozen=True)
class Watch:
    """The clock and the stop button of one solve, asked between pieces of work."""

    deadline: float = float("inf")
    """In `time.monotonic` seconds."""
    stopped: Callable[[], bool] = field(default=lambda: False)
    report: Report = say_nothing

    @property
    def remaining_s(self) -> float:
        """Seconds left on the clock, never negative."""
        return max(0.0, self.deadline - time.monotonic())

    @property
    def reason(self) -> StopReason | None:
        """Why to stop now, or None to go on."""
        if self.stopped():
            return StopReason.USER
        if time.monotonic() >= self.deadline:
            return StopReason.CLOCK
        return None
