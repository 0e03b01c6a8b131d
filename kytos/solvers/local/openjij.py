"""Simulated and simulated quantum annealing by OpenJij's C++ layer, one seed per read.

`openjij.SASampler` converts the model in Python at every call (most of its wall time) and, given
a seed, returns the same sample for every read. `openjij.cxxjij`, the layer it calls, takes a
matrix once. docs/decisions/0011-openjij-through-its-cpp-layer.md tells what was measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import dimod
import numpy as np
from openjij import cxxjij
from scipy import sparse

from kytos.contract.params import SolverName, SolverParams
from kytos.contract.solver import Availability
from kytos.contract.watch import Watch
from kytos.problem import Floats
from kytos.solvers.local.drawing import draw, pieces
from kytos.solvers.local.ising import Ising, Spins, random_spins
from kytos.solvers.local.temperature import beta_range, geometric

TROTTER_SLICES = 4
"""Replicas of the spins that stand in for their quantum state; OpenJij's own default."""
FIELD_AT_HOT = 0.1
"""Transverse field in units of the hottest temperature, about what a median flip costs. Ten times
as much, or a colder beta, left four slices in 900 variables far apart after 1,000 sweeps."""


@dataclass(frozen=True)
class SimulatedAnnealing:
    """Single spin flips at falling temperature."""

    name: SolverName = SolverName.OPENJIJ_SA

    def available(self) -> Availability:
        """Say that it can be used: it runs here."""
        return Availability(True)

    def sample(
        self, bqm: dimod.BinaryQuadraticModel, params: SolverParams, watch: Watch
    ) -> dimod.SampleSet:
        """Return one sample per read finished in time; same seed, same samples."""
        watch = watch.within(params.time_limit_s)
        ising = Ising.from_bqm(bqm)
        hot, cold = beta_range(ising, params.seed)
        betas = geometric(hot, cold, params.num_sweeps)
        graph = _graph(ising)

        def read(rng: np.random.Generator) -> Iterator[Spins]:
            spins = random_spins(len(ising.field), rng).tolist()
            system = cxxjij.system.make_classical_ising(spins, graph)
            for piece in pieces(len(betas), ising.couplings_a_sweep):
                schedule = [(beta, 1) for beta in betas[piece].tolist()]
                _run(system, rng, schedule)
                yield np.array([cxxjij.result.get_solution(system)], dtype=np.int8)

        facts = {"sweeps": params.num_sweeps, "beta_range": (hot, cold)}
        return draw(bqm, ising, read, params, watch, facts)


@dataclass(frozen=True)
class SimulatedQuantumAnnealing:
    """Path-integral Monte Carlo: coupled replicas under a fading transverse field.

    The field and the problem trade places as s goes from 0 to 1 (Kadowaki and Nishimori,
    *Quantum annealing in the transverse Ising model*, 1998); the best replica is the sample.
    """

    name: SolverName = SolverName.OPENJIJ_SQA

    def available(self) -> Availability:
        """Say that it can be used: it runs here."""
        return Availability(True)

    def sample(
        self, bqm: dimod.BinaryQuadraticModel, params: SolverParams, watch: Watch
    ) -> dimod.SampleSet:
        """Return one sample per read finished in time; same seed, same samples."""
        watch = watch.within(params.time_limit_s)
        ising = Ising.from_bqm(bqm)
        hot, cold = beta_range(ising, params.seed)
        gamma = FIELD_AT_HOT / hot
        fractions = _quartic(params.num_sweeps)
        graph = _graph(ising)

        def read(rng: np.random.Generator) -> Iterator[Spins]:
            count = len(ising.field)
            spins = [random_spins(count, rng).tolist() for _ in range(TROTTER_SLICES)]
            system = cxxjij.system.make_transverse_ising(spins, graph, gamma)
            for piece in pieces(len(fractions), TROTTER_SLICES * ising.couplings_a_sweep):
                schedule = [((cold, s), 1) for s in fractions[piece].tolist()]
                _run(system, rng, schedule)
                # The last row is the fixed spin that carries the fields.
                yield np.array(system.trotter_spins[:count].T, dtype=np.int8)

        facts = {
            "sweeps": params.num_sweeps,
            "beta": cold,
            "gamma": gamma,
            "trotter_slices": TROTTER_SLICES,
        }
        return draw(bqm, ising, read, params, watch, facts)


OPENJIJ_SA = SimulatedAnnealing()
OPENJIJ_SQA = SimulatedQuantumAnnealing()


def _graph(ising: Ising) -> Any:
    """OpenJij's graph: the couplings with the fields as couplings to one more, fixed spin."""
    count = len(ising.field)
    if isinstance(ising.coupling, np.ndarray):
        matrix = np.zeros((count + 1, count + 1))
        matrix[:count, :count] = ising.coupling
        matrix[:count, count] = matrix[count, :count] = ising.field
        matrix[count, count] = 1.0
        graph = cxxjij.graph.Dense(count)
        graph.set_interaction_matrix(matrix)
        return graph
    fields = ising.field[:, np.newaxis]
    bordered = sparse.block_array([[ising.coupling, fields], [fields.T, np.ones((1, 1))]])
    return cxxjij.graph.CSRSparse(sparse.csr_matrix(bordered))


def _run(system: Any, rng: np.random.Generator, schedule: list[Any]) -> None:
    seed = int(rng.integers(2**31))
    cxxjij.algorithm.Algorithm_SingleSpinFlip_run(system, seed, schedule)


def _quartic(sweeps: int) -> Floats:
    """Share of the problem after each sweep: flat at both ends.

    Morita and Nishimori, *Mathematical foundation of quantum annealing*, J. Math. Phys. 49,
    125210 (2008).
    """
    s = np.linspace(0, 1, sweeps) if sweeps > 1 else np.ones(1)
    return np.asarray(s**4 * (35 - 84 * s + 70 * s**2 - 20 * s**3), dtype=np.float64)
