"""Which part of a problem is annealed when the whole is too large: where there is most to gain."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kytos.problem import UNPLACED, Ints, LoadMode, Problem

FEWEST_NODES = 8
"""Waiting pods may take so many variables that at least this many nodes fit beside them."""


def focus(problem: Problem, max_variables: int) -> tuple[Ints, Ints]:
    """Return positions of the pods ``(k,)`` and nodes ``(m,)`` to anneal, both ascending.

    The choice depends on the problem alone, not on the weights, so that one compiled model serves
    every slider position. Nodes are taken alternately from the two ends that trade pods: emptiest
    and fullest. A node is skipped when its pods would exceed `max_variables` (stay-put
    assignment variables; at least one node is always taken).
    """
    waiting = np.flatnonzero(problem.current == UNPLACED)
    by_priority = waiting[np.argsort(-problem.priority[waiting], kind="stable")]
    pods = list(by_priority[: max(1, max_variables // min(FEWEST_NODES, len(problem.nodes)))])
    nodes: list[int] = []
    allowed = problem.allowed
    variables = 0
    for node in _most_to_gain(problem):
        residents = np.flatnonzero(problem.current == node)
        with_node = [*nodes, node]
        added = int(allowed[pods, node].sum()) + int(allowed[residents][:, nodes].sum())
        if nodes and variables + added > max_variables:
            continue
        variables += added
        nodes = with_node
        pods.extend(residents)
    return np.sort(np.array(pods, dtype=np.int64)), np.sort(np.array(nodes, dtype=np.int64))


def _most_to_gain(problem: Problem) -> Iterator[int]:
    """Yield every node once, from both ends of the load in turn."""
    load = problem.utilisation(problem.current).max(axis=1)
    open_to_pods = np.asarray(problem.allowed.any(axis=0))
    if problem.mode is LoadMode.CONSOLIDATE:
        # Nodes that stay in use anyway are the best receivers, never worth emptying.
        load = load + problem.held_open
    order = [int(node) for node in np.argsort(load, kind="stable") if open_to_pods[node]]
    low, high = 0, len(order) - 1
    while low <= high:
        yield order[low]
        if low < high:
            yield order[high]
        low, high = low + 1, high - 1
