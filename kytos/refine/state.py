"""The problem as flat arrays for the compiled kernels, and the counts they keep up to date.

`Tables` never changes during a solve; `State` holds one placement and everything derived from
it. Both are tuples of contiguous arrays of fixed types, so each kernel is compiled once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from kytos.hamiltonian.weights import Weights, exchange_rates
from kytos.problem import Bools, Floats, Ints, LoadMode, Problem, Tally

Bytes = npt.NDArray[np.uint8]
Shorts = npt.NDArray[np.int32]
_Scalar = TypeVar("_Scalar", bound=np.generic)

EXCLUDES, NEEDED, NEEDS, SKEWS = range(4)
"""What a rule means for a pod that a tally counts: it and the other tally exclude one another,
some carrier needs it, it is a carrier that needs a target, it enters a skew."""

GUIDE = 0.25
"""How strongly consolidation is drawn to full nodes, against freeing one of mean price. It only
steers which moves the anneal accepts; no answer is compared by it."""


class Tables(NamedTuple):
    """What does not change: axes as in `Problem`, weights and exchange rates multiplied in.

    ``*_ptr`` with ``*_idx`` (or another column) are rows in compressed form. Domains of tally t
    are numbered from ``tally_start[t]``.
    """

    request: Ints
    load_request: Floats
    size: Floats
    current: Ints
    allowed: Bytes
    service: Ints
    move_cost: Floats
    optional: Bytes
    rank: Ints
    penalty: Floats
    capacity: Ints
    fixed: Ints
    load_fixed: Floats
    inverse: Floats
    target: Floats
    price: Floats
    held_open: Bytes
    zone: Ints
    service_fixed: Shorts
    zone_fixed: Shorts
    node_cost: Floats
    preference: Floats
    peer_ptr: Ints
    peer_idx: Ints
    peer_weight: Floats
    latency: Floats
    member_ptr: Ints
    member_idx: Ints
    topology: Ints
    domain: Ints
    tally_start: Ints
    tally_fixed: Ints
    rule_ptr: Ints
    rule_kind: Ints
    rule_idx: Ints
    pair_ptr: Ints
    pair_idx: Ints
    pair_weight: Floats
    presence_target: Ints
    presence_ptr: Ints
    presence_pod: Ints
    presence_alone: Bytes
    presence_had: Bytes
    presence_bound_ptr: Ints
    presence_fixed: Bytes
    skew_carrier: Ints
    skew_counted: Ints
    skew_max: Ints
    skew_zero: Bytes
    skew_ptr: Ints
    skew_eligible: Ints
    skew_bound_ptr: Ints
    skew_bound: Ints
    limit_ptr: Ints
    limit_idx: Ints
    limit_max: Ints
    max_moves: int
    cost_rate: float
    pair_rate: float
    load_rate: float
    consolidate: int
    has_service: int
    has_zone: int
    has_node_cost: int
    has_preference: int
    has_traffic: int
    has_tallies: int
    has_rules: int
    has_limits: int


class State(NamedTuple):
    """One placement with its sums and counts.

    ``need[n, r]`` counts pods that came to n and ask for some of r: only then must r hold there.
    ``moved`` counts as ``tally`` does, but only pods away from home. ``scalars`` are the number
    of pods that left home and of unplaced pods.
    """

    place: Ints
    held: Ints
    need: Ints
    load: Floats
    count: Ints  # type: ignore[assignment]  # the tuple method of that name has no use here
    service: Shorts
    zone: Shorts
    tally: Ints
    moved: Ints
    total: Ints
    left: Ints
    unplaced: Ints
    first: Ints
    after: Ints
    before: Ints
    scalars: Ints


def tables(problem: Problem, weights: Weights) -> Tables:
    """Flatten a problem and weights."""
    rates = exchange_rates(problem)
    pods, nodes = len(problem.pods), len(problem.nodes)
    consolidate = problem.mode is LoadMode.CONSOLIDATE
    spread = problem.mode is LoadMode.SPREAD
    offered = problem.load_allocatable
    levelled = (offered > 0) & (problem.usable[:, None] | (not spread))
    inverse = np.divide(1.0, offered, out=np.zeros_like(offered), where=levelled)
    mean_price = float(problem.price.mean()) if nodes else 0.0
    rank, ranks = _ranks(problem)
    services, zones = len(problem.services), int(problem.zone.max(initial=-1)) + 1
    zone_fixed = np.zeros((services, zones), dtype=np.int32)
    zoned = np.flatnonzero(problem.zone >= 0)
    np.add.at(zone_fixed.T, problem.zone[zoned], problem.service_fixed.T[zoned])
    total = np.maximum(problem.capacity.sum(axis=0), 1)
    traffic = problem.traffic
    peers = _peers(problem)
    member_ptr, member_idx = _memberships([tally.members for tally in problem.tallies], pods)
    topology, domain = _topologies(problem.tallies, nodes)
    starts = np.cumsum([0, *(len(tally.fixed) for tally in problem.tallies)]).astype(np.int64)
    rules = _rules(problem)
    rule_ptr, rule_kind = _rows([[kind for kind, _ in of] for of in rules])
    _, rule_idx = _rows([[other for _, other in of] for of in rules])
    pairs = _pairs(problem, weights.D * rates.affinity)
    pair_ptr, pair_idx = _rows([[other for other, _ in of] for of in pairs])
    presence = _presences(problem)
    skew = _skews(problem)
    limit_ptr, limit_idx = _memberships([limit.members for limit in problem.move_limits], pods)
    load_rate = GUIDE * mean_price * -max(weights.B, 1e-3) if consolidate else weights.B
    return Tables(
        request=_ints(problem.request),
        load_request=_floats(problem.load_request),
        size=_floats((problem.request / total).max(axis=1) if pods else np.zeros(0)),
        current=_ints(problem.current),
        allowed=_bytes(problem.allowed),
        service=_ints(problem.service),
        move_cost=_floats(weights.C * rates.cost * problem.move_cost),
        optional=_bytes(~problem.must_place),
        rank=_ints(rank),
        penalty=_floats(1.0 + (ranks - rank) / 2),
        capacity=_ints(problem.capacity),
        fixed=_ints(problem.fixed),
        load_fixed=_floats(problem.load_fixed),
        inverse=_floats(inverse),
        target=_floats(np.where(levelled & spread, problem.mean_load, 0.0)),
        price=_floats(weights.B * problem.price if consolidate else np.zeros(nodes)),
        held_open=_bytes(problem.held_open),
        zone=_ints(problem.zone),
        service_fixed=_shorts(problem.service_fixed),
        zone_fixed=_shorts(zone_fixed),
        node_cost=_matrix(problem.node_cost),
        preference=_matrix(problem.preference),
        peer_ptr=peers[0],
        peer_idx=peers[1],
        peer_weight=peers[2],
        latency=_matrix(traffic.latency if traffic is not None else None),
        member_ptr=member_ptr,
        member_idx=member_idx,
        topology=topology,
        domain=domain,
        tally_start=starts,
        tally_fixed=_joined([tally.fixed for tally in problem.tallies]),
        rule_ptr=rule_ptr,
        rule_kind=rule_kind,
        rule_idx=rule_idx,
        pair_ptr=pair_ptr,
        pair_idx=pair_idx,
        pair_weight=_floats([weight for of in pairs for _, weight in of]),
        **presence,
        **skew,
        limit_ptr=limit_ptr,
        limit_idx=limit_idx,
        limit_max=_ints([limit.limit for limit in problem.move_limits]),
        max_moves=pods if problem.max_moves is None else int(problem.max_moves),
        cost_rate=float(weights.C * rates.cost),
        pair_rate=float(weights.D * rates.affinity),
        load_rate=float(load_rate),
        consolidate=int(consolidate),
        has_service=int((problem.service >= 0).any() and weights.D > 0),
        has_zone=int(problem.zone_pairs and weights.D > 0),
        has_node_cost=int(problem.node_cost is not None),
        has_preference=int(problem.preference is not None),
        has_traffic=int(traffic is not None and len(traffic.pairs) > 0),
        has_tallies=int(len(problem.tallies) > 0),
        has_rules=int(bool(problem.exclusions or problem.presences or problem.skews)),
        has_limits=int(len(problem.move_limits) > 0),
    )


def empty_state(tables: Tables) -> State:
    """Return the state in which nothing is placed; `kernels.load` fills it."""
    pods, resources = tables.request.shape
    nodes = len(tables.capacity)
    return State(
        place=np.full(pods, -1, dtype=np.int64),
        held=np.zeros((nodes, resources), dtype=np.int64),
        need=np.zeros((nodes, resources), dtype=np.int64),
        load=np.zeros((nodes, 2)),
        count=np.zeros(nodes, dtype=np.int64),
        service=np.zeros_like(tables.service_fixed),
        zone=np.zeros_like(tables.zone_fixed),
        tally=np.zeros_like(tables.tally_fixed),
        moved=np.zeros_like(tables.tally_fixed),
        total=np.zeros(len(tables.topology), dtype=np.int64),
        left=np.zeros(len(tables.limit_max), dtype=np.int64),
        unplaced=np.zeros(int(tables.rank.max(initial=-1)) // 2 + 1, dtype=np.int64).repeat(2),
        first=np.full(nodes, -1, dtype=np.int64),
        after=np.full(pods, -1, dtype=np.int64),
        before=np.full(pods, -1, dtype=np.int64),
        scalars=np.zeros(2, dtype=np.int64),
    )


def _ranks(problem: Problem) -> tuple[Ints, int]:
    """``(pods,)`` 2k for the k-th highest class, one more where a service has others left.

    The class is the desire to have it placed; priority tells apart those that must be.
    """
    values, found = np.unique(
        np.column_stack([problem.desire, problem.priority]), axis=0, return_inverse=True
    )
    rank = 2 * (len(values) - 1 - found.reshape(-1))
    return (rank + ~problem.sole).astype(np.int64), 2 * len(values)


def _peers(problem: Problem) -> tuple[Ints, Ints, Floats]:
    """Who talks to whom, both ways."""
    pods, traffic = len(problem.pods), problem.traffic
    if traffic is None or not len(traffic.pairs):
        return np.zeros(pods + 1, dtype=np.int64), _ints([]), _floats([])
    ends = np.concatenate([traffic.pairs, traffic.pairs[:, ::-1]])
    order = np.argsort(ends[:, 0], kind="stable")
    pointer = np.zeros(pods + 1, dtype=np.int64)
    np.cumsum(np.bincount(ends[:, 0], minlength=pods), out=pointer[1:])
    return pointer, _ints(ends[order, 1]), _floats(np.tile(traffic.weight, 2)[order])


def _memberships(groups: Sequence[Bools], pods: int) -> tuple[Ints, Ints]:
    """Return, for each pod, the positions of the groups it is in."""
    found = [np.flatnonzero(group) for group in groups]
    pod = _joined(found)
    group = np.repeat(np.arange(len(found)), [len(of) for of in found])
    pointer = np.zeros(pods + 1, dtype=np.int64)
    np.cumsum(np.bincount(pod, minlength=pods), out=pointer[1:])
    return pointer, _ints(group[np.argsort(pod, kind="stable")])


def _topologies(tallies: Sequence[Tally], nodes: int) -> tuple[Ints, Ints]:
    """``(tallies,)`` the topology of each, and ``(topologies, nodes)`` the domains of each."""
    known: dict[bytes, int] = {}
    domains: list[Ints] = []
    topology = []
    for tally in tallies:
        key = np.asarray(tally.domain, dtype=np.int64).tobytes()
        if key not in known:
            known[key] = len(domains)
            domains.append(tally.domain)
        topology.append(known[key])
    stacked = np.array(domains, dtype=np.int64).reshape(len(domains), nodes)
    return _ints(topology), np.ascontiguousarray(stacked)


def _rules(problem: Problem) -> list[list[tuple[int, int]]]:
    """For each tally, what its members must heed: kind, and the other tally or the rule."""
    rules: list[list[tuple[int, int]]] = [[] for _ in problem.tallies]
    for exclusion in problem.exclusions:
        rules[exclusion.carriers].append((EXCLUDES, exclusion.targets))
        if exclusion.carriers != exclusion.targets:
            rules[exclusion.targets].append((EXCLUDES, exclusion.carriers))
    for position, presence in enumerate(problem.presences):
        rules[presence.carriers].append((NEEDS, position))
        rules[presence.targets].append((NEEDED, position))
    for position, skew in enumerate(problem.skews):
        rules[skew.carriers].append((SKEWS, position))
        if skew.counted != skew.carriers:
            rules[skew.counted].append((SKEWS, position))
    return rules


def _pairs(problem: Problem, scale: float) -> list[list[tuple[int, float]]]:
    """For each tally, the tallies its members pair with, and the weight of one pair."""
    pairs: list[list[tuple[int, float]]] = [[] for _ in problem.tallies]
    for pairing in problem.pairings:
        pairs[pairing.carriers].append((pairing.targets, scale * pairing.weight))
        if pairing.carriers != pairing.targets:
            pairs[pairing.targets].append((pairing.carriers, scale * pairing.weight))
    return pairs


def _presences(problem: Problem) -> dict[str, Any]:
    """Carriers of each presence, and which of them have a target beside them at the start."""
    carriers, alone, had, fixed = [], [], [], []
    for presence in problem.presences:
        first, second = problem.tallies[presence.carriers], problem.tallies[presence.targets]
        start = second.counts(problem.current)
        pods = np.flatnonzero(first.members)
        domain = np.where(problem.current[pods] >= 0, second.domain[problem.current[pods]], -1)
        beside = np.where(domain >= 0, start[domain] - second.members[pods], 0)
        carriers.append(pods)
        alone.append(presence.alone[pods])
        had.append(beside > 0)
        fixed.append((first.fixed > 0) & (start > 0))
    pointer, idx = _rows(carriers)
    return {
        "presence_target": _ints([presence.targets for presence in problem.presences]),
        "presence_ptr": pointer,
        "presence_pod": idx,
        "presence_alone": _bytes(_joined(alone)),
        "presence_had": _bytes(_joined(had)),
        "presence_bound_ptr": _rows(fixed)[0],
        "presence_fixed": _bytes(_joined(fixed)),
    }


def _skews(problem: Problem) -> dict[str, Any]:
    """Eligible domains of each skew, and the skew unmoved carriers of a domain may have."""
    eligible, bound, zero = [], [], []
    for skew in problem.skews:
        start = problem.tallies[skew.counted].counts(problem.current)
        found = np.flatnonzero(skew.eligible)
        none = len(found) == 0 or len(found) < skew.min_domains
        least = 0 if none else start[found].min()
        eligible.append(found)
        zero.append(none)
        bound.append(np.maximum(skew.max_skew, start - least))
    pointer, idx = _rows(eligible)
    bound_pointer, bounds = _rows(bound)
    return {
        "skew_carrier": _ints([skew.carriers for skew in problem.skews]),
        "skew_counted": _ints([skew.counted for skew in problem.skews]),
        "skew_max": _ints([skew.max_skew for skew in problem.skews]),
        "skew_zero": _bytes(zero),
        "skew_ptr": pointer,
        "skew_eligible": idx,
        "skew_bound_ptr": bound_pointer,
        "skew_bound": bounds,
    }


def _rows(rows: Sequence[Sequence[int] | Ints | Bools]) -> tuple[Ints, Ints]:
    pointer = np.cumsum([0, *(len(row) for row in rows)])
    return _ints(pointer), _joined(rows)


def _joined(rows: Sequence[Sequence[int] | Ints | Bools]) -> Ints:
    return _ints(np.concatenate(rows) if len(rows) else [])


def _ints(values: npt.ArrayLike) -> Ints:
    return _own(values, np.int64)


def _shorts(values: npt.ArrayLike) -> Shorts:
    return _own(values, np.int32)


def _floats(values: npt.ArrayLike) -> Floats:
    return _own(values, np.float64)


def _bytes(values: npt.ArrayLike) -> Bytes:
    array = np.asarray(values)
    owned: Bytes = _own(array.view(np.uint8) if array.dtype == np.bool_ else array, np.uint8)
    return owned


def _matrix(values: Floats | None) -> Floats:
    return np.zeros((1, 1)) if values is None else _own(values, np.float64)


def _own(values: npt.ArrayLike, dtype: type[_Scalar]) -> npt.NDArray[_Scalar]:
    """Contiguous and writeable, as one compiled signature requires; copied only if it is not."""
    array: npt.NDArray[_Scalar] = np.ascontiguousarray(values, dtype=dtype)
    return array if array.flags.writeable else array.copy()
