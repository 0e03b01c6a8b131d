"""One QUBO, from a problem to samples and back: what solvers use of this package."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass

import dimod
import numpy as np

from kytos.contract.params import Capacity, Encoding
from kytos.contract.weights import Weights
from kytos.hamiltonian.arrays import Coefficients, Parts, coefficients
from kytos.hamiltonian.decode import Bits, Decoded, decode, encode
from kytos.hamiltonian.layout import Layout, Scope, lay_out
from kytos.hamiltonian.qubo import CompiledModel, compile_model
from kytos.problem import Floats, Ints, Problem


@dataclass(frozen=True)
class Model:
    """The QUBO of a problem, or of the part of it in a scope, at any weights."""

    layout: Layout
    capacity: Capacity = Capacity.SLACK

    @property
    def assignments(self) -> tuple[str, ...]:
        """Variables that say where pods go; the first columns of every sample."""
        return self.layout.assignments

    @property
    def slacks(self) -> tuple[str, ...]:
        """Variables that take up the room an inequality leaves."""
        return self.layout.slacks if self.capacity is Capacity.SLACK else ()

    @property
    def uses(self) -> tuple[str, ...]:
        """Variables that say whether a node is in use."""
        return self.layout.uses

    @property
    def variables(self) -> tuple[str, ...]:
        """All variables, in the order of every array."""
        return self.assignments + self.slacks + self.uses

    @property
    def parts(self) -> Parts:
        """The variables by kind."""
        kinds = (("assignment", self.assignments), ("slack", self.slacks), ("node used", self.uses))
        return tuple((kind, len(names)) for kind, names in kinds if names)

    def coefficients(
        self, weights: Weights, *, sure: bool = False, strength: Floats | None = None
    ) -> Coefficients:
        """Return the QUBO as arrays; `sure`, `strength` as in `kytos.hamiltonian.penalties`."""
        return coefficients(self.layout, weights, self.capacity, sure=sure, strength=strength)

    def bqm(
        self, weights: Weights, *, sure: bool = False, strength: Floats | None = None
    ) -> dimod.BinaryQuadraticModel:
        """Return the QUBO as a dimod model."""
        return self.coefficients(weights, sure=sure, strength=strength).bqm()

    def decode(self, samples: Bits) -> Decoded:
        """Read placements ``(reads, pods)`` of the whole problem off ``(reads, variables)``."""
        return decode(self.layout, samples)

    def encode(self, placement: Ints) -> Bits:
        """``(variables,)`` the sample of a placement, with the best slack."""
        return encode(self.layout, placement, self.capacity)

    def sample(self, bits: Bits) -> Mapping[str, int]:
        """A sample by variable name."""
        return dict(zip(self.variables, (int(bit) for bit in bits), strict=True))


def build_model(
    problem: Problem,
    reference: Ints | None = None,
    scope: Scope | None = None,
    encoding: Encoding = Encoding.STAY_PUT,
    capacity: Capacity = Capacity.SLACK,
) -> Model:
    """Lay out the QUBO of a problem; see `kytos.hamiltonian.layout.lay_out`."""
    return Model(lay_out(problem, reference, scope, encoding), capacity)


class CompileCache:
    """Keeps compiled PyQUBO models by what they are made of, so that none is compiled twice.

    Weights are no part of that: moving a slider never compiles. One cache lives as long as its
    owner (a session, a test); at most `size` models are kept, the least recently used go first.
    """

    def __init__(self, size: int = 4) -> None:
        """Begin empty."""
        self._size = size
        self._models: OrderedDict[str, CompiledModel] = OrderedDict()
        self.compiles = 0
        """How often PyQUBO compiled."""

    def compiled(self, model: Model) -> CompiledModel:
        """Return the compiled form of a model, from the cache where it is there."""
        key = fingerprint(model)
        if key not in self._models:
            self.compiles += 1
            self._models[key] = compile_model(model.layout, model.capacity)
            if len(self._models) > self._size:
                self._models.popitem(last=False)
        self._models.move_to_end(key)
        return self._models[key]


def fingerprint(value: object) -> str:
    """Return a digest of dataclasses, tuples, arrays and scalars; equal content, equal digest."""
    digest = hashlib.blake2b(digest_size=16)
    _feed(digest, value)
    return digest.hexdigest()


def _feed(digest: hashlib.blake2b, value: object) -> None:
    if is_dataclass(value) and not isinstance(value, type):
        digest.update(type(value).__name__.encode())
        for attribute in fields(value):
            _feed(digest, getattr(value, attribute.name))
    elif isinstance(value, tuple):
        digest.update(f"({len(value)}".encode())
        for item in value:
            _feed(digest, item)
    elif isinstance(value, np.ndarray):
        digest.update(f"{value.dtype}{value.shape}".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    else:
        digest.update(f"{type(value).__name__}:{value!r};".encode())
