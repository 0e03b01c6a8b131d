"""What was measured, a line of JSON a run, so that a long contest can be run in parts."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

KEPT = Path(__file__).parent.parent / "data" / "roadef2012" / "results.jsonl"
"""The results in the repository."""

CORES = os.cpu_count() or 1


@dataclass(frozen=True)
class Asked:
    """Who is to do what in which time."""

    instance: str
    contestant: str
    seconds: float
    seed: int


@dataclass(frozen=True)
class Run:
    """What one contestant reached once, by the official checker, and where."""

    instance: str
    contestant: str
    seconds: float
    seed: int
    cost: int
    broken: int
    """Rules, 0 in a valid answer."""
    took: float
    """Seconds by the clock."""
    began: str
    """Date and time, UTC."""
    machine: str
    load: float
    """The machine's average before it began; near 0 for one that was quiet."""

    @property
    def asked(self) -> Asked:
        """What was asked for, by which a run is found again."""
        return Asked(self.instance, self.contestant, self.seconds, self.seed)

    @property
    def told(self) -> str:
        """How it stands in a table."""
        told = f"{self.cost:,}" if not self.broken else f"breaks {self.broken} rules"
        late = self.took > 1.1 * self.seconds + 1
        return f"{told} ({self.took:.0f} s)" if late else told


class Results:
    """The runs of a file, which more are added to; without a file they are kept in mind only."""

    def __init__(self, path: Path | None) -> None:
        """Read what is there; of runs asked for twice the last counts."""
        self.path = path
        self.runs: dict[Asked, Run] = {}
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                run = Run(**json.loads(line))
                self.runs[run.asked] = run

    def add(self, run: Run) -> None:
        """Keep a run, and write it down at once: what comes after may be cut off."""
        self.runs[run.asked] = run
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(run)) + "\n")


def this_machine() -> str:
    """Return the processor and the cores, as they stand beside a result."""
    return f"{platform.machine()}, {CORES} cores"
