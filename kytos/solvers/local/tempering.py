"""Parallel tempering of the QUBO, with moves that keep a pod in one place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import dimod
import numpy as np
from scipy import sparse

from kytos.contract.params import SolverName, SolverParams
from kytos.contract.solver import Availability
from kytos.contract.watch import Watch
from kytos.problem import Floats, Ints
from kytos.solvers.local.drawing import draw, pieces
from kytos.solvers.local.ising import Ising, Spins, random_spins
from kytos.solvers.local.temperature import (
    COLD_ACCEPTANCE,
    COLD_QUANTILE,
    MINIMA,
    beta_range,
    geometric,
)
from kytos.solvers.local.tempering_kernel import sweep_replicas

REPLICAS = 8
"""Temperatures side by side: with 4 or 16 reads end higher (docs/decisions/0212)."""
SWEEPS_PER = 4
"""An annealer's `num_sweeps` comes to this many times fewer of all eight replicas: at those few
flips are taken, and what takes time is flips."""
HOTTEST = 0.5
"""Where, between an annealer's hot end and its cold one, the hottest replica stands (0 to 1, by
factors): above that every flip is taken, which takes time and finds nothing."""
PARTNERS = 16
"""Of a bit, so many of those that it is most strongly kept apart from may take its place."""


@dataclass(frozen=True)
class Tempering:
    """Replica exchange Monte Carlo (Hukushima and Nemoto, J. Phys. Soc. Jpn. 65, 1996).

    Replicas at temperatures up to an annealer's cold end; neighbours trade places. Beside single
    flips a bit may trade places with one of those it is most strongly kept apart from, in one
    step: the other places of a pod, known from the couplings alone, so any QUBO can be given.
    """

    name: SolverName = SolverName.PARALLEL_TEMPERING

    def available(self) -> Availability:
        """Say that it can be used: it runs here."""
        return Availability(True)

    def sample(
        self, bqm: dimod.BinaryQuadraticModel, params: SolverParams, watch: Watch
    ) -> dimod.SampleSet:
        """Return one sample per read finished in time, the lowest state it met; same seed, same."""
        watch = watch.within(params.time_limit_s)
        ising = Ising.from_bqm(bqm)
        model = _Binary.of(ising)
        hot, cold = beta_range(ising, params.seed)
        cold = _coldest(ising, model, cold, params.seed)
        hot = float(hot ** (1 - HOTTEST) * cold**HOTTEST)
        betas = geometric(hot, cold, REPLICAS)
        sweeps = max(1, params.num_sweeps // SWEEPS_PER)

        def read(rng: np.random.Generator) -> Iterator[Spins]:
            state = _State.drawn(model, rng)
            for piece in pieces(sweeps, REPLICAS * ising.couplings_a_sweep):
                state.sweep(model, betas, piece.stop - piece.start)
                yield (2 * state.best - 1).astype(np.int8)[np.newaxis]

        facts = {"sweeps": sweeps, "replicas": REPLICAS, "beta_range": (hot, cold)}
        return draw(bqm, ising, read, params, watch, facts)


PARALLEL_TEMPERING = Tempering()


@dataclass(frozen=True)
class _Binary:
    """The model over bits: E(x) = const + linear·x + ½ x·coupling·x, as the kernel takes it."""

    linear: Floats
    dense: Floats
    start: Ints
    column: Ints
    value: Floats
    partners: Ints
    apart: Floats

    @classmethod
    def of(cls, ising: Ising) -> _Binary:
        count = len(ising.field)
        # s = 2x - 1 in field·s + ½ s·J·s.
        by_row = np.asarray(ising.coupling.sum(axis=1), dtype=np.float64).reshape(count)
        linear = 2 * ising.field - 2 * by_row
        if isinstance(ising.coupling, np.ndarray):
            dense = np.ascontiguousarray(4 * ising.coupling)
            rows = sparse.csr_array((0, 0))
        else:
            dense = np.zeros((0, 0))
            rows = sparse.csr_array(4 * ising.coupling)
        return cls(
            linear,
            dense,
            rows.indptr.astype(np.int64),
            rows.indices.astype(np.int64),
            rows.data.astype(np.float64),
            *_partners(4 * ising.coupling),
        )

    def pull(self, bits: Ints) -> Floats:
        """``(variables,)`` what setting each bit adds, the others being as they are."""
        if len(self.dense):
            return np.asarray(self.linear + self.dense @ bits)
        count = len(self.linear)
        rows = sparse.csr_array((self.value, self.column, self.start), shape=(count, count))
        return np.asarray(self.linear + rows @ bits)


@dataclass
class _State:
    """The replicas of one read, and the lowest state that any of them met."""

    bits: Ints
    field: Floats
    energy: Floats
    order: Ints
    random: np.ndarray
    best: Ints
    lowest: Floats

    @classmethod
    def drawn(cls, model: _Binary, rng: np.random.Generator) -> _State:
        count = len(model.linear)
        bits = rng.integers(0, 2, (REPLICAS, count))
        field = np.array([model.pull(one) for one in bits]).reshape(REPLICAS, count)
        energy = ((field + model.linear) * bits).sum(axis=1) / 2
        first = int(energy.argmin())
        return cls(
            bits,
            field,
            energy,
            np.arange(REPLICAS),
            rng.integers(1, 2**63, 1).astype(np.uint64),
            bits[first].copy(),
            energy[first : first + 1].copy(),
        )

    def sweep(self, model: _Binary, betas: Floats, sweeps: int) -> None:
        sweep_replicas(
            self.bits, self.field, self.energy, betas, model.dense, model.start, model.column,
            model.value, model.partners, model.apart, sweeps, self.random, self.best, self.lowest,
            self.order,
        )  # fmt: skip


def _partners(coupling: Floats | sparse.csr_array) -> tuple[Ints, Floats]:
    """``(variables, PARTNERS)`` those with the largest positive coupling, -1: none; and these."""
    count = coupling.shape[0]
    partners = np.full((count, PARTNERS), -1, dtype=np.int64)
    apart = np.zeros((count, PARTNERS))
    for bit in range(count):
        if isinstance(coupling, np.ndarray):
            others, values = np.arange(count), coupling[bit]
        else:
            row = slice(coupling.indptr[bit], coupling.indptr[bit + 1])
            others, values = coupling.indices[row], coupling.data[row]
        positive = np.flatnonzero(values > 0)
        strongest = positive[np.argsort(-values[positive], kind="stable")[:PARTNERS]]
        partners[bit, : len(strongest)] = others[strongest]
        apart[bit, : len(strongest)] = values[strongest]
    return partners, apart


def _coldest(ising: Ising, model: _Binary, cold: float, seed: int) -> float:
    """The inverse temperature at which the cheapest exchanges freeze too.

    Between two places of a pod they differ by far less than a flip costs, which breaks a penalty.
    """
    rng, costs = np.random.default_rng(seed), []
    for _ in range(MINIMA):
        bits = (ising.descend(random_spins(len(ising.field), rng)).astype(np.int64) + 1) // 2
        pull = model.pull(bits)
        set_bit, choice = np.nonzero((bits[:, np.newaxis] == 1) & (model.partners >= 0))
        other = model.partners[set_bit, choice]
        free = bits[other] == 0
        cost = pull[other] - pull[set_bit] - model.apart[set_bit, choice]
        costs.append(cost[free])
    changes = np.concatenate(costs)
    changes = changes[changes > 1e-9 * np.abs(changes).max(initial=0.0)]
    if not len(changes):
        return cold
    return max(cold, float(-np.log(COLD_ACCEPTANCE) / np.quantile(changes, COLD_QUANTILE)))
