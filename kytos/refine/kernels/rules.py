"""What a placement must hold to: room, bounds on moves and the rules that depend on others."""

from __future__ import annotations

from kytos.refine.kernels.compiled import called_from_kernels, called_from_python, inlined
from kytos.refine.kernels.counts import NOWHERE, is_member, taken
from kytos.refine.state import EXCLUDES, LOCATED, NEEDED, NEEDS


@called_from_python
def all_hold(T, S):
    """Whether the state breaks nothing: the check of `kytos.referee.feasible`, incremental."""
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
    for rule in range(len(T.located)):
        if not _located_hold(T, S, rule):
            return False
    for presence in range(len(T.presence)):  # noqa: SIM110 (kernels know no generators)
        if not _presence_holds(T, S, presence, NOWHERE):
            return False
    return True


@inlined
def fits(T, S, pod, node):
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
            and not (home and T.setting[0].has_overlap and T.overlap[resource])
        ):
            return False
    return True


@inlined
def swap_fits(T, S, pod, other):
    """Whether two pods fit in each other's places; nodes overfull at home are left to moves."""
    here, there = S.place[pod], S.place[other]
    if there != T.pod[pod].home and not T.allowed[T.pod[pod].row, there]:
        return False
    if here != T.pod[other].home and not T.allowed[T.pod[other].row, here]:
        return False
    for resource in range(S.held.shape[1]):
        one, two = T.request[pod, resource], T.request[other, resource]
        if T.setting[0].has_overlap and T.overlap[resource]:
            more = taken(T, pod, there, resource) - taken(T, other, there, resource)
            if one > 0 and S.held[there, resource] + more > T.capacity[there, resource]:
                return False
            more = taken(T, other, here, resource) - taken(T, pod, here, resource)
            if two > 0 and S.held[here, resource] + more > T.capacity[here, resource]:
                return False
            continue
        if one > 0 and S.held[there, resource] + one - two > T.capacity[there, resource]:
            return False
        if two > 0 and S.held[here, resource] + two - one > T.capacity[here, resource]:
            return False
    return True


@called_from_kernels
def clashes(T, S, pod, other, here, there):
    """Whether one that a pod excludes is where it would go; `other`, if any, goes to `here`.

    Asked before a move is weighed, for less than trying it takes. At home it tells nothing.
    """
    if there == T.pod[pod].home:
        return False
    for at in range(T.pod[pod].member_from, T.pod[pod].member_to):
        tally = T.member[at]
        for row in range(T.tally[tally].rule_from, T.tally[tally].rule_to):
            if T.rule[row].kind == EXCLUDES:
                target = T.rule[row].other
                topology = T.tally[target].topology
                domain = T.domain[topology, there]
                if domain >= 0:
                    count = S.tally[T.tally[target].start + domain].count
                    if count > 0:
                        if here >= 0 and T.domain[topology, here] == domain:
                            count -= is_member(T, pod, target)
                        elif other >= 0:
                            count -= is_member(T, other, target)
                    if count > 0:
                        return True
    return False


@inlined
def may_leave(T, S, pod, node):
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


@inlined
def has_left_rightly(T, S, pod):
    """Whether the bounds on moves that a pod counts in hold."""
    if S.gone[0] > T.setting[0].max_moves:
        return False
    for at in range(T.pod[pod].limit_from, T.pod[pod].limit_to):
        if S.left[T.limited[at]] > T.limit[T.limited[at]]:
            return False
    return True


@called_from_kernels
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
            elif kind == LOCATED:
                if (
                    left >= 0
                    and S.tally[T.tally[tally].start + left].count == 0
                    and not _located_hold(T, S, rule)
                ):
                    return False
            elif not _skew_holds(T, S, rule, pod):
                return False
    return True


@called_from_kernels
def _excluded(T, S, pod, node, other):
    """Whether one of tally `other`, which the pod excludes, is in its domain."""
    domain = T.domain[T.tally[other].topology, node]
    if domain < 0:
        return False
    here = T.tally[other].start + domain
    if node == T.pod[pod].home:
        return S.tally[here].moved > 0
    return S.tally[here].count > is_member(T, pod, other)


@called_from_kernels
def _located_hold(T, S, rule):
    """Whether enough domains hold one of a tally's pods."""
    tally = T.located[rule].tally
    start, wanting = T.tally[tally].start, T.located[rule].least
    for domain in range(T.tally[tally].domains):
        if wanting <= 0:
            break
        if S.tally[start + domain].count > 0:
            wanting -= 1
    return wanting <= 0


@called_from_kernels
def _carrier_holds(T, S, presence, pod):
    """Judge one carrier of a presence, found by bisection."""
    low, high = T.presence[presence].entry_from, T.presence[presence].entry_to
    while low < high:
        middle = (low + high) // 2
        if T.entry[middle].pod < pod:
            low = middle + 1
        else:
            high = middle
    return _entry_holds(T, S, presence, low)


@called_from_kernels
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


@called_from_kernels
def _entry_holds(T, S, presence, entry):
    """Whether a carrier has a target beside it, or may be without."""
    pod = T.entry[entry].pod
    node = S.place[pod]
    if node < 0:
        return True
    target = T.presence[presence].target
    domain = T.domain[T.tally[target].topology, node]
    itself = is_member(T, pod, target) if domain >= 0 else 0
    if domain >= 0 and S.tally[T.tally[target].start + domain].count > itself:
        return True
    if node == T.pod[pod].home:
        return not T.entry[entry].had
    return domain >= 0 and T.entry[entry].alone > 0 and S.total[target] <= itself


@called_from_kernels
def _skew_holds(T, S, skew, pod):
    """Judge all domains: a shift may raise one and lower the minimum the others are held to."""
    carrier, counted = T.skew[skew].carrier, T.skew[skew].counted
    node = S.place[pod]
    if (
        node >= 0
        and node != T.pod[pod].home
        and T.domain[T.tally[carrier].topology, node] < 0
        and is_member(T, pod, carrier)
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
