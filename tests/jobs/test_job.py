"""A job in its caller's hand, while the pool gives it to another worker."""

from __future__ import annotations

import threading
from pathlib import Path

from kytos.jobs.board import Board
from kytos.jobs.job import Job


def test_a_job_told_to_stop_while_it_moves_stops_there(tmp_path: Path) -> None:
    """A worker dies just as its caller stops the job: the next worker hears of it all the same."""
    first, second = (Board.make(tmp_path / name) for name in ("first", "second"))
    job: Job[None] = Job(first, lambda _: 0)
    moving = threading.Thread(target=job.detach, args=(second,))
    say = first.stop

    def stop_as_it_moves() -> None:
        moving.start()
        moving.join(0.2)
        say()

    first.stop = stop_as_it_moves  # type: ignore[method-assign]
    job.stop()
    moving.join()
    assert second.stopped
