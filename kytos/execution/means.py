"""What the steps of an execution share: the cluster, the journal, and what was done so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kytos.contract.runbook import Runbook, Way
from kytos.execution.endings import Landing
from kytos.execution.expected import Expected
from kytos.execution.gates import Gates
from kytos.execution.journal import Journal
from kytos.execution.moves import Moves
from kytos.execution.replicas import Replicas
from kytos.kube.api import ApiServer, Object
from kytos.kube.control_plane import ControlPlane
from kytos.kube.steering import Steering

Tell = Callable[[str], None]


def tell_nobody(_: str) -> None:
    """Tell nobody."""


def never() -> bool:
    """Go on."""
    return False


@dataclass(frozen=True)
class How:
    """How a runbook is carried out.

    Attributes
    ----------
    way
        None takes the runbook's own.
    surge
        Move by one replica more what is its owner's only one.
    manifests
        Pods that the plan has as new, by id.
    tell
        Told each step as it is begun, in a line.
    stopped
        Asked before each step; True ends the execution there.
    """

    way: Way | None = None
    surge: bool = False
    manifests: Mapping[str, Object] = field(default_factory=dict)
    tell: Tell = tell_nobody
    stopped: Callable[[], bool] = never


@dataclass
class Tally:
    """What was done so far."""

    landings: list[Landing] = field(default_factory=list)
    cordoned: dict[str, None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    evictions: int = 0
    steps: int = 0


class Means:
    """What a step is carried out with."""

    def __init__(
        self,
        runbook: Runbook,
        plane: ControlPlane,
        steering: Steering,
        journal: Journal,
        how: How,
    ) -> None:
        """Nothing is asked yet."""
        self.runbook, self.plane, self.journal, self.how = runbook, plane, journal, how
        self.server: ApiServer = plane.server
        self.dry = plane.server.dry_run
        self.way = how.way or runbook.way
        self.steers = self.way is Way.STEER
        self.expected = Expected(plane, runbook.seen, changes=not self.dry)
        self.gates = Gates(plane, steering, self.expected, keeps=not self.dry)
        self.moves = Moves(plane)
        self.replicas = Replicas(plane, runbook.seen)
        self.tally = Tally()

    def note(self, note: str) -> None:
        """Say something worth knowing, now and in the report."""
        self.tally.notes.append(note)
        self.how.tell(f"note: {note}")
