"""Whatever is killed or fails, jobs end with a result and the pool says truly whether it works."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import pytest

from kytos.jobs import Job, JobCancelled, JobError, Pool, WorkerDied
from kytos.jobs.slot import Slot
from tests.jobs import jobs_to_run

SOON = 240.0
"""Seconds that nothing here takes, on however busy a machine: a new forking server and its workers
need a few seconds of CPU time, which at a load of ten to a core are a minute and more."""


@pytest.fixture
def pool() -> Iterator[Pool]:
    with Pool(workers=2, queue_limit=8) as pool:
        assert pool.wait_until_ready(SOON)
        wait_until(lambda: len(pool.pids) == 2)
        yield pool


def wait_until(condition: Callable[[], bool], timeout_s: float = SOON) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def begun(pool: Pool) -> Job[Any]:
    job = pool.submit(jobs_to_run.report_then_wait)
    wait_until(lambda: job.progress.stage != "")
    return job


def test_a_job_whose_worker_dies_is_answered_by_another(pool: Pool, tmp_path: Path) -> None:
    """One death costs a job some time, not its answer."""
    assert pool.submit(jobs_to_run.die_once, tmp_path / "mark").result(SOON) == "second time"


def test_a_job_that_is_paid_for_is_not_repeated(pool: Pool, tmp_path: Path) -> None:
    """The caller decides whether a charge is risked twice."""
    job = pool.submit(jobs_to_run.die_once, tmp_path / "mark", may_repeat=False)
    with pytest.raises(WorkerDied, match="killed"):
        job.result(SOON)


def test_all_workers_killed_at_once_lose_no_job(pool: Pool) -> None:
    """Jobs that ran and jobs that waited are answered; readiness falls and comes back by itself."""
    running = [begun(pool) for _ in range(2)]
    waiting = pool.submit(jobs_to_run.add, 1, 1)
    for pid in pool.pids:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not pool.ready, 5.0)
    for job in running:
        job.stop()
    assert [job.result(SOON)[0] for job in running] == ["best so far"] * 2
    assert waiting.result(SOON) == 2
    wait_until(lambda: pool.ready)


def test_idle_workers_killed_are_replaced_without_a_job(pool: Pool) -> None:
    """Nobody need call for the pool to come back."""
    killed = pool.pids
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not pool.ready, 5.0)
    wait_until(lambda: pool.ready and len(pool.pids) == 2)
    assert not set(pool.pids) & set(killed)


def test_workers_that_do_not_answer_are_not_ready(pool: Pool) -> None:
    """A stopped process is alive, and still answers nothing."""
    stopped = pool.pids
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        wait_until(lambda: not pool.ready, 5.0)
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    wait_until(lambda: pool.ready)


def test_the_server_that_forks_may_be_killed(pool: Pool) -> None:
    """With it multiprocessing takes all workers for dead: jobs run again, workers come back."""
    job = begun(pool)
    server = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
    first = job._board
    os.kill(server, signal.SIGKILL)
    # Another board is another run; its empty stage may be over before anybody looks.
    wait_until(lambda: job._board is not first or job.done)
    job.stop()
    assert job.result(SOON)[0] == "best so far"
    assert pool.submit(jobs_to_run.add, 1, 1).result(SOON) == 2
    wait_until(lambda: pool.ready)


def test_the_dispatcher_survives_an_error(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """While handing out fails the pool is not ready; afterwards what waited is answered."""

    def fail(_: object) -> None:
        raise RuntimeError("Set changed size during iteration")

    with monkeypatch.context() as patch:
        patch.setattr(Slot, "mend", fail)
        job = pool.submit(jobs_to_run.add, 1, 1)
        wait_until(lambda: not pool.ready, 5.0)
        assert not job.done
    assert job.result(SOON) == 2
    wait_until(lambda: pool.ready)


def test_a_dispatcher_that_ended_is_started_again(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even what no handler catches leaves a pool that works."""
    monkeypatch.setattr(threading, "excepthook", lambda _: None)

    def leave(_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(Slot, "mend", leave)
        wait_until(lambda: not pool._dispatcher.is_alive())
    assert pool.submit(jobs_to_run.add, 1, 1).result(SOON) == 2
    wait_until(lambda: pool.ready)


def test_a_cancelled_neighbour_takes_no_other_job_with_it(pool: Pool) -> None:
    """Cancelled at any moment, running or waiting, a job ends alone."""
    kept: list[Job[int]] = []
    for number in range(12):
        doomed = pool.submit(jobs_to_run.report_then_wait)
        kept.append(pool.submit(jobs_to_run.add, number, 0))
        time.sleep(0.01 * (number % 4))
        doomed.cancel()
        with pytest.raises(JobCancelled):
            doomed.result(SOON)
        if number % 3 == 2:
            assert [job.result(SOON) for job in kept] == list(range(number - 2, number + 1))
            kept.clear()
    wait_until(lambda: pool.busy == 0)


class Cluster:
    """Something whose end can be seen; pickled by what it was built from."""


@pytest.mark.parametrize("how", ["result", "cancelled", "cancelled while it waited"])
def test_a_job_that_ended_lets_go_of_its_cluster(pool: Pool, how: str) -> None:
    """Results are kept for a while; what they were computed from is not."""
    cluster = Cluster()
    gone = weakref.ref(cluster)
    before = [begun(pool) for _ in range(2)] if how == "cancelled while it waited" else []
    job = pool.submit(jobs_to_run.report_then_wait_beside, cluster)  # type: ignore[arg-type]
    del cluster
    if not before:
        wait_until(lambda: job.progress.stage != "")
    if how == "result":
        job.stop()
        with pytest.raises(TypeError, match="has no len"):
            job.result(SOON)
    else:
        job.cancel()
        with pytest.raises(JobCancelled):
            job.result(SOON)
    for other in before:
        other.stop()
        other.result(SOON)

    def is_gone() -> bool:
        gc.collect()
        return gone() is None

    wait_until(is_gone, 10.0)
    assert job.done


def test_no_room_for_a_notice_board_is_a_refusal(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk refuses the job in words, and the pool goes on."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(JobError, match="free some room"):
            pool.submit(jobs_to_run.add, 1, 1)
    assert pool.submit(jobs_to_run.add, 1, 1).result(SOON) == 2


def test_a_process_that_ends_with_its_pool_open_ends(tmp_path: Path) -> None:
    """A server told to stop does so, instead of starting workers that cannot come up."""
    script = tmp_path / "left_open.py"
    script.write_text(
        "import atexit\nimport time\n"
        "atexit.register(time.sleep, 3)  # runs last, as what else a server has to end\n"
        "from kytos.jobs import Pool\n"
        "if __name__ == '__main__':\n"
        f"    pool = Pool(workers=1)\n    assert pool.wait_until_ready({SOON})\n"
    )
    ended = subprocess.run([sys.executable, str(script)], capture_output=True, timeout=2 * SOON)
    assert ended.returncode == 0
    assert b"handing jobs out failed" not in ended.stderr
