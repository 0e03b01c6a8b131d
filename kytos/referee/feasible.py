"""The final check: which rules and capacities a placement breaks, exact in integers.

A pod *moved* when it has a node that is not its current one (a pod that had none and was placed
counts). Moved pods obey every rule; what was broken before may stay as it is and never grows.
Pods outside the problem count as unmoved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from kytos.pod_sets import PodSet
from kytos.problem import UNPLACED, Bools, Exclusion, Ints, Presence, Problem, Skew, Tally


class ViolationKind(StrEnum):
    """What a placement can break."""

    UNPLACED = "unplaced"
    FORBIDDEN = "forbidden"
    CAPACITY = "capacity"
    EXCLUSION = "exclusion"
    PRESENCE = "presence"
    SKEW = "skew"
    MAX_MOVES = "max-moves"
    MOVE_LIMIT = "move-limit"
    LOCATIONS = "locations"


@dataclass(frozen=True)
class Violation:
    """One thing a placement breaks.

    Attributes
    ----------
    kind
        What sort of rule.
    rule
        The rule or resource by name.
    amount
        How much is over: units of the resource, pairs, carriers or pods; at least 1.
    pods
        Positions of the pods that moved into it, as far as they are to blame.
    place
        The node (capacity, forbidden) or the domain of the topology it happens in, else -1.
    """

    kind: ViolationKind
    rule: str
    amount: int
    pods: tuple[int, ...] = ()
    place: int = -1


def feasible(problem: Problem, placement: Ints) -> bool:
    """Whether a placement breaks nothing; pods that may stay unplaced may be."""
    return next(_all(problem, placement), None) is None


def violations(problem: Problem, placement: Ints) -> list[Violation]:
    """Everything a placement breaks.

    Raises
    ------
    ValueError
        When `placement` is not one node position or -1 for each pod.
    """
    return list(_all(problem, placement))


def check_placement(problem: Problem, placement: Ints) -> None:
    """Refuse what is no placement of the problem.

    Raises
    ------
    ValueError
        When `placement` is not one node position or -1 for each pod.
    """
    pods, nodes = len(problem.pods), len(problem.nodes)
    fits = placement.shape == (pods,)
    if not fits or (pods and not (placement.min() >= UNPLACED and placement.max() < nodes)):
        raise ValueError(
            f"placement of shape {placement.shape} with values {placement.min(initial=0)}.."
            f"{placement.max(initial=0)}: expected {pods} node positions below {nodes}, "
            f"or {UNPLACED} for unplaced"
        )


def rule_violations(problem: Problem, placement: Ints) -> list[Violation]:
    """What is broken besides capacity, which the energy measures on its own scale."""
    check_placement(problem, placement)
    return list(_besides_capacity(problem, placement))


def has_moved(problem: Problem, placement: Ints) -> Bools:
    """``(pods,)`` placed, and not where the pod runs now."""
    moved: Bools = (placement >= 0) & (placement != problem.current)
    return moved


def has_left(problem: Problem, placement: Ints) -> Bools:
    """``(pods,)`` no longer where the pod runs now, unplaced ones included."""
    left: Bools = (problem.current >= 0) & (placement != problem.current)
    return left


def pairs(carriers: Tally, targets: Tally, placement: Ints) -> Ints:
    """``(domains,)`` pairs of a carrier and another pod that is a target.

    Unordered where both are one tally. Otherwise (carrier, target) pairs, of which a pod of the
    problem that is both is none with itself; pods outside the problem are not known to be both.
    """
    first = carriers.counts(placement)
    if carriers is targets:
        return first * (first - 1) // 2
    members = carriers.members.both(targets.members)
    both = Tally(carriers.domain, members, np.zeros_like(carriers.fixed))
    return first * targets.counts(placement) - both.counts(placement)


def _all(problem: Problem, placement: Ints) -> Iterator[Violation]:
    check_placement(problem, placement)
    yield from _capacity(problem, placement)
    yield from _besides_capacity(problem, placement)


def _capacity(problem: Problem, placement: Ints) -> Iterator[Violation]:
    """Where pods came that ask for some of a resource, it must fit; a zero request always fits."""
    moved = np.flatnonzero(has_moved(problem, placement))
    receives = np.zeros(problem.capacity.shape, dtype=np.bool_)
    np.logical_or.at(receives, placement[moved], problem.request[moved] > 0)
    over = problem.held_at_once(placement) - problem.capacity
    for node, resource in np.argwhere(receives & (over > 0)):
        came = moved[(placement[moved] == node) & (problem.request[moved, resource] > 0)]
        yield Violation(
            ViolationKind.CAPACITY,
            problem.resources[resource],
            int(over[node, resource]),
            _positions(came),
            int(node),
        )


def _besides_capacity(problem: Problem, placement: Ints) -> Iterator[Violation]:
    moved = has_moved(problem, placement)
    for pod in np.flatnonzero(problem.must_place & (placement < 0)):
        yield Violation(ViolationKind.UNPLACED, "must be placed", 1, (int(pod),))
    went = np.flatnonzero(moved)
    for pod in went[~problem.allowed[went, placement[went]]]:
        node = int(placement[pod])
        yield Violation(ViolationKind.FORBIDDEN, "not allowed there", 1, (int(pod),), node)
    changed = placement != problem.current
    for exclusion in problem.exclusions:
        if _touched(problem, exclusion.carriers, exclusion.targets, changed):
            yield from _exclusion(problem, exclusion, placement, moved)
    counts: dict[int, Ints] = {}
    for presence in problem.presences:
        if _touched(problem, presence.carriers, presence.targets, changed):
            if presence.targets not in counts:
                counts[presence.targets] = problem.tallies[presence.targets].counts(placement)
            after = counts[presence.targets]
            if not _accompanied(problem, presence, placement, after):
                yield from _presence(problem, presence, placement, moved, after)
    for skew in problem.skews:
        if _touched(problem, skew.carriers, skew.counted, changed):
            yield from _skew(problem, skew, placement, moved)
    left = has_left(problem, placement)
    for locations in problem.locations:
        wanting = problem.least_domains(locations) - problem.domains_held(locations, placement)
        if wanting > 0:
            gone = left & problem.tallies[locations.counted].members
            yield Violation(
                ViolationKind.LOCATIONS, locations.rule, wanting, _positions(gone.nonzero()[0])
            )
    if problem.max_moves is not None and left.sum() > problem.max_moves:
        above = int(left.sum()) - problem.max_moves
        yield Violation(ViolationKind.MAX_MOVES, "max_moves", above, _positions(left.nonzero()[0]))
    for limit in problem.move_limits:
        members = limit.members.positions
        members = members[left[members]]
        if len(members) > limit.limit:
            above = len(members) - limit.limit
            yield Violation(ViolationKind.MOVE_LIMIT, limit.rule, above, _positions(members))


def _touched(problem: Problem, first: int, second: int, changed: Bools) -> bool:
    """Whether any pod of two tallies is not where it was: else a rule of theirs is as it was."""
    carriers, targets = problem.tallies[first], problem.tallies[second]
    return bool(changed[carriers.members.positions].any()) or bool(
        carriers is not targets and changed[targets.members.positions].any()
    )


def _exclusion(
    problem: Problem, exclusion: Exclusion, placement: Ints, moved: Bools
) -> Iterator[Violation]:
    """Pairs of a carrier and another pod, a target, in one domain, one of which moved."""
    carriers, targets = problem.tallies[exclusion.carriers], problem.tallies[exclusion.targets]
    stayed = np.where(moved, UNPLACED, placement)
    broken = pairs(carriers, targets, placement) - pairs(carriers, targets, stayed)
    for domain in np.flatnonzero(broken):
        there = (
            moved & (carriers.members | targets.members) & _inside(carriers, placement, int(domain))
        )
        yield Violation(
            ViolationKind.EXCLUSION,
            exclusion.rule,
            int(broken[domain]),
            _positions(there.nonzero()[0]),
            int(domain),
        )


def _accompanied(problem: Problem, presence: Presence, placement: Ints, after: Ints) -> bool:
    """Whether every carrier has a target beside it, as mostly: told in few steps."""
    carriers, targets = problem.tallies[presence.carriers], problem.tallies[presence.targets]
    pods = carriers.members.positions
    nodes = placement[pods]
    domains = targets.domain[nodes]
    return bool(
        nodes.min(initial=0) >= 0
        and domains.min(initial=0) >= 0
        and (after[domains] > targets.members.within(pods)).all()
        and not carriers.fixed.any()
    )


def _presence(
    problem: Problem, presence: Presence, placement: Ints, moved: Bools, after: Ints
) -> Iterator[Violation]:
    """Moved carriers beside a target; unmoved ones not left by the last they had.

    `after` counts the targets by domain.
    """
    carriers, targets = problem.tallies[presence.carriers], problem.tallies[presence.targets]
    before = problem.counts_at_first[presence.targets]
    # By member, not by pod: a large cluster has thousands of such rules on a few pods each.
    pods = carriers.members.positions
    pods = pods[placement[pods] >= 0]
    domains, itself = targets.domain[placement[pods]], targets.members.within(pods)
    inside = domains >= 0
    # Domain -1 reads the 0 appended; there may be no other where no node has the key.
    company, had = np.append(after, 0)[domains] > itself, np.append(before, 0)[domains] > itself
    alone = presence.alone.within(pods) & (after.sum() - (itself & inside) <= 0)
    came = ~inside | ~(company | alone)
    for at in np.flatnonzero(np.where(moved[pods], came, inside & had & ~company)):
        at_fault, where = int(pods[at]), int(domains[at])
        yield Violation(ViolationKind.PRESENCE, presence.rule, 1, (at_fault,), where)
    for domain in np.flatnonzero((carriers.fixed > 0) & (before > 0) & (after == 0)):
        yield Violation(
            ViolationKind.PRESENCE, presence.rule, int(carriers.fixed[domain]), (), int(domain)
        )


def _skew(problem: Problem, skew: Skew, placement: Ints, moved: Bools) -> Iterator[Violation]:
    """Moved carriers as the scheduler judges them, the others' domains no worse than they were.

    Source: Kubernetes' PodTopologySpread filter: skew is what the domain counts without the pod,
    plus the pod if it is counted, less the minimum without the pod; a node that lacks the key is
    refused.
    """
    carriers, counted = problem.tallies[skew.carriers], problem.tallies[skew.counted]
    after, before = counted.counts(placement), problem.counts_at_first[skew.counted]
    # By member, not by pod: a large cluster has thousands of such rules on a few pods each.
    pods = carriers.members.positions
    pods = pods[moved[pods]]
    domains, counts = counted.domain[placement[pods]], counted.members.within(pods)
    for pod in pods[domains < 0]:
        yield Violation(ViolationKind.SKEW, skew.rule, 1, (int(pod),))
    for domain in np.unique(domains[domains >= 0]):
        for itself in (True, False):
            there = pods[(domains == domain) & (counts == itself)]
            without = after.copy()
            without[domain] -= itself
            if len(there) and after[domain] - _minimum(skew, without) > skew.max_skew:
                at_fault = _positions(there)
                yield Violation(ViolationKind.SKEW, skew.rule, len(at_fault), at_fault, int(domain))
    still = carriers.members.positions
    members = PodSet(still[~moved[still]], len(moved))
    stayed = Tally(counted.domain, members, carriers.fixed).counts(placement) > 0
    bound = np.maximum(skew.max_skew, before - _minimum(skew, before))
    for domain in np.flatnonzero(stayed & (after - _minimum(skew, after) > bound)):
        yield Violation(ViolationKind.SKEW, skew.rule, 1, (), int(domain))


def _minimum(skew: Skew, counts: Ints) -> int:
    """The least counted in an eligible domain; 0 with fewer of them than `min_domains`."""
    eligible = int(skew.eligible.sum())
    if eligible == 0 or eligible < skew.min_domains:
        return 0
    return int(counts[skew.eligible].min())


def _inside(tally: Tally, placement: Ints, domain: int) -> Bools:
    """``(pods,)`` pods placed in a domain."""
    inside: Bools = (placement >= 0) & (tally.domain[placement] == domain)
    return inside


def _positions(positions: Ints) -> tuple[int, ...]:
    return tuple(int(position) for position in positions)
