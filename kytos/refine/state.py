"""The problem as flat arrays for the compiled kernels, and the counts they keep up to date.

`Tables` never changes during a solve; `State` holds one placement and everything derived from
it. Both are tuples of contiguous arrays of fixed types, so each kernel is compiled once. What
belongs to one pod, node, tally or rule is one record, because every array of a tuple costs time:
to compile (each kernel takes all of them as arguments) and at every call that is not inlined.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from kytos.contract.weights import Weights, exchange_rates
from kytos.pairs import PairCosts
from kytos.pod_sets import PodSet
from kytos.problem import Bools, Floats, Ints, LoadMode, Problem, Tally

Bytes = npt.NDArray[np.uint8]
Shorts = npt.NDArray[np.int32]
Records = npt.NDArray[np.void]
_Scalar = TypeVar("_Scalar", bound=np.generic)

EXCLUDES, NEEDED, NEEDS, SKEWS, LOCATED = range(5)
"""What a rule means for a pod that a tally counts: it and the other tally exclude one another,
some carrier needs it, it is a carrier that needs a target, it enters a skew, it is one of those
that hold a number of domains."""

_LOADS_IN_RECORDS = 2
"""Cpu and memory of the first slot, mostly the only one, lie in the records themselves."""

GUIDE = 0.25
"""How strongly consolidation is drawn to full nodes, against freeing one of mean price. It only
steers which moves the anneal accepts; no answer is compared by it."""


def _record(ints: str, floats: str = "") -> np.dtype[np.void]:
    """Return a record of 8-byte fields, integers first."""
    fields = [(name, np.int64) for name in ints.split()]
    return np.dtype(fields + [(name, np.float64) for name in floats.split()])


# ``x_from`` to ``x_to`` are a row of the array x.
POD = _record(
    "home service row cost_row liking_row rank optional member_from member_to limit_from limit_to "
    "peer_from peer_to moves_with apart_from apart_to",
    "move_cost size cpu memory",
)
NODE = _record(
    "zone held_open", "price per_cpu per_memory mean_cpu mean_memory fixed_cpu fixed_memory"
)
SETTING = _record(
    "max_moves consolidate has_zone has_node_cost has_preference has_traffic has_tallies has_rules "
    "more_loads has_headroom has_most_moved has_overlap",
    "cost_rate pair_rate load_rate most_moved_rate",
)
PEER = _record("pod", "weight")
TALLY = _record("topology start domains rule_from rule_to pair_from pair_to")
RULE = _record("kind other")
PAIR = _record("tally", "weight")
PRESENCE = _record("target entry_from entry_to bound_from bound_to")
ENTRY = _record("pod alone had")
LOCATED_RULE = _record("tally least")
LINE = _record("above", "cost")
BALANCE = _record("first second parts")
ON_BALANCE = _record("offset", "cost")
SKEW = _record("carrier counted most zero eligible_from eligible_to bound_from bound_to")
ON_NODE = _record("count first", "cpu memory")
IN_DOMAIN = _record("count moved")
LINK = _record("before after")


class Tables(NamedTuple):
    """What does not change: axes as in `Problem`, weights and exchange rates multiplied in.

    ``setting`` is one record. ``allowed`` holds each distinct row once. Domains of a tally are
    numbered from its ``start``. ``load`` ``(pods, loads)``, and by node ``per_load``,
    ``mean_load`` and ``fixed_load``, are the slots of time after the first. ``domain`` is
    ``(topologies, nodes)``; ``limit`` the pods that may leave, by disruption budget. ``line`` is
    ``(nodes, resources)`` and ``on_balance`` ``(balances, nodes)``: see `kytos.headroom`; with
    ``offset`` as if a node held nothing. ``overlap`` ``(resources,)`` says what pods hold at home
    until the moves are done. ``apart`` are the pods that exclude one another, by group of them.
    """

    pod: Records
    node: Records
    setting: Records
    request: Ints
    capacity: Ints
    load: Floats
    per_load: Floats
    mean_load: Floats
    fixed_load: Floats
    allowed: Bytes
    node_cost: Floats
    preference: Floats
    peer: Records
    latency: Floats
    limited: Ints
    limit: Ints
    member: Ints
    tally: Records
    domain: Ints
    rule: Records
    pair: Records
    presence: Records
    entry: Records
    presence_fixed: Bytes
    skew: Records
    skew_eligible: Ints
    skew_bound: Ints
    located: Records
    line: Records
    balance: Records
    on_balance: Records
    overlap: Bytes
    apart: Ints


class State(NamedTuple):
    """One placement with its sums and counts.

    ``need[n, r]`` counts pods that came to n and ask for some of r: only then must r hold there.
    ``moved`` counts as ``count`` does in a domain, but only pods away from home. ``link`` chains
    the pods of a node from its ``first``. ``gone`` is the number of pods that left home, ``left``
    the same by disruption budget. ``pairs`` are those of replicas on one node and in one zone.
    ``held`` has what stays promised at home, ``used`` has not, and is kept where there is headroom
    to keep. ``away`` counts the pods of a service that left home, ``aways`` the services by that
    number, and ``most`` is the highest of them.
    """

    place: Ints
    link: Records
    node: Records
    held: Ints
    need: Ints
    load: Floats
    service: Shorts
    zone: Shorts
    pairs: Ints
    tally: Records
    total: Ints
    left: Ints
    gone: Ints
    used: Ints
    away: Ints
    aways: Ints
    most: Ints


def flatten(problem: Problem, weights: Weights) -> tuple[Tables, State]:
    """Return a problem and weights as tables, and the state in which nothing is placed."""
    flat = _tables(problem, weights)
    return flat, _nothing_placed(problem, flat)


def without_guide(flat: Tables) -> Tables:
    """Return tables by which a consolidation accepts moves by H alone."""
    setting = flat.setting.copy()
    setting["load_rate"] = np.where(setting["consolidate"] > 0, 0.0, setting["load_rate"])
    return flat._replace(setting=setting)


def _tables(problem: Problem, weights: Weights) -> Tables:
    rates = exchange_rates(problem)
    consolidate = problem.mode is LoadMode.CONSOLIDATE
    mean_price = float(problem.price.mean()) if len(problem.nodes) else 0.0
    traffic = problem.traffic
    setting = np.zeros(1, dtype=SETTING)
    setting["max_moves"] = len(problem.pods) if problem.max_moves is None else problem.max_moves
    setting["consolidate"] = consolidate
    setting["has_zone"] = problem.zone_pairs and weights.D > 0
    setting["has_node_cost"] = problem.node_cost is not None
    setting["has_preference"] = problem.preference is not None
    setting["has_traffic"] = traffic is not None and len(traffic.pairs) > 0
    setting["has_tallies"] = len(problem.tallies) > 0
    setting["has_rules"] = bool(
        problem.exclusions or problem.presences or problem.skews or problem.locations
    )
    setting["has_headroom"] = problem.keeps_headroom
    setting["has_overlap"] = problem.overlap is not None and bool(problem.overlap.any())
    setting["more_loads"] = problem.loads - _LOADS_IN_RECORDS
    setting["cost_rate"] = weights.C * rates.cost
    setting["pair_rate"] = weights.D * rates.affinity
    setting["most_moved_rate"] = weights.C * rates.cost * problem.most_moved_cost
    setting["has_most_moved"] = setting["most_moved_rate"] > 0
    guide = -GUIDE * mean_price * max(weights.B, 1e-3)
    setting["load_rate"] = guide if consolidate else weights.B
    pod = np.zeros(len(problem.pods), dtype=POD)
    total = np.maximum(problem.capacity.sum(axis=0), 1)
    pod["home"] = problem.current
    pod["service"] = -1
    if weights.D > 0:
        serves = problem.service >= 0
        pod["service"][serves] = _service_rows(problem)[problem.service[serves]]
    pod["moves_with"] = np.where(problem.current >= 0, problem.service, -1)
    pod["row"] = problem.allowed.of_pod
    for name, pairs in (("cost_row", problem.node_cost), ("liking_row", problem.preference)):
        if pairs is not None:
            pod[name] = pairs.of_pod
    pod["rank"] = _ranks(problem)
    pod["optional"] = ~problem.must_place
    pod["move_cost"] = weights.C * rates.cost * problem.move_cost
    pod["size"] = (problem.request / total).max(axis=1, initial=0.0)
    pod["cpu"], pod["memory"] = problem.load_request[:, :_LOADS_IN_RECORDS].T
    topology, domain = _topologies(problem.tallies, len(problem.nodes))
    tally = np.zeros(len(problem.tallies), dtype=TALLY)
    tally["topology"] = topology
    tally["domains"] = [len(one.fixed) for one in problem.tallies]
    tally["start"] = np.cumsum(tally["domains"]) - tally["domains"]
    presence, entry, presence_fixed = _presences(problem)
    skew, skew_eligible, skew_bound = _skews(problem)
    line, balance, on_balance = _headroom(problem, weights.B)
    located = np.zeros(len(problem.locations), dtype=LOCATED_RULE)
    located["tally"] = [rule.counted for rule in problem.locations]
    located["least"] = [problem.least_domains(rule) for rule in problem.locations]
    inverse, mean = _levels(problem)
    return Tables(
        pod=pod,
        node=_nodes(problem, weights),
        setting=setting,
        request=_own(problem.request, np.int64),
        capacity=_own(problem.capacity, np.int64),
        load=_own(problem.load_request[:, _LOADS_IN_RECORDS:], np.float64),
        per_load=_own(inverse[:, _LOADS_IN_RECORDS:], np.float64),
        mean_load=_own(mean[:, _LOADS_IN_RECORDS:], np.float64),
        fixed_load=_own(problem.load_fixed[:, _LOADS_IN_RECORDS:], np.float64),
        allowed=_own(problem.allowed.rows, np.uint8),
        node_cost=_rows_of(problem.node_cost),
        preference=_rows_of(problem.preference),
        peer=_peers(problem, pod),
        latency=_matrix(traffic.latency if traffic is not None else None),
        limited=_memberships([limit.members for limit in problem.move_limits], pod, "limit"),
        limit=_own([limit.limit for limit in problem.move_limits], np.int64),
        member=_memberships([one.members for one in problem.tallies], pod, "member"),
        tally=tally,
        domain=domain,
        rule=_rows(_rules(problem), RULE, tally, "rule"),
        pair=_rows(_pairs(problem, weights.D * rates.affinity), PAIR, tally, "pair"),
        presence=presence,
        entry=entry,
        presence_fixed=presence_fixed,
        skew=skew,
        skew_eligible=skew_eligible,
        skew_bound=skew_bound,
        located=located,
        line=line,
        balance=balance,
        on_balance=on_balance,
        overlap=_own(np.zeros(1) if problem.overlap is None else problem.overlap, np.uint8),
        apart=_apart(problem, pod),
    )


def _nodes(problem: Problem, weights: Weights) -> Records:
    """What does not change of each node."""
    node = np.zeros(len(problem.nodes), dtype=NODE)
    node["zone"] = problem.zone
    node["held_open"] = problem.held_open
    if problem.mode is LoadMode.CONSOLIDATE:
        node["price"] = weights.B * problem.price
    inverse, mean = _levels(problem)
    for axis, name in enumerate(("cpu", "memory")):
        node[f"per_{name}"] = inverse[:, axis]
        node[f"mean_{name}"] = mean[:, axis]
        node[f"fixed_{name}"] = problem.load_fixed[:, axis]
    return node


def _levels(problem: Problem) -> tuple[Floats, Floats]:
    """``(nodes, loads)`` utilisation by unit of load, and the mean it is squared about."""
    spread = problem.mode is LoadMode.SPREAD
    offered = problem.load_allocatable
    levelled = (offered > 0) & (problem.usable[:, None] | (not spread))
    inverse = np.divide(1.0, offered, out=np.zeros_like(offered), where=levelled)
    return inverse, np.where(levelled & spread, problem.mean_load, 0.0)


def _headroom(problem: Problem, weight: float) -> tuple[Records, Records, Records]:
    """Return safety lines, balances, and what each balance is on each node."""
    line = np.zeros((1, 1), dtype=LINE)
    if problem.safety is not None:
        line = np.zeros(problem.safety.line.shape, dtype=LINE)
        line["above"], line["cost"] = problem.safety.line, weight * problem.safety.cost
    elif problem.balances:
        line = np.zeros(problem.capacity.shape, dtype=LINE)
    balance = np.zeros(len(problem.balances), dtype=BALANCE)
    on_balance = np.zeros((len(problem.balances), len(problem.nodes)), dtype=ON_BALANCE)
    for position, one in enumerate(problem.balances):
        balance[position] = (one.first, one.second, one.parts)
        offered = problem.allocatable
        on_balance[position]["offset"] = one.parts * offered[:, one.first] - offered[:, one.second]
        on_balance[position]["cost"] = weight * one.cost
    return line, balance, on_balance


def _nothing_placed(problem: Problem, flat: Tables) -> State:
    pods, nodes = len(problem.pods), len(problem.nodes)
    link, node = np.full(pods, -1, dtype=LINK), np.zeros(nodes, dtype=ON_NODE)
    node["first"] = -1
    node["cpu"], node["memory"] = flat.node["fixed_cpu"], flat.node["fixed_memory"]
    fixed = problem.service_fixed
    in_zone = fixed.by(problem.zone, int(problem.zone.max(initial=-1)) + 1)
    pairs = [fixed.pairs(), int((in_zone * (in_zone - 1) // 2).sum())]
    row = _service_rows(problem) if flat.setting[0]["pair_rate"] else np.full(fixed.shape[0], -1)
    counted, told = row[fixed.service] >= 0, row >= 0
    service = np.zeros((int(told.sum()), nodes), dtype=np.int32)
    service[row[fixed.service[counted]], fixed.node[counted]] = fixed.count[counted]
    tally = np.zeros(int(flat.tally["domains"].sum()), dtype=IN_DOMAIN)
    tally["count"] = _joined([one.fixed for one in problem.tallies])
    runs = flat.pod["home"] >= 0
    left = [int(runs[limit.members.positions].sum()) for limit in problem.move_limits]
    headroom, most_moved = flat.setting[0]["has_headroom"], flat.setting[0]["has_most_moved"]
    away = np.bincount(problem.service[runs & (problem.service >= 0)], minlength=1)
    away = away if most_moved else np.zeros(1, dtype=np.int64)
    return State(
        place=np.full(pods, -1, dtype=np.int64),
        link=link,
        node=node,
        held=problem.fixed + problem.promised,
        need=np.zeros(problem.fixed.shape, dtype=np.int64),
        load=flat.fixed_load.copy(),
        service=service,
        zone=in_zone[told].astype(np.int32),
        pairs=np.array(pairs),
        tally=tally,
        total=_own([one.fixed.sum() for one in problem.tallies], np.int64),
        left=_own(left, np.int64),
        gone=np.array([runs.sum()], dtype=np.int64),
        used=problem.fixed.astype(np.int64) if headroom else np.zeros((1, 1), dtype=np.int64),
        away=_own(away, np.int64),
        aways=_own(np.bincount(away, minlength=pods + 1), np.int64),
        most=_own([away.max()], np.int64),
    )


def _service_rows(problem: Problem) -> Ints:
    """``(services,)`` the row in which each is counted; -1 for those that can have no pairs."""
    replicas = problem.service_fixed.sum(axis=1)
    replicas += np.bincount(problem.service[problem.service >= 0], minlength=len(replicas))
    several = replicas > 1
    return np.where(several, np.cumsum(several) - 1, -1)


def _ranks(problem: Problem) -> Ints:
    """``(pods,)`` 2k for the k-th highest class, one more where a service has others left.

    The class is the desire to have it placed; priority tells apart those that must be.
    """
    values, codes = np.unique(
        np.column_stack([problem.desire, problem.priority]), axis=0, return_inverse=True
    )
    rank = 2 * (len(values) - 1 - codes.reshape(-1))
    return (rank + ~problem.sole).astype(np.int64)


def _peers(problem: Problem, pod: Records) -> Records:
    """Who talks to whom, both ways."""
    traffic = problem.traffic
    if traffic is None or not len(traffic.pairs):
        return np.zeros(0, dtype=PEER)
    ends = np.concatenate([traffic.pairs, traffic.pairs[:, ::-1]])
    order = np.argsort(ends[:, 0], kind="stable")
    peer = np.zeros(len(ends), dtype=PEER)
    peer["pod"], peer["weight"] = ends[order, 1], np.tile(traffic.weight, 2)[order]
    _mark_rows(pod, "peer", np.bincount(ends[:, 0], minlength=len(pod)))
    return peer


def _memberships(groups: Sequence[PodSet], pod: Records, name: str) -> Ints:
    """Return, for each pod, the positions of the groups it is in."""
    members = [group.positions for group in groups]
    inside = _joined(members)
    group = np.repeat(np.arange(len(members)), [len(of) for of in members])
    _mark_rows(pod, name, np.bincount(inside, minlength=len(pod)))
    return _own(group[np.argsort(inside, kind="stable")], np.int64)


def _apart(problem: Problem, pod: Records) -> Ints:
    """Pods that exclude one another; each pod's row is the first such group that it is in."""
    groups: list[Ints] = []
    end = 0
    free = np.ones(len(problem.pods), dtype=np.bool_)
    for exclusion in problem.exclusions:
        members = problem.tallies[exclusion.carriers].members.positions
        if exclusion.carriers != exclusion.targets or len(members) < 2:
            continue
        groups.append(members)
        first = members[free[members]]
        pod["apart_from"][first], pod["apart_to"][first] = end, end + len(members)
        free[members] = False
        end += len(members)
    return _joined(groups)


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
    return _own(topology, np.int64), np.ascontiguousarray(stacked)


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
    for position, located in enumerate(problem.locations):
        rules[located.counted].append((LOCATED, position))
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


def _presences(problem: Problem) -> tuple[Records, Records, Bytes]:
    """Carriers of each presence, and which of them have a target beside them at the start."""
    presence = np.zeros(len(problem.presences), dtype=PRESENCE)
    entries, fixed = [], []
    for rule in problem.presences:
        first, second = problem.tallies[rule.carriers], problem.tallies[rule.targets]
        start = second.counts(problem.current)
        pods = first.members.positions
        domain = np.where(problem.current[pods] >= 0, second.domain[problem.current[pods]], -1)
        entry = np.zeros(len(pods), dtype=ENTRY)
        entry["pod"], entry["alone"] = pods, rule.alone[pods]
        # Domain -1 reads the 0 appended; there may be no other where no node has the key.
        others = np.append(start, 0)[domain] - second.members[pods]
        entry["had"] = (domain >= 0) & (others > 0)
        entries.append(entry)
        fixed.append((first.fixed > 0) & (start > 0))
    presence["target"] = [rule.targets for rule in problem.presences]
    _mark_rows(presence, "entry", [len(entry) for entry in entries])
    _mark_rows(presence, "bound", [len(of) for of in fixed])
    entry = np.concatenate([np.zeros(0, dtype=ENTRY), *entries])
    return presence, entry, _own(_joined(fixed), np.uint8)


def _skews(problem: Problem) -> tuple[Records, Ints, Ints]:
    """Eligible domains of each skew, and the skew unmoved carriers of a domain may have."""
    skew = np.zeros(len(problem.skews), dtype=SKEW)
    eligible, bound = [], []
    for position, rule in enumerate(problem.skews):
        start = problem.tallies[rule.counted].counts(problem.current)
        domains = np.flatnonzero(rule.eligible)
        none = len(domains) == 0 or len(domains) < rule.min_domains
        least = 0 if none else start[domains].min()
        eligible.append(domains)
        bound.append(np.maximum(rule.max_skew, start - least))
        skew[position]["carrier"], skew[position]["counted"] = rule.carriers, rule.counted
        skew[position]["most"], skew[position]["zero"] = rule.max_skew, none
    _mark_rows(skew, "eligible", [len(of) for of in eligible])
    _mark_rows(skew, "bound", [len(of) for of in bound])
    return skew, _joined(eligible), _joined(bound)


def _rows(
    rows: Sequence[Sequence[tuple[int, float]]],
    dtype: np.dtype[np.void],
    owner: Records,
    name: str,
) -> Records:
    """Join rows of pairs of values, and mark where each owner's row begins and ends."""
    _mark_rows(owner, name, [len(row) for row in rows])
    return np.array([pair for row in rows for pair in row], dtype=dtype)


def _mark_rows(owner: Records, name: str, lengths: npt.ArrayLike) -> None:
    sizes = np.asarray(lengths, dtype=np.int64)
    ends = np.cumsum(sizes)
    owner[f"{name}_from"], owner[f"{name}_to"] = ends - sizes, ends


def _joined(rows: Sequence[Sequence[int] | Ints | Bools]) -> Ints:
    return _own(np.concatenate(rows) if len(rows) else [], np.int64)


def _rows_of(pairs: PairCosts | None) -> Floats:
    return _matrix(None if pairs is None else pairs.rows)


def _matrix(values: Floats | None) -> Floats:
    return np.zeros((1, 1)) if values is None else _own(values, np.float64)


def _own(values: npt.ArrayLike, dtype: type[_Scalar]) -> npt.NDArray[_Scalar]:
    """Contiguous and writeable, as one compiled signature requires; copied only if it is not."""
    array: npt.NDArray[_Scalar] = np.ascontiguousarray(values, dtype=dtype)
    return array if array.flags.writeable else array.copy()
