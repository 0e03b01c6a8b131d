"""What a QUBO is made of, in numbers: variables, couplers, range of its coefficients, penalties."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from kytos.contract.weights import Weights
from kytos.hamiltonian.arrays import Coefficients, Parts
from kytos.hamiltonian.model import Model
from kytos.hamiltonian.penalties import MARGIN, penalties
from kytos.problem import Floats, Problem


@dataclass(frozen=True)
class Span:
    """The range of a QUBO's coefficients.

    Attributes
    ----------
    smallest, largest
        Magnitudes of those that are not 0; both 0 when there are none.
    precision_bits
        Bits in which a fixed-point machine can hold the largest and still tell the smallest
        from 0, the sign included.
    """

    smallest: float
    largest: float
    precision_bits: int


@dataclass(frozen=True)
class ModelFacts:
    """The size of a QUBO.

    Attributes
    ----------
    variables
        How many of each kind, those without any left out.
    couplers, density
        Pairs with a coefficient, and their share of all pairs.
    span
        Of its coefficients, where penalties and objective are added.
    objective
        Of what they would be without constraints.
    """

    variables: dict[str, int]
    couplers: int
    density: float
    span: Span
    objective: Span


@dataclass(frozen=True)
class PenaltyFacts:
    """One family of constraints.

    Attributes
    ----------
    name
        What is constrained, as in the list of what reads break.
    count, in_force
        Constraints of the family, and those with a penalty above 0.
    least, most
        Range of the applied penalties of those in force, slider A included: one pod in two
        places, a row exceeded by its largest request, one excluded pair.
    bound
        Largest energy that breaking one of the family could save, at A = 1: the lower bound of
        a penalty that decides alone.
    """

    name: str
    count: int
    in_force: int
    least: float
    most: float
    bound: float


def model_facts(parts: Parts, coefficients: Coefficients, objective: Coefficients) -> ModelFacts:
    """Count and measure a QUBO of these `parts`; `objective` is the same without constraints."""
    size = len(coefficients.variables)
    pairs = size * (size - 1) // 2
    return ModelFacts(
        variables=dict(parts),
        couplers=int(coefficients.quadratic.nnz),
        density=coefficients.quadratic.nnz / pairs if pairs else 0.0,
        span=span(coefficients),
        objective=span(objective),
    )


def span(coefficients: Coefficients) -> Span:
    """Measure the coefficients of a QUBO."""
    sizes = np.abs(np.concatenate([coefficients.linear, coefficients.quadratic.data]))
    # Terms that cancel leave rounding behind; no machine would be asked to hold that.
    sizes = sizes[sizes > 1e-12 * sizes.max(initial=0.0)]
    smallest, largest = (float(sizes.min()), float(sizes.max())) if len(sizes) else (0.0, 0.0)
    bits = 1 + math.ceil(math.log2(largest / smallest) + 1) if smallest else 0
    return Span(smallest, largest, bits)


def penalty_facts(model: Model, weights: Weights, strength: Floats) -> tuple[PenaltyFacts, ...]:
    """Return the penalties by family; `strength` ``(rows,)`` as in `penalties`."""
    layout, problem = model.layout, model.layout.problem
    applied = penalties(layout, weights, strength=strength)
    computed = penalties(layout, weights)
    free = np.flatnonzero(layout.free)
    families: dict[str, list[tuple[float, float]]] = defaultdict(list)
    # What a pod in two places could save depends on what the rows in force charge for its room.
    families["pod in no place or two"] = [(float(applied.pods[pod]),) * 2 for pod in free]
    for row, now, whole in zip(layout.rows, applied.rows, computed.rows, strict=True):
        scale = row.largest**2
        families[_family(row.name, problem)].append((float(now) * scale, float(whole) * scale))
    for exclusion, now, whole in zip(
        problem.exclusions, applied.exclusions, computed.exclusions, strict=True
    ):
        families[f"exclusion: {exclusion.rule}"].append((float(now), float(whole)))
    return tuple(
        family_facts(name, np.array(pairs)[:, 0], np.array(pairs)[:, 1], weights.A)
        for name, pairs in families.items()
        if pairs
    )


def family_facts(name: str, applied: Floats, computed: Floats, A: float) -> PenaltyFacts:
    """Return one family, given ``(constraints,)`` what breaking each costs before the slider A.

    Parameters
    ----------
    applied, computed
        As applied, and as computed from the other terms.
    """
    applied = A * applied
    force = applied[applied > 0]
    return PenaltyFacts(
        name=name,
        count=len(applied),
        in_force=len(force),
        least=float(force.min(initial=np.inf)) if len(force) else 0.0,
        most=float(force.max(initial=0.0)),
        bound=float(computed.max()) / MARGIN,
    )


def _family(row: str, problem: Problem) -> str:
    """What a row of `layout` bounds, as the list of what reads break names it."""
    _, comma, resource = row.partition(",")
    if comma:
        return f"capacity: {resource}"
    if row == "moves":
        return "max-moves: max_moves"
    return f"move-limit: {problem.move_limits[int(row.removeprefix('budget '))].rule}"
