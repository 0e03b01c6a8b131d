"""What a processor says of its own ranges, and what of a run lies outside of them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from kytos.contract.paid import SolverUnavailableError
from kytos.contract.params import QpuParams
from kytos.solvers.dwave.submissions import Submission

NEARLY = 1 + 1e-9
"""A slope that is the steepest allowed, but for rounding."""


def refuse_outside(
    properties: Mapping[str, Any], name: str, asked: QpuParams, runs: tuple[Submission, ...]
) -> None:
    """Stop what the processor would refuse, before it is asked and anything is charged.

    Ranges that it does not tell are not checked. Source of the rules of a schedule: D-Wave's
    description of the parameter ``anneal_schedule``: at most ``max_anneal_schedule_points`` (one
    more in reverse), and no segment steeper than an anneal of the shortest time.

    Raises
    ------
    SolverUnavailableError
        Naming the parameter, what was asked and what the processor takes.
    """
    shortest, longest = properties.get("annealing_time_range") or (0.0, float("inf"))
    field = "qpu.annealing_time_us" if asked.schedule is None else "qpu.schedule"
    time = asked.anneal_us if asked.schedule is not None else asked.annealing_time_us
    if not shortest <= time <= longest:
        raise SolverUnavailableError(
            f"{field} takes {time:g} µs and {name} anneals for {shortest:g} to {longest:g} µs."
        )
    if asked.anneal_us > longest:
        raise SolverUnavailableError(
            f"qpu.reverse_to makes an anneal of {asked.anneal_us:g} µs and {name} anneals for "
            f"{longest:g} µs at most: shorten qpu.annealing_time_us."
        )
    if asked.schedule is not None:
        _refuse_schedule(properties, name, asked, shortest)
    fewest, most = properties.get("num_reads_range") or (1, float("inf"))
    for run in runs:
        if not fewest <= run.reads <= most:
            raise SolverUnavailableError(
                f"num_reads makes a submission of {run.reads} reads and {name} takes {fewest} to "
                f"{most:g}."
            )
    _, duration = properties.get("problem_run_duration_range") or (0.0, float("inf"))
    longest_run = max(run.reads for run in runs) * asked.anneal_us
    if longest_run > duration:
        raise SolverUnavailableError(
            f"num_reads times the anneal is {longest_run:g} µs in one submission and {name} takes "
            f"{duration:g} µs: ask for fewer reads or shorter anneals."
        )


def _refuse_schedule(
    properties: Mapping[str, Any], name: str, asked: QpuParams, shortest: float
) -> None:
    points = asked.schedule or ()
    most = properties.get("max_anneal_schedule_points")
    allowed = None if most is None else most + asked.reverse
    if allowed is not None and len(points) > allowed:
        raise SolverUnavailableError(
            f"qpu.schedule has {len(points)} points and {name} takes {allowed} at most."
        )
    for (before, low), (after, high) in pairwise(points):
        if abs(high - low) * shortest > (after - before) * NEARLY:
            raise SolverUnavailableError(
                f"qpu.schedule goes from s = {low:g} to {high:g} in {after - before:g} µs and "
                f"{name} needs {abs(high - low) * shortest:g} µs for it at least."
            )
