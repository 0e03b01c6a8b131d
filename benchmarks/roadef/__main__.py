"""The machine reassignment of the ROADEF/EURO challenge 2012: ours against others.

``python -m benchmarks.roadef`` prints a row an instance: what Kytos reaches in ``--seconds`` with
each of ``--seeds``, what the others reach in ``--others-seconds`` with the first seed, and the
lowest figure published. Every cost is the official one, and what breaks a rule says so in its
place. ``--instances`` and ``--only`` choose instances and contestants.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from datetime import UTC, datetime

from benchmarks.roadef.as_problem import as_problem
from benchmarks.roadef.contestants import CONTESTANTS, CORES
from benchmarks.roadef.instance import Instance, load, names
from benchmarks.roadef.official import broken, cost
from benchmarks.roadef.published import PUBLISHED
from kytos.problem import Problem
from kytos.refine import warm_up

OURS = "kytos"


def main() -> None:
    """Run what was asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", nargs="*", default=names(), help="by name, such as a1_1")
    parser.add_argument("--seconds", type=float, default=60.0, help="for Kytos, each seed")
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--others-seconds", type=float, default=300.0, help="for each other one")
    parser.add_argument("--only", nargs="*", default=list(CONTESTANTS), choices=list(CONTESTANTS))
    arguments = parser.parse_args()
    warm_up()
    others = [name for name in arguments.only if name != OURS]
    columns = ["instance", "at first"]
    if OURS in arguments.only:
        columns += [f"kytos, {arguments.seconds:g} s, by seed", "its median"]
    columns += [f"{name}, {arguments.others_seconds:g} s" for name in others]
    columns += ["published"]
    began = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    print(f"{began} UTC, {CORES} cores, load {os.getloadavg()[0]:.1f} at first", flush=True)
    print("| " + " | ".join(columns) + " |")
    print("| --- " + "| ---: " * (len(columns) - 1) + "|", flush=True)
    for name in arguments.instances:
        instance = load(name)
        problem = as_problem(instance)
        cells = [name, _figure(cost(instance, instance.start).total)]
        if OURS in arguments.only:
            runs = [
                _reached(instance, problem, OURS, arguments.seconds, seed)
                for seed in arguments.seeds
            ]
            median = statistics.median_low(total for total, _ in runs)
            cells += [", ".join(told for _, told in runs), _figure(median)]
        for other in others:
            seconds, seed = arguments.others_seconds, arguments.seeds[0]
            cells.append(_reached(instance, problem, other, seconds, seed)[1])
        cells.append(_figure(PUBLISHED.get(name)))
        print("| " + " | ".join(cells) + " |", flush=True)


def _reached(
    instance: Instance, problem: Problem, name: str, seconds: float, seed: int
) -> tuple[int, str]:
    """Return the official cost, and how it stands in the table."""
    began = time.monotonic()
    assignment = CONTESTANTS[name](problem, seconds, seed).tolist()
    took = time.monotonic() - began
    total, wrong = cost(instance, assignment).total, broken(instance, assignment)
    told = _figure(total) if not wrong else f"breaks {len(wrong)} rules"
    return total, told if took <= 1.1 * seconds + 1 else f"{told} ({took:.0f} s)"


def _figure(total: int | None) -> str:
    return "" if total is None else f"{total:,}"


if __name__ == "__main__":
    main()
