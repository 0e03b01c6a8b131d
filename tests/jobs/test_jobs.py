"""Jobs: progress, stop, cancel, bounds, and workers that die."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kytos.contract.watch import StopReason
from kytos.jobs import (
    FunctionFailed,
    Job,
    JobCancelled,
    JobError,
    Pool,
    Progress,
    QueueFull,
    WorkerDied,
)
from tests.jobs import jobs_to_run


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(workers=1, queue_limit=1) as pool:
        yield pool


def wait_until(condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def started(job: Job[object]) -> bool:
    return job.progress.stage != ""


def test_result_comes_back(pool: Pool) -> None:
    """A job returns what its function returned."""
    assert pool.submit(jobs_to_run.add, 2, b=3).result(60) == 5


def test_runs_in_another_process(pool: Pool) -> None:
    """The caller's interpreter is left alone."""
    assert pool.submit(jobs_to_run.pid).result(60) != os.getpid()


def test_exception_of_the_function_is_raised(pool: Pool) -> None:
    """An error keeps its type and its words."""
    with pytest.raises(ValueError, match="no nodes"):
        pool.submit(jobs_to_run.refuse).result(60)


def test_exception_that_cannot_travel_keeps_its_words(pool: Pool) -> None:
    """An error that does not unpickle would break pebble's pool; its words arrive instead."""
    with pytest.raises(FunctionFailed, match="StubbornError: consent: a charge was not accepted"):
        pool.submit(jobs_to_run.raise_stubborn).result(60)
    assert pool.submit(jobs_to_run.add, 1, 1).result(60) == 2


def test_progress_reaches_the_parent_and_stop_returns_the_best(pool: Pool) -> None:
    """Stop is any-time: the function sees USER and its result is still returned."""
    job = pool.submit(jobs_to_run.report_then_wait)
    wait_until(lambda: started(job))
    assert job.progress == Progress("anneal", 0.25, -3.5)
    assert not job.done
    job.stop()
    assert job.result(30) == ("best so far", StopReason.USER)
    assert job.progress == Progress("anneal", 0.25, -3.5)


def test_stop_after_the_end_does_nothing(pool: Pool) -> None:
    """A button pressed a moment too late is no error."""
    job = pool.submit(jobs_to_run.add, 1, 1)
    assert job.result(60) == 2
    job.stop()
    job.cancel()
    assert job.result(0) == 2


def test_cancel_kills_and_the_pool_goes_on(pool: Pool) -> None:
    """A cancelled job has no result; its worker is replaced."""
    job = pool.submit(jobs_to_run.report_then_wait)
    wait_until(lambda: started(job))
    job.cancel()
    with pytest.raises(JobCancelled):
        job.result(30)
    assert pool.submit(jobs_to_run.add, 1, 1).result(60) == 2


def test_killed_worker_fails_its_job_alone(pool: Pool) -> None:
    """A worker killed in a solve fails that job; the next one runs."""
    with pytest.raises(WorkerDied, match="killed"):
        pool.submit(jobs_to_run.die).result(60)
    assert pool.submit(jobs_to_run.add, 1, 1).result(60) == 2


def test_worker_killed_while_idle_is_replaced(pool: Pool) -> None:
    """A worker killed between solves does not take the pool with it."""
    os.kill(pool.submit(jobs_to_run.pid).result(60), signal.SIGKILL)
    time.sleep(1.0)
    assert pool.submit(jobs_to_run.add, 1, 1).result(60) == 2


def test_queue_is_bounded(pool: Pool) -> None:
    """One worker and a queue of one hold two jobs; the third is refused, and room comes back."""
    jobs = [pool.submit(jobs_to_run.report_then_wait) for _ in range(2)]
    with pytest.raises(QueueFull, match="try again"):
        pool.submit(jobs_to_run.add, 1, 1)
    assert pool.busy == 2
    jobs[1].cancel()  # while it waits
    wait_until(lambda: started(jobs[0]))
    jobs[0].stop()
    jobs[0].result(30)
    wait_until(lambda: pool.busy == 0)
    assert pool.submit(jobs_to_run.add, 1, 1).result(60) == 2


@pytest.fixture
def occupied(pool: Pool) -> Iterator[Job[object]]:
    """The only worker at work until the test ends."""
    job: Job[object] = pool.submit(jobs_to_run.report_then_wait)
    wait_until(lambda: started(job))
    yield job
    job.stop()
    job.result(30)
    wait_until(lambda: pool.busy == 0)


def test_a_cancelled_place_in_the_queue_is_free_at_once(pool: Pool, occupied: Job[object]) -> None:
    """A job that is cancelled while it waits makes room, and never runs."""
    waiting = pool.submit(jobs_to_run.die)
    assert (occupied.place, waiting.place, pool.busy) == (0, 1, 2)
    waiting.cancel()
    assert (waiting.place, pool.busy) == (0, 1)
    with pytest.raises(JobCancelled):
        waiting.result(0)
    next_one = pool.submit(jobs_to_run.add, 1, 1)
    occupied.stop()
    assert next_one.result(60) == 2


def test_a_shorter_job_passes_until_the_longer_has_waited_long(tmp_path: Path) -> None:
    """Jobs of 0.03 s let others pass for ten times as long, and then no more."""
    order = tmp_path / "order"
    with Pool(workers=1, queue_limit=4) as pool:
        first = pool.submit(jobs_to_run.report_then_wait)
        wait_until(lambda: started(first))
        longer = pool.submit(jobs_to_run.append, order, "longer", expected_s=0.03)
        shorter = pool.submit(jobs_to_run.append, order, "shorter")
        assert (shorter.place, longer.place) == (1, 2)
        time.sleep(10 * 0.03)
        late = pool.submit(jobs_to_run.append, order, "late")
        assert (shorter.place, longer.place, late.place) == (1, 2, 3)
        first.stop()
        late.result(60)
    assert order.read_text().split() == ["shorter", "longer", "late"]


def test_large_jobs_leave_a_worker_and_a_place() -> None:
    """However many large ones come, a small one runs at once."""
    with Pool(workers=2, queue_limit=3) as pool:
        large = [pool.submit(jobs_to_run.report_then_wait, expected_s=60) for _ in range(3)]
        with pytest.raises(QueueFull, match="1 large solves are running and 2 are waiting"):
            pool.submit(jobs_to_run.report_then_wait, expected_s=60)
        assert pool.submit(jobs_to_run.add, 1, 1).result(60) == 2
        assert [job.place for job in large] == [0, 1, 2]
        for job in large:
            job.stop()
        assert [job.result(60)[0] for job in large] == ["best so far"] * 3


def test_a_closed_pool_takes_no_job() -> None:
    """Closing ends what waits and what runs; what comes later is refused, not run."""
    pool = Pool(workers=1)
    running, waiting = (pool.submit(jobs_to_run.report_then_wait) for _ in range(2))
    pool.close()
    for job in (running, waiting):
        with pytest.raises(JobCancelled):
            job.result(30)
    with pytest.raises(JobError, match="closed"):
        pool.submit(jobs_to_run.add, 1, 1)


def test_every_worker_is_warmed_up(tmp_path: Path) -> None:
    """The warm-up runs in each worker before its first job."""
    with Pool(workers=1, warm_up=functools.partial(jobs_to_run.leave_mark, tmp_path)) as pool:
        worker = pool.submit(jobs_to_run.pid).result(60)
    assert (tmp_path / str(worker)).exists()


def test_failed_warm_up_is_not_fatal() -> None:
    """A warm-up that raises leaves a worker that works."""
    with Pool(workers=1, warm_up=jobs_to_run.no_such_thing) as pool:
        assert pool.submit(jobs_to_run.add, 1, 1).result(60) == 2


def test_workers_are_replaced_after_their_share() -> None:
    """A worker ends after `tasks_per_worker` jobs, which bounds leaks."""
    with Pool(workers=1, tasks_per_worker=1) as pool:
        first, second = (pool.submit(jobs_to_run.pid).result(60) for _ in range(2))
    assert first != second


@pytest.mark.parametrize(("workers", "queue_limit"), [(0, 1), (1, -1)])
def test_bounds_are_checked(workers: int, queue_limit: int) -> None:
    """A pool without workers is refused."""
    with pytest.raises(ValueError, match="at least one worker"):
        Pool(workers, queue_limit)


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    """A parent that is killed leaves no worker behind."""
    script = tmp_path / "main.py"
    script.write_text(
        "if __name__ == '__main__':\n"
        "    import os, signal\n"
        "    from kytos.jobs import Pool\n"
        "    from tests.jobs import jobs_to_run\n"
        "    print(Pool(workers=1).submit(jobs_to_run.pid).result(60), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).parents[2]
    found = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(root)},
        check=False,
    )
    worker = int(found.stdout)
    wait_until(lambda: not Path(f"/proc/{worker}").exists())
