"""Use in a problem: what H_load levels, and one more resource for each slot nodes are held to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kytos.cluster import LOAD_RESOURCES, Cluster, Pod
from kytos.language import said
from kytos.load_profile import LoadProfile
from kytos.problem import Bools, Floats, Ints, Problem
from kytos.rules.in_use import (
    load_elsewhere,
    requested_of,
    room_for_use,
    slot_names,
    use_of_pods,
)

_IN_USE = " in use"


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
    level, bound = use_of_pods(profile, decide, own.astype(float))
    others = requested_of(staying, held=True)
    level_there, bound_there = use_of_pods(profile, staying, others)
    slots = len(profile.slots)
    elsewhere = load_elsewhere(cluster)
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
    capacity = room_for_use(offered, profile.max_used)
    columns = np.flatnonzero(those_that_matter(request, taken, capacity))
    names = use_names(profile)
    return replace(
        problem,
        resources=(*problem.resources, *(names[column] for column in columns)),
        allocatable=np.hstack([problem.allocatable, offered[:, columns]]),
        capacity=np.hstack([problem.capacity, capacity[:, columns]]),
        fixed=np.hstack([problem.fixed, taken[:, columns]]),
        request=np.hstack([problem.request, request[:, columns]]),
    )


def use_names(profile: LoadProfile) -> list[str]:
    """``(2 slots)`` what the resources of use are called, in the order of columns."""
    return [
        f"{resource}{_IN_USE}" + (said(f" at {slot}") if slot else "")
        for slot in slot_names(profile)
        for resource in LOAD_RESOURCES
    ]


def is_of_use(resource: str) -> bool:
    """Whether a problem's resource is one that `max_used` limits."""
    return _IN_USE in resource


def those_that_matter(request: Ints, fixed: Ints, capacity: Ints) -> Bools:
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


def _by_node(of_pods: Floats, home: Ints, elsewhere: Floats) -> Floats:
    """``(nodes, 2 slots)`` what is there in each slot, load from elsewhere included."""
    slots = of_pods.shape[1]
    total = np.tile(elsewhere, slots)
    np.add.at(total, home, of_pods.reshape(len(of_pods), 2 * slots))
    return total
