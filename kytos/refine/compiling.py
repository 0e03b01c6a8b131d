"""Compiles the kernels before a clock runs: what a machine has compiled is no part of a plan."""

from __future__ import annotations

from functools import cache

import numpy as np

from kytos.contract.params import SolverName
from kytos.contract.registry import Kind
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.pairs import PairRows
from kytos.problem import LoadMode, Problem
from kytos.refine import kernels
from kytos.refine.anneal import refine
from kytos.refine.ejection import EjectionSearch
from kytos.refine.repair import repair
from kytos.refine.state import flatten
from kytos.replica_counts import ReplicaCounts

STAGE = "compiling"
"""What a watch is told while kernels are compiled, some twenty seconds where none is on disk."""


def compile_first(watch: Watch, solver: SolverName | None = None) -> None:
    """Have every kernel compiled before the time of a solve begins; once a process.

    Without it the first solve on an empty kernel cache spends its time compiling, and a cap by the
    clock may end it before it has looked for a plan.

    Parameters
    ----------
    solver
        Who will solve; a placer needs no kernels. None is chosen by size and needs them.
    """
    if solver is not None and solver.traits.kind is Kind.PLACER:
        return
    if not _compiled.cache_info().currsize:
        watch.report(STAGE, 0.0, None)
        _compiled()
        watch.report(STAGE, 1.0, None)


@cache
def _compiled() -> None:
    warm_up()


def warm_up() -> None:
    """Compile (or load from Numba's cache) every kernel, so that the first solve need not."""
    for mode in LoadMode:
        problem = _smallest(mode)
        start = repair(problem, Weights(), np.full(2, -1))
        refine(problem, Weights(), start, 100, 0)
        tables, state = flatten(problem, Weights())
        kernels.load(tables, state, start)
        EjectionSearch(problem, tables, state, np.ones(1, np.uint64)).vacate(0, 100)


def _smallest(mode: LoadMode) -> Problem:
    """A pod that runs and one that fits nowhere, so that every search is called."""
    ones, two = np.ones((2, 1), dtype=np.int64), np.full((2, 2), 2.0)
    return Problem(
        pods=("a", "b"),
        nodes=("x", "y"),
        resources=("pods",),
        allocatable=2 * ones,
        capacity=2 * ones,
        fixed=0 * ones,
        request=np.array([[1], [3]]),
        load_allocatable=two,
        load_fixed=0 * two,
        load_request=two / 2,
        current=np.array([0, -1]),
        allowed=PairRows.of(np.ones((2, 2), dtype=np.bool_)),
        must_place=np.array([True, False]),
        desire=np.array([0.0, 1.0]),
        priority=np.zeros(2, dtype=np.int64),
        move_cost=np.ones(2),
        service=np.full(2, -1),
        services=(),
        service_fixed=ReplicaCounts.of(np.zeros((0, 2), dtype=np.int64)),
        zone=np.full(2, -1),
        usable=np.ones(2, dtype=np.bool_),
        price=np.ones(2),
        held_open=np.zeros(2, dtype=np.bool_),
        mode=mode,
    )
