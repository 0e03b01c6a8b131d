"""Reads drawn one after the other under a watch: what the local samplers share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import dimod
import numpy as np

from kytos.solvers.base import SolverParams, StopReason, Watch
from kytos.solvers.ising import Ising, Spins

PIECE_FLIPS = 50_000_000
"""Spin updates, times the couplings each may touch, between two looks at the watch: about 20 ms
of C++ on one core. Counted, not timed, so that the same seed gives the same answer."""

Read = Callable[[np.random.Generator], Iterator[Spins]]
"""One read: yields the states ``(states, variables)`` it stands at after each piece of work;
the last are its answer, of which the best is kept."""


def draw(
    bqm: dimod.BinaryQuadraticModel,
    ising: Ising,
    read: Read,
    params: SolverParams,
    watch: Watch,
    facts: dict[str, Any],
) -> dimod.SampleSet:
    """Return one sample per read finished before the watch, as `capped` by the caller, ends.

    A read that ends after the watch does is dropped, unless it is the first: that one is brought
    to the nearest local minimum, so that there is an answer. `info` tells ``reads`` drawn and
    ``reads_asked``, ``ended_by``, ``seconds`` and `facts`.
    """
    began = time.monotonic()
    states: list[Spins] = []
    best = np.inf
    reason = watch.reason
    for number in range(params.num_reads):
        # Past the deadline before the first read one piece is still run: there is an answer.
        if reason is StopReason.USER or (reason is not None and states):
            break
        rng = np.random.default_rng(np.random.SeedSequence([params.seed, number]))
        standing, reason = _finish(read(rng), watch)
        if reason is not None:
            if states:
                break
            standing = ising.descend(standing[0])[np.newaxis]
        energies = ising.energies(standing)
        states.append(standing[energies.argmin()])
        best = min(best, float(energies.min()))
        watch.report("sample", (number + 1) / params.num_reads, best)
    info = {
        "reads": len(states),
        "reads_asked": params.num_reads,
        "ended_by": reason or StopReason.WORK,
        "seconds": time.monotonic() - began,
        **facts,
    }
    return sample_set(bqm, ising, states, info)


def capped(watch: Watch, params: SolverParams) -> Watch:
    """The same watch, ending at the latest `time_limit_s` from now."""
    deadline = time.monotonic() + params.time_limit_s
    return replace(watch, deadline=min(watch.deadline, deadline))


def sample_set(
    bqm: dimod.BinaryQuadraticModel, ising: Ising, states: list[Spins], info: dict[str, Any]
) -> dimod.SampleSet:
    """Spins as a sample set of `bqm`, in its own variable type, with its own energies."""
    spins = np.array(states, dtype=np.int8).reshape(len(states), len(ising.variables))
    values = spins if bqm.vartype is dimod.SPIN else (spins + 1) // 2
    samples = (values, list(ising.variables))
    return dimod.SampleSet.from_samples(
        samples, vartype=bqm.vartype, energy=bqm.energies(samples), info=info
    )


def pieces(sweeps: int, ising: Ising, replicas: int = 1) -> Iterator[slice]:
    """Split sweeps into runs of at most `PIECE_FLIPS`; at least one sweep each."""
    count = len(ising.field)
    touched = count**2 if ising.dense else ising.coupling.nnz + count
    size = max(1, PIECE_FLIPS // max(1, touched * replicas))
    for start in range(0, sweeps, size):
        yield slice(start, min(sweeps, start + size))


def _finish(read: Iterator[Spins], watch: Watch) -> tuple[Spins, StopReason | None]:
    """Run a read to its end; with a reason where the watch ended before it did."""
    standing = next(read)
    while watch.reason is None:
        following = next(read, None)
        if following is None:
            return standing, None
        standing = following
    return standing, watch.reason
