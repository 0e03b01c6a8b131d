"""Kernels are compiled before the clock of a solve runs."""

from __future__ import annotations

import time

import pytest

from kytos.contract.params import SolverName, SolverParams
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights
from kytos.refine import compiling, kernels, warm_up
from kytos.refine.compiling import STAGE, compile_first
from kytos.solve.solve import solve
from tests.problems import random_problem


@pytest.fixture
def warmed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Counts compilations instead of compiling, from a process that has none."""
    calls: list[str] = []
    compiling._compiled.cache_clear()
    monkeypatch.setattr(compiling, "warm_up", lambda: calls.append("compiled"))
    return calls


def test_once_a_process_and_told(warmed: list[str]) -> None:
    """The first solve compiles and says so; the next finds all done and says nothing."""
    told: list[str] = []
    watch = Watch(report=lambda stage, *_: told.append(stage))
    compile_first(watch)
    compile_first(watch)
    assert warmed == ["compiled"]
    assert told == [STAGE, STAGE]


def test_a_placer_waits_for_nobody(warmed: list[str]) -> None:
    """What uses no kernel has none compiled."""
    compile_first(Watch(), SolverName.KUBE_SCHEDULER)
    assert not warmed


def test_compiling_is_charged_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solve whose kernels take longer than its whole time still ends by its work."""
    problem = random_problem(1, pods=4, nodes=2)
    params = SolverParams(time_limit_s=2.5, refine_proposals=100, num_sweeps=5, proof_work=0)
    solve(problem, Weights(), params=params)  # imports what it needs
    compiling._compiled.cache_clear()
    monkeypatch.setattr(compiling, "warm_up", lambda: time.sleep(3.0))
    solution = solve(problem, Weights(), params=params)
    assert solution.report.stopped_by is StopReason.WORK


def test_every_kernel_is_warmed() -> None:
    """No kernel that Python calls is left for a solve to compile."""
    warm_up()
    others = {"change_of", "changes_of", "try_shift"}  # of runners-up, and of tests
    called = [getattr(kernels, name) for name in kernels.__all__ if name not in others]
    lacking = [k.py_func.__name__ for k in called if hasattr(k, "overloads") and not k.overloads]
    assert not lacking
