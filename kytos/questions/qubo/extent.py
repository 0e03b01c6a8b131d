"""How large a problem is as a file, told before anything is built."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kytos.errors import InputError
from kytos.problem import Ints, LoadMode, Problem, Tally

MOST_TERMS = 4_000_000
"""Terms of a constrained file or of a QUBO: some 400 bytes each while they are in memory."""
MOST_LINEAR_TERMS = 500_000
"""The same of a file in which each product of two variables takes a variable and three rows."""


@dataclass(frozen=True)
class Extent:
    """About how many variables and terms a problem has over all its pods and nodes."""

    variables: int
    terms: int


def extent(problem: Problem) -> Extent:
    """Return the extent of the constrained forms: one variable a pair that may be.

    Terms are products of pods on one node where loads are levelled, one or two a resource for
    each variable, and those that keep pods apart.
    """
    on_node = np.asarray(problem.allowed.sum(axis=0), dtype=np.int64)
    variables = int(on_node.sum())
    terms = variables * (1 + len(problem.resources))
    if problem.mode is not LoadMode.CONSOLIDATE:
        terms += int((on_node * (on_node - 1) // 2).sum())
    for exclusion in problem.exclusions:
        carriers, targets = (
            _in_domains(problem, tally)
            for tally in (problem.tallies[exclusion.carriers], problem.tallies[exclusion.targets])
        )
        if len(carriers) == len(targets):
            terms += 2 * int((carriers * targets).sum())
    return Extent(variables, terms)


def refuse_too_large(problem: Problem, *, linear: bool, form: str) -> None:
    """Stop where a file would take gigabytes and minutes to write.

    Parameters
    ----------
    linear
        Products become variables and rows of their own.

    Raises
    ------
    InputError
        With the sizes, the most that is written, and what to do.
    """
    most = MOST_LINEAR_TERMS if linear else MOST_TERMS
    size = extent(problem)
    if size.terms > most:
        raise InputError(
            f"the problem as {form} has {size.variables:,} variables and about {size.terms:,} "
            f"terms; {most:,} are written at most. Take a part of the cluster, mode consolidate "
            "(which has no products of pods), or a qubo, whose size solver.max_variables bounds"
        )


def _in_domains(problem: Problem, tally: Tally) -> Ints:
    """``(domains,)`` pairs of a counted pod and a node of the domain that it may be on."""
    on_node = np.asarray(problem.allowed[tally.members.positions].sum(axis=0), dtype=np.int64)
    inside = tally.domain >= 0
    pairs = np.zeros(len(tally.fixed), dtype=np.int64)
    np.add.at(pairs, tally.domain[inside], on_node[inside])
    return pairs
