"""A QUBO as an Ising model in arrays: what every local sampler works on, converted once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import dimod
import numpy as np
import numpy.typing as npt
from scipy import sparse

from kytos.problem import Floats

Spins = npt.NDArray[np.int8]
"""-1 and +1; ``(variables,)``, or ``(states, variables)`` for several."""

DENSE_FROM = 0.1
"""Density of couplings from which a full matrix is the faster one (measured at 900 variables)."""
DENSE_UP_TO = 8_000
"""Variables up to which a full matrix is kept: 8,000 squared doubles are 0.5 GB."""


@dataclass(frozen=True)
class Ising:
    """E(s) = offset + field·s + ½ s·coupling·s, spins in the order of `variables`.

    Attributes
    ----------
    variables
        Labels of the QUBO's variables.
    field
        ``(variables,)``.
    coupling
        ``(variables, variables)`` symmetric with a zero diagonal; a NumPy array when `dense`,
        else a CSR array.
    offset
        Constant part of the energy.
    """

    variables: tuple[Any, ...]
    field: Floats
    coupling: Floats | sparse.csr_array
    offset: float

    @classmethod
    def from_bqm(cls, bqm: dimod.BinaryQuadraticModel) -> Ising:
        """Convert a model of either vartype; variable order is kept."""
        as_spins = bqm.change_vartype(dimod.SPIN, inplace=False)
        vectors = as_spins.to_numpy_vectors(variable_order=list(bqm.variables))
        field, (rows, columns, values), offset = vectors[:3]
        count = len(field)
        coupling: Floats | sparse.csr_array
        if 2 * len(values) >= DENSE_FROM * count * (count - 1) and count <= DENSE_UP_TO:
            coupling = np.zeros((count, count))
            coupling[rows, columns] = values
            coupling[columns, rows] = values
        else:
            ends = (np.concatenate([rows, columns]), np.concatenate([columns, rows]))
            both = np.concatenate([values, values])
            coupling = sparse.csr_array((both, ends), shape=(count, count))
        return cls(tuple(bqm.variables), np.asarray(field, dtype=float), coupling, float(offset))

    @property
    def dense(self) -> bool:
        """Whether `coupling` is a full matrix."""
        return isinstance(self.coupling, np.ndarray)

    @property
    def couplings_a_sweep(self) -> int:
        """Couplings touched when every spin flips once."""
        stored = self.coupling.size if isinstance(self.coupling, np.ndarray) else self.coupling.nnz
        return int(stored) + len(self.field)

    def energies(self, states: Spins) -> Floats:
        """``(states,)`` energies of ``(states, variables)`` spins."""
        spins = states.astype(float)
        pull = (self.coupling @ spins.T).T
        return np.asarray(self.offset + spins @ self.field + (pull * spins).sum(axis=1) / 2)

    def flip_costs(self, state: Spins) -> Floats:
        """``(variables,)`` what flipping each spin of one state adds to the energy."""
        spins = state.astype(float)
        return np.asarray(-2 * spins * (self.field + self.coupling @ spins))

    def descend(self, state: Spins) -> Spins:
        """Flip the spin that lowers the energy most until none does: a local minimum."""
        spins = state.astype(float)
        pull = self.field + self.coupling @ spins
        tiny = 1e-12 * (float(np.abs(pull).max(initial=0.0)) + 1e-300)
        for _ in range(20 * len(spins)):
            gains = spins * pull
            flip = int(gains.argmax())
            if gains[flip] <= tiny:
                break
            spins[flip] = -spins[flip]
            if isinstance(self.coupling, np.ndarray):
                pull += 2 * spins[flip] * self.coupling[flip]
            else:
                row = slice(self.coupling.indptr[flip], self.coupling.indptr[flip + 1])
                pull[self.coupling.indices[row]] += 2 * spins[flip] * self.coupling.data[row]
        return spins.astype(np.int8)


def random_spins(count: int, rng: np.random.Generator) -> Spins:
    """``(count,)`` spins, each up or down with equal chance."""
    return (2 * rng.integers(0, 2, count) - 1).astype(np.int8)
