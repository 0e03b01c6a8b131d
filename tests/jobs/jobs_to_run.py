"""Functions the job tests run in workers; importable by name from a worker process."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from kytos.contract.watch import StopReason, Watch


def add(a: int, b: int, *, watch: Watch) -> int:
    return a + b


def refuse(*, watch: Watch) -> None:
    raise ValueError("the cluster has no nodes")


class StubbornError(Exception):
    """Needs two arguments and remembers one, so it cannot be unpickled."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")


def raise_stubborn(*, watch: Watch) -> None:
    raise StubbornError("consent", "a charge was not accepted")


def die(*, watch: Watch) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def report_then_wait(*, watch: Watch) -> tuple[str, StopReason | None]:
    """Report once, then work until stopped; the best so far is the result."""
    watch.report("anneal", 0.25, -3.5)
    while watch.reason is None:
        time.sleep(0.01)
    return "best so far", watch.reason


def report_then_wait_beside(cluster: bytes, *, watch: Watch) -> int:
    """The same, with something large in hand."""
    report_then_wait(watch=watch)
    return len(cluster)


def die_once(path: Path, *, watch: Watch) -> str:
    """Die in the first worker, and come to a result in the next."""
    if not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "second time"


def append(path: Path, word: str, *, watch: Watch) -> None:
    with path.open("a") as file:
        file.write(f"{word}\n")


def pid(*, watch: Watch) -> int:
    return os.getpid()


def leave_mark(path: Path) -> None:
    (path / str(os.getpid())).touch()


def wait_for_mark(path: Path) -> None:
    while not (path / "go").exists():
        time.sleep(0.01)


def no_such_thing() -> None:
    raise RuntimeError("nothing to warm up")
