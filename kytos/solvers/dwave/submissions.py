"""How the reads of one run are split between submissions: chain strengths tried, then gauges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dimod
import numpy as np

from kytos.contract.params import SolverParams
from kytos.errors import InputError

TURNED = 0.5
"""Share of the variables that a spin reversal turns round."""
SCANNED = 0.5
"""Share of the reads that try chain strengths, where several are to be tried."""


@dataclass(frozen=True)
class Submission:
    """One problem as it is sent to a processor.

    Attributes
    ----------
    prefactor
        Strength of its chains, in torques; None where the scan is to say which.
    gauge
        Number of the spin reversal it is sent in, from 1; None where nothing is turned round.
    """

    reads: int
    prefactor: float | None
    gauge: int | None

    @property
    def scans(self) -> bool:
        """Whether it only tries a strength among others."""
        return self.prefactor is not None


@dataclass(frozen=True)
class Told:
    """What came of one submission, as it is reported.

    Attributes
    ----------
    tried
        It was part of the scan of chain strengths.
    best_energy, mean_energy
        Sampler energy of its reads, chains settled by majority.
    """

    tried: bool
    chain_prefactor: float
    chain_strength: float
    gauge: int | None
    turned: int
    reads: int
    chain_break_fraction: float
    best_energy: float
    mean_energy: float


def submissions(params: SolverParams) -> tuple[Submission, ...]:
    """Return what a run sends, in order; its reads are those asked for.

    Strengths are tried in the first gauge, by half of the reads; the others are split between the
    gauges, at the strength that was best.

    Raises
    ------
    InputError
        When there are fewer reads than submissions.
    """
    scanned, gauges = params.qpu.chain_scan, max(1, params.qpu.gauges)
    fewest = len(scanned) + gauges
    if params.num_reads < fewest:
        raise InputError(
            f"{params.num_reads} reads cannot be split between {len(scanned)} chain strengths and "
            f"{gauges} gauges; ask for at least {fewest}",
            "num_reads",
        )
    named = [number + 1 for number in range(gauges)] if params.qpu.gauges else [None]
    trying = 0
    if scanned:
        trying = min(max(len(scanned), int(SCANNED * params.num_reads)), params.num_reads - gauges)
    scan = [
        Submission(reads, prefactor, named[0])
        for reads, prefactor in zip(_split(trying, len(scanned)), scanned, strict=True)
    ]
    rest = [
        Submission(reads, None, gauge)
        for reads, gauge in zip(_split(params.num_reads - trying, gauges), named, strict=True)
    ]
    return (*scan, *rest)


def best_strength(tried: Sequence[Told]) -> float:
    """Return the chain strength whose reads went lowest; on average, where several did.

    What an annealer is asked for is its best read. Between strengths that reach the same, the
    lower mean is the surer one, and then fewer broken chains.
    """
    best = min(
        tried,
        key=lambda told: (
            round(told.best_energy, 9),
            round(told.mean_energy, 9),
            told.chain_break_fraction,
        ),
    )
    return best.chain_prefactor


def turned(bqm: dimod.BinaryQuadraticModel, seed: int, gauge: int | None) -> frozenset[Any]:
    """Return the variables that a gauge turns round: what a qubit leans to by itself evens out.

    A random half, by the seed; each gauge another.
    """
    if gauge is None:
        return frozenset()
    # The first is what the seed alone draws, as before there were several.
    draws = np.random.default_rng(seed if gauge == 1 else [seed, gauge])
    turns = draws.random(bqm.num_variables) < TURNED
    return frozenset(name for name, turn in zip(bqm.variables, turns, strict=True) if turn)


def turned_round(
    bqm: dimod.BinaryQuadraticModel, names: frozenset[Any]
) -> dimod.BinaryQuadraticModel:
    """Return the model with some variables turned round, whose energies are the same."""
    if not names:
        return bqm
    asked: dimod.BinaryQuadraticModel = bqm.copy()  # type: ignore[no-untyped-call]
    for name in names:
        asked.flip_variable(name)
    return asked


def _split(reads: int, parts: int) -> list[int]:
    """Reads in so many parts, sizes apart by one at most."""
    return [reads // parts + (number < reads % parts) for number in range(parts)]
