"""A placement changed pod by pod, with every sum and count that follows from it kept."""

from __future__ import annotations

import numpy as np

from kytos.refine.kernels.compiled import called_from_kernels, called_from_python, inlined

NOWHERE = np.int64(-1)  # a plain -1 is a literal type, and would compile kernels twice


@called_from_python
def load(T, S, placement):
    """Set the state to a placement; sums of floats are taken anew."""
    for pod in range(len(S.place)):
        shift(T, S, pod, NOWHERE)
    for node in range(len(S.node)):
        S.node[node].cpu = T.node[node].fixed_cpu
        S.node[node].memory = T.node[node].fixed_memory
        for at in range(T.setting[0].more_loads):
            S.load[node, at] = T.fixed_load[node, at]
    for pod in range(len(S.place)):
        shift(T, S, pod, placement[pod])


@called_from_kernels
def shift(T, S, pod, node):
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
        if T.setting[0].has_most_moved and T.pod[pod].moves_with >= 0:
            _count_away(S, T.pod[pod].moves_with, step)
        for at in range(T.pod[pod].limit_from, T.pod[pod].limit_to):
            S.left[T.limited[at]] += step
    # One loop, so that `_count` is compiled in once.
    for leg in range(2):
        where = node if leg else old
        if where >= 0:
            _count(T, S, pod, where, 2 * leg - 1)
    S.place[pod] = node


@inlined
def _count(T, S, pod, node, step):
    """Add a pod to all sums and counts of a node, or with a `step` of -1 take it out of them."""
    away = node != T.pod[pod].home
    promised = not away and T.setting[0].has_overlap
    for resource in range(S.held.shape[1]):
        amount = T.request[pod, resource]
        if T.setting[0].has_headroom:
            S.used[node, resource] += step * amount
        if promised and T.overlap[resource]:
            continue
        S.held[node, resource] += step * amount
        if away and amount > 0:
            S.need[node, resource] += step
    S.node[node].cpu += step * T.pod[pod].cpu
    S.node[node].memory += step * T.pod[pod].memory
    for at in range(T.setting[0].more_loads):
        S.load[node, at] += step * T.load[pod, at]
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


@called_from_kernels
def _count_away(S, service, step):
    """Count one more or fewer of a service's pods away from home, and who has most away."""
    before = S.away[service]
    S.away[service] = before + step
    S.aways[before] -= 1
    S.aways[before + step] += 1
    if step > 0:
        S.most[0] = max(S.most[0], before + 1)
    elif before == S.most[0] and S.aways[before] == 0:
        S.most[0] = before - 1


@inlined
def taken(T, pod, node, resource):
    """What a pod takes of a node by being there, beyond what it is promised there anyway."""
    amount = T.request[pod, resource]
    if T.setting[0].has_overlap and T.overlap[resource] and node == T.pod[pod].home:
        amount = 0
    return amount


@called_from_kernels
def is_member(T, pod, tally):
    """1 if a tally counts a pod, else 0."""
    for at in range(T.pod[pod].member_from, T.pod[pod].member_to):
        if T.member[at] == tally:
            return 1
    return 0
