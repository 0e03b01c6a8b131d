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
_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
_compiled: Callable[[Any], Any] = numba.njit(**_OPTIONS)
_inlined: Callable[[Any], Any] = numba.njit(forceinline=True, **_OPTIONS)

NOWHERE = np.int64(-1)  # a plain -1 is a literal type, and would compile kernels twice
JOURNAL = 1 << 12
"""Accepted moves remembered since the best placement, before it is copied out instead."""


def load(T: Any, S: Any, placement: Any) -> None:
    """Set the state to a placement, counting from scratch."""
    for array, start in (
        (S.held, T.fixed),
        (S.load, T.load_fixed),
        (S.service, T.service_fixed),
        (S.zone, T.zone_fixed),
        (S.tally, T.tally_fixed),
        (S.first, NOWHERE),
        (S.place, NOWHERE),
    ):
        array[...] = start
    for array in (S.need, S.count, S.moved, S.left, S.unplaced, S.scalars):
        array[...] = 0
    _load(T, S, placement)


@_compiled
def _load(T, S, placement):
    for tally in range(len(T.topology)):
        S.total[tally] = 0
        for domain in range(T.tally_start[tally], T.tally_start[tally + 1]):
            S.total[tally] += T.tally_fixed[domain]
    for pod in range(len(S.place)):
        S.unplaced[T.rank[pod]] += 1
        S.scalars[1] += 1
        if T.current[pod] >= 0:
            S.scalars[0] += 1
            for at in range(T.limit_ptr[pod], T.limit_ptr[pod + 1]):
                S.left[T.limit_idx[at]] += 1
    for pod in range(len(S.place)):
        if placement[pod] >= 0:
            shift(T, S, pod, placement[pod])


@_compiled
def shift(T, S, pod, node):
    """Put a pod on a node, or nowhere, whatever the rules say."""
    old = S.place[pod]
    if old == node:
        return
    current = T.current[pod]
    if old >= 0:
        _count(T, S, pod, old, -1)
        before, after = S.before[pod], S.after[pod]
        if before >= 0:
            S.after[before] = after
        else:
            S.first[old] = after
        if after >= 0:
            S.before[after] = before
    else:
        S.unplaced[T.rank[pod]] -= 1
        S.scalars[1] -= 1
    if node >= 0:
        _count(T, S, pod, node, 1)
        head = S.first[node]
        S.before[pod] = NOWHERE
        S.after[pod] = head
        if head >= 0:
            S.before[head] = pod
        S.first[node] = pod
    else:
        S.unplaced[T.rank[pod]] += 1
        S.scalars[1] += 1
    if current >= 0 and (old == current or node == current):
        step = 1 if old == current else -1
        S.scalars[0] += step
        for at in range(T.limit_ptr[pod], T.limit_ptr[pod + 1]):
            S.left[T.limit_idx[at]] += step
    S.place[pod] = node


@_inlined
def _count(T, S, pod, node, step):
    away = node != T.current[pod]
    for resource in range(S.held.shape[1]):
        amount = T.request[pod, resource]
        S.held[node, resource] += step * amount
        if away and amount > 0:
            S.need[node, resource] += step
    S.load[node, 0] += step * T.load_request[pod, 0]
    S.load[node, 1] += step * T.load_request[pod, 1]
    S.count[node] += step
    service = T.service[pod]
    if service >= 0:
        S.service[service, node] += step
        zone = T.zone[node]
        if zone >= 0:
            S.zone[service, zone] += step
    for at in range(T.member_ptr[pod], T.member_ptr[pod + 1]):
        tally = T.member_idx[at]
        domain = T.domain[T.topology[tally], node]
        if domain >= 0:
            S.tally[T.tally_start[tally] + domain] += step
            S.total[tally] += step
            if away:
                S.moved[T.tally_start[tally] + domain] += step


@_inlined
def cost_at(T, S, pod, node):
    """Energy of a pod on a node given the others, and the guide's share of acceptance.

    Exact differences of H without `desire`; leaving a pod unplaced costs its move only.
    """
    home = T.current[pod]
    cost = 0.0
    guide = 0.0
    if home >= 0 and node != home:
        cost += T.move_cost[pod]
    if node >= 0:
        here = S.place[pod]
        own = 1.0 if here == node else 0.0
        quadratic = 0.0
        for axis in range(2):
            scale = T.inverse[node, axis]
            amount = T.load_request[pod, axis] * scale
            rest = S.load[node, axis] * scale - own * amount - T.target[node, axis]
            quadratic += amount * (rest + rest + amount)
        if T.consolidate:
            guide = T.load_rate * quadratic
            if S.count[node] == own and not T.held_open[node]:
                cost += T.price[node]
        else:
            cost += T.load_rate * quadratic
        if T.has_node_cost:
            cost += T.cost_rate * T.node_cost[pod, node]
        if T.has_preference:
            cost += T.pair_rate * T.preference[pod, node]
        service = T.service[pod]
        if T.has_service and service >= 0:
            pairs = S.service[service, node] - own
            zone = T.zone[node]
            if T.has_zone and zone >= 0:
                pairs += S.zone[service, zone]
                if here >= 0 and T.zone[here] == zone:
                    pairs -= 1
            cost += T.pair_rate * pairs
        if T.has_traffic:
            cost += T.cost_rate * _latency(T, S, pod, node)
        if T.has_tallies:
            cost += _pairings(T, S, pod, node)
    return cost, guide


@_compiled
def _latency(T, S, pod, node):
    total = 0.0
    for at in range(T.peer_ptr[pod], T.peer_ptr[pod + 1]):
        other = S.place[T.peer_idx[at]]
        if other >= 0:
            total += T.peer_weight[at] * T.latency[node, other]
    return total


@_compiled
def _pairings(T, S, pod, node):
    total = 0.0
    here = S.place[pod]
    for at in range(T.member_ptr[pod], T.member_ptr[pod + 1]):
        tally = T.member_idx[at]
        for pair in range(T.pair_ptr[tally], T.pair_ptr[tally + 1]):
            other = T.pair_idx[pair]
            domain = T.domain[T.topology[other], node]
            if domain >= 0:
                count = S.tally[T.tally_start[other] + domain]
                if here >= 0 and T.domain[T.topology[other], here] == domain:
                    count -= _is_member(T, pod, other)
                total += T.pair_weight[pair] * count
    return total


@_compiled
def _is_member(T, pod, tally):
    for at in range(T.member_ptr[pod], T.member_ptr[pod + 1]):
        if T.member_idx[at] == tally:
            return 1
    return 0


@_compiled
def energy_of(T, S):
    """Return H of the state from scratch, without `desire`."""
    total = 0.0
    for node in range(len(S.count)):
        if T.consolidate:
            if S.count[node] > 0 or T.held_open[node]:
                total += T.price[node]
        else:
            for axis in range(2):
                if T.inverse[node, axis] > 0.0:
                    off = S.load[node, axis] * T.inverse[node, axis] - T.target[node, axis]
                    total += T.load_rate * off * off
    pairs = 0.0
    for service in range(S.service.shape[0]):
        for node in range(S.service.shape[1]):
            replicas = float(S.service[service, node])
            pairs += replicas * (replicas - 1) / 2
        if T.has_zone:
            for zone in range(S.zone.shape[1]):
                replicas = float(S.zone[service, zone])
                pairs += replicas * (replicas - 1) / 2
    total += T.pair_rate * pairs
    for pod in range(len(S.place)):
        node = S.place[pod]
        if T.current[pod] >= 0 and node != T.current[pod]:
            total += T.move_cost[pod]
        if node >= 0:
            if T.has_node_cost:
                total += T.cost_rate * T.node_cost[pod, node]
            if T.has_preference:
                total += T.pair_rate * T.preference[pod, node]
            if T.has_traffic:
                total += T.cost_rate * _latency(T, S, pod, node) / 2
    for tally in range(len(T.topology)):
        start, end = T.tally_start[tally], T.tally_start[tally + 1]
        for pair in range(T.pair_ptr[tally], T.pair_ptr[tally + 1]):
            other = T.pair_idx[pair]
            weight = T.pair_weight[pair]
            for domain in range(end - start):
                count = float(S.tally[start + domain])
                if other == tally:
                    total += weight * count * (count - 1) / 2
                else:
                    total += weight / 2 * count * S.tally[T.tally_start[other] + domain]
    if T.has_tallies:
        for pod in range(len(S.place)):
            if S.place[pod] >= 0:
                total -= _own_pairs(T, S, pod)
    return total


@_compiled
def _own_pairs(T, S, pod):
    """Weight of a pod's pairs with itself, where it is carrier and target of different tallies."""
    total = 0.0
    for at in range(T.member_ptr[pod], T.member_ptr[pod + 1]):
        tally = T.member_idx[at]
        if T.domain[T.topology[tally], S.place[pod]] >= 0:
            for pair in range(T.pair_ptr[tally], T.pair_ptr[tally + 1]):
                other = T.pair_idx[pair]
                if other != tally and _is_member(T, pod, other):
                    total += T.pair_weight[pair] / 2
    return total


@_inlined
def fits(T, S, pod, node):
    """Whether a pod may come to a node as far as it and the node's resources are concerned."""
    home = node == T.current[pod]
    if not home and not T.allowed[pod, node]:
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


@_compiled
def node_holds(T, S, node):
    """Whether what came to a node fits there."""
    for resource in range(S.held.shape[1]):
        if S.need[node, resource] > 0 and S.held[node, resource] > T.capacity[node, resource]:
            return False
    return True


@_inlined
def may_leave(T, S, pod, node):
    """Whether the bounds on moves let a pod go to a node (or nowhere)."""
    current = T.current[pod]
    if current < 0 or S.place[pod] != current or node == current:
        return True
    if S.scalars[0] >= T.max_moves:
        return False
    if T.has_limits:
        for at in range(T.limit_ptr[pod], T.limit_ptr[pod + 1]):
            if S.left[T.limit_idx[at]] >= T.limit_max[T.limit_idx[at]]:
                return False
    return True


@_compiled
def limits_hold(T, S):
    """Whether the bounds on moves hold."""
    if S.scalars[0] > T.max_moves:
        return False
    for limit in range(len(T.limit_max)):  # noqa: SIM110 (kernels know no generators)
        if S.left[limit] > T.limit_max[limit]:
            return False
    return True


@_compiled
def rules_hold(T, S, pod, old):
    """Whether no rule that depends on others breaks by a pod having gone from `old` to its node.

    Right for every pod affected, if it held for all of them before.
    """
    node = S.place[pod]
    for at in range(T.member_ptr[pod], T.member_ptr[pod + 1]):
        tally = T.member_idx[at]
        topology = T.topology[tally]
        domain = T.domain[topology, node] if node >= 0 else NOWHERE
        left = T.domain[topology, old] if old >= 0 else NOWHERE
        for entry in range(T.rule_ptr[tally], T.rule_ptr[tally + 1]):
            kind, rule = T.rule_kind[entry], T.rule_idx[entry]
            if kind == EXCLUDES:
                if domain >= 0 and _excluded(T, S, pod, node, rule):
                    return False
            elif kind == NEEDED:
                if S.total[tally] <= 2:
                    if not _presence_holds(T, S, rule, NOWHERE):
                        return False
                elif (
                    left >= 0
                    and S.tally[T.tally_start[tally] + left] <= 1
                    and not _presence_holds(T, S, rule, left)
                ):
                    return False
            elif kind == NEEDS:
                if node >= 0 and not _carrier_holds(T, S, rule, pod):
                    return False
            elif not _skew_holds(T, S, rule, pod):
                return False
    return True


@_compiled
def _excluded(T, S, pod, node, other):
    start = T.tally_start[other]
    domain = T.domain[T.topology[other], node]
    if domain < 0:
        return False
    if node == T.current[pod]:
        return S.moved[start + domain] > 0
    return S.tally[start + domain] > _is_member(T, pod, other)


@_compiled
def _carrier_holds(T, S, presence, pod):
    low, high = T.presence_ptr[presence], T.presence_ptr[presence + 1]
    while low < high:
        middle = (low + high) // 2
        if T.presence_pod[middle] < pod:
            low = middle + 1
        else:
            high = middle
    return _entry_holds(T, S, presence, low)


@_compiled
def _entry_holds(T, S, presence, entry):
    pod = T.presence_pod[entry]
    node = S.place[pod]
    if node < 0:
        return True
    target = T.presence_target[presence]
    domain = T.domain[T.topology[target], node]
    itself = _is_member(T, pod, target) if domain >= 0 else 0
    if domain >= 0 and S.tally[T.tally_start[target] + domain] > itself:
        return True
    if node == T.current[pod]:
        return not T.presence_had[entry]
    return domain >= 0 and T.presence_alone[entry] > 0 and S.total[target] <= itself


@_compiled
def _presence_holds(T, S, presence, domain):
    """Judge the carriers in one domain, or all for `NOWHERE`."""
    target = T.presence_target[presence]
    topology = T.topology[target]
    for entry in range(T.presence_ptr[presence], T.presence_ptr[presence + 1]):
        node = S.place[T.presence_pod[entry]]
        if (
            node >= 0
            and (domain < 0 or T.domain[topology, node] == domain)
            and not _entry_holds(T, S, presence, entry)
        ):
            return False
    first = T.presence_bound_ptr[presence]
    for place in range(T.presence_bound_ptr[presence + 1] - first):
        if (
            (domain < 0 or place == domain)
            and T.presence_fixed[first + place]
            and S.tally[T.tally_start[target] + place] == 0
        ):
            return False
    return True


@_compiled
def _skew_holds(T, S, skew, pod):
    """Judge all domains: a shift may raise one and lower the minimum the others are held to."""
    carrier, counted = T.skew_carrier[skew], T.skew_counted[skew]
    node = S.place[pod]
    if (
        node >= 0
        and node != T.current[pod]
        and T.domain[T.topology[carrier], node] < 0
        and _is_member(T, pod, carrier)
    ):
        return False
    counts, carriers = T.tally_start[counted], T.tally_start[carrier]
    least = 0
    if not T.skew_zero[skew]:
        least = 1 << 60
        for at in range(T.skew_ptr[skew], T.skew_ptr[skew + 1]):
            least = min(least, S.tally[counts + T.skew_eligible[at]])
    first = T.skew_bound_ptr[skew]
    for domain in range(T.skew_bound_ptr[skew + 1] - first):
        if S.tally[carriers + domain] > 0:
            over = S.tally[counts + domain] - least
            bound = T.skew_bound[first + domain]
            if over > T.skew_max[skew] and (over > bound or S.moved[carriers + domain] > 0):
                return False
    return True


@_compiled
def all_hold(T, S):
    """Whether the state breaks nothing: the check of `kytos.hamiltonian.feasible`, incremental."""
    if not limits_hold(T, S):
        return False
    for node in range(len(S.count)):
        if not node_holds(T, S, node):
            return False
    for pod in range(len(S.place)):
        node = S.place[pod]
        if node < 0:
            if not T.optional[pod]:
                return False
        elif node != T.current[pod] and not T.allowed[pod, node]:
            return False
        if T.has_rules and not rules_hold(T, S, pod, NOWHERE):
            return False
    for presence in range(len(T.presence_target)):
        if not _presence_holds(T, S, presence, NOWHERE):
            return False
    return True


@_compiled
def try_shift(T, S, pod, node):
    """Move a pod if nothing breaks; say whether it moved."""
    old = S.place[pod]
    if old == node or not may_leave(T, S, pod, node) or not fits(T, S, pod, node):
        return False
    shift(T, S, pod, node)
    if T.has_rules and not rules_hold(T, S, pod, old):
        shift(T, S, pod, old)
        return False
    return True


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
def _swap_delta(T, S, pod, other):
    """Exact change of a swap as the sum of both moves and what they do to one another."""
    here, there = S.place[pod], S.place[other]
    c1, g1 = cost_at(T, S, pod, there)
    c2, g2 = cost_at(T, S, pod, here)
    c3, g3 = cost_at(T, S, other, here)
    c4, g4 = cost_at(T, S, other, there)
    cost = c1 - c2 + c3 - c4
    guide = g1 - g2 + g3 - g4
    cross = 0.0
    for axis in range(2):
        a, b = T.inverse[here, axis], T.inverse[there, axis]
        cross += T.load_request[pod, axis] * T.load_request[other, axis] * (a * a + b * b)
    cross *= -2.0 * T.load_rate
    if T.consolidate:
        guide += cross
        if S.count[here] == 1 and not T.held_open[here]:
            cost += T.price[here]
        if S.count[there] == 1 and not T.held_open[there]:
            cost += T.price[there]
    else:
        cost += cross
    service = T.service[pod]
    if T.has_service and service >= 0 and service == T.service[other]:
        cost -= 2.0 * T.pair_rate
        a, b = T.zone[here], T.zone[there]
        if T.has_zone and a != b:
            cost -= T.pair_rate * ((a >= 0) + (b >= 0))
    return cost, guide


@_inlined
def _swap_fits(T, S, pod, other):
    """Whether two pods fit in each other's places; nodes overfull at home are left to moves."""
    here, there = S.place[pod], S.place[other]
    if there != T.current[pod] and not T.allowed[pod, there]:
        return False
    if here != T.current[other] and not T.allowed[other, here]:
        return False
    for resource in range(S.held.shape[1]):
        change = T.request[pod, resource] - T.request[other, resource]
        if change > 0:
            if S.held[there, resource] + change > T.capacity[there, resource]:
                return False
        elif change < 0 and S.held[here, resource] - change > T.capacity[here, resource]:
            return False
    return True


@_inlined
def _swap_holds(T, S, pod, other, here, there):
    return (
        node_holds(T, S, here)
        and node_holds(T, S, there)
        and limits_hold(T, S)
        and (not T.has_rules or (rules_hold(T, S, pod, here) and rules_hold(T, S, other, there)))
    )


@_compiled
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
        settle(S, best, journal, marks)


@_compiled
def settle(S, best, journal, marks):
    """Copy the best placement out and stop writing the journal until there is a better one."""
    if marks[1] == 0:
        return
    for pod in range(len(best)):
        best[pod] = S.place[pod]
    for at in range(marks[0] - 1, -1, -1):
        best[journal[at, 0]] = journal[at, 1]
    marks[0] = 0
    marks[1] = 0


@_compiled
def anneal(T, S, pods, nodes, rng, count, hot, cold, swaps, energies, best, journal, marks):
    """Propose `count` moves and swaps of `pods` among `nodes`, cooling geometrically.

    `energies` are the present and the best energy, `best` the best placement (see `settle`).
    Returns the number accepted.
    """
    accepted = 0
    step = 0.0 if hot <= 0.0 or cold <= 0.0 else math.log(cold / hot) / max(count, 1)
    temperature = hot
    simple = not (T.has_traffic or T.has_tallies or T.has_limits)
    for proposal in range(count):
        if proposal & 63 == 0 and hot > 0.0:
            temperature = hot * math.exp(step * proposal)
        pod = pods[_below(rng, len(pods))]
        here = S.place[pod]
        if here < 0:
            there = nodes[_below(rng, len(nodes))]
            if try_shift(T, S, pod, there):
                cost, guide = cost_at(T, S, pod, there)
                energies[0] += cost - (T.move_cost[pod] if T.current[pod] >= 0 else 0.0)
                energies[1] = energies[0]
                marks[0], marks[1] = 0, 1
                accepted += 1
            continue
        if _unit(rng) < swaps:
            other = pods[_below(rng, len(pods))]
            there = S.place[other]
            if there < 0 or there == here or not _swap_fits(T, S, pod, other):
                continue
            if simple:
                cost, guide = _swap_delta(T, S, pod, other)
                if not _accepts(rng, cost + guide, temperature):
                    continue
                shift(T, S, pod, there)
                shift(T, S, other, here)
                if S.scalars[0] > T.max_moves:
                    shift(T, S, pod, here)
                    shift(T, S, other, there)
                    continue
            else:
                c1, g1 = cost_at(T, S, pod, here)
                c2, g2 = cost_at(T, S, pod, there)
                shift(T, S, pod, there)
                c3, g3 = cost_at(T, S, other, there)
                c4, g4 = cost_at(T, S, other, here)
                shift(T, S, other, here)
                cost = c2 - c1 + c4 - c3
                guide = g2 - g1 + g4 - g3
                if not _accepts(rng, cost + guide, temperature) or not _swap_holds(
                    T, S, pod, other, here, there
                ):
                    shift(T, S, other, there)
                    shift(T, S, pod, here)
                    continue
            energies[0] += cost
            _note(S, best, journal, marks, pod, here)
            _note(S, best, journal, marks, other, there)
        else:
            pick = _random(rng) >> np.uint64(60)
            if pick < 2:
                there = T.current[pod]
            elif pick < 7:
                there = S.place[pods[_below(rng, len(pods))]]
            else:
                there = nodes[_below(rng, len(nodes))]
            if (
                there < 0
                or there == here
                or not fits(T, S, pod, there)
                or not may_leave(T, S, pod, there)
            ):
                continue
            c1, g1 = cost_at(T, S, pod, here)
            c2, g2 = cost_at(T, S, pod, there)
            cost = c2 - c1
            if not _accepts(rng, cost + g2 - g1, temperature):
                continue
            shift(T, S, pod, there)
            if T.has_rules and not rules_hold(T, S, pod, here):
                shift(T, S, pod, here)
                continue
            energies[0] += cost
            _note(S, best, journal, marks, pod, here)
        accepted += 1
        if energies[0] < energies[1] - 1e-12 * abs(energies[1]) - 1e-15:
            energies[1] = energies[0]
            marks[0], marks[1] = 0, 1
    return accepted


@_compiled
def descend(T, S, pods, nodes):
    """Move each of `pods` once to its best node, if that lowers H; return how many moved."""
    moved = 0
    for pod in pods:
        here = S.place[pod]
        if here < 0:
            continue
        present, _ = cost_at(T, S, pod, here)
        # The best that fits first; the next best only where a rule forbids it.
        barrier = -np.inf
        while True:
            chosen, least = NOWHERE, present - 1e-12 * abs(present) - 1e-15
            for node in nodes:
                if node != here and fits(T, S, pod, node):
                    cost, _ = cost_at(T, S, pod, node)
                    if barrier < cost < least:
                        chosen, least = node, cost
            if chosen < 0:
                break
            if try_shift(T, S, pod, chosen):
                moved += 1
                break
            if not T.has_rules:
                break
            barrier = least
    return moved


@_compiled
def sample_changes(T, S, pods, nodes, rng, changes):
    """Write sizes of what random moves that fit would change; return how many were found."""
    found = 0
    for _ in range(len(changes)):
        pod = pods[_below(rng, len(pods))]
        node = nodes[_below(rng, len(nodes))]
        here = S.place[pod]
        if here >= 0 and node != here and fits(T, S, pod, node):
            c1, g1 = cost_at(T, S, pod, here)
            c2, g2 = cost_at(T, S, pod, node)
            change = abs(c2 + g2 - c1 - g1)
            if change > 0.0:
                changes[found] = change
                found += 1
    return found


@_compiled
def insert(T, S, pod, nodes):
    """Place a pod on the cheapest node that takes it; say whether one did."""
    barrier = -np.inf
    while True:
        chosen, least = NOWHERE, np.inf
        for node in nodes:
            if node != S.place[pod] and fits(T, S, pod, node):
                cost, guide = cost_at(T, S, pod, node)
                if barrier < cost + guide < least:
                    chosen, least = node, cost + guide
        if chosen < 0:
            return False
        if try_shift(T, S, pod, chosen):
            return True
        if not T.has_rules:
            return False
        barrier = least


@_compiled
def make_room(T, S, pod, nodes):
    """Place a pod by moving another one, not bigger, elsewhere; say whether that worked."""
    for node in nodes:
        if node == S.place[pod] or (node != T.current[pod] and not T.allowed[pod, node]):
            continue
        other = S.first[node]
        while other >= 0:
            following = S.after[other]
            if T.size[other] <= T.size[pod] or S.place[pod] < 0:
                shift(T, S, other, NOWHERE)
                room = fits(T, S, pod, node)
                shift(T, S, other, node)
                if room:
                    for target in nodes:
                        if target == node or target == S.place[pod]:
                            continue
                        if S.count[target] == 0 and T.consolidate and S.place[pod] >= 0:
                            continue
                        if try_shift(T, S, other, target):
                            if try_shift(T, S, pod, node):
                                return True
                            shift(T, S, other, node)
            other = following
    return False


@_compiled
def preempt(T, S, pod, nodes, ejected):
    """Place a pod by giving up lower ones, those that matter least; return how many.

    Their positions are written to `ejected`; -1 where even that does not place it.
    """
    chosen, least = NOWHERE, np.inf
    for attempt in range(2):
        for node in nodes:
            if attempt == 1 and node != chosen:
                continue
            if node != T.current[pod] and not T.allowed[pod, node]:
                continue
            gone = 0
            price = 0.0
            while S.place[pod] != node and not try_shift(T, S, pod, node):
                worst = NOWHERE
                other = S.first[node]
                while other >= 0:
                    lower = T.rank[other] // 2 > T.rank[pod] // 2 or (
                        gone == 0 and T.rank[other] > T.rank[pod]
                    )
                    if (
                        lower
                        and T.optional[other]
                        and may_leave(T, S, other, NOWHERE)
                        and (
                            worst < 0
                            or T.rank[other] > T.rank[worst]
                            or (T.rank[other] == T.rank[worst] and T.size[other] > T.size[worst])
                        )
                    ):
                        worst = other
                    other = S.after[other]
                if worst < 0:
                    break
                shift(T, S, worst, NOWHERE)
                if T.has_rules and not rules_hold(T, S, worst, node):
                    shift(T, S, worst, node)
                    break
                ejected[gone] = worst
                gone += 1
                price += 2.0 ** (-float(T.rank[worst])) + 1e-9
                if T.rank[worst] // 2 == T.rank[pod] // 2 and not try_shift(T, S, pod, node):
                    break
            placed = S.place[pod] == node
            if attempt == 1 and placed:
                return gone
            if placed:
                shift(T, S, pod, NOWHERE)
            for at in range(gone - 1, -1, -1):
                shift(T, S, ejected[at], node)
            if placed and price < least:
                chosen, least = node, price
        if chosen < 0:
            return -1
    return -1


@_compiled
def tuck(T, S, pod, node, nodes):
    """Best fit: the node in use that is left with least room."""
    chosen, least = NOWHERE, np.inf
    for target in nodes:
        if target == node or (S.count[target] == 0 and not T.held_open[target]):
            continue
        if fits(T, S, pod, target) and may_leave(T, S, pod, target):
            room = 0.0
            for resource in range(S.held.shape[1]):
                if T.capacity[target, resource] > 0:
                    left = T.capacity[target, resource] - S.held[target, resource]
                    room += (left - T.request[pod, resource]) / T.capacity[target, resource]
            if room < least:
                chosen, least = target, room
    return chosen >= 0 and try_shift(T, S, pod, chosen)


@_compiled
def pack(T, S, pods, nodes, best_fit):
    """Place pods one by one on the first (or tightest) of `nodes` that takes them.

    Returns the number placed.
    """
    placed = 0
    for pod in pods:
        if best_fit and tuck(T, S, pod, NOWHERE, nodes):
            placed += 1
            continue
        for node in nodes:
            if fits(T, S, pod, node) and try_shift(T, S, pod, node):
                placed += 1
                break
    return placed


@_compiled
def changes_of(T, S, pod, nodes, changes):
    """Write what moving a placed pod to each node would change, infinite where something breaks."""
    home = S.place[pod]
    for at, node in enumerate(nodes):
        changes[at] = np.inf
        change = change_of(T, S, pod, node)
        if try_shift(T, S, pod, node):
            changes[at] = change
            shift(T, S, pod, home)


@_compiled
def change_of(T, S, pod, node):
    """Return what moving a placed pod to a node would change, rules aside."""
    here, _ = cost_at(T, S, pod, S.place[pod])
    there, _ = cost_at(T, S, pod, node)
    return there - here
