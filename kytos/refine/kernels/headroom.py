"""What H counts that is no sum over pairs of pods: safety lines, balances, who moves most."""

from __future__ import annotations

from kytos.refine.kernels.compiled import called_from_kernels, inlined


@called_from_kernels
def headroom_of(T, S, node):
    """Cost of what a node holds above its lines, and of what stays free out of balance."""
    total = 0.0
    for resource in range(S.used.shape[1]):
        over = S.used[node, resource] - T.line[node, resource].above
        if over > 0:
            total += T.line[node, resource].cost * over
    for at in range(len(T.balance)):
        total += T.on_balance[at, node].cost * max(0, _wanting(T, S, at, node))
    return total


@called_from_kernels
def headroom_with(T, S, pod, node):
    """Cost of headroom that a pod being on a node takes, given the others."""
    if S.place[pod] == node:
        return -_headroom_step(T, S, pod, pod, node, 0, 1)
    return _headroom_step(T, S, pod, pod, node, 1, 0)


@called_from_kernels
def headroom_change(T, S, pod, other, here, there):
    """Change by a pod going from `here` to `there`, and `other`, if any, the other way."""
    second, some = (other, 1) if other >= 0 else (pod, 0)
    total = 0.0
    if here >= 0:
        total += _headroom_step(T, S, second, pod, here, some, 1)
    if there >= 0:
        total += _headroom_step(T, S, pod, second, there, 1, some)
    return total


@called_from_kernels
def _headroom_step(T, S, comes, goes, node, coming, going):
    """Change on a node by one pod that comes and one that goes, each 1 for yes or 0."""
    total = 0.0
    for resource in range(S.used.shape[1]):
        more = coming * T.request[comes, resource] - going * T.request[goes, resource]
        if more != 0:
            over = S.used[node, resource] - T.line[node, resource].above
            total += T.line[node, resource].cost * (max(0, over + more) - max(0, over))
    for at in range(len(T.balance)):
        first, second = T.balance[at].first, T.balance[at].second
        more = coming * T.request[comes, second] - going * T.request[goes, second]
        less = coming * T.request[comes, first] - going * T.request[goes, first]
        more -= T.balance[at].parts * less
        wanting = _wanting(T, S, at, node)
        total += T.on_balance[at, node].cost * (max(0, wanting + more) - max(0, wanting))
    return total


@inlined
def _wanting(T, S, at, node):
    """How much more of the second resource should stay free on a node; below 0 for enough."""
    used = T.balance[at].parts * S.used[node, T.balance[at].first]
    return T.on_balance[at, node].offset - used + S.used[node, T.balance[at].second]


@called_from_kernels
def most_moved_with(T, S, pod, node):
    """Cost of a pod being on a node by how many leave of the service that most leave of."""
    service, home = T.pod[pod].moves_with, T.pod[pod].home
    if service < 0 or node == home:
        return 0.0
    out = 1 if S.place[pod] != home else 0
    others = S.away[service] - out
    # Without this pod: lower only where its service alone has most.
    alone = out == 1 and S.away[service] == S.most[0] and S.aways[S.most[0]] == 1
    most = S.most[0] - 1 if alone else S.most[0]
    return T.setting[0].most_moved_rate * (max(most, others + 1) - most)


@called_from_kernels
def most_moved_change(T, S, pod, other, here, there):
    """Change by a pod going from `here` to `there`, and `other`, if any, the other way."""
    one, more_one = T.pod[pod].moves_with, _leaves(T, pod, here, there)
    two, more_two = -1, 0
    if other >= 0:
        two, more_two = T.pod[other].moves_with, _leaves(T, other, there, here)
    if one >= 0 and one == two:
        more_one += more_two
        two = -1
    one = one if more_one != 0 else -1
    two = two if more_two != 0 else -1
    if one < 0 and two < 0:
        return 0.0
    most = S.most[0]
    while most > 0:
        others = S.aways[most]
        if one >= 0 and S.away[one] == most:
            others -= 1
        if two >= 0 and S.away[two] == most:
            others -= 1
        if others > 0:
            break
        most -= 1
    if one >= 0:
        most = max(most, S.away[one] + more_one)
    if two >= 0:
        most = max(most, S.away[two] + more_two)
    return T.setting[0].most_moved_rate * (most - S.most[0])


@inlined
def _leaves(T, pod, here, there):
    """1 if a pod leaves home by going there, -1 if it comes home, else 0."""
    home = T.pod[pod].home
    if here == home:
        return 1 if there != home else 0
    return -1 if there == home else 0
