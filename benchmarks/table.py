"""The table of docs/benchmarks.md: goal by goal, the same seeds for all solvers, medians over them.

``python -m benchmarks.table`` prints one line a case and solver, and writes
``benchmarks/results/table.json``. ``--quick`` takes one seed and shorter runs of CP-SAT; ``--only``
names cases. Instances are built with the seed that the solver gets.
"""

from __future__ import annotations

import argparse
import json
import lzma
import multiprocessing
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.refine import FREE, MIB, equal_nodes, openb
from kytos.bounds import CertificateStatus, certificate, lower_bound, relative_gap
from kytos.cli.reading import read_files
from kytos.compare import FrontierRequest, frontier
from kytos.contract.params import Capacity, SolverName, SolverParams
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.problem import LoadMode, Problem
from kytos.questions.rebalance import RebalanceRequest, rebalance
from kytos.questions.warm_up import warm_up
from kytos.referee.energy import energy
from kytos.solve.result import Solution
from kytos.solve.solve import solve
from kytos.solvers.cpsat import solve_exact

HERE = Path(__file__).parent
CORES = 2
"""What the goals are stated for; CP-SAT searches with as many workers."""


@dataclass(frozen=True)
class Effort:
    """How much is spent on a run of the table."""

    seeds: tuple[int, ...]
    cp_sat_s: float


@dataclass(frozen=True)
class Row:
    """One solver on one case.

    Attributes
    ----------
    values
        What was reached, one a seed, in `unit`.
    seconds, cpu_seconds
        Medians, by the clock and of this process.
    met
        Whether the median meets the goal; None for what the goal is compared with.
    """

    case: str
    goal: str
    solver: str
    unit: str
    values: tuple[float, ...]
    seconds: float
    cpu_seconds: float
    met: bool | None = None
    note: str = ""

    @property
    def median(self) -> float:
        """The figure of the table."""
        return float(statistics.median(self.values))


@dataclass(frozen=True)
class Run:
    """One solve, measured."""

    solution: Solution
    seconds: float
    cpu_seconds: float


def main() -> None:
    """Run the cases asked for, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one seed, 5 s of CP-SAT")
    parser.add_argument("--seeds", type=int, default=5, help="how many seeds")
    parser.add_argument("--only", nargs="*", choices=CASES, help="these cases alone")
    parser.add_argument(
        "--output", type=Path, default=HERE / "results" / "table.json", help="where to write"
    )
    arguments = parser.parse_args()
    count = 1 if arguments.quick else arguments.seeds
    effort = Effort(tuple(range(1, count + 1)), 5.0 if arguments.quick else 60.0)
    began = time.perf_counter()
    warm_up()
    print(f"warm-up {time.perf_counter() - began:.1f} s, {count} seeds", flush=True)
    print("| case | goal | solver | median | worst | seconds | CPU s | met |", flush=True)
    print("| --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    rows: list[Row] = []
    arguments.output.parent.mkdir(exist_ok=True)
    for name in arguments.only or CASES:
        for row in CASES[name](effort):
            rows.append(row)
            print(line(row), flush=True)
            arguments.output.write_text(json.dumps(report(rows, effort), indent=2) + "\n")


def line(row: Row) -> str:
    """Return a row of the table in Markdown."""
    met = {None: "", True: "yes", False: "no"}[row.met]
    note = f" ({row.note})" if row.note else ""
    return (
        f"| {row.case} | {row.goal} | {row.solver}{note} | {row.median:.5g} {row.unit} | "
        f"{max(row.values):.5g} | {row.seconds:.2f} | {row.cpu_seconds:.2f} | {met} |"
    )


def report(rows: list[Row], effort: Effort) -> dict[str, Any]:
    """Return what is written: the machine, the effort and the rows."""
    return {
        "machine": {
            "cores": os.cpu_count(),
            "load_average": os.getloadavg(),
            "python": platform.python_version(),
        },
        "effort": asdict(effort),
        "rows": [asdict(row) | {"median": row.median} for row in rows],
    }


def spread_free(effort: Effort) -> Iterator[Row]:
    """200 pods on 20 nodes, moves free: the gap after half a second, and CP-SAT's after 60."""
    case, goal = "spread 200 x 20, no move cost", "gap <= 0.02 % in 0.5 s; CP-SAT no better"
    problems = [equal_nodes(200, 20, seed) for seed in effort.seeds]
    runs = solves(problems, FREE, effort, SolverName.HYBRID, SolverParams(time_limit_s=0.5))
    gaps = gaps_of(problems, runs)
    yield row(case, goal, "hybrid", "% gap", gaps, runs, statistics.median(gaps) <= 0.02)
    yield cp_sat(case, goal, problems, FREE, effort, gaps_in_percent=True)


def spread_mixed(effort: Effort) -> Iterator[Row]:
    """Moves cost and replicas keep apart: the energy against CP-SAT's after 60 s."""
    for pods, nodes, seconds in ((100, 10, 2.0), (400, 40, 5.0), (1_000, 100, 10.0)):
        case = f"spread {pods} x {nodes}, move cost and anti-affinity"
        goal = f"H <= CP-SAT's in {seconds:g} s"
        problems = [equal_nodes(pods, nodes, seed) for seed in effort.seeds]
        params = SolverParams(time_limit_s=seconds)
        runs = solves(problems, Weights(), effort, SolverName.HYBRID, params)
        exact = cp_sat(case, goal, problems, Weights(), effort)
        energies = tuple(run.solution.energy.total for run in runs)
        met = all(
            ours <= theirs + 1e-9 for ours, theirs in zip(energies, exact.values, strict=True)
        )
        yield row(case, goal, "hybrid", "H", energies, runs, met)
        yield exact


def consolidate_small(effort: Effort) -> Iterator[Row]:
    """Twenty clusters of 30 to 60 pods: how many node counts are proven optimal."""
    case, goal = "consolidate, 20 clusters of 30 to 60 pods", "20 proven optimal"
    proven, runs = 0, []
    for seed in range(20):
        pods = 30 + seed * 30 // 19
        problem = replace(equal_nodes(pods, 8, seed), mode=LoadMode.CONSOLIDATE)
        run = solved(
            problem, FREE, SolverName.HYBRID, SolverParams(seed=seed).with_hybrid(blocks=0)
        )
        placement = run.solution.placement
        clock = SolverParams(time_limit_s=effort.cp_sat_s)
        bound = solve_exact(problem, FREE, clock, hint=placement).bound
        proof = certificate(problem, FREE, placement, bound)
        proven += proof.status is CertificateStatus.OPTIMAL
        runs.append(run)
    yield row(case, goal, "hybrid", "proven", (float(proven),), runs, proven == 20)


def openb_trace(effort: Effort) -> Iterator[Row]:
    """Alibaba's openb trace, CPU and memory: nodes in use after a minute."""
    case, goal = "openb, 8,152 pods x 1,523 nodes", "<= 848 nodes in 60 s (bound 843)"
    with tempfile.TemporaryDirectory() as folder:
        for name in ("nodes", "pods"):
            packed = (HERE / "data" / f"openb-{name}.csv.xz").read_bytes()
            (Path(folder) / f"{name}.csv").write_bytes(lzma.decompress(packed))
        problem = openb(Path(folder))
    params = SolverParams(time_limit_s=60.0, refine_proposals=400_000_000).with_hybrid(blocks=8)
    for solver in (SolverName.HYBRID, SolverName.FIRST_FIT_DECREASING):
        runs = solves([problem] * len(effort.seeds), FREE, effort, solver, params)
        nodes = tuple(float(problem.in_use(run.solution.placement).sum()) for run in runs)
        met = statistics.median(nodes) <= 848 if solver is SolverName.HYBRID else None
        yield row(case, goal, solver.value, "nodes", nodes, runs, met)


def large_file(effort: Effort) -> Iterator[Row]:
    """20,000 pods on 1,000 nodes, from a kubectl file to a plan, in a process of its own."""
    case, goal = "spread 20,000 x 1,000, file to plan", "gap <= 0.05 % in 30 s, < 3 GB"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cluster.json"
        write_cluster(path, equal_nodes(20_000, 1_000, effort.seeds[0]))
        receive, send = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.get_context("spawn").Process(
            target=file_to_plan, args=(path, effort.seeds[0], send)
        )
        process.start()
        gap, seconds, cpu_seconds, stages, gigabytes = receive.recv()
        process.join()
    met = gap <= 0.05 and seconds <= 30 and gigabytes < 3
    note = f"one seed; {gigabytes:.2f} GB; {stages}"
    yield Row(case, goal, "hybrid", "% gap", (gap,), seconds, cpu_seconds, met, note)


def growth(effort: Effort) -> Iterator[Row]:
    """Time to a gap of 0.02 % at 1,000 and at 10,000 pods."""
    case, goal = "growth, 1,000 -> 10,000 pods to a gap of 0.02 %", "time x <= 15"
    times, cpu_times = [], []
    for pods in (1_000, 10_000):
        problem = equal_nodes(pods, pods // 10, effort.seeds[0])
        target = 2e-4 * pods / 10 * float((problem.mean_load**2).sum())
        params = SolverParams(time_limit_s=120, refine_proposals=3_000 * pods).with_hybrid(
            target_energy=target, blocks=0
        )
        runs = solves([problem] * len(effort.seeds), FREE, effort, SolverName.HYBRID, params)
        reached = max(run.solution.energy.total for run in runs) <= target
        times.append(statistics.median(run.seconds for run in runs))
        cpu_times.append(statistics.median(run.cpu_seconds for run in runs))
        yield row(case, goal, f"hybrid, {pods:,}", "s", tuple(run.seconds for run in runs), runs,
                  note="" if reached else "gap not reached")  # fmt: skip
    ratio, cpu_ratio = times[1] / times[0], cpu_times[1] / cpu_times[0]
    yield Row(case, goal, "ratio", "x", (ratio,), sum(times), sum(cpu_times), ratio <= 15,
              f"by CPU time {cpu_ratio:.1f}")  # fmt: skip


def sampler_alone(effort: Effort) -> Iterator[Row]:
    """OpenJij without refinement on a spread of 100 pods on 10 nodes."""
    case, goal = "OpenJij alone, spread 100 x 10", "<= 8 % above CP-SAT's 30 s best, in 3 s"
    problems = [equal_nodes(100, 10, seed) for seed in effort.seeds]
    params = SolverParams(
        time_limit_s=5.0,  # half of it is refinement's, which has nothing to do
        refine_proposals=0,
        max_variables=2_000,
        capacity=Capacity.UNBALANCED,
    )
    runs = solves(problems, Weights(), effort, SolverName.OPENJIJ_SA, params)
    half = replace(effort, cp_sat_s=effort.cp_sat_s / 2)
    exact = cp_sat(case, goal, problems, Weights(), half)
    proposed = [run.solution.report.proposed_energy or np.inf for run in runs]
    above = tuple(
        100 * (ours / theirs - 1) for ours, theirs in zip(proposed, exact.values, strict=True)
    )
    met = statistics.median(above) <= 8 and statistics.median(r.seconds for r in runs) <= 3
    yield row(case, goal, "openjij-sa", "% above", above, runs, met)
    yield exact


def moves_frontier(effort: Effort) -> Iterator[Row]:
    """Nodes freed against pods moved on the 150-pod sample, in twelve points."""
    case, goal = "frontier, web-shop sample, 12 points", "<= 20 s"
    cluster = read_files([HERE.parent / "sample_clusters" / "web-shop.json"])
    seconds, cpu_seconds, points = [], [], 0
    for seed in effort.seeds:
        began, began_cpu = time.perf_counter(), time.process_time()
        swept = frontier(cluster, FrontierRequest(points=12), params=SolverParams(seed=seed))
        seconds.append(time.perf_counter() - began)
        cpu_seconds.append(time.process_time() - began_cpu)
        points = len(swept.points)
    median, cpu_median = statistics.median(seconds), statistics.median(cpu_seconds)
    note = f"{points} points not dominated"
    yield Row(case, goal, "refinement", "s", tuple(seconds), median, cpu_median, median <= 20, note)


def side_by_side(effort: Effort) -> Iterator[Row]:
    """The same blocks on one worker and on two, over dask."""
    from distributed import Client, LocalCluster

    from kytos.solve.blocks import anneal_block, choose_blocks
    from kytos.solve.dask import runner_on

    case, goal = "16 blocks of 1,000 x 100 over dask", "faster on 2 workers than on 1"
    problem = equal_nodes(1_000, 100, effort.seeds[0])
    # At the default effort a block takes 50 ms, no longer than sending it does.
    params = SolverParams(capacity=Capacity.UNBALANCED, num_sweeps=20_000).with_hybrid(blocks=16)
    blocks = choose_blocks(problem, problem.current, params, np.random.SeedSequence(0))
    shared = (problem, Weights(), problem.current, params)
    medians = []
    for workers in (1, 2):
        with (
            LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=None
            ) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            run = runner_on(client)
            list(run(anneal_block, shared, blocks[:workers], Watch()))  # imports on each worker
            seconds = []
            for _ in effort.seeds:
                began = time.perf_counter()
                list(run(anneal_block, shared, blocks, Watch()))
                seconds.append(time.perf_counter() - began)
        medians.append(statistics.median(seconds))
        yield Row(case, goal, f"workers: {workers}", "s", tuple(seconds), medians[-1], 0.0)
    speed_up = medians[0] / medians[1]
    yield Row(case, goal, "speed-up", "x", (speed_up,), sum(medians), 0.0, speed_up > 1)


CASES: dict[str, Callable[[Effort], Iterator[Row]]] = {
    "spread-free": spread_free,
    "spread-mixed": spread_mixed,
    "consolidate": consolidate_small,
    "openb": openb_trace,
    "large": large_file,
    "growth": growth,
    "openjij": sampler_alone,
    "frontier": moves_frontier,
    "dask": side_by_side,
}


def solves(
    problems: list[Problem],
    weights: Weights,
    effort: Effort,
    solver: SolverName,
    params: SolverParams,
) -> list[Run]:
    """Solve each problem with the seed of its place."""
    return [
        solved(problem, weights, solver, params.model_copy(update={"seed": seed}))
        for problem, seed in zip(problems, effort.seeds, strict=True)
    ]


def solved(problem: Problem, weights: Weights, solver: SolverName, params: SolverParams) -> Run:
    """Solve and measure."""
    began, began_cpu = time.perf_counter(), time.process_time()
    solution = solve(problem, weights, solver, params)
    return Run(solution, time.perf_counter() - began, time.process_time() - began_cpu)


def row(
    case: str,
    goal: str,
    solver: str,
    unit: str,
    values: tuple[float, ...],
    runs: list[Run],
    met: bool | None = None,
    note: str = "",
) -> Row:
    """Return a row with the runs' median times."""
    seconds = statistics.median(run.seconds for run in runs)
    cpu_seconds = statistics.median(run.cpu_seconds for run in runs)
    return Row(case, goal, solver, unit, values, seconds, cpu_seconds, met, note)


def gaps_of(problems: list[Problem], runs: list[Run]) -> tuple[float, ...]:
    """Gaps to the bound in per cent."""
    return tuple(
        gap_percent(problem, run.solution.energy.total)
        for problem, run in zip(problems, runs, strict=True)
    )


def gap_percent(problem: Problem, reached: float) -> float:
    """The gap of a free spread to its bound, in per cent."""
    gap = relative_gap(problem, FREE, reached, lower_bound(problem, FREE).value)
    return float("nan") if gap is None else 100 * gap


def cp_sat(
    case: str,
    goal: str,
    problems: list[Problem],
    weights: Weights,
    effort: Effort,
    *,
    gaps_in_percent: bool = False,
) -> Row:
    """CP-SAT on the same problems, with a worker a core."""
    values, seconds, cpu_seconds = [], [], []
    for problem, seed in zip(problems, effort.seeds, strict=True):
        params = SolverParams(seed=seed, time_limit_s=effort.cp_sat_s)
        began, began_cpu = time.perf_counter(), time.process_time()
        exact = solve_exact(problem, weights, params, workers=CORES)
        seconds.append(time.perf_counter() - began)
        cpu_seconds.append(time.process_time() - began_cpu)
        reached = energy(problem, weights, exact.placement).total
        values.append(gap_percent(problem, reached) if gaps_in_percent else reached)
    unit = "% gap" if gaps_in_percent else "H"
    return Row(
        case,
        goal,
        "cp-sat",
        unit,
        tuple(values),
        statistics.median(seconds),
        statistics.median(cpu_seconds),
        note=f"{effort.cp_sat_s:g} s, {CORES} workers",
    )


def write_cluster(path: Path, problem: Problem) -> None:
    """Write a problem as what ``kubectl get nodes,pods -o json`` prints."""
    nodes: list[dict[str, Any]] = [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name},
            "status": {
                "allocatable": {"cpu": f"{cpu}m", "memory": str(memory), "pods": str(pods)},
                "conditions": [{"type": "Ready", "status": "True"}],
            },
        }
        for name, (cpu, memory, pods) in zip(
            problem.nodes, problem.allocatable.tolist(), strict=True
        )
    ]
    pods: list[dict[str, Any]] = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name,
                "namespace": "default",
                "ownerReferences": [
                    {
                        "apiVersion": "apps/v1",
                        "kind": "ReplicaSet",
                        "name": problem.services[service],
                        "uid": f"{service}",
                        "controller": True,
                    }
                ],
            },
            "spec": {
                "nodeName": problem.nodes[home],
                "containers": [
                    {
                        "name": "main",
                        "resources": {
                            "requests": {"cpu": f"{cpu}m", "memory": f"{memory // MIB}Mi"}
                        },
                    }
                ],
            },
            "status": {"phase": "Running"},
        }
        for name, home, service, (cpu, memory, _) in zip(
            problem.pods,
            problem.current.tolist(),
            problem.service.tolist(),
            problem.request.tolist(),
            strict=True,
        )
    ]
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": nodes + pods}))


def file_to_plan(path: Path, seed: int, send: Any) -> None:
    """Read, rebalance, and report the gap, the time and the memory of this process."""
    warm_up()  # as a service does at its start
    began, began_cpu = time.perf_counter(), time.process_time()
    cluster = read_files([path])
    reading = time.perf_counter() - began
    outcome = rebalance(
        cluster,
        RebalanceRequest(mode=LoadMode.SPREAD),
        weights=FREE,
        params=SolverParams(seed=seed, time_limit_s=30 - reading - 8).with_hybrid(blocks=2),
    )
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - began_cpu
    gap = 100 * (outcome.certificate.gap or 0.0)
    stages = f"read {reading:.1f} s, solve {outcome.solver.seconds:.1f} s"
    gigabytes = peak_memory_gb()
    send.send((gap, seconds, cpu_seconds, stages, gigabytes))


def peak_memory_gb() -> float:
    """Peak of this process since it began, on Linux.

    `ru_maxrss` would begin at what its parent held, which other cases may have filled.
    """
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 2**20


if __name__ == "__main__":
    main()
