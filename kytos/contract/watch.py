"""The clock, the stop button and the progress of one solve."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from kytos.language import N_


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


READING = N_("reading")
"""The stage in which a cluster is read."""
BUILDING = N_("building the problem")
"""The stage in which rules and amounts become arrays."""
CHECKING = N_("checking the plan")
"""The stage in which a plan is held against bounds and told."""


@dataclass(frozen=True)
class Watch:
    """The clock and the stop button of one solve, asked between pieces of work.

    One is made where a question is asked and handed down. Who shares out the time makes narrower
    ones by `within`, `share` and `reserve`, which compose and never end later than the one they
    are made from; nobody else does sums with the clock.
    """

    deadline: float = float("inf")
    """In `time.monotonic` seconds."""
    stopped: Callable[[], bool] = field(default=lambda: False)
    report: Report = say_nothing
    clock: Callable[[], float] = time.monotonic

    @property
    def remaining_s(self) -> float:
        """Seconds left on the clock, never negative."""
        return max(0.0, self.deadline - self.clock())

    @property
    def reason(self) -> StopReason | None:
        """Why to stop now, or None to go on."""
        if self.stopped():
            return StopReason.USER
        if self.clock() >= self.deadline:
            return StopReason.CLOCK
        return None

    def untimed(self) -> Watch:
        """The same stop button and report, never ended by the clock."""
        return replace(self, deadline=float("inf"))

    def within(self, seconds: float) -> Watch:
        """The same, ending in so many seconds at the latest."""
        return replace(self, deadline=min(self.deadline, self.clock() + seconds))

    def share(self, share: float) -> Watch:
        """The same, ending when a share (0..1) of what is left has gone."""
        return self.within(share * self.remaining_s if share > 0 else 0.0)

    def reserve(self, seconds: float, least: float = 0.0) -> Watch:
        """The same, ending so many seconds earlier, for what follows.

        Parameters
        ----------
        least
            The share (0..1) of what is left that it gets however much is kept back.
        """
        return self.within(max(self.remaining_s - seconds, least * self.remaining_s))
