"""The certificate: what is proven about how near a placement is to the best."""

from __future__ import annotations

import math
from enum import StrEnum

from kytos.bounds.left_out import proven_fewest, surely_placed
from kytos.bounds.lower_bound import BoundSource, LowerBound, lower_bound
from kytos.cluster import Frozen
from kytos.contract.watch import StopReason
from kytos.contract.weights import Weights
from kytos.problem import Ints, LoadMode, Problem, pairs_with_room
from kytos.referee.energy import energy

TOLERANCE = 1e-6
"""A gap below this is none: it is what HiGHS's own tolerances leave undecided."""


class CertificateStatus(StrEnum):
    """What is known about a placement."""

    OPTIMAL = "optimal"
    """Nothing better exists."""
    BOUNDED = "bounded"
    """Nothing better than the bound exists."""
    NONE = "none"
    """No useful bound: the gap cannot be expressed."""


class GapOf(StrEnum):
    """What a gap is relative to."""

    BOUND = "bound"
    SQUARES = "sum of squared utilisation"
    """The bound plus the sum of squared means: on equal nodes the bound of a variance is 0."""


class Certificate(Frozen):
    """What is proven about a placement: of who is left out first, then of its energy.

    Pods without a node come before any energy (`kytos.problem.Problem.left_out`): the bound is one
    on placements that leave out as few, and what those left out cost is no part of the gap.
    """

    status: CertificateStatus
    bound: float
    """No feasible placement that leaves out as few pods has a lower energy H."""
    gap: float | None
    """(H - bound), relative to what `gap_of` names; what pods without a node cost is in neither."""
    gap_of: GapOf
    source: BoundSource
    no_move_pays: bool = False
    """The placement is the current one, and optimal."""
    bound_without_left_out: float | None = None
    """The bound less what pods without a node cost, to full precision; None where none is."""
    left_out_proven: bool = True
    """No placement leaves out fewer pods, class by class of priority; else nothing is optimal."""


def certificate(
    problem: Problem,
    weights: Weights,
    placement: Ints,
    proven: float = -math.inf,
    fewest: bool = False,
) -> Certificate:
    """Return what is proven about a feasible placement.

    Parameters
    ----------
    placement
        ``(pods,)``, breaking no rule.
    proven
        A bound that the exact solver proved, if any (`kytos.solve.solve.result.Solution.bound`).
    fewest
        Whether it proved that no placement leaves out fewer.
    """
    reached = energy(problem, weights, placement).without_desire(weights)
    if fewest and _closed(problem, weights, reached, min(proven, reached)):
        # No relaxation tells more, and solving one takes longer to load than to do.
        return _certified(
            problem, weights, placement, LowerBound(proven, BoundSource.CP_SAT), fewest
        )
    options = pairs_with_room(problem)
    bound = lower_bound(problem, weights, surely_placed(problem, placement, options), options)
    if proven > bound.value:
        bound = LowerBound(proven, BoundSource.CP_SAT)
    fewest = fewest or proven_fewest(problem, placement, options)
    return _certified(problem, weights, placement, bound, fewest)


def held_against(
    problem: Problem, weights: Weights, placement: Ints, proven: Certificate
) -> Certificate:
    """Return what another's certificate proves of a placement that leaves out as few pods."""
    apart = proven.bound_without_left_out
    bound = LowerBound(proven.bound if apart is None else apart, proven.source)
    return _certified(problem, weights, placement, bound, proven.left_out_proven)


def _certified(
    problem: Problem, weights: Weights, placement: Ints, bound: LowerBound, fewest: bool
) -> Certificate:
    terms = energy(problem, weights, placement)
    reached = terms.without_desire(weights)
    lost = weights.A * terms.constraint
    # Float sums in another order may leave the bound a hair above what it bounds.
    value = min(bound.value, reached)
    optimal = fewest and _closed(problem, weights, reached, value)
    gap = relative_gap(problem, weights, reached, value)
    status = CertificateStatus.BOUNDED if gap is not None else CertificateStatus.NONE
    return Certificate(
        status=CertificateStatus.OPTIMAL if optimal else status,
        bound=min(value + lost, terms.total),
        gap=gap,
        gap_of=GapOf.SQUARES if problem.mode is LoadMode.SPREAD else GapOf.BOUND,
        source=bound.source,
        no_move_pays=optimal and bool((placement == problem.current).all()),
        bound_without_left_out=value if lost else None,
        left_out_proven=fewest,
    )


def ended_by(reason: StopReason, given: Certificate) -> StopReason:
    """Return what ended a solve, in agreement with what is proven of its answer.

    The exact solver may have searched everything and yet, for the rounding inside it, have proven
    no more than a bound: then its work was done, and nothing is said to be optimal.
    """
    if reason is StopReason.OPTIMAL and given.status is not CertificateStatus.OPTIMAL:
        return StopReason.WORK
    return reason


def relative_gap(problem: Problem, weights: Weights, reached: float, bound: float) -> float | None:
    """(H - bound) / (bound + B · sum_{n,r} mean_r^2), the second term for spread only.

    On equal nodes the bound of a variance is 0; with the squared means added, the gap is relative
    to the sum of squared utilisation. None when there is nothing to relate it to.
    """
    reference = abs(bound)
    if problem.mode is LoadMode.SPREAD:
        levelled = ((problem.load_allocatable > 0) & problem.usable[:, None]).sum(axis=0)
        reference += weights.B * float(levelled @ problem.mean_load**2)
    difference = max(0.0, reached - bound)
    if reference <= 0:
        return 0.0 if difference == 0 else None
    return difference / reference


def _closed(problem: Problem, weights: Weights, reached: float, bound: float) -> bool:
    gap = relative_gap(problem, weights, reached, bound)
    return gap is not None and gap <= TOLERANCE
