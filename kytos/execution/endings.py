"""How an execution ends, and what it says of itself."""

from __future__ import annotations

from enum import StrEnum

from kytos.cluster import Frozen
from kytos.contract.runbook import Way


class Ending(StrEnum):
    """Why an execution came to its end."""

    DONE = "done"
    """Every step was carried out."""
    DRIFT = "drift"
    """The cluster is not as the plan saw it."""
    INCOMPLETE = "incomplete"
    """Something did not come about in time, or the server does not answer."""
    REFUSED = "refused"
    """Rights, an autoscaler or the API server do not allow it."""
    STOPPED = "stopped"
    """Somebody said so; the steps before are done."""


class EndedError(Exception):
    """An execution goes no further; the sentence says why."""

    ending = Ending.INCOMPLETE


class DriftError(EndedError):
    """The cluster is not as the plan saw it."""

    ending = Ending.DRIFT


class IncompleteError(EndedError):
    """Something did not come about in time."""


class NotAllowedError(EndedError):
    """It may not be done."""

    ending = Ending.REFUSED


class StoppedError(EndedError):
    """It was told to stop."""

    ending = Ending.STOPPED


class Landing(Frozen):
    """Where a replacement landed."""

    pod: str
    """The pod of the plan."""
    to: str
    """Where the plan has it."""
    node: str | None
    """Where it, or an equal replica, landed."""

    @property
    def as_planned(self) -> bool:
        """Whether the two are the same."""
        return self.node == self.to


class Report(Frozen):
    """What was carried out."""

    ending: Ending
    why: str = ""
    """In a sentence, where it is not done."""
    way: Way
    dry_run: bool
    steps: int
    steps_done: int
    evictions: int
    moves: int
    """Pods that landed."""
    landed_as_planned: int
    landings: tuple[Landing, ...]
    cordoned: tuple[str, ...]
    """Nodes that it cordoned and that are so now."""
    nodes_in_use: int | None
    """At the end, by pods other than DaemonSet and mirror pods; None where it was not counted."""
    notes: tuple[str, ...]
