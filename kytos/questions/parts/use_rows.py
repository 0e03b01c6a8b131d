"""Use in a problem: what H_load levels, and one more resource for each slot nodes are held to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import floor

import numpy as np

from kytos.cluster import LOAD_RESOURCES, Cluster, Pod
from kytos.load_profile import LoadProfile
from kytos.problem import Bools, Floats, Ints, Problem
from kytos.questions.parts.decimals import as_written


def with_use(
    problem: Problem, cluster: Cluster, decide: Sequence[Pod], staying: Sequence[Pod]
) -> Problem:
    """Return the problem with pods counting for their use, where the cluster has a profile of it.

    H_load gets a pair of columns for each slot of time. What nodes are held to (`max_used`) is one
    more resource for each slot, cpu and memory: requests, room and what is held at the start mean
    there what they mean anywhere, so that every solver, rule and check keeps to it as it is.
    Slots that another one covers, and those that nothing can fill, are left out.

    Parameters
    ----------
    decide, staying
        Pods of `problem`, and those that hold capacity beside them.
    """
    profile = cluster.load_profile
    if profile is None:
        return problem
    own = problem.request[:, [problem.resources.index(name) for name in LOAD_RESOURCES]]
    level, bound = _of_pods(profile, decide, own.astype(float))
    others = _footprints(staying)
    level_there, bound_there = _of_pods(profile, staying, others)
    slots = len(profile.slots)
    elsewhere = np.array(
        [[node.current_load.get(name, 0) for name in LOAD_RESOURCES] for node in cluster.nodes],
        dtype=float,
    ).reshape(-1, 2)
    home = np.array([cluster.node_index[str(pod.node)] for pod in staying], dtype=np.int64)
    runs = problem.load_request.any(axis=1) | (own == 0).all(axis=1)
    problem = replace(
        problem,
        load_allocatable=np.tile(problem.load_allocatable, slots),
        load_fixed=_by_node(level_there, home, elsewhere),
        load_request=np.where(runs[:, None], level.reshape(len(decide), 2 * slots), 0.0),
    )
    return _held_to(problem, profile, bound, _by_node(bound_there, home, elsewhere))


def _held_to(problem: Problem, profile: LoadProfile, bound: Floats, fixed: Floats) -> Problem:
    """The problem with a resource for each slot; pods ask ``bound`` ``(pods, slots, 2)``."""
    slots = len(profile.slots)
    request = np.ceil(bound.reshape(len(bound), 2 * slots)).astype(np.int64)
    taken = np.ceil(fixed).astype(np.int64)
    offered = np.tile(
        problem.allocatable[:, [problem.resources.index(name) for name in LOAD_RESOURCES]], slots
    )
    share = as_written(profile.max_used)
    capacity = np.array(
        [[floor(amount * share) for amount in row] for row in offered.tolist()], dtype=np.int64
    ).reshape(offered.shape)
    columns = np.flatnonzero(_matters(request, taken, capacity))
    names = [
        f"{resource} in use" + (f" at {slot}" if slot else "")
        for slot in _told_apart(profile.slots)
        for resource in LOAD_RESOURCES
    ]
    return replace(
        problem,
        resources=(*problem.resources, *(names[column] for column in columns)),
        allocatable=np.hstack([problem.allocatable, offered[:, columns]]),
        capacity=np.hstack([problem.capacity, capacity[:, columns]]),
        fixed=np.hstack([problem.fixed, taken[:, columns]]),
        request=np.hstack([problem.request, request[:, columns]]),
    )


def _matters(request: Ints, fixed: Ints, capacity: Ints) -> Bools:
    """``(rows,)`` which could be filled, and are not covered by another row of their resource."""
    rows = request.shape[1]
    matters = (fixed + request.sum(axis=0) > capacity).any(axis=0)
    asked = np.vstack([request, fixed])
    for row in range(rows):
        for other in range(row % 2, rows, 2):
            if not matters[row]:
                break
            if other == row or not matters[other]:
                continue
            matters[row] = bool((asked[:, row] > asked[:, other]).any())
    return np.asarray(matters, dtype=np.bool_)


def _of_pods(profile: LoadProfile, pods: Sequence[Pod], otherwise: Floats) -> tuple[Floats, Floats]:
    """``(pods, slots, 2)`` level and bound of each, `otherwise` where nothing is known."""
    shape = len(pods), len(profile.slots), 2
    level, bound = np.empty(shape), np.empty(shape)
    for at, pod in enumerate(pods):
        level[at], bound[at] = profile.of(pod.id, pod.service)
        for column, resource in enumerate(LOAD_RESOURCES):
            if resource in pod.expected:
                level[at, :, column] = bound[at, :, column] = pod.expected[resource]
    requested = np.broadcast_to(otherwise[:, None, :], shape)
    return np.where(np.isnan(level), requested, level), np.where(np.isnan(bound), requested, bound)


def _footprints(pods: Sequence[Pod]) -> Floats:
    rows = [[pod.footprint.get(name, 0) for name in LOAD_RESOURCES] for pod in pods]
    return np.array(rows, dtype=float).reshape(-1, 2)


def _by_node(of_pods: Floats, home: Ints, elsewhere: Floats) -> Floats:
    """``(nodes, 2 slots)`` what is there in each slot, load from elsewhere included."""
    slots = of_pods.shape[1]
    total = np.tile(elsewhere, slots)
    np.add.at(total, home, of_pods.reshape(len(of_pods), 2 * slots))
    return total


def _told_apart(slots: Sequence[str]) -> list[str]:
    """The slots' names, each once: a clock that went round names two alike."""
    return [
        name if slots.count(name) == 1 else f"{name} ({at + 1})" for at, name in enumerate(slots)
    ]
