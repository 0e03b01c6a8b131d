"""Encodings side by side: what a sampler alone reaches, by encoding and by capacity penalty.

``python -m benchmarks.encodings`` prints the table of
docs/decisions/0061-raise-only-what-breaks.md: energy H of the best read, repaired and not
refined, with every row in force from the start and with rows raised as they break.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import dimod
import numpy as np

from kytos.focus import focus
from kytos.hamiltonian.energy import energy
from kytos.hamiltonian.feasible import feasible
from kytos.hamiltonian.layout import Scope
from kytos.hamiltonian.model import Model, build_model
from kytos.hamiltonian.weights import Weights
from kytos.optimize.rebalance import RebalanceRequest, pinned_pods, rebalance_problem
from kytos.problem import Floats, LoadMode, Problem
from kytos.refine import repair
from kytos.rounds import draw_at_once, draw_in_rounds
from kytos.solvers.base import Capacity, Encoding, Sampler, SolverName, SolverParams, Watch
from kytos.solvers.registry import find_solver
from kytos.sources.manifests import read_cluster

SAMPLES = Path(__file__).parents[1] / "sample_clusters"
DRAWS = {"all rows": draw_at_once, "raised": draw_in_rounds}


@dataclass(frozen=True)
class Reached:
    """What a sampler alone made of one QUBO."""

    variables: int
    start: float
    best: float
    feasible_share: float
    seconds: float


def main() -> None:
    """Print the table, one row per case and encoding."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", nargs="*", default=["web-shop", "hot-spots", "lab"])
    parser.add_argument("--reads", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--solver", type=SolverName, default=SolverName.OPENJIJ_SA)
    chosen = parser.parse_args()
    print("| case | encoding | capacity | rows | variables | start | best | feasible | seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for case, problem in cases(chosen.samples):
        for encoding in Encoding:
            for capacity in Capacity:
                for rows in DRAWS:
                    found = [
                        reach(
                            problem,
                            chosen.solver,
                            SolverParams(
                                num_reads=chosen.reads,
                                seed=seed,
                                encoding=encoding,
                                capacity=capacity,
                            ),
                            rows,
                        )
                        for seed in range(chosen.seeds)
                    ]
                    best = np.median([one.best for one in found])
                    print(
                        f"| {case} | {encoding} | {capacity} | {rows} | {found[0].variables} "
                        f"| {found[0].start:.3f} | {best:.3f} "
                        f"| {np.mean([one.feasible_share for one in found]):.0%} "
                        f"| {np.median([one.seconds for one in found]):.2f} |",
                        flush=True,
                    )


def cases(samples: list[str]) -> Iterator[tuple[str, Problem]]:
    """Yield names and problems: the samples in the two modes that matter most."""
    for name in samples:
        file = SAMPLES / f"{name}.json"
        cluster = read_cluster([(file.name, file.read_bytes())])
        for mode in (LoadMode.SPREAD, LoadMode.CONSOLIDATE):
            request = RebalanceRequest(mode=mode)
            pinned = pinned_pods(cluster, request)
            yield f"{name}, {mode}", rebalance_problem(cluster, request, pinned)


def reach(problem: Problem, solver: SolverName, params: SolverParams, rows: str) -> Reached:
    """Anneal once and score the best read, repaired."""
    weights, sampler = Weights(), find_solver(solver)
    if not isinstance(sampler, Sampler):
        raise SystemExit(f"{solver.value} anneals no QUBO; choose a sampler")
    began = time.monotonic()
    scope = Scope(*focus(problem, params.max_variables))
    model = build_model(problem, None, scope, params.encoding, params.capacity)
    drawn = DRAWS[rows](model, partial(_build, model, weights), sampler, params, Watch())
    decoded = model.decode(drawn.bits)
    holds = [
        bool(whole) and feasible(problem, placement)
        for whole, placement in zip(decoded.whole, decoded.placements, strict=True)
    ]
    repaired = [repair(problem, weights, placement) for placement in decoded.placements]
    return Reached(
        variables=len(model.variables),
        start=energy(problem, weights, problem.current).total,
        best=min(energy(problem, weights, placement).total for placement in repaired),
        feasible_share=float(np.mean(holds)),
        seconds=time.monotonic() - began,
    )


def _build(model: Model, weights: Weights, strength: Floats | None) -> dimod.BinaryQuadraticModel:
    return model.bqm(weights, strength=strength)


if __name__ == "__main__":
    main()
