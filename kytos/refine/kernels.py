"""The compiled inner loops of refinement: exact incremental energy and checks, anneal, descent.

Everything takes the tuples of `kytos.refine.state` (`T` tables, `S` state). All kernels live in
this one file because Numba's cache watches only the file a function stands in.

A placement is changed by `shift`, which keeps every count; `cost_at` is the energy of a pod on a
node given all others, wherever it is now, so that a move costs ``cost_at(new) - cost_at(old)``.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
# Numba infers the types; `Tables` and `State` document them.

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from kytos.refine.state import EXCLUDES, NEEDED, NEEDS

# Without Numba's runtime no call counts references to the arrays in `T` and `S`: those counts
# were 95 % of the time of a proposal. The price: a kernel cannot allocate.
_OPTIONS: dict[str, Any] = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "_nrt": False,
    "no_cfunc_wrapper": True,
}
# Unpacking the tuples for Python is most of what a small kernel takes to compile, so only those
# that Python calls can be called from it.
_INTERNAL = _OPTIONS | {"no_cpython_wrapper": True}
_INLINED = _INTERNAL | {"forceinline": True}
_entry: Callable[[Any], Any] = numba.njit(**_OPTIONS)
_internal: Callable[[Any], Any] = numba.njit(**_INTERNAL)
_inlined: Callable[[Any], Any] = numba.njit(**_INLINED)

NOWHERE = np.int64(-1)  # a plain -1 is a literal type, and would compile kernels twice
_ONE = np.int64(1)
JOURNAL = 1 << 12
"""Accepted moves remembered since the best placement, before it is copied out instead."""
WINDOW = 1 << 9
"""Pods that the anneal chooses among for a while, so that they stay in a core's cache."""
STAY = 1 << 12
"""Proposals for which it stays with them."""
SHAKES = 64
"""Random moves between two ejections, so that the same pods do not chase each other."""


@_entry
def load(T, S, placement):
    """Set the state to a placement; sums of floats are taken anew."""
    for pod in range(len(S.place)):
        _shift(T, S, pod, NOWHERE)
    for node in range(len(S.node)):
        S.node[node].cpu = T.node[node].fixed_cpu
        S.node[node].memory = T.node[node].fixed_memory
    for pod in range(len(S.place)):
        _shift(T, S, pod, placement[pod])


@_internal
def _shift(T, S, pod, node):
    """Put a pod on a node, or nowhere, whatever the rules say."""
    old = S.place[pod]
    if old == node:
        return
    if old >= 0:
        before, after = S.link[pod].before, S.link[pod].after
        if before >= 0:
            S.link[before].after = after
        else:
            S.node[old].first = after
        if after >= 0:
            S.link[after].before = before
    if node >= 0:
        head = S.node[node].first
        S.link[pod].before = NOWHERE
        S.link[pod].after = head
        if head >= 0:
            S.link[head].before = pod
        S.node[node].first = pod
    home = T.pod[pod].home
    if home >= 0 and (old == home or node == home):
        step = 1 if old == home else -1
        S.gone[0] += step
        for at in range(T.pod[pod].limit_from, T.pod[pod].limit_to):
            S.left[T.limited[at]] += step
    # One loop, so that `_count` is compiled in once.
    for leg in range(2):
        where = node if leg else old
        if where >= 0:
            _count(T, S, pod, where, 2 * leg - 1)
    S.place[pod] = node


@_inlined
def _count(T, S, pod, node, step):
    """Add a pod to all sums and counts of a node, or with a `step` of -1 take it out of them."""
    away = node != T.pod[pod].home
    for resource in range(S.held.shape[1]):
        amount = T.request[pod, resource]
        S.held[node, resource] += step * amount
        if away and amount > 0:
            S.need[node, resource] += step
    S.node[node].cpu += step * T.pod[pod].cpu
    S.node[node].memory += step * T.pod[pod].memory
    S.node[node].count += step
    service = T.pod[pod].service
    if service >= 0:
        # A pair more for each that is there, or one less for each that stays.
        S.pairs[0] += step * S.service[service, node] - (step < 0) * step
        S.service[service, node] += step
        zone = T.node[node].zone
        if zone >= 0:
            S.pairs[1] += step * S.zone[service, zone] - (step < 0) * step
            S.zone[service, zone] += step
    for at in range(T.pod[pod].member_from, T.pod[pod].member_to):
        tally = T.member[at]
        domain = T.domain[T.tally[tally].topology, node]
        if domain >= 0:
            S.tally[T.tally[tally].start + domain].count += step
            S.total[tally] += step
            if away:
                S.tally[T.tally[tally].start + domain].moved += step


@_inlined
def _squares(T, S, pod, node, own):
    """Change of (u - mean)^2 of cpu and memory by a pod coming to a node."""
    cpu = T.pod[pod].cpu * T.node[node].per_cpu
    rest = S.node[node].cpu * T.node[node].per_cpu - own * cpu - T.node[node].mean_cpu
    total = cpu * (rest + rest + cpu)
    memory = T.pod[pod].memory * T.node[node].per_memory
    rest = S.node[node].memory * T.node[node].per_memory - own * memory - T.node[node].mean_memory
    return total + memory * (rest + rest + memory)


@_inlined
def cost_at(T, S, pod, node):
    """Energy of a pod on a node given the others, and the guide's share of acceptance.

    Exact differences of H without `desire`; leaving a pod unplaced costs its move only.
    """
    home = T.pod[pod].home
    cost = 0.0
    guide = 0.0
    if home >= 0 and node != home:
        cost += T.pod[pod].move_cost
    if node >= 0:
        here = S.place[pod]
        own = 1.0 if here == node else 0.0
        squares = T.setting[0].load_rate * _squares(T, S, pod, node, own)
        if T.setting[0].consolidate:
            guide = squares
            if S.node[node].count == own and not T.node[node].held_open:
                cost += T.node[node].price
        else:
            cost += squares
        if T.setting[0].has_node_cost:
            cost += T.setting[0].cost_rate * T.node_cost[pod, node]
        if T.setting[0].has_preference:
            cost += T.setting[0].pair_rate * T.preference[pod, node]
        service = T.pod[pod].service
        if service >= 0:
            pairs = S.service[service, node] - own
            zone = T.node[node].zone
            if T.setting[0].has_zone and zone >= 0:
                pairs += S.zone[service, zone]
                if here >= 0 and T.node[here].zone == zone:
                    pairs -= 1
            cost += T.setting[0].pair_rate * pairs
        if T.setting[0].has_traffic:
            cost += T.setting[0].cost_rate * _latency(T, S, pod, node)
        if T.setting[0].has_tallies:
            cost += _pairings(T, S, pod, node)
    return cost, guide


@_internal
def _latency(T, S, pod, node):
    total = 0.0
    for at in range(T.pod[pod].peer_from, T.pod[pod].peer_to):
        other = S.place[T.peer[at].pod]
        if other >= 0:
            total += T.peer[at].weight * T.latency[node, other]
    return total


@_internal
def _pairings(T, S, pod, node):
    total = 0.0
    here = S.place[pod]
    for at in range(T.pod[pod].member_from, T.pod[pod].member_to):
        tally = T.member[at]
        for row in range(T.tally[tally].pair_from, T.tally[tally].pair_to):
            other = T.pair[row].tally
            topology = T.tally[other].topology
            domain = T.domain[topology, node]
            if domain >= 0:
                count = S.tally[T.tally[other].start + domain].count
                if here >= 0 and T.domain[topology, here] == domain:
                    count -= _is_member(T, pod, other)
                total += T.pair[row].weight * count
    return total


@_internal
def _is_member(T, pod, tally):
    for at in range(T.pod[pod].member_from, T.pod[pod].member_to):
        if T.member[at] == tally:
            return 1
    return 0


@_entry
def energy_of(T, S):
    """Return H of the state from scratch, without `desire`."""
    total = 0.0
    for node in range(len(S.node)):
        if T.setting[0].consolidate:
            if S.node[node].count > 0 or T.node[node].held_open:
                total += T.node[node].price
        else:
            off = S.node[node].cpu * T.node[node].per_cpu - T.node[node].mean_cpu
            total += T.setting[0].load_rate * off * off
            off = S.node[node].memory * T.node[node].per_memory - T.node[node].mean_memory
            total += T.setting[0].load_rate * off * off
    pairs = S.pairs[0]
    if T.setting[0].has_zone:
        pairs += S.pairs[1]
    total += T.setting[0].pair_rate * pairs
    for pod in range(len(S.place)):
        node = S.place[pod]
        if T.pod[pod].home >= 0 and node != T.pod[pod].home:
            total += T.pod[pod].move_cost
        if node >= 0:
            if T.setting[0].has_node_cost:
                total += T.setting[0].cost_rate * T.node_cost[pod, node]
            if T.setting[0].has_preference:
                total += T.setting[0].pair_rate * T.preference[pod, node]
            if T.setting[0].has_traffic:
                total += T.setting[0].cost_rate * _latency(T, S, pod, node) / 2
            if T.setting[0].has_tallies:
                total -= _own_pairs(T, S, pod)
    for tally in range(len(T.tally)):
        start = T.tally[tally].start
        for row in range(T.tally[tally].pair_from, T.tally[tally].pair_to):
            other = T.pair[row].tally
            weight = T.pair[row].weight
            for domain in range(T.tally[tally].domains):
                count = float(S.tally[start + domain].count)
                if other == tally:
                    total += weight * count * (count - 1) / 2
                else:
                    total += weight / 2 * count * S.tally[T.tally[other].start + domain].count
    return total


@_internal
def _own_pairs(T, S, pod):
    """Weight of a pod's pairs with itself, where it is carrier and target of different tallies."""
    total = 0.0
    for at in range(T.pod[pod].member_from, T.pod[pod].member_to):
        tally = T.member[at]
        if T.domain[T.tally[tally].topology, S.place[pod]] >= 0:
            for row in range(T.tally[tally].pair_from, T.tally[tally].pair_to):
                other = T.pair[row].tally
                if other != tally and _is_member(T, pod, other):
                    total += T.pair[row].weight / 2
    return total


@_inlined
def _fits(T, S, pod, node):
    """Whether a pod may come to a node as far as it and the node's resources are concerned."""
    home = node == T.pod[pod].home
    if not home and not T.allowed[T.pod[pod].row, node]:
        return False
    for resource in range(S.held.shape[1]):
        amount = T.request[pod, resource]
        if (
            amount > 0
            and S.held[node, resource] + amount > T.capacity[node, resource]
            and (not home or S.need[node, resource] > 0)
        ):
            return False
    return True


@_inlined
def _may_leave(T, S, pod, node):
    """Whether the bounds on moves let a pod go to a node (or nowhere)."""
    home = T.pod[pod].home
    if home < 0 or S.place[pod] != home or node == home:
        return True
    if S.gone[0] >= T.setting[0].max_moves:
        return False
    for at in range(T.pod[pod].limit_from, T.pod[pod].limit_to):
        if S.left[T.limited[at]] >= T.limit[T.limited[at]]:
            return False
    return True


@_inlined
def _has_left_rightly(T, S, pod):
    """Whether the bounds on moves that a pod counts in hold."""
    if S.gone[0] > T.setting[0].max_moves:
        return False
    for at in range(T.pod[pod].limit_from, T.pod[pod].limit_to):
        if S.left[T.limited[at]] > T.limit[T.limited[at]]:
            return False
    return True


@_internal
def rules_hold(T, S, pod, old):
    """Whether no rule that depends on others breaks by a pod having gone from `old` to its node.

    Right for every pod affected, if it held for all of them before.
    """
    node = S.place[pod]
    for at in range(T.pod[pod].member_from, T.pod[pod].member_to):
        tally = T.member[at]
        topology = T.tally[tally].topology
        domain = T.domain[topology, node] if node >= 0 else NOWHERE
        left = T.domain[topology, old] if old >= 0 else NOWHERE
        for row in range(T.tally[tally].rule_from, T.tally[tally].rule_to):
            kind, rule = T.rule[row].kind, T.rule[row].other
            if kind == EXCLUDES:
                if domain >= 0 and _excluded(T, S, pod, node, rule):
                    return False
            elif kind == NEEDED:
                if S.total[tally] <= 2:
                    if not _presence_holds(T, S, rule, NOWHERE):
                        return False
                elif (
                    left >= 0
                    and S.tally[T.tally[tally].start + left].count <= 1
                    and not _presence_holds(T, S, rule, left)
                ):
                    return False
            elif kind == NEEDS:
                if node >= 0 and not _carrier_holds(T, S, rule, pod):
                    return False
            elif not _skew_holds(T, S, rule, pod):
                return False
    return True


@_internal
def _excluded(T, S, pod, node, other):
    domain = T.domain[T.tally[other].topology, node]
    if domain < 0:
        return False
    here = T.tally[other].start + domain
    if node == T.pod[pod].home:
        return S.tally[here].moved > 0
    return S.tally[here].count > _is_member(T, pod, other)


@_internal
def _carrier_holds(T, S, presence, pod):
    low, high = T.presence[presence].entry_from, T.presence[presence].entry_to
    while low < high:
        middle = (low + high) // 2
        if T.entry[middle].pod < pod:
            low = middle + 1
        else:
            high = middle
    return _entry_holds(T, S, presence, low)


@_internal
def _entry_holds(T, S, presence, entry):
    pod = T.entry[entry].pod
    node = S.place[pod]
    if node < 0:
        return True
    target = T.presence[presence].target
    domain = T.domain[T.tally[target].topology, node]
    itself = _is_member(T, pod, target) if domain >= 0 else 0
    if domain >= 0 and S.tally[T.tally[target].start + domain].count > itself:
        return True
    if node == T.pod[pod].home:
        return not T.entry[entry].had
    return domain >= 0 and T.entry[entry].alone > 0 and S.total[target] <= itself


@_internal
def _presence_holds(T, S, presence, domain):
    """Judge the carriers in one domain, or all for `NOWHERE`."""
    target = T.presence[presence].target
    topology = T.tally[target].topology
    for entry in range(T.presence[presence].entry_from, T.presence[presence].entry_to):
        node = S.place[T.entry[entry].pod]
        if (
            node >= 0
            and (domain < 0 or T.domain[topology, node] == domain)
            and not _entry_holds(T, S, presence, entry)
        ):
            return False
    first = T.presence[presence].bound_from
    for place in range(T.presence[presence].bound_to - first):
        if (
            (domain < 0 or place == domain)
            and T.presence_fixed[first + place]
            and S.tally[T.tally[target].start + place].count == 0
        ):
            return False
    return True


@_internal
def _skew_holds(T, S, skew, pod):
    """Judge all domains: a shift may raise one and lower the minimum the others are held to."""
    carrier, counted = T.skew[skew].carrier, T.skew[skew].counted
    node = S.place[pod]
    if (
        node >= 0
        and node != T.pod[pod].home
        and T.domain[T.tally[carrier].topology, node] < 0
        and _is_member(T, pod, carrier)
    ):
        return False
    counts, carriers = T.tally[counted].start, T.tally[carrier].start
    least = 0
    if not T.skew[skew].zero:
        least = 1 << 60
        for at in range(T.skew[skew].eligible_from, T.skew[skew].eligible_to):
            least = min(least, S.tally[counts + T.skew_eligible[at]].count)
    first = T.skew[skew].bound_from
    for domain in range(T.skew[skew].bound_to - first):
        if S.tally[carriers + domain].count > 0:
            over = S.tally[counts + domain].count - least
            bound = T.skew_bound[first + domain]
            if over > T.skew[skew].most and (over > bound or S.tally[carriers + domain].moved > 0):
                return False
    return True


@_entry
def all_hold(T, S):
    """Whether the state breaks nothing: the check of `kytos.hamiltonian.feasible`, incremental."""
    if S.gone[0] > T.setting[0].max_moves:
        return False
    for limit in range(len(T.limit)):
        if S.left[limit] > T.limit[limit]:
            return False
    for node in range(len(S.node)):
        for resource in range(S.held.shape[1]):
            if S.need[node, resource] > 0 and S.held[node, resource] > T.capacity[node, resource]:
                return False
    for pod in range(len(S.place)):
        node = S.place[pod]
        if node < 0:
            if not T.pod[pod].optional:
                return False
        elif node != T.pod[pod].home and not T.allowed[T.pod[pod].row, node]:
            return False
        if T.setting[0].has_rules and not rules_hold(T, S, pod, NOWHERE):
            return False
    for presence in range(len(T.presence)):  # noqa: SIM110 (kernels know no generators)
        if not _presence_holds(T, S, presence, NOWHERE):
            return False
    return True


@_entry
def try_shift(T, S, pod, node):
    """Move a pod if nothing breaks; say whether it moved."""
    old = S.place[pod]
    if old == node or not _may_leave(T, S, pod, node) or not _fits(T, S, pod, node):
        return False
    _shift(T, S, pod, node)
    if T.setting[0].has_rules and not rules_hold(T, S, pod, old):
        _shift(T, S, pod, old)
        return False
    return True


@_entry
def change_of(T, S, pod, other, node):
    """Return what moving a placed pod to a node would change, or swapping it with one there."""
    cost, _ = _change(T, S, pod, other, S.place[pod], node)
    return cost


@_entry
def changes_of(T, S, pod, nodes, changes):
    """Write what moving a placed pod to each node would change, infinite where something breaks."""
    home = S.place[pod]
    for at, node in enumerate(nodes):
        changes[at] = np.inf
        change, _ = _change(T, S, pod, NOWHERE, home, node)
        if try_shift(T, S, pod, node):
            changes[at] = change
            _shift(T, S, pod, home)


@_inlined
def _random(rng):
    """Next of xorshift64*. Source: Vigna, An experimental exploration of Marsaglia's xorshift."""
    x = rng[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    rng[0] = x
    return x * np.uint64(2685821657736338717)


@_inlined
def _below(rng, bound):
    """Uniform integer below `bound` (multiply-shift on the upper 32 bits)."""
    return np.int64(((_random(rng) >> np.uint64(32)) * np.uint64(bound)) >> np.uint64(32))


@_inlined
def _unit(rng):
    return float(_random(rng) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@_inlined
def _accepts(rng, delta, temperature):
    if delta <= 0.0:
        return True
    if delta > 24.0 * temperature:
        return False
    return _unit(rng) < math.exp(-delta / temperature)


@_inlined
def _change(T, S, pod, other, here, there):
    """Exact change by a pod going from `here` to `there`, and `other`, if any, the other way."""
    cost = 0.0
    guide = 0.0
    who, node, sign = pod, there, 1.0
    # One loop, so that `cost_at` is compiled in once.
    for leg in range(2 if other < 0 else 4):
        c, g = cost_at(T, S, who, node)
        cost += sign * c
        guide += sign * g
        sign = -sign
        if leg == 1:
            who = other
        else:
            node = here
        if leg == 2:
            node = there
    if other >= 0:
        c, g = _between(T, S, pod, other, here, there)
        cost += c
        guide += g
    return cost, guide


@_inlined
def _between(T, S, pod, other, here, there):
    """What two moves that make a swap do to one another."""
    cost = 0.0
    guide = 0.0
    a, b = T.node[here].per_cpu, T.node[there].per_cpu
    cross = T.pod[pod].cpu * T.pod[other].cpu * (a * a + b * b)
    a, b = T.node[here].per_memory, T.node[there].per_memory
    cross += T.pod[pod].memory * T.pod[other].memory * (a * a + b * b)
    cross *= -2.0 * T.setting[0].load_rate
    if T.setting[0].consolidate:
        guide = cross
        if S.node[here].count == 1 and not T.node[here].held_open:
            cost += T.node[here].price
        if S.node[there].count == 1 and not T.node[there].held_open:
            cost += T.node[there].price
    else:
        cost = cross
    service = T.pod[pod].service
    if service >= 0 and service == T.pod[other].service:
        cost -= 2.0 * T.setting[0].pair_rate
        first, second = T.node[here].zone, T.node[there].zone
        if T.setting[0].has_zone and first != second:
            cost -= T.setting[0].pair_rate * ((first >= 0) + (second >= 0))
    if T.setting[0].has_traffic:
        cost -= T.setting[0].cost_rate * _latency_between(T, pod, other, here, there)
    if T.setting[0].has_tallies:
        cost -= _pairs_between(T, pod, other, here, there)
    return cost, guide


@_internal
def _latency_between(T, pod, other, here, there):
    """Latency counted as if the two of a swap met on each of the nodes."""
    total = 0.0
    for at in range(T.pod[pod].peer_from, T.pod[pod].peer_to):
        if T.peer[at].pod == other:
            together = T.latency[here, here] + T.latency[there, there]
            apart = T.latency[here, there] + T.latency[there, here]
            total += T.peer[at].weight * (together - apart)
    return total


@_internal
def _pairs_between(T, pod, other, here, there):
    """Pairings counted as if the two of a swap met in each of the domains."""
    total = 0.0
    for at in range(T.pod[pod].member_from, T.pod[pod].member_to):
        tally = T.member[at]
        for row in range(T.tally[tally].pair_from, T.tally[tally].pair_to):
            topology = T.tally[T.pair[row].tally].topology
            first, second = T.domain[topology, here], T.domain[topology, there]
            if first != second and _is_member(T, other, T.pair[row].tally):
                total += T.pair[row].weight * ((first >= 0) + (second >= 0))
    return total


@_inlined
def _swap_fits(T, S, pod, other):
    """Whether two pods fit in each other's places; nodes overfull at home are left to moves."""
    here, there = S.place[pod], S.place[other]
    if there != T.pod[pod].home and not T.allowed[T.pod[pod].row, there]:
        return False
    if here != T.pod[other].home and not T.allowed[T.pod[other].row, here]:
        return False
    for resource in range(S.held.shape[1]):
        one, two = T.request[pod, resource], T.request[other, resource]
        if one > 0 and S.held[there, resource] + one - two > T.capacity[there, resource]:
            return False
        if two > 0 and S.held[here, resource] + two - one > T.capacity[here, resource]:
            return False
    return True


@_inlined
def _carry_out(T, S, pod, other, here, there):
    """Move or swap if no bound on moves and no rule between pods breaks; say whether it did."""
    _shift(T, S, pod, there)
    if other >= 0:
        _shift(T, S, other, here)
    if _has_left_rightly(T, S, pod) and (other < 0 or _has_left_rightly(T, S, other)):
        if not T.setting[0].has_rules:
            return True
        if rules_hold(T, S, pod, here) and (other < 0 or rules_hold(T, S, other, there)):
            return True
    _shift(T, S, pod, here)
    if other >= 0:
        _shift(T, S, other, there)
    return False


@_inlined
def _note(S, best, journal, marks, pod, old):
    """Write down that a pod left `old`; `marks` are the journal's length and whether it is used.

    While it is, the best placement is the present one with the journal undone.
    """
    if marks[1] == 0:
        return
    journal[marks[0], 0] = pod
    journal[marks[0], 1] = old
    marks[0] += 1
    if marks[0] == len(journal):
        _settle(S, best, journal, marks)


@_internal
def _settle(S, best, journal, marks):
    """Copy the best placement out and stop writing the journal until there is a better one."""
    if marks[1] == 0:
        return
    for pod in range(len(best)):
        best[pod] = S.place[pod]
    for at in range(marks[0] - 1, -1, -1):
        best[journal[at, 0]] = journal[at, 1]
    marks[0] = 0
    marks[1] = 0


@_inlined
def _near(pods, first, rng):
    """One of the `WINDOW` pods from a position on."""
    at = first + _below(rng, min(WINDOW, len(pods)))
    return pods[at - len(pods) if at >= len(pods) else at]


@_entry
def anneal(T, S, pods, nodes, rng, count, hot, cold, swaps, energies, best, journal, marks):
    """Propose `count` moves and swaps of `pods` among `nodes`, cooling geometrically.

    `energies` are the present and the best energy, `best` is overwritten with the best placement
    if a better one was found, or `marks` says that the present one is as good. Returns the number
    accepted.
    """
    accepted = 0
    step = 0.0 if hot <= 0.0 or cold <= 0.0 else math.log(cold / hot) / max(count, 1)
    temperature = hot
    first, second = NOWHERE, NOWHERE
    for proposal in range(count):
        if proposal & 63 == 0 and hot > 0.0:
            temperature = hot * math.exp(step * proposal)
        if proposal & (STAY - 1) == 0:
            first, second = _below(rng, len(pods)), _below(rng, len(pods))
        pod = _near(pods, first, rng)
        other = NOWHERE
        here = S.place[pod]
        if here < 0:
            there = nodes[_below(rng, len(nodes))]
        elif _unit(rng) < swaps:
            other = _near(pods, second, rng)
            there = S.place[other]
        else:
            pick = _random(rng) >> np.uint64(60)
            if pick < 2:
                there = T.pod[pod].home
            elif pick < 7:
                there = S.place[_near(pods, second, rng)]
            else:
                there = nodes[_below(rng, len(nodes))]
        if there < 0 or there == here:
            continue
        if other >= 0:
            if not _swap_fits(T, S, pod, other):
                continue
        elif not _fits(T, S, pod, there) or not _may_leave(T, S, pod, there):
            continue
        cost, guide = _change(T, S, pod, other, here, there)
        if here >= 0 and not _accepts(rng, cost + guide, temperature):
            continue
        if not _carry_out(T, S, pod, other, here, there):
            continue
        accepted += 1
        energies[0] += cost
        _note(S, best, journal, marks, pod, here)
        if other >= 0:
            _note(S, best, journal, marks, other, there)
        # One pod more that is placed is always better.
        if here < 0 or energies[0] < energies[1] - 1e-12 * abs(energies[1]) - 1e-15:
            energies[1] = energies[0]
            marks[0], marks[1] = 0, 1
    _settle(S, best, journal, marks)
    return accepted


@_internal
def _cheapest(T, S, pod, nodes, above, below):
    """Return the node that takes a pod at least cost between two bounds, and the cost."""
    chosen, least = NOWHERE, below
    for node in nodes:
        if node != S.place[pod] and _fits(T, S, pod, node):
            cost, guide = cost_at(T, S, pod, node)
            if S.place[pod] < 0:
                cost += guide
            if above < cost < least:
                chosen, least = node, cost
    return chosen, least


@_internal
def _settle_best(T, S, pod, nodes, below):
    """Put a pod on its cheapest node if that costs less than `below`; say whether it went.

    The next best is tried only where a rule forbids the best.
    """
    above = -np.inf
    while True:
        node, cost = _cheapest(T, S, pod, nodes, above, below)
        if node < 0:
            return False
        if try_shift(T, S, pod, node):
            return True
        if not T.setting[0].has_rules:
            return False
        above = cost


@_entry
def descend(T, S, pods, nodes):
    """Move each of `pods` once to its best node, if that lowers H; return how many moved."""
    moved = 0
    for pod in pods:
        if S.place[pod] >= 0:
            present, _ = cost_at(T, S, pod, S.place[pod])
            moved += _settle_best(T, S, pod, nodes, present - 1e-12 * abs(present) - 1e-15)
    return moved


@_entry
def sample_changes(T, S, pods, nodes, rng, changes):
    """Write sizes of what random moves that fit would change; return how many were found."""
    found = 0
    for _ in range(len(changes)):
        pod = pods[_below(rng, len(pods))]
        node = nodes[_below(rng, len(nodes))]
        here = S.place[pod]
        if here >= 0 and node != here and _fits(T, S, pod, node):
            cost, guide = _change(T, S, pod, NOWHERE, here, node)
            change = abs(cost + guide)
            if change > 0.0:
                changes[found] = change
                found += 1
    return found


@_entry
def approach(T, S, order, placement):
    """Move pods to where `placement` wants them, in order; return how many arrived."""
    arrived = 0
    for pod in order:
        if placement[pod] >= 0:
            arrived += try_shift(T, S, pod, placement[pod])
    return arrived


@_entry
def fit_in(T, S, pod, nodes, given_up):
    """Place a pod that waits; return how many of lower priority were given up for it.

    Their positions are written to `given_up`; -1 where even that does not place it.
    """
    if _settle_best(T, S, pod, nodes, np.inf):
        return 0
    return _preempt(T, S, pod, nodes, given_up)


@_internal
def _least_worth(T, S, pod, node, same):
    """Return whom to give up on a node for a pod: lowest priority first, then the biggest.

    `same` allows one of the same priority whose service has others left, for a pod that is the
    last of its own.
    """
    worst = NOWHERE
    other = S.node[node].first
    while other >= 0:
        rank = T.pod[other].rank
        lower = rank // 2 > T.pod[pod].rank // 2 or (same and rank > T.pod[pod].rank)
        if (
            lower
            and T.pod[other].optional
            and _may_leave(T, S, other, NOWHERE)
            and (
                worst < 0
                or rank > T.pod[worst].rank
                or (rank == T.pod[worst].rank and T.pod[other].size > T.pod[worst].size)
            )
        ):
            worst = other
        other = S.link[other].after
    return worst


@_internal
def _give_up(T, S, pod, node, given_up):
    """Place a pod on a node by giving up others there; return how many, and what they matter."""
    gone = 0
    price = 0.0
    while S.place[pod] != node and not try_shift(T, S, pod, node):
        worst = _least_worth(T, S, pod, node, gone == 0)
        if worst < 0:
            break
        _shift(T, S, worst, NOWHERE)
        if T.setting[0].has_rules and not rules_hold(T, S, worst, node):
            _shift(T, S, worst, node)
            break
        given_up[gone] = worst
        gone += 1
        price += 2.0 ** (-float(T.pod[worst].rank)) + 1e-9
        if T.pod[worst].rank // 2 == T.pod[pod].rank // 2:
            try_shift(T, S, pod, node)
            break
    return gone, price


@_internal
def _preempt(T, S, pod, nodes, given_up):
    """Place a pod by giving up those that matter least; return how many, -1 if none do."""
    chosen, least = NOWHERE, np.inf
    for node in nodes:
        if node != T.pod[pod].home and not T.allowed[T.pod[pod].row, node]:
            continue
        gone, price = _give_up(T, S, pod, node, given_up)
        placed = S.place[pod] == node
        if placed:
            _shift(T, S, pod, NOWHERE)
        for at in range(gone - 1, -1, -1):
            _shift(T, S, given_up[at], node)
        if placed and price < least:
            chosen, least = node, price
    if chosen < 0:
        return -1
    gone, _ = _give_up(T, S, pod, chosen, given_up)
    return gone


@_internal
def _tuck(T, S, pod, node, nodes):
    """Best fit: move a pod to the node in use, but `node`, that is left with least room."""
    chosen, least = NOWHERE, np.inf
    for target in nodes:
        if target == node or (S.node[target].count == 0 and not T.node[target].held_open):
            continue
        if _fits(T, S, pod, target) and _may_leave(T, S, pod, target):
            room = 0.0
            for resource in range(S.held.shape[1]):
                if T.capacity[target, resource] > 0:
                    left = T.capacity[target, resource] - S.held[target, resource]
                    room += (left - T.request[pod, resource]) / T.capacity[target, resource]
            if room < least:
                chosen, least = target, room
    return chosen >= 0 and try_shift(T, S, pod, chosen)


@_entry
def pack(T, S, pods, nodes, best_fit):
    """Place pods one by one on the first (or tightest) of `nodes` that takes them."""
    for pod in pods:
        if best_fit and _tuck(T, S, pod, NOWHERE, nodes):
            continue
        for node in nodes:
            if _fits(T, S, pod, node) and try_shift(T, S, pod, node):
                break


@_inlined
def _has_room(T, S, pod, node):
    for resource in range(S.held.shape[1]):
        amount = T.request[pod, resource]
        if amount > 0 and S.held[node, resource] + amount > T.capacity[node, resource]:
            return False
    return True


@_inlined
def _waste(T, S, node, scarcity):
    """Room left on a node, as shares of what it has, weighted by how scarce each resource is."""
    waste = 0.0
    for resource in range(S.held.shape[1]):
        offered = T.capacity[node, resource]
        if offered > 0:
            waste += scarcity[resource] * (offered - S.held[node, resource]) / offered
    return waste


@_internal
def _mark_alike(T, pods, left, after):
    """Write for each of the first `left` pods where the next that asks for another amount is."""
    for at in range(left - 1, -1, -1):
        after[at] = at + 1
        if at + 1 < left:
            alike = True
            for resource in range(T.request.shape[1]):
                if T.request[pods[at], resource] != T.request[pods[at + 1], resource]:
                    alike = False
            if alike:
                after[at] = after[at + 1]


@_entry
def fill_tightly(T, S, pods, left, node, scarcity, enough, looks, work):
    """Fill a node with those of the first `left` of `pods` that leave least room; return the rest.

    A depth-first search through the pods in their order, which the first that fits always joins;
    it ends after so many `looks`, or with no more than `enough` waste. `pods` are closed up to
    those that are left, whose number is returned. `work` is ``(3, pods)`` to work in. Source: the
    minimum bin slack heuristic, Gupta and Ho (1999), with the fixed item of Fleszar and Hindi,
    *New heuristics for one-dimensional bin-packing* (2002).
    """
    after, chosen, best = work[0], work[1], work[2]
    _mark_alike(T, pods, left, after)
    least = np.inf
    depth, most, at = 0, 0, 0
    while True:
        while at < left:
            looks -= 1
            if not _has_room(T, S, pods[at], node):
                at = after[at]
            else:
                if try_shift(T, S, pods[at], node):
                    chosen[depth] = at
                    depth += 1
                at += 1
        waste = _waste(T, S, node, scarcity)
        if waste < least and depth > 0:
            least, most = waste, depth
            for position in range(depth):
                best[position] = chosen[position]
        if least <= enough or looks <= 0 or depth <= 1:
            break
        depth -= 1
        at = after[chosen[depth]]
        _shift(T, S, pods[chosen[depth]], NOWHERE)
    for position in range(depth):
        _shift(T, S, pods[chosen[position]], NOWHERE)
    taken, kept = 0, 0
    for position in range(left):
        if taken < most and best[taken] == position:
            try_shift(T, S, pods[position], node)
            taken += 1
        else:
            pods[kept] = pods[position]
            kept += 1
    return kept


@_internal
def _make_room(T, S, pod, nodes):
    """Place a pod by moving another one, not bigger, on; return success and what was looked at."""
    looked = 0
    for node in nodes:
        if node != T.pod[pod].home and not T.allowed[T.pod[pod].row, node]:
            continue
        other = S.node[node].first
        while other >= 0:
            following = S.link[other].after
            looked += 1
            if T.pod[other].size <= T.pod[pod].size and _covers(T, S, pod, node, other, NOWHERE):
                looked += len(nodes)
                for target in nodes:
                    if target != node and try_shift(T, S, other, target):
                        if try_shift(T, S, pod, node):
                            return True, looked
                        _shift(T, S, other, node)
            other = following
    return False, looked


@_entry
def vacate(T, S, pods, node, nodes, budget):
    """Move `pods` off a node, each where it fits best, or by moving one other on.

    Returns whether all went, and how many pods and nodes were looked at: when more than `budget`,
    it gives up.
    """
    looked = 0
    for pod in pods:
        looked += len(nodes)
        if _tuck(T, S, pod, node, nodes):
            continue
        if looked > budget:
            return False, looked
        placed, seen = _make_room(T, S, pod, nodes)
        looked += seen
        if not placed:
            return False, looked
    return True, looked


@_internal
def _weakest(T, S, pod, nodes, weight, level, rng):
    """Return a node and one or two pods there whose going lets a pod in, the least in weight.

    Also returns how many pods were looked at. -1 stands for no pod and for no node.
    """
    chosen, first, second = NOWHERE, NOWHERE, NOWHERE
    least = np.inf
    looked = 0
    ties = 0
    for node in nodes:
        if node != T.pod[pod].home and not T.allowed[T.pod[pod].row, node]:
            continue
        one = S.node[node].first
        while one >= 0:
            looked += 1
            price = _loss(T, weight, one, level)
            if price <= least and _may_leave(T, S, one, NOWHERE):
                if _covers(T, S, pod, node, one, NOWHERE):
                    # Among equals any one is as likely, or the search would go in circles.
                    ties = 1 if price < least else ties + 1
                    if ties == 1 or _below(rng, ties) == 0:
                        chosen, first, second, least = node, one, NOWHERE, price
                else:
                    two = S.link[one].after
                    while two >= 0:
                        looked += 1
                        both = price + _loss(T, weight, two, level)
                        if both < least and _covers(T, S, pod, node, one, two):
                            chosen, first, second, least = node, one, two, both
                            ties = 1
                        two = S.link[two].after
            one = S.link[one].after
    return chosen, first, second, looked


@_inlined
def _loss(T, weight, pod, level):
    """What putting a pod out counts: little where it may be given up for good."""
    if T.pod[pod].optional and T.pod[pod].rank // 2 > level:
        return 1e-3 * T.pod[pod].size
    return weight[pod]


@_inlined
def _covers(T, S, pod, node, one, two):
    """Whether a node has room for a pod once one or two of its own are gone."""
    for resource in range(S.held.shape[1]):
        amount = T.request[pod, resource]
        if amount > 0:
            held = S.held[node, resource] + amount - T.request[one, resource]
            if two >= 0:
                held -= T.request[two, resource]
            if held > T.capacity[node, resource]:
                return False
    return True


@_internal
def _put_out(T, S, pod):
    """Take a pod off its node if the rules let it go; say whether it went."""
    node = S.place[pod]
    if not _may_leave(T, S, pod, NOWHERE):
        return False
    _shift(T, S, pod, NOWHERE)
    if T.setting[0].has_rules and not rules_hold(T, S, pod, node):
        _shift(T, S, pod, node)
        return False
    return True


@_internal
def _exchange(T, S, pod, node, first, second):
    """Put one or two pods of a node out for another; say whether that broke nothing."""
    if _put_out(T, S, first):
        if second < 0 or _put_out(T, S, second):
            if try_shift(T, S, pod, node):
                return True
            if second >= 0:
                _shift(T, S, second, node)
        _shift(T, S, first, node)
    return False


@_internal
def _shake(T, S, pods, rng, count):
    """Random moves and swaps that break nothing, whatever they cost."""
    for _ in range(count):
        pod = pods[_below(rng, len(pods))]
        other = pods[_below(rng, len(pods))]
        here, there = S.place[pod], S.place[other]
        if here < 0 or there < 0 or here == there:
            continue
        if _random(rng) >> np.uint64(63):
            if _swap_fits(T, S, pod, other):
                _carry_out(T, S, pod, other, here, there)
        elif S.node[here].count > 1 or T.node[here].held_open:
            try_shift(T, S, pod, there)


@_internal
def _all_may_wait(T, pool, waiting, level):
    """Whether the pool holds none that must be placed or matters more than `level`."""
    for at in range(waiting):
        if not T.pod[pool[at]].optional or T.pod[pool[at]].rank // 2 < level:
            return False
    return True


@_entry
def squeeze(T, S, pods, nodes, rng, pool, waiting, weight, level, target, budget):
    """Fit the first `waiting` pods of `pool` into `nodes` by putting others out in turn.

    Guided ejection search: what cannot be placed gains weight, and whoever weighs least makes room
    for it. Pods that may be given up and matter less than `level` are not placed again. Ends with
    fewer than `target` waiting, all of which may wait, or when `budget` pods and nodes were looked
    at. Returns how many wait and how many were looked at. Source: Nagata and Bräysy, *A powerful
    route minimization heuristic for the vehicle routing problem with time windows* (2009).
    """
    looked = 0
    for at in range(waiting):
        _shift(T, S, pool[at], NOWHERE)
    while looked < budget:
        if waiting < target and _all_may_wait(T, pool, waiting, level):
            break
        waiting -= 1
        pod = pool[waiting]
        looked += len(nodes)
        if _settle_best(T, S, pod, nodes, np.inf):
            continue
        weight[pod] += 1.0
        node, first, second, seen = _weakest(T, S, pod, nodes, weight, level, rng)
        looked += seen
        if node < 0:
            pool[waiting] = pod
            waiting += 1
            break
        if not _exchange(T, S, pod, node, first, second):
            weight[first] += 1.0
            pool[waiting] = pod
            waiting += 1
            continue
        for out in (first, second):
            if out >= 0 and not (T.pod[out].optional and T.pod[out].rank // 2 > level):
                pool[waiting] = out
                waiting += 1
        _shake(T, S, pods, rng, SHAKES)
        looked += SHAKES
    return waiting, looked
