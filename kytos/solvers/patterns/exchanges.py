"""Kernels that lay pods onto a given list of nodes, one exchange at a time."""

from __future__ import annotations

import numpy as np
from numba import njit

from kytos.refine.kernels.compiled import kept_on_disk


@kept_on_disk
@njit
def _welcome(class_, node, allowed, most, start, pair, side, held, first, second):  # type: ignore[no-untyped-def]
    """Whether rules let one more pod of a class onto a node."""
    if not allowed[class_, node] or held[node, class_] >= most[class_]:
        return False
    for entry in range(start[class_], start[class_ + 1]):
        if side[entry] & 1 and second[node, pair[entry]] > 0:
            return False
        if side[entry] & 2 and first[node, pair[entry]] > 0:
            return False
    return True


@kept_on_disk
@njit
def _put(class_, node, by, request, start, pair, side, load, held, first, second):  # type: ignore[no-untyped-def]
    """Put a pod on a node (by 1) or take it off (by -1)."""
    for r in range(request.shape[1]):
        load[node, r] += by * request[class_, r]
    held[node, class_] += by
    for entry in range(start[class_], start[class_ + 1]):
        if side[entry] & 1:
            first[node, pair[entry]] += by
        if side[entry] & 2:
            second[node, pair[entry]] += by


@kept_on_disk
@njit
def _excess(node, capacity, load, request, plus, minus, unit):  # type: ignore[no-untyped-def]
    """What a node is over its room with one pod more and one less; -1 for none of these."""
    over = 0.0
    for r in range(load.shape[1]):
        amount = load[node, r]
        if plus >= 0:
            amount += request[plus, r]
        if minus >= 0:
            amount -= request[minus, r]
        beyond = amount - max(capacity[node, r], 0)
        if beyond > 0:
            over += beyond * unit[r]
    return over


@kept_on_disk
@njit
def begin(  # type: ignore[no-untyped-def]
    request,
    capacity,
    allowed,
    cost,
    most,
    unit,
    start,
    pair,
    side,
    classes,
    place,
    load,
    held,
    first,
    second,
    order,
):
    """Each pod, the largest first, onto the node that has room and least of it to spare."""
    resources = request.shape[1]
    for pod in order:
        class_ = classes[pod]
        if place[pod] >= 0:
            continue
        chosen, least = -1, np.inf
        for node in range(len(capacity)):
            if not _welcome(class_, node, allowed, most, start, pair, side, held, first, second):
                continue
            over = _excess(node, capacity, load, request, class_, -1, unit)
            key = 1e9 * over + cost[class_, node]
            highest, lowest = 0.0, 1.0
            for r in range(min(resources, 2)):
                free = (capacity[node, r] - load[node, r] - request[class_, r]) / max(
                    capacity[node, r], 1
                )
                highest, lowest = max(highest, free), min(lowest, free)
            key += 1e-3 * unit[0] * max(capacity[node, 0], 1) * (2 * highest - lowest)
            if key < least:
                chosen, least = node, key
        if chosen >= 0:
            place[pod] = chosen
            _put(class_, chosen, 1, request, start, pair, side, load, held, first, second)


@kept_on_disk
@njit
def anneal(  # type: ignore[no-untyped-def]
    request,
    capacity,
    allowed,
    cost,
    most,
    unit,
    start,
    pair,
    side,
    classes,
    place,
    load,
    held,
    first,
    second,
    proposals,
    hot,
    cold,
    seed,
):
    """Move pods, or swap two, where that lowers what is over; sometimes where it does not."""
    np.random.seed(seed)
    pods, nodes = len(classes), len(capacity)
    over = 0.0
    for node in range(nodes):
        over += _excess(node, capacity, load, request, -1, -1, unit)
    rate = (cold / hot) ** (1.0 / max(1, proposals // 1000))
    temperature = hot
    for step in range(proposals):
        if step % 1000 == 0:
            temperature *= rate
            if over <= 1e-12:
                return
        one = np.random.randint(pods)
        here = place[one]
        if here < 0:
            continue
        if step % 2:  # every other proposal begins where something is over
            for _ in range(8):
                if _excess(here, capacity, load, request, -1, -1, unit) > 0:
                    break
                other = np.random.randint(pods)
                if place[other] >= 0:
                    one, here = other, place[other]
        a = classes[one]
        two, b = -1, -1
        if np.random.random() < 0.3:
            there = np.random.randint(nodes)
        else:
            two = np.random.randint(pods)
            there = place[two]
            b = classes[two]
        if there < 0 or there == here or a == b:
            continue
        before = _excess(here, capacity, load, request, -1, -1, unit) + _excess(
            there, capacity, load, request, -1, -1, unit
        )
        after = _excess(here, capacity, load, request, b, a, unit) + _excess(
            there, capacity, load, request, a, b, unit
        )
        change = after - before + cost[a, there] - cost[a, here]
        if b >= 0:
            change += cost[b, here] - cost[b, there]
        if change > 0 and np.random.random() >= np.exp(-change / temperature):
            continue
        _put(a, here, -1, request, start, pair, side, load, held, first, second)
        if b >= 0:
            _put(b, there, -1, request, start, pair, side, load, held, first, second)
        fine = _welcome(a, there, allowed, most, start, pair, side, held, first, second)
        if fine:
            _put(a, there, 1, request, start, pair, side, load, held, first, second)
            if b >= 0:
                fine = _welcome(b, here, allowed, most, start, pair, side, held, first, second)
                if not fine:
                    _put(a, there, -1, request, start, pair, side, load, held, first, second)
        if not fine:
            _put(a, here, 1, request, start, pair, side, load, held, first, second)
            if b >= 0:
                _put(b, there, 1, request, start, pair, side, load, held, first, second)
            continue
        if b >= 0:
            _put(b, here, 1, request, start, pair, side, load, held, first, second)
            place[two] = here
        place[one] = there
        over += after - before


@kept_on_disk
@njit
def unload(  # type: ignore[no-untyped-def]
    request,
    capacity,
    _allowed,
    _cost,
    _most,
    unit,
    start,
    pair,
    side,
    classes,
    place,
    load,
    held,
    first,
    second,
    order,
):
    """Take pods off nodes that are over their room, the largest that are not too large first."""
    for at in range(len(order)):
        pod = order[len(order) - 1 - at]
        node = place[pod]
        if node < 0:
            continue
        before = _excess(node, capacity, load, request, -1, -1, unit)
        if before > 0 and _excess(node, capacity, load, request, -1, classes[pod], unit) < before:
            place[pod] = -1
            _put(classes[pod], node, -1, request, start, pair, side, load, held, first, second)
