"""Who takes part: our solver, CP-SAT on all cores, and a plain local search."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from benchmarks.roadef.as_problem import WEIGHTS
from benchmarks.roadef.results import CORES
from kytos.contract.params import SolverParams
from kytos.contract.watch import Watch
from kytos.problem import Ints, Problem
from kytos.referee.energy import energy
from kytos.refine import kernels
from kytos.refine.state import flatten
from kytos.solve.solve import solve
from kytos.solvers.cpsat.energy import EnergyModel
from kytos.solvers.cpsat.rules import BuildingStopped
from kytos.solvers.cpsat.search import Search

CHUNK = 1 << 18

Contestant = Callable[[Problem, float, int], Ints]
"""A problem, seconds and a seed to a placement ``(pods,)``."""


def kytos(problem: Problem, seconds: float, seed: int) -> Ints:
    """Our solver as anyone calls it, on all cores."""
    params = SolverParams(effort=seconds, time_limit_s=seconds, seed=seed, workers=CORES)
    return solve(problem, WEIGHTS, params=params).placement


def cp_sat(problem: Problem, seconds: float, seed: int) -> Ints:
    """CP-SAT on the whole model, from the first assignment; building it counts."""
    params = SolverParams(seed=seed, time_limit_s=seconds)
    watch = Watch().within(seconds)
    try:
        model = EnergyModel(problem, WEIGHTS, watch)
    except BuildingStopped:
        return problem.current
    search = Search(model, params, watch, workers=CORES)
    answer = search.minimise(model.objective.expression(), problem.current, model.objective)
    return problem.current if answer.placement is None else answer.placement


def local_search(problem: Problem, seconds: float, seed: int) -> Ints:
    """Random moves and swaps, taken if they do not cost more: one climb a core, the best kept.

    By the compiled kernels of our refinement, so at millions of proposals a second, but without
    temperature, restarts or chains.
    """
    watch = Watch().within(seconds)
    with ThreadPoolExecutor(CORES) as pool:
        climbs = pool.map(lambda one: _climb(problem, watch, CORES * seed + one), range(CORES))
        return min(climbs, key=lambda placement: energy(problem, WEIGHTS, placement).total)


def _climb(problem: Problem, watch: Watch, seed: int) -> Ints:
    flat, state = flatten(problem, WEIGHTS)
    kernels.load(flat, state, problem.current)
    pods, nodes = np.arange(len(problem.pods)), np.arange(len(problem.nodes))
    rng = np.random.SeedSequence(seed).generate_state(1, np.uint64) | np.uint64(1)
    best = problem.current.copy()
    reached = kernels.energy_of(flat, state)
    energies = np.array([reached, reached])
    journal = np.zeros((kernels.JOURNAL, 2), dtype=np.int64)
    chain, marks = np.zeros((kernels.LEGS, 3), dtype=np.int64), np.array([0, 1])
    never, halves = 0.0, np.array([0.0, 0.0, 0.5, 0.0])
    while watch.reason is None:
        kernels.anneal(
            flat, state, pods, nodes, rng, CHUNK, never, never, halves, energies, best, journal,
            marks, chain,
        )  # fmt: skip
    return best


CONTESTANTS: dict[str, Contestant] = {
    "kytos": kytos,
    "cp-sat": cp_sat,
    "local search": local_search,
}
