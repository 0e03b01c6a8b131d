"""The domain-wall encoding of a placement, for measuring it against those of the house.

A pod with k places in a fixed order has k - 1 bits; 1 … 1 0 … 0 with j ones means the j-th place
after the first, so the occupancy of a place is the difference of two neighbouring bits (Chancellor,
*Domain wall encoding of discrete variables for quantum annealing and QAOA*, Quantum Science and
Technology 4, 2019). The QUBO is the one-hot QUBO with that put in and its one-hot penalty replaced
by a price on each further wall.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from kytos.contract.weights import Weights
from kytos.hamiltonian.arrays import Coefficients
from kytos.hamiltonian.decode import Bits, Decoded
from kytos.hamiltonian.model import Model
from kytos.hamiltonian.penalties import penalties
from kytos.problem import Bools, Floats, Ints


@dataclass(frozen=True)
class DomainWallModel(Model):
    """A one-hot model written in walls; all bits 0 means that every pod stays.

    Attributes
    ----------
    wall
        Price of a further wall, in the penalty of a pod in two places.
    """

    wall: float = 1.0

    @cached_property
    def order(self) -> Ints:
        """``(assignments,)`` the one-hot variables pod by pod, each pod's own node first."""
        stays = self.layout.node == self.layout.reference[self.layout.pod]
        return np.lexsort((self.layout.node, ~stays, self.layout.pod))

    @cached_property
    def first(self) -> Bools:
        """``(assignments,)`` the first place of its pod, in `order`; it has no bit of its own."""
        pod = self.layout.pod[self.order]
        return np.append(True, pod[1:] != pod[:-1])

    @cached_property
    def substitution(self) -> tuple[Floats, sparse.csr_array]:
        """One-hot variables as c + T b: ``(variables,)`` c and ``(variables, bits)`` T."""
        count = len(self.order)
        total = count + len(self.slacks) + len(self.uses)
        constant = np.zeros(total)
        constant[self.order[self.first]] = 1.0
        bit = np.cumsum(~self.first) - 1
        own, others = ~self.first, total - count
        before = np.flatnonzero(own) - 1
        rows = np.concatenate([self.order[own], self.order[before], np.arange(count, total)])
        bits = int(own.sum())
        columns = np.concatenate([bit[own], bit[own], bits + np.arange(others)])
        values = np.concatenate([np.ones(bits), -np.ones(bits), np.ones(others)])
        shape = (total, bits + others)
        return constant, sparse.csr_array((values, (rows, columns)), shape=shape)

    @property
    def assignments(self) -> tuple[str, ...]:
        """One bit less than places, for each pod."""
        named = self.layout.assignments
        return tuple(f"wall {named[place]}" for place in self.order[~self.first])

    def coefficients(
        self, weights: Weights, *, sure: bool = False, strength: Floats | None = None
    ) -> Coefficients:
        """Return the QUBO in walls."""
        one_hot = super().coefficients(weights, sure=sure, strength=strength)
        price = weights.A * penalties(self.layout, weights, sure=sure, strength=strength).pods
        offset, linear, upper = self._without_one_hot(one_hot, price)
        constant, change = self.substitution
        product = (change.T @ upper @ change).tocsr()
        offset += float(constant @ linear + constant @ (upper @ constant))
        linear = change.T @ (linear + upper @ constant + upper.T @ constant) + product.diagonal()
        pairs = sparse.triu(product + product.T, k=1)
        # b' (1 - b) for neighbours b, b': a wall that should not be.
        pod = self.layout.pod[self.order[~self.first]]
        left = np.flatnonzero(pod[1:] == pod[:-1])
        walls = self.wall * price[pod[left]]
        linear[left + 1] += walls
        shape = pairs.shape
        pairs = (pairs - sparse.csr_array((walls, (left, left + 1)), shape=shape)).tocsr()
        return Coefficients(self.variables, linear, pairs, offset)

    def decode(self, samples: Bits) -> Decoded:
        """Read placements off walls; a pod with several walls is broken."""
        constant, change = self.substitution
        places = np.asarray(samples, dtype=np.float64) @ change.T.toarray() + constant
        return super().decode((places > 0.5).astype(np.int8))

    def _without_one_hot(
        self, one_hot: Coefficients, price: Floats
    ) -> tuple[float, Floats, sparse.csr_array]:
        """Offset, linear and quadratic less price·(1 - sum x)^2 of each pod."""
        pod = self.layout.pod
        linear = one_hot.linear.copy()
        linear[: len(pod)] += price[pod]
        rows, columns = np.nonzero(np.triu(pod[:, np.newaxis] == pod, k=1))
        shape = one_hot.quadratic.shape
        paid = sparse.csr_array((2 * price[pod[rows]], (rows, columns)), shape=shape)
        offset = one_hot.offset - float(price[np.unique(pod)].sum())
        return offset, linear, (one_hot.quadratic - paid).tocsr()
