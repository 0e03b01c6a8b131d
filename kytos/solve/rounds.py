"""Reads in rounds: a row of the QUBO carries a penalty only once a read has broken it.

Capacity penalties are what makes a QUBO of placements hard to anneal: most rows never come near
their bound, yet each couples every pod that may be on its node. So the first reads are drawn
without them, and only rows that were broken are priced, then dearer, until reads keep them.
docs/decisions/0061-raise-only-what-breaks.md tells what was measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import dimod
import numpy as np

from kytos.contract.params import SolverParams
from kytos.contract.solver import Sampler
from kytos.contract.watch import Watch
from kytos.hamiltonian.decode import Bits
from kytos.hamiltonian.layout import Layout
from kytos.hamiltonian.model import Model
from kytos.problem import Floats, Ints

MOST_ROUNDS = 8
"""Seven raises take a row from a tenth of its computed penalty to 70 times it."""
FIRST_STRENGTH = 0.1
"""A row begins at a tenth of its computed penalty: often enough, and it bends the rest least."""
RAISE = 3.0
"""Factor by which a row that is broken again becomes dearer."""

BuildAt = Callable[[Floats | None], dimod.BinaryQuadraticModel]
"""The QUBO at ``(rows,)`` strengths; at None every row carries its computed penalty."""


@dataclass(frozen=True)
class Drawn:
    """All reads of a solve.

    Attributes
    ----------
    bits
        ``(reads, variables)`` in the order of the model's variables and of drawing.
    energies
        ``(reads,)`` all in `bqm`, so that reads of different rounds compare.
    bqm
        The QUBO of the last round.
    strength
        ``(rows,)`` of the last round.
    rounds
        How many there were.
    info
        What the sampler reported of the last round.
    """

    bits: Bits
    energies: Floats
    bqm: dimod.BinaryQuadraticModel
    strength: Floats
    rounds: int
    info: dict[str, Any]


def draw_at_once(
    model: Model, build: BuildAt, sampler: Sampler, params: SolverParams, watch: Watch
) -> Drawn:
    """Draw all reads with every row in force: for samplers that charge for each call."""
    bqm = build(None)
    samples = sampler.sample(bqm, params, watch)
    return _drawn(model, bqm, np.ones(len(model.layout.rows)), [_bits(model, samples)], samples)


def draw_in_rounds(
    model: Model, build: BuildAt, sampler: Sampler, params: SolverParams, watch: Watch
) -> Drawn:
    """Draw `params.num_reads` reads, pricing between rounds what the last one broke."""
    rows = len(model.layout.rows)
    sizes = _sizes(params.num_reads, MOST_ROUNDS if rows else 1)
    strength = np.zeros(rows)
    rounds: list[Bits] = []
    for number, reads in enumerate(sizes):
        if number and watch.reason is not None:
            break
        if rounds:
            before = strength
            strength = raised(model.layout, before, model.decode(rounds[-1]).placements)
        # A round that broke nothing new leaves the QUBO as it is, and building takes longest.
        if not rounds or (strength != before).any():
            bqm = build(strength)
        seed = _seed(params.seed, number)
        part = params.model_copy(update={"num_reads": reads, "seed": seed})
        samples = sampler.sample(bqm, part, _share(watch, number, len(sizes)))
        if number and not len(samples):
            break
        rounds.append(_bits(model, samples))
    return _drawn(model, bqm, strength, rounds, samples)


def raised(layout: Layout, strength: Floats, placements: Ints) -> Floats:
    """Return ``(rows,)`` strengths after reads ``(reads, pods)``: broken rows are priced higher."""
    higher = np.maximum(FIRST_STRENGTH, RAISE * strength)
    return np.where((row_excess(layout, placements) > 0).any(axis=0), higher, strength)


def row_excess(layout: Layout, placements: Ints) -> Ints:
    """``(reads, rows)`` how far each placement is beyond each row's room, in the row's units."""
    occupied = placements[:, layout.slot_pod] == layout.slot_node
    excess = [
        row.constant - row.room + occupied[:, row.slots] @ row.coefficient for row in layout.rows
    ]
    return np.array(excess, dtype=np.int64).reshape(len(layout.rows), len(placements)).T


def _sizes(reads: int, rounds: int) -> list[int]:
    """Split reads into at most so many rounds, the sizes apart by at most one."""
    rounds = min(reads, rounds)
    return [reads // rounds + (number < reads % rounds) for number in range(rounds)]


def _seed(seed: int, number: int) -> int:
    """A seed for each round; the first has the user's own."""
    if not number:
        return seed
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0]) >> 1


def _share(watch: Watch, number: int, rounds: int) -> Watch:
    """The same watch, its progress being one round's share of the whole."""

    def report(stage: str, progress: float, energy: float | None) -> None:
        watch.report(stage, (number + progress) / rounds, energy)

    return replace(watch, report=report)


def _bits(model: Model, samples: dimod.SampleSet) -> Bits:
    columns = [samples.variables.index(name) for name in model.variables]
    return np.asarray(samples.record.sample[:, columns], dtype=np.int8)


def _drawn(
    model: Model,
    bqm: dimod.BinaryQuadraticModel,
    strength: Floats,
    rounds: list[Bits],
    samples: dimod.SampleSet,
) -> Drawn:
    bits = np.concatenate(rounds)
    energies = np.asarray(bqm.energies((bits, list(model.variables))), dtype=np.float64)
    return Drawn(bits, energies, bqm, strength, len(rounds), dict(samples.info))
