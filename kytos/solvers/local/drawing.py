"""Reads drawn one after the other under a watch: what the local samplers share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import dimod
import numpy as np
import numpy.typing as npt

from kytos.contract.params import SolverParams
from kytos.contract.watch import StopReason, Watch
from kytos.solvers.local.ising import Ising, Spins

PIECE_COUPLINGS = 500_000_000
"""Couplings that may be touched between two looks at the watch: 0.05 s to 0.3 s of C++ on one
core, by how many flips are taken. Counted, not timed, so that the same seed gives the same
answer."""

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
        spins, reason = _finish(read(rng), watch)
        if reason is not None:
            if states:
                break
            spins = ising.descend(spins[0])[np.newaxis]
        energies = ising.energies(spins)
        states.append(spins[energies.argmin()])
        best = min(best, float(energies.min()))
        watch.report("sample", (number + 1) / params.num_reads, best)
    info = {
        "reads": len(states),
        "reads_asked": params.num_reads,
        "ended_by": reason or StopReason.WORK,
        "seconds": time.monotonic() - began,
        **facts,
    }
    spins = np.array(states, dtype=np.int8).reshape(len(states), len(ising.variables))
    values = spins if bqm.vartype is dimod.SPIN else (spins + 1) // 2
    return sample_set(bqm, values, ising.variables, info)


def sample_set(
    bqm: dimod.BinaryQuadraticModel,
    values: npt.NDArray[np.int8],
    variables: Sequence[Any],
    info: dict[str, Any],
    **fields: npt.NDArray[Any],
) -> dimod.SampleSet:
    """``(samples, variables)`` values as a sample set of `bqm`: its energies, its order."""
    position = {variable: column for column, variable in enumerate(variables)}
    columns = [position[variable] for variable in bqm.variables]
    samples = (values[:, columns], list(bqm.variables))
    drawn: dimod.SampleSet = dimod.SampleSet.from_samples(  # type: ignore[no-untyped-call]
        samples,
        vartype=bqm.vartype,
        energy=bqm.energies(samples),
        info=info,
        sort_labels=False,
        **fields,
    )
    return drawn


def pieces(sweeps: int, couplings_a_sweep: int) -> Iterator[slice]:
    """Split sweeps into runs that touch at most `PIECE_COUPLINGS`; at least one sweep each."""
    size = max(1, PIECE_COUPLINGS // max(1, couplings_a_sweep))
    for start in range(0, sweeps, size):
        yield slice(start, min(sweeps, start + size))


def _finish(read: Iterator[Spins], watch: Watch) -> tuple[Spins, StopReason | None]:
    """Run a read to its end; with a reason where the watch ended before it did."""
    spins = next(read)
    while watch.reason is None:
        following = next(read, None)
        if following is None:
            return spins, None
        spins = following
    return spins, watch.reason
