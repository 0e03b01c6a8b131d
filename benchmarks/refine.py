"""How near refinement alone comes to the fractional bound, and how fast.

``python -m benchmarks.refine [--openb DIRECTORY] [--large]`` prints one line a case. The gap of a
spread is (H - bound) / (bound + sum mean^2), with 0, the bound on equal nodes, for the bound.
"""

from __future__ import annotations

import argparse
import csv
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from kytos.contract.weights import Weights
from kytos.problem import Ints, LoadMode, Problem
from kytos.refine import Refined, refine, warm_up

FREE = Weights(C=0, D=0)
MIB = 2**20


def main() -> None:
    """Run the cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--openb", type=Path, help="the directory of nodes.csv and pods.csv")
    parser.add_argument("--large", action="store_true", help="10,000 and 20,000 pods too")
    arguments = parser.parse_args()
    started = time.perf_counter()
    warm_up()
    print(f"warm up {time.perf_counter() - started:.1f} s")
    sizes = [(200, 20, 500_000), (200, 20, 4_000_000), (1_000, 100, 10_000_000)]
    if arguments.large:
        sizes += [(10_000, 1_000, 30_000_000), (20_000, 1_000, 60_000_000)]
    for pods, nodes, proposals in sizes:
        problem = equal_nodes(pods, nodes, seed=1)
        refined, seconds = timed(problem, FREE, problem.current, proposals)
        squares = nodes * float((problem.mean_load**2).sum())
        print(
            f"spread {pods} x {nodes}: gap {100 * refined.energy / squares:.5f} % in "
            f"{seconds:.2f} s, {refined.proposals_done / seconds / 1e6:.1f} million proposals/s"
        )
    for pods, nodes in ((100, 10), (400, 40), (1_000, 100)):
        problem = equal_nodes(pods, nodes, seed=1)
        refined, seconds = timed(problem, Weights(), problem.current, 10_000 * pods)
        moved = int((refined.placement != problem.current).sum())
        print(
            f"spread with move cost {pods} x {nodes}: H {refined.energy:.5f}, {moved} moves, "
            f"{seconds:.2f} s"
        )
    if arguments.openb is not None:
        problem = openb(arguments.openb)
        refined, seconds = timed(problem, FREE, problem.current, 60_000_000)
        print(f"openb: {int(problem.in_use(refined.placement).sum())} nodes in {seconds:.1f} s")


def timed(problem: Problem, weights: Weights, start: Ints, proposals: int) -> tuple[Refined, float]:
    """Refine and measure."""
    began = time.perf_counter()
    refined = refine(problem, weights, start, proposals, seed=0)
    return refined, time.perf_counter() - began


def equal_nodes(pods: int, nodes: int, seed: int) -> Problem:
    """Pods of all sizes on equal nodes filled to about 65 %, placed at random."""
    rng = np.random.default_rng(seed)
    request = np.column_stack(
        [
            rng.integers(1, 41, pods) * 50,
            rng.integers(1, 65, pods) * 64 * MIB,
            np.ones(pods, dtype=np.int64),
        ]
    )
    room = np.ceil(request.sum(axis=0) / nodes / 0.65).astype(np.int64)
    room[2] = max(110, 3 * pods // nodes)
    current = np.zeros(pods, dtype=np.int64)
    held = np.zeros((nodes, 3), dtype=np.int64)
    for pod in range(pods):
        takes = np.flatnonzero((held + request[pod] <= room).all(axis=1))
        current[pod] = rng.choice(takes)
        held[current[pod]] += request[pod]
    services = max(pods // 5, 1)
    problem = problem_of(request, np.tile(room, (nodes, 1)), current, LoadMode.SPREAD)
    return replace(
        problem,
        service=rng.integers(0, services, pods),
        services=tuple(f"service-{service}" for service in range(services)),
        service_fixed=np.zeros((services, nodes), dtype=np.int64),
    )


def openb(directory: Path) -> Problem:
    """Alibaba's openb trace, CPU and memory, spread over the nodes first (source: README there)."""
    with (directory / "nodes.csv").open() as file:
        nodes = [(int(row["cpu_milli"]), int(row["memory_mib"])) for row in csv.DictReader(file)]
    with (directory / "pods.csv").open() as file:
        pods = [(int(row["cpu_milli"]), int(row["memory_mib"])) for row in csv.DictReader(file)]
    allocatable, request = np.array(nodes, dtype=np.int64), np.array(pods, dtype=np.int64)
    held, current = np.zeros_like(allocatable), np.zeros(len(request), dtype=np.int64)
    for pod in np.lexsort(-request.T):
        left = allocatable - held - request[pod]
        share = np.where((left >= 0).all(axis=1), (left / allocatable).min(axis=1), -1.0)
        current[pod] = int(share.argmax())
        held[current[pod]] += request[pod]
    return problem_of(request, allocatable, current, LoadMode.CONSOLIDATE)


def problem_of(request: Ints, allocatable: Ints, current: Ints, mode: LoadMode) -> Problem:
    """A problem of pods that may go anywhere, each as dear to move as the next."""
    pods, nodes = len(request), len(allocatable)
    return Problem(
        pods=tuple(f"pod-{pod}" for pod in range(pods)),
        nodes=tuple(f"node-{node}" for node in range(nodes)),
        resources=("cpu", "memory", "pods")[: request.shape[1]],
        allocatable=allocatable,
        capacity=allocatable,
        fixed=np.zeros_like(allocatable),
        request=request,
        load_allocatable=allocatable[:, :2].astype(np.float64),
        load_fixed=np.zeros((nodes, 2)),
        load_request=request[:, :2].astype(np.float64),
        current=current,
        allowed=np.ones((pods, nodes), dtype=np.bool_),
        must_place=np.ones(pods, dtype=np.bool_),
        desire=np.zeros(pods),
        priority=np.zeros(pods, dtype=np.int64),
        move_cost=np.ones(pods),
        service=np.full(pods, -1),
        services=(),
        service_fixed=np.zeros((0, nodes), dtype=np.int64),
        zone=np.full(nodes, -1),
        usable=np.ones(nodes, dtype=np.bool_),
        price=np.ones(nodes),
        held_open=np.zeros(nodes, dtype=np.bool_),
        mode=mode,
    )


if __name__ == "__main__":
    main()
