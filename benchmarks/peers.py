"""Families where this solver used to lose, against its peers at equal time.

``python -m benchmarks.peers`` prints one line a family and solver: H by seed, its median, how far
that is above the best of all, and the CPU seconds it took. ``--seconds`` is what each solver gets,
``--exact-seconds`` what CP-SAT gets besides; ``--seeds`` and ``--only`` choose.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.families import FAMILIES, Family
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.watch import Watch
from kytos.problem import Problem
from kytos.referee.energy import energy
from kytos.refine import warm_up
from kytos.solve.solve import solve
from kytos.solvers.cpsat import solve_exact

CORES = 2
"""Workers of CP-SAT: what the table is stated for."""


@dataclass(frozen=True)
class Measured:
    """What a solver reached on each seed, and what it took."""

    solver: str
    reached: tuple[float, ...]
    seconds: float
    cpu_seconds: float

    @property
    def median(self) -> float:
        """The figure compared."""
        return float(statistics.median(self.reached))


Solve = Callable[[Problem, Family, int], float]


def main() -> None:
    """Run the families asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="what each solver gets")
    parser.add_argument("--exact-seconds", type=float, default=0.0, help="CP-SAT again, longer")
    parser.add_argument("--seeds", type=int, nargs="*", default=[101, 102])
    parser.add_argument("--only", nargs="*", default=[""], help="families whose name has this")
    arguments = parser.parse_args()
    warm_up()
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores", flush=True)
    print("| family | solver | H by seed | median | above the best | seconds | CPU s |", flush=True)
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for name, family in FAMILIES.items():
        if any(part in name for part in arguments.only):
            rows = list(measured(family, arguments.seeds, contestants(arguments)))
            best = min(row.median for row in rows)
            for row in rows:
                print(line(name, row, best), flush=True)


def contestants(arguments: argparse.Namespace) -> dict[str, Solve]:
    """Every solver by the name it has in the table."""
    seconds = arguments.seconds

    def ours(problem: Problem, family: Family, seed: int, effort: object) -> float:
        params = SolverParams.model_validate({"effort": effort, "seed": seed})
        return solve(problem, family.weights, params=params).energy.total

    def by_name(name: SolverName) -> Solve:
        def run(problem: Problem, family: Family, seed: int) -> float:
            params = SolverParams(seed=seed, refine_proposals=0, proof_work=0)
            return solve(problem, family.weights, name, params).energy.total

        return run

    def cp_sat(limit: float) -> Solve:
        def run(problem: Problem, family: Family, seed: int) -> float:
            params = SolverParams(seed=seed, time_limit_s=limit)
            exact = solve_exact(problem, family.weights, params, Watch(), workers=CORES)
            return energy(problem, family.weights, exact.placement).total

        return run

    solvers: dict[str, Solve] = {
        f"kytos, {seconds:g} s": lambda problem, family, seed: ours(problem, family, seed, seconds),
        "kytos, normal": lambda problem, family, seed: ours(problem, family, seed, "normal"),
        f"cp-sat, {seconds:g} s": cp_sat(seconds),
        "openjij-sa, reads alone": by_name(SolverName.OPENJIJ_SA),
        "first-fit-decreasing": by_name(SolverName.FIRST_FIT_DECREASING),
        "kube-scheduler": by_name(SolverName.KUBE_SCHEDULER),
    }
    if arguments.exact_seconds:
        solvers[f"cp-sat, {arguments.exact_seconds:g} s"] = cp_sat(arguments.exact_seconds)
    return solvers


def measured(family: Family, seeds: list[int], solvers: dict[str, Solve]) -> Iterator[Measured]:
    """Run every solver on the instance of every seed."""
    for name, run in solvers.items():
        reached, seconds, cpu = [], [], []
        for seed in seeds:
            problem = family.make(seed)
            began, cpu_began = time.perf_counter(), time.process_time()
            reached.append(run(problem, family, seed))
            seconds.append(time.perf_counter() - began)
            cpu.append(time.process_time() - cpu_began)
        yield Measured(name, tuple(reached), statistics.median(seconds), statistics.median(cpu))


def line(name: str, row: Measured, best: float) -> str:
    """Return a row of the table in Markdown."""
    values = ", ".join(f"{value:.5g}" for value in row.reached)
    above = 100 * (row.median / best - 1) if best else 0.0
    return (
        f"| {name} | {row.solver} | {values} | {row.median:.5g} | {above:.1f} % | "
        f"{row.seconds:.1f} | {row.cpu_seconds:.1f} |"
    )


if __name__ == "__main__":
    main()
