"""Spare capacity: what is free of the usable nodes, and what of it is to stay so."""

from __future__ import annotations

from math import floor

import numpy as np

from kytos.cluster import LOAD_RESOURCES, Cluster, Frozen
from kytos.problem import Ints, Problem
from kytos.questions.parts.decimals import as_written


class Margin(Frozen):
    """Shares of the usable nodes that are free, and those that were to stay so."""

    cpu_before: float
    cpu_after: float
    cpu_required: float
    memory_before: float
    memory_after: float
    memory_required: float


def margin_room(cluster: Cluster, margins: tuple[float, float]) -> Ints:
    """Return ``(2,)`` cpu and memory that may still be taken, negative where less is free already.

    Parameters
    ----------
    margins
        Shares of cpu and memory that stay free.
    """
    free, offered = _free(cluster)
    kept = [as_written(share) for share in margins]
    room = [
        floor(have - share * whole)
        for have, share, whole in zip(free.tolist(), kept, offered.tolist(), strict=True)
    ]
    return np.array(room, dtype=np.int64)


def margin_of(
    cluster: Cluster, margins: tuple[float, float], problem: Problem, after: Ints
) -> Margin:
    """Return the shares free before and after, beside those that were to stay so.

    Parameters
    ----------
    problem, after
        All that changes, and its placement in the end.
    """
    up = np.array([node.usable and node.provisioned for node in cluster.nodes], dtype=np.bool_)
    columns = [problem.resources.index(name) for name in LOAD_RESOURCES]
    offered = problem.allocatable[up][:, columns]

    def free(placement: Ints) -> Ints:
        held = problem.held(placement)[up][:, columns]
        return np.asarray(np.maximum(offered - held, 0).sum(axis=0))

    whole = np.maximum(offered.sum(axis=0), 1)
    before, then = free(problem.current) / whole, free(after) / whole
    return Margin(
        cpu_before=float(before[0]),
        cpu_after=float(then[0]),
        cpu_required=margins[0],
        memory_before=float(before[1]),
        memory_after=float(then[1]),
        memory_required=margins[1],
    )


def _free(cluster: Cluster) -> tuple[Ints, Ints]:
    """``(2,)`` free and ``(2,)`` offered cpu and memory over the usable nodes that are up."""
    free, offered = np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.int64)
    for node in cluster.nodes:
        if not node.usable or not node.provisioned:
            continue
        held = np.array([node.current_load.get(name, 0) for name in LOAD_RESOURCES])
        for pod in cluster.pods_by_node[node.name]:
            held += np.array([pod.footprint.get(name, 0) for name in LOAD_RESOURCES])
        own = np.array([node.allocatable.get(name, 0) for name in LOAD_RESOURCES])
        offered += own
        free += np.maximum(own - held, 0)
    return free, offered
