"""Samplers side by side on ten QUBOs of 100 to 1,000 variables: time to solution, with interval.

``python -m benchmarks.samplers`` draws the same number of reads with each local sampler from the
QUBO that a rebalance of a random cluster is annealed as, rows at their first strength, and prints,
by QUBO, CPU seconds until a read, decoded and repaired, is within `NEAR` of the best energy H
known with 99 % probability, and how many sweeps those reads are, which no other work here
changes. Best known is the lowest of all reads and of CP-SAT (`--exact` seconds each). `--seed` has
other clusters drawn: the samplers' parameters were tried on those of seed 0.
``--write`` puts the table into docs/benchmarks.md in the old one's place.
``--bifurcation PYTHON`` adds the package simulated-bifurcation of another environment, which
brings PyTorch and is no dependency of Kytos.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dimod
import numpy as np

from kytos.cluster import Cluster
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.solver import Sampler
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.hamiltonian.model import Model, build_model
from kytos.problem import Floats, LoadMode, Problem
from kytos.questions.rebalance import RebalanceRequest, pinned_pods, rebalance_problem
from kytos.referee.energy import energy
from kytos.refine import repair
from kytos.report.time_to_solution import TimeToSolution, time_to_solution
from kytos.solve.registry import find_solver
from kytos.solve.rounds import FIRST_STRENGTH
from kytos.solve.solve import solve
from kytos.sources.manifests import read_cluster

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- samplers -->", "<!-- /samplers -->"
NEAR = 0.1
"""Of the way from doing nothing to the best energy known: a read so near is a success."""
SIZES = ((12, 7), (24, 8), (36, 9), (50, 11), (80, 12))
"""Pods and nodes, one QUBO of each mode, which holds all of them."""
COMPARED = (
    SolverName.OPENJIJ_SA,
    SolverName.DWAVE_SA,
    SolverName.DWAVE_TABU,
    SolverName.PARALLEL_TEMPERING,
)
BIFURCATION = """
import json, sys, time
import numpy as np, torch, simulated_bifurcation as sb
given = json.load(sys.stdin)
torch.set_num_threads(1)
matrix = torch.tensor(given["matrix"]); linear = torch.tensor(given["linear"])
states, began = [], time.process_time()
torch.manual_seed(0)
states, _ = sb.minimize(matrix, linear, 0.0, domain="binary", agents=given["reads"],
    best_only=False, mode="discrete", heated=False, verbose=False, max_steps=given["steps"])
print(json.dumps({"states": states.int().tolist(), "seconds": time.process_time() - began}))
"""


@dataclass(frozen=True)
class Case:
    """One QUBO, and energies H of doing nothing and of the exact solver's answer."""

    name: str
    problem: Problem
    model: Model
    bqm: dimod.BinaryQuadraticModel
    nothing: float
    exact: float


@dataclass(frozen=True)
class Drawn:
    """A sampler's reads of a QUBO."""

    energies: Floats
    seconds_a_read: float


def cluster(pods: int, nodes: int, seed: int) -> Cluster:
    """Pods of four sizes, crowded on the first nodes; a few replicas of each service."""
    rng = np.random.default_rng(seed)
    cpu = rng.choice([100, 250, 500, 1000], pods)
    home = (nodes * rng.random(pods) ** 1.6).astype(int)
    room = int(2.2 * cpu.sum() / nodes)
    body = {
        "nodes": [
            {"id": f"n{at}", "cpu_capacity": max(room, 2000), "mem_capacity": 64_000}
            for at in range(nodes)
        ],
        "pods": [
            {
                "id": f"p{at}",
                "cpu_request": int(cpu[at]),
                "mem_request": int(cpu[at]),
                "current_node": f"n{home[at]}",
                "service": f"s{at // 4}",
            }
            for at in range(pods)
        ],
    }
    return read_cluster([("cluster.json", json.dumps(body).encode())])


def cases(exact_s: float, seed: int) -> Iterator[Case]:
    """Yield the ten QUBOs."""
    for number, (pods, nodes) in enumerate(SIZES):
        for mode in (LoadMode.SPREAD, LoadMode.CONSOLIDATE):
            request = RebalanceRequest(mode=mode)
            whole = cluster(pods, nodes, seed + number)
            problem = rebalance_problem(whole, request, pinned_pods(whole, request))
            model = build_model(problem)
            params = SolverParams(time_limit_s=exact_s)
            exact = solve(problem, Weights(), SolverName.CP_SAT, params)
            yield Case(
                f"{mode.value} {pods} x {nodes}",
                problem,
                model,
                model.bqm(Weights(), strength=np.full(len(model.layout.rows), FIRST_STRENGTH)),
                exact.start_energy.total,
                exact.energy.total,
            )


def drawn(case: Case, name: SolverName, params: SolverParams) -> Drawn:
    """Draw reads with a sampler of the house; converting the model is part of their time."""
    sampler = find_solver(name)
    assert isinstance(sampler, Sampler)
    began = time.process_time()
    samples = sampler.sample(case.bqm, params, Watch())
    took = time.process_time() - began
    objectives = _objectives(case, samples.record.sample, list(samples.variables))
    return Drawn(objectives, took / len(samples))


def bifurcated(case: Case, python: str, reads: int, steps: int) -> Drawn:
    """Draw reads with discrete simulated bifurcation, in the environment of `python`."""
    order = list(case.bqm.variables)
    at = {name: position for position, name in enumerate(order)}
    matrix = np.zeros((len(order), len(order)))
    for (u, v), bias in case.bqm.quadratic.items():
        matrix[at[u], at[v]] += bias
    given = {
        "matrix": matrix.tolist(),
        "linear": [float(case.bqm.linear[name]) for name in order],
        "reads": reads,
        "steps": steps,
    }
    ran = subprocess.run(
        [python, "-c", BIFURCATION], input=json.dumps(given), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    told = json.loads(ran.stdout.splitlines()[-1])
    states = np.array(told["states"], dtype=np.int8).reshape(-1, len(order))
    return Drawn(_objectives(case, states, order), told["seconds"] / len(states))


def main() -> None:
    """Draw, print the table, and write it where that was asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reads", type=int, default=20)
    parser.add_argument("--sweeps", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--samplers", nargs="*", type=SolverName, default=COMPARED)
    parser.add_argument("--exact", type=float, default=3.0, help="seconds of CP-SAT on each")
    parser.add_argument("--bifurcation", help="a Python that has simulated-bifurcation")
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    asked = parser.parse_args()
    names = list(asked.samplers)
    for name in names:  # whatever a sampler compiles or loads is no part of a read
        find_solver(name).sample(  # type: ignore[union-attr]
            dimod.BinaryQuadraticModel({"x": 1.0}, {}, "BINARY"), SolverParams(num_reads=1), Watch()
        )
    head = ["QUBO", "variables", "couplers", *names]
    head += ["simulated-bifurcation"] if asked.bifurcation else []
    rows = [f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    params = SolverParams(num_reads=asked.reads, num_sweeps=asked.sweeps, time_limit_s=600)
    print(rows[0], rows[1], sep="\n", flush=True)
    for case in cases(asked.exact, asked.seed):
        drawings = [drawn(case, name, params) for name in names]
        if asked.bifurcation:
            drawings.append(bifurcated(case, asked.bifurcation, asked.reads, asked.sweeps))
        best = min(case.exact, *(float(one.energies.min()) for one in drawings))
        target = best + NEAR * (case.nothing - best)
        cells = [
            told(
                time_to_solution(one.energies.tolist(), target, one.seconds_a_read),
                one,
                asked.sweeps,
            )
            for one in drawings
        ]
        size = [f"{case.bqm.num_variables:,}", f"{case.bqm.num_interactions:,}"]
        rows.append(f"| {' | '.join([case.name, *size, *cells])} |")
        print(rows[-1], flush=True)
    if asked.write:
        page = PAGE.read_text(encoding="utf-8")
        before, rest = page.split(BEGIN)
        table = "\n".join(rows)
        PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}", encoding="utf-8")


def told(took: TimeToSolution, drawn: Drawn, sweeps: int) -> str:
    """Return successes, and a time to solution in seconds (95 % interval) and in sweeps."""
    seen = f"{took.successes} of {took.reads}"
    if took.seconds is None:
        return f"{seen}: > {took.low:.2g} s"
    high = "" if took.high is None else f"{took.high:.2g}"
    reads = took.seconds / drawn.seconds_a_read
    return f"{seen}: {took.seconds:.2g} s ({took.low:.2g} to {high}), {sweeps * reads:,.0f} sweeps"


def _objectives(case: Case, states: np.ndarray, order: list[object]) -> Floats:
    """H of each read once decoded and repaired, as a solve would take it."""
    at = {name: position for position, name in enumerate(order)}
    bits = states[:, [at[name] for name in case.model.variables]]
    return np.array(
        [
            energy(case.problem, Weights(), repair(case.problem, Weights(), placement)).total
            for placement in case.model.decode(bits).placements
        ]
    )


if __name__ == "__main__":
    main()
