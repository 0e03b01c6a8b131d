"""Work over dask: the same answer as on threads, and workers that die lose none of it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from distributed import Client, KilledWorker, LocalCluster

from kytos.contract.paid import SolverUnavailableError
from kytos.contract.params import BlockRunner, SolverParams
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.solve.dask import ADDRESS, _result, dask_runner, runner_on
from kytos.solve.hybrid import HYBRID
from kytos.solve.threads import threads
from tests.problems import random_problem

PARAMS = SolverParams(
    refine_proposals=2_000, num_reads=2, num_sweeps=20, time_limit_s=120
).with_hybrid(blocks=3)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def doubled(offset: int, item: int, watch: Watch) -> int:
    return 2 * item + offset


def slow(item: int, watch: Watch) -> int:
    while watch.reason is None:
        time.sleep(0.02)
    return item


def dies_once(flag: Path, item: int, watch: Watch) -> int:
    """Take its worker down the first time item 0 is asked for."""
    if item == 0 and not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return item


class GivenUp:
    """A future that dask gave up after its workers died."""

    def result(self) -> int:
        raise KilledWorker("task", None, 4)


def test_results_come_in_the_order_asked(client: Client) -> None:
    """Both runners answer item by item, whoever is done first."""
    items = list(range(20))
    expected = [2 * item + 1 for item in items]
    assert list(runner_on(client)(doubled, (1,), items, Watch())) == expected
    assert list(threads(doubled, (1,), items, Watch())) == expected


def test_same_seed_same_answer_as_on_threads(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the blocks are annealed does not change the plan."""
    problem = random_problem(5, pods=40, nodes=8, room=3.0, waiting=0.0)
    here = HYBRID.improve(problem, Weights(), problem.current, PARAMS, Watch())
    monkeypatch.setenv(ADDRESS, client.scheduler.address)
    far = PARAMS.with_hybrid(block_runner=BlockRunner.DASK)
    there = HYBRID.improve(problem, Weights(), problem.current, far, Watch())
    assert there.qubo is not None
    assert np.array_equal(here.placement, there.placement)


def test_stop_does_not_wait_for_the_workers(client: Client) -> None:
    """The stop button is heard while workers compute."""
    end = time.monotonic() + 0.5
    watch = Watch(deadline=time.monotonic() + 20, stopped=lambda: time.monotonic() > end)
    assert list(runner_on(client)(slow, (), [1, 2], watch)) == []
    assert time.monotonic() < end + 3


def test_dead_worker_loses_nothing(client: Client, tmp_path: Path) -> None:
    """What a worker took with it is done again by another."""
    flag = tmp_path / "died"
    assert list(runner_on(client)(dies_once, (flag,), [0, 1, 2, 3], Watch())) == [0, 1, 2, 3]
    assert flag.exists()


def test_work_given_up_is_done_here() -> None:
    """Work that dask gives up because its workers keep dying is done in this process."""
    assert _result(GivenUp(), doubled, (1,), 3, Watch()) == 7  # type: ignore[arg-type]


def test_absent_scheduler_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler that does not answer is named, with what to do."""
    monkeypatch.setenv(ADDRESS, "tcp://127.0.0.1:1")
    monkeypatch.setattr("kytos.solve.dask.CONNECT", "1s")
    with (
        pytest.raises(SolverUnavailableError, match="no dask scheduler answers at tcp://127"),
        dask_runner(),
    ):
        pass
