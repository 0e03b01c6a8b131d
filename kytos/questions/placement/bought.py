"""What placing pods on nodes that can be bought costs at least: nodes that are alike as one offer.

Copies of a node that can be bought are what an exact solver loses itself in. As a packing they are
one offer with a limit, and its patterns prove a bound (as in `kytos.questions.fleet`).
"""

from __future__ import annotations

import numpy as np

from kytos.bounds import Certificate, CertificateStatus, GapOf, certificate, held_against
from kytos.bounds.lower_bound import BoundSource
from kytos.bounds.pod_costs import PodCosts
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights, exchange_rates
from kytos.problem import LoadMode, Problem
from kytos.questions.fleet.packing_of import apart_on_nodes
from kytos.solve.result import Solution
from kytos.solvers.patterns import Packing, cheapest_plan

MOST_PAIRS = 100_000
"""Pods x nodes up to which it is looked at."""

SECONDS = 5.0


def certificate_of_bought(
    problem: Problem, weights: Weights, solution: Solution, watch: Watch
) -> Certificate:
    """Return what is proven of a placement among whose nodes some are alike and to be bought."""
    known = certificate(problem, weights, solution.placement, solution.bound, solution.fewest)
    small = len(problem.pods) * len(problem.nodes) <= MOST_PAIRS
    if (
        problem.mode is not LoadMode.CONSOLIDATE
        or known.status is CertificateStatus.OPTIMAL
        or not small
        or not len(problem.pods)
        or (solution.placement < 0).any()
        or (problem.current >= 0).any()
    ):
        return known
    bound = energy_at_least(problem, weights, watch.within(SECONDS))
    if bound <= known.bound:
        return known
    proven = _by_patterns(known, bound)
    return held_against(problem, weights, solution.placement, proven)


def _by_patterns(known: Certificate, bound: float) -> Certificate:
    """The certificate with a bound by patterns."""
    return known.model_copy(
        update={
            "bound": bound,
            "bound_without_left_out": None,
            "gap_of": GapOf.BOUND,
            "source": BoundSource.PATTERNS,
            "left_out_proven": True,
        }
    )


def energy_at_least(problem: Problem, weights: Weights, watch: Watch) -> float:
    """Return an energy that no placement of every pod goes below."""
    every = np.ones(len(problem.pods), dtype=np.bool_)
    cost = PodCosts.of(problem, weights, problem.allowed, every).matrix()
    allowed = np.isfinite(cost)
    base = np.minimum(np.where(allowed, cost, np.inf).min(axis=1), 0.0)
    cost = np.where(allowed, cost - base[:, None], 0.0)
    free = problem.capacity - problem.fixed
    price = np.where(problem.held_open, 0.0, problem.price) * weights.B
    alike = np.concatenate(
        [free, price[:, None], allowed.T.astype(float), cost.T], axis=1, dtype=np.float64
    )
    _, first_node, count = np.unique(alike, axis=0, return_index=True, return_counts=True)
    most, rivals, _ = apart_on_nodes(problem, exact=True)
    sides = [side for pair in rivals for side in pair]
    told = np.array(sides, dtype=np.float64).reshape(len(sides), len(problem.pods))
    same = np.concatenate(
        [problem.request, most[:, None], allowed[:, first_node], cost[:, first_node], told.T],
        axis=1,
        dtype=np.float64,
    )
    _, first, demand = np.unique(same, axis=0, return_index=True, return_counts=True)
    packing = Packing(
        request=problem.request[first],
        demand=demand.astype(np.int64),
        capacity=free[first_node],
        price=price[first_node],
        limit=count.astype(np.int64),
        allowed=allowed[np.ix_(first, first_node)],
        cost=cost[np.ix_(first, first_node)],
        most=most[first],
        kind=np.full(len(first_node), -1, dtype=np.int64),
        rivals=tuple((one[first], two[first]) for one, two in rivals),
    )
    least = cheapest_plan(packing, watch).bound + float(base.sum())
    least += weights.B * float(problem.price[problem.held_open].sum())
    # Pairs of replicas and traffic only add; company that is sought may take off.
    rate = weights.D * exchange_rates(problem).affinity
    for pairing in problem.pairings:
        if pairing.weight < 0:
            carriers, targets = problem.tallies[pairing.carriers], problem.tallies[pairing.targets]
            pairs = (carriers.members.sum() + carriers.fixed.sum()) * (
                targets.members.sum() + targets.fixed.sum()
            )
            least += rate * pairing.weight * float(pairs)
    return least
