"""The exact energy of a placement, and what one move or swap changes of it.

`cost_at` is the energy of a pod on a node given all others, wherever it is now, so that a move
costs ``cost_at(new) - cost_at(old)``.
"""

from __future__ import annotations

from kytos.refine.kernels.compiled import called_from_kernels, called_from_python, inlined
from kytos.refine.kernels.counts import is_member
from kytos.refine.kernels.headroom import (
    headroom_change,
    headroom_of,
    headroom_with,
    most_moved_change,
    most_moved_with,
)


@called_from_python
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
            for at in range(T.setting[0].more_loads):
                off = S.load[node, at] * T.per_load[node, at] - T.mean_load[node, at]
                total += T.setting[0].load_rate * off * off
        if T.setting[0].has_headroom:
            total += headroom_of(T, S, node)
    if T.setting[0].has_most_moved:
        total += T.setting[0].most_moved_rate * S.most[0]
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
                total += T.setting[0].cost_rate * T.node_cost[T.pod[pod].cost_row, node]
            if T.setting[0].has_preference:
                total += T.setting[0].pair_rate * T.preference[T.pod[pod].liking_row, node]
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


@inlined
def cost_at(T, S, pod, node):
    """Energy of a pod on a node given the others, and the guide's share of acceptance.

    Exact differences of H without `desire`; leaving a pod unplaced costs its move only.
    """
    cost, guide = _summed_cost_at(T, S, pod, node)
    if T.setting[0].has_headroom and node >= 0:
        cost += headroom_with(T, S, pod, node)
    if T.setting[0].has_most_moved:
        cost += most_moved_with(T, S, pod, node)
    return cost, guide


@inlined
def _summed_cost_at(T, S, pod, node):
    """The same but for what is no sum over pairs of pods: two moves at once do not add up there."""
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
            cost += T.setting[0].cost_rate * T.node_cost[T.pod[pod].cost_row, node]
        if T.setting[0].has_preference:
            cost += T.setting[0].pair_rate * T.preference[T.pod[pod].liking_row, node]
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


@called_from_python
def change_of(T, S, pod, other, node):
    """Return what moving a placed pod to a node would change, or swapping it with one there."""
    cost, _ = change_by(T, S, pod, other, S.place[pod], node)
    return cost


@inlined
def change_by(T, S, pod, other, here, there):
    """Exact change by a pod going from `here` to `there`, and `other`, if any, the other way."""
    cost = 0.0
    guide = 0.0
    who, node, sign = pod, there, 1.0
    # One loop, so that the energy at a node is compiled in once.
    for leg in range(2 if other < 0 else 4):
        c, g = _summed_cost_at(T, S, who, node)
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
    if T.setting[0].has_headroom:
        cost += headroom_change(T, S, pod, other, here, there)
    if T.setting[0].has_most_moved:
        cost += most_moved_change(T, S, pod, other, here, there)
    return cost, guide


@inlined
def _squares(T, S, pod, node, own):
    """Change of (u - mean)^2 of cpu and memory by a pod coming to a node."""
    cpu = T.pod[pod].cpu * T.node[node].per_cpu
    rest = S.node[node].cpu * T.node[node].per_cpu - own * cpu - T.node[node].mean_cpu
    total = cpu * (rest + rest + cpu)
    memory = T.pod[pod].memory * T.node[node].per_memory
    rest = S.node[node].memory * T.node[node].per_memory - own * memory - T.node[node].mean_memory
    total += memory * (rest + rest + memory)
    if T.setting[0].more_loads > 0:
        total += _more_squares(T, S, pod, node, own)
    return total


@called_from_kernels
def _more_squares(T, S, pod, node, own):
    """The same of the slots of time after the first."""
    total = 0.0
    for at in range(T.setting[0].more_loads):
        added = T.load[pod, at] * T.per_load[node, at]
        rest = S.load[node, at] * T.per_load[node, at] - own * added - T.mean_load[node, at]
        total += added * (rest + rest + added)
    return total


@called_from_kernels
def _latency(T, S, pod, node):
    """Latency between a pod on a node and those it talks to, weighted by traffic."""
    total = 0.0
    for at in range(T.pod[pod].peer_from, T.pod[pod].peer_to):
        other = S.place[T.peer[at].pod]
        if other >= 0:
            total += T.peer[at].weight * T.latency[node, other]
    return total


@called_from_kernels
def _pairings(T, S, pod, node):
    """Weight of the pairs a pod makes with the others in the domains of a node."""
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
                    count -= is_member(T, pod, other)
                total += T.pair[row].weight * count
    return total


@called_from_kernels
def _own_pairs(T, S, pod):
    """Weight of a pod's pairs with itself, where it is carrier and target of different tallies."""
    total = 0.0
    for at in range(T.pod[pod].member_from, T.pod[pod].member_to):
        tally = T.member[at]
        if T.domain[T.tally[tally].topology, S.place[pod]] >= 0:
            for row in range(T.tally[tally].pair_from, T.tally[tally].pair_to):
                other = T.pair[row].tally
                if other != tally and is_member(T, pod, other):
                    total += T.pair[row].weight / 2
    return total


@inlined
def _between(T, S, pod, other, here, there):
    """What two moves that make a swap do to one another."""
    cost = 0.0
    guide = 0.0
    a, b = T.node[here].per_cpu, T.node[there].per_cpu
    cross = T.pod[pod].cpu * T.pod[other].cpu * (a * a + b * b)
    a, b = T.node[here].per_memory, T.node[there].per_memory
    cross += T.pod[pod].memory * T.pod[other].memory * (a * a + b * b)
    for at in range(T.setting[0].more_loads):
        a, b = T.per_load[here, at], T.per_load[there, at]
        cross += T.load[pod, at] * T.load[other, at] * (a * a + b * b)
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


@called_from_kernels
def _latency_between(T, pod, other, here, there):
    """Latency counted as if the two of a swap met on each of the nodes."""
    total = 0.0
    for at in range(T.pod[pod].peer_from, T.pod[pod].peer_to):
        if T.peer[at].pod == other:
            together = T.latency[here, here] + T.latency[there, there]
            apart = T.latency[here, there] + T.latency[there, here]
            total += T.peer[at].weight * (together - apart)
    return total


@called_from_kernels
def _pairs_between(T, pod, other, here, there):
    """Pairings counted as if the two of a swap met in each of the domains."""
    total = 0.0
    for at in range(T.pod[pod].member_from, T.pod[pod].member_to):
        tally = T.member[at]
        for row in range(T.tally[tally].pair_from, T.tally[tally].pair_to):
            topology = T.tally[T.pair[row].tally].topology
            first, second = T.domain[topology, here], T.domain[topology, there]
            if first != second and is_member(T, other, T.pair[row].tally):
                total += T.pair[row].weight * ((first >= 0) + (second >= 0))
    return total
