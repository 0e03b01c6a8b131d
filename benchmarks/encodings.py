"""Encodings side by side: what a sampler alone reaches, by encoding and by capacity penalty.

``python -m benchmarks.encodings`` prints the table of docs/decisions/0062-domain-wall.md: energy H
of the best read, repaired and not refined, with every row in force from the start and with rows
raised as they break; medians over seeds, CPU seconds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import product
from pathlib import Path

import dimod
import numpy as np

from benchmarks.domain_wall import DomainWallModel
from kytos.contract.params import Capacity, Encoding, SolverName, SolverParams
from kytos.contract.solver import Sampler
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.hamiltonian.layout import Scope, lay_out
from kytos.hamiltonian.model import Model, build_model
from kytos.problem import Floats, LoadMode, Problem
from kytos.questions.rebalance import RebalanceRequest, pinned_pods, rebalance_problem
from kytos.referee.energy import energy
from kytos.referee.feasible import feasible
from kytos.refine import repair
from kytos.solve.focus import focus
from kytos.solve.registry import find_solver
from kytos.solve.rounds import draw_at_once, draw_in_rounds
from kytos.sources.manifests import read_cluster

SAMPLES = Path(__file__).parents[1] / "sample_clusters"
DRAWS = {"all rows": draw_at_once, "raised": draw_in_rounds}


class Written(StrEnum):
    """How a placement is written in bits: the encodings of the house, and one that is not."""

    STAY_PUT = "stay-put"
    ONE_HOT = "one-hot"
    DOMAIN_WALL = "domain-wall"


@dataclass(frozen=True)
class Reached:
    """What a sampler alone made of one QUBO."""

    variables: int
    couplers: int
    best: float
    feasible_share: float
    seconds: float


def main() -> None:
    """Print the table, one row per case and encoding."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", nargs="*", default=["web-shop", "hot-spots", "lab"])
    parser.add_argument("--reads", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--solver", type=SolverName, default=SolverName.OPENJIJ_SA)
    parser.add_argument("--encodings", nargs="*", type=Written, default=list(Written))
    parser.add_argument("--wall", type=float, default=1.0, help="price of a wall, in penalties")
    chosen = parser.parse_args()
    print(
        "| case | start | encoding | capacity | rows | variables | couplers | best | feasible "
        "| CPU s |"
    )
    print("|" + " --- |" * 10)
    for case, problem in cases(chosen.samples):
        start = energy(problem, Weights(), problem.current).total
        for written, capacity, rows in product(chosen.encodings, Capacity, DRAWS):
            build = partial(model_of, written=written, capacity=capacity, wall=chosen.wall)
            solves = [
                reach(
                    problem,
                    build,
                    chosen.solver,
                    SolverParams(num_reads=chosen.reads, seed=seed, time_limit_s=600),
                    rows,
                )
                for seed in range(chosen.seeds)
            ]
            best = [one.best for one in solves]
            print(
                f"| {case} | {start:.3f} | {written} | {capacity} | {rows} | {solves[0].variables} "
                f"| {solves[0].couplers:,} "
                f"| {np.median(best):.3f} ({min(best):.3f} to {max(best):.3f}) "
                f"| {np.mean([one.feasible_share for one in solves]):.0%} "
                f"| {np.median([one.seconds for one in solves]):.2f} |",
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


def model_of(
    problem: Problem, params: SolverParams, *, written: Written, capacity: Capacity, wall: float
) -> Model:
    """The QUBO of the part of a problem with most to gain, the same part in every encoding."""
    scope = Scope(*focus(problem, params.max_variables))
    if written is Written.DOMAIN_WALL:
        layout = lay_out(problem, None, scope, Encoding.ONE_HOT)
        return DomainWallModel(layout, capacity, wall)
    return build_model(problem, None, scope, Encoding(written.value), capacity)


def reach(
    problem: Problem,
    build: Callable[[Problem, SolverParams], Model],
    solver: SolverName,
    params: SolverParams,
    rows: str,
) -> Reached:
    """Anneal once and score the best read, repaired."""
    weights, sampler = Weights(), find_solver(solver)
    if not isinstance(sampler, Sampler):
        raise SystemExit(f"{solver.value} anneals no QUBO; choose a sampler")
    began = time.process_time()
    model = build(problem, params)
    drawn = DRAWS[rows](model, partial(_build, model, weights), sampler, params, Watch())
    decoded = model.decode(drawn.bits)
    holds = [
        bool(whole) and feasible(problem, placement)
        for whole, placement in zip(decoded.whole, decoded.placements, strict=True)
    ]
    repaired = [repair(problem, weights, placement) for placement in decoded.placements]
    return Reached(
        variables=len(model.variables),
        couplers=drawn.bqm.num_interactions,
        best=min(energy(problem, weights, placement).total for placement in repaired),
        feasible_share=float(np.mean(holds)),
        seconds=time.process_time() - began,
    )


def _build(model: Model, weights: Weights, strength: Floats | None) -> dimod.BinaryQuadraticModel:
    return model.bqm(weights, strength=strength)


if __name__ == "__main__":
    main()
