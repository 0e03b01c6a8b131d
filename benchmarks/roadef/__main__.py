"""The machine reassignment of the ROADEF/EURO challenge 2012: ours against others.

``python -m benchmarks.roadef`` prints a row an instance: what Kytos reaches in ``--seconds`` with
each of ``--seeds``, what the others reach in ``--others-seconds`` with the first seed, and the
lowest figure published. Every cost is the official one, and what breaks a rule says so in its
place. ``--instances`` and ``--only`` choose instances and contestants. With ``--results`` each run
is written down as it ends, and one that is written down already is not made again: a long contest
can be run in parts, and ``--told`` prints the table of what there is.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from benchmarks.roadef.as_problem import as_problem
from benchmarks.roadef.contestants import CONTESTANTS
from benchmarks.roadef.instance import Instance, load, names
from benchmarks.roadef.official import broken, cost
from benchmarks.roadef.published import PUBLISHED
from benchmarks.roadef.results import CORES, KEPT, Asked, Results, Run, this_machine
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
    parser.add_argument(
        "--results", type=Path, nargs="?", const=KEPT, help="a file to go on from and to add to"
    )
    parser.add_argument("--told", action="store_true", help="run nothing, tell what there is")
    arguments = parser.parse_args()
    results = Results(arguments.results)
    if not arguments.told:
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
        cells = [name, _figure(cost(load(name), load(name).start).total)]
        asked = [Asked(name, OURS, arguments.seconds, seed) for seed in arguments.seeds]
        if OURS in arguments.only:
            runs = [run for one in asked if (run := _run(one, results, arguments.told))]
            median = statistics.median_low(run.cost for run in runs) if runs else None
            cells += [", ".join(run.told for run in runs), _figure(median)]
        for other in others:
            one = Asked(name, other, arguments.others_seconds, arguments.seeds[0])
            run = _run(one, results, arguments.told)
            cells.append(run.told if run else "")
        cells.append(_figure(PUBLISHED.get(name)))
        print("| " + " | ".join(cells) + " |", flush=True)


def _run(asked: Asked, results: Results, told: bool) -> Run | None:
    """Return a run that is written down, or make it; None where nothing may be run."""
    if asked in results.runs or told:
        return results.runs.get(asked)
    instance, problem = _problem(asked.instance)
    load_before, clock = os.getloadavg()[0], datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    began = time.monotonic()
    placement = CONTESTANTS[asked.contestant](problem, asked.seconds, asked.seed).tolist()
    took = time.monotonic() - began
    run = Run(
        asked.instance,
        asked.contestant,
        asked.seconds,
        asked.seed,
        cost=cost(instance, placement).total,
        broken=len(broken(instance, placement)),
        took=round(took, 1),
        began=clock,
        machine=this_machine(),
        load=round(load_before, 1),
    )
    results.add(run)
    return run


@cache
def _problem(name: str) -> tuple[Instance, Problem]:
    instance = load(name)
    return instance, as_problem(instance)


def _figure(total: int | None) -> str:
    return "" if total is None else f"{total:,}"


if __name__ == "__main__":
    main()
