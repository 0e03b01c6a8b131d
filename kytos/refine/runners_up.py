"""Where else one pod could go in a plan, cheapest first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kytos.contract.weights import Weights
from kytos.problem import Ints, Problem
from kytos.referee.feasible import check_placement
from kytos.refine import kernels
from kytos.refine.state import flatten


def cheapest_other_nodes(
    problem: Problem, weights: Weights, placement: Ints, pods: Sequence[int], count: int
) -> list[Ints]:
    """Return for each of some placed pods up to `count` other nodes it could be on.

    All others stay where the plan has them; the least energy comes first.

    Raises
    ------
    ValueError
        When `placement` is not one node position or -1 for each pod.
    """
    check_placement(problem, placement)
    flat, state = flatten(problem, weights)
    kernels.load(flat, state, np.asarray(placement, dtype=np.int64))
    nodes = np.arange(len(problem.nodes))
    changes = np.empty(len(nodes))
    others = []
    for pod in pods:
        kernels.changes_of(flat, state, pod, nodes, changes)
        order = np.argsort(changes, kind="stable")[:count]
        others.append(order[np.isfinite(changes[order])])
    return others
