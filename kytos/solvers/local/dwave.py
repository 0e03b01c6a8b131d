"""Simulated annealing and tabu search of dwave-samplers, on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import dimod
import numpy as np
from dwave.samplers import SimulatedAnnealingSampler, TabuSampler

from kytos.contract.params import SolverName, SolverParams
from kytos.contract.solver import Availability
from kytos.contract.watch import Watch
from kytos.problem import Floats
from kytos.solvers.local.drawing import draw, pieces
from kytos.solvers.local.ising import Ising, Spins, random_spins
from kytos.solvers.local.temperature import beta_range, geometric

STEP_IN_COUPLINGS = 100
"""What looking at one variable in a tabu step takes, in couplings of an annealer's sweep
(measured: 10^8 a second against 10^10)."""

STEPS_A_SEARCH = 250
"""Of tabu between two restarts: left to itself a search gains nothing past a thousand steps
(docs/decisions/0064-tabu-restarts.md)."""


@dataclass(frozen=True)
class SimulatedAnnealing:
    """Single spin flips at falling temperature."""

    name: SolverName = SolverName.DWAVE_SA

    def available(self) -> Availability:
        """Say that it can be used: it runs here."""
        return Availability(True)

    def sample(
        self, bqm: dimod.BinaryQuadraticModel, params: SolverParams, watch: Watch
    ) -> dimod.SampleSet:
        """Return one sample per read finished in time; same seed, same samples."""
        watch = watch.within(params.time_limit_s)
        ising = Ising.from_bqm(bqm)
        model = bqm.change_vartype(dimod.SPIN, inplace=False)
        hot, cold = beta_range(ising, params.seed)
        betas = geometric(hot, cold, params.num_sweeps)

        def read(rng: np.random.Generator) -> Iterator[Spins]:
            spins = random_spins(len(ising.field), rng)
            for piece in pieces(len(betas), ising.couplings_a_sweep):
                spins = _anneal(model, ising, spins, betas[piece], int(rng.integers(2**31)))
                yield spins[np.newaxis]

        facts = {"sweeps": params.num_sweeps, "beta_range": (hot, cold)}
        return draw(bqm, ising, read, params, watch, facts)


@dataclass(frozen=True)
class Tabu:
    """Multistart tabu search (Palubeckis 2004): the best flip not made of late, each step.

    One step looks at all variables, as a sweep does, so `num_sweeps` counts its steps; every
    `STEPS_A_SEARCH` of them the best state so far is shaken and searched from anew.
    """

    name: SolverName = SolverName.DWAVE_TABU

    def available(self) -> Availability:
        """Say that it can be used: it runs here."""
        return Availability(True)

    def sample(
        self, bqm: dimod.BinaryQuadraticModel, params: SolverParams, watch: Watch
    ) -> dimod.SampleSet:
        """Return one sample per read finished in time; same seed, same samples."""
        watch = watch.within(params.time_limit_s)
        ising = Ising.from_bqm(bqm)
        model = bqm.change_vartype(dimod.BINARY, inplace=False)

        def read(rng: np.random.Generator) -> Iterator[Spins]:
            spins = random_spins(len(ising.field), rng)
            for piece in pieces(params.num_sweeps, STEP_IN_COUPLINGS * len(ising.field)):
                steps = piece.stop - piece.start
                spins = _tabu(model, ising, spins, steps, int(rng.integers(2**31)))
                yield spins[np.newaxis]

        return draw(bqm, ising, read, params, watch, {"sweeps": params.num_sweeps})


DWAVE_SA = SimulatedAnnealing()
DWAVE_TABU = Tabu()


def _anneal(
    model: dimod.BinaryQuadraticModel, ising: Ising, spins: Spins, betas: Floats, seed: int
) -> Spins:
    if not ising.variables:
        return spins
    annealer: Any = SimulatedAnnealingSampler()  # type: ignore[no-untyped-call]
    answer = annealer.sample(
        model,
        initial_states=(spins, list(ising.variables)),
        beta_schedule_type="custom",
        beta_schedule=betas,
        seed=seed,
    )
    return _in_order(answer, ising)


def _tabu(
    model: dimod.BinaryQuadraticModel, ising: Ising, spins: Spins, steps: int, seed: int
) -> Spins:
    if not ising.variables:
        return spins
    searches = max(1, steps // STEPS_A_SEARCH)
    search: Any = TabuSampler()  # type: ignore[no-untyped-call]
    answer = search.sample(
        model,
        initial_states=((spins + 1) // 2, list(ising.variables)),
        num_restarts=searches - 1,
        # A clock would make the answer depend on the machine; the steps alone bound the work.
        timeout=None,
        coefficient_z_first=1,
        coefficient_z_restart=1,
        lower_bound_z=steps // searches * len(ising.variables),
        seed=seed,
    )
    return np.asarray(2 * _in_order(answer, ising) - 1, dtype=np.int8)


def _in_order(answer: dimod.SampleSet, ising: Ising) -> Spins:
    """``(variables,)`` the first sample, in the order of the model."""
    columns = [answer.variables.index(variable) for variable in ising.variables]
    return np.asarray(answer.record.sample[0, columns], dtype=np.int8)
