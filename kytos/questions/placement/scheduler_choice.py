"""What kube-scheduler would do with the pods of a plan, told apart only where it truly differs.

Replicas may change places and nothing differs, and where the scheduler draws lots among nodes that
score alike the plan may be what it would draw: neither counts as a pod put elsewhere.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import numpy as np

from kytos.contract.params import SolverParams
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.problem import UNPLACED, Ints, Problem
from kytos.solvers.baselines.kube_scheduler import KubeScheduler, Towards


def scheduler_choice(
    problem: Problem, plan: Ints, weights: Weights, params: SolverParams, watch: Watch
) -> Ints:
    """``(pods,)`` the nodes kube-scheduler would choose, as near to `plan` as lots and names allow.

    Parameters
    ----------
    problem
        As the scheduler sees it, with no node that is not up.
    plan
        ``(pods,)`` the placement it is compared to.
    """
    kind = kinds(problem)
    scheduler = KubeScheduler(towards=Towards(plan, kind))
    return _renamed(scheduler.place(problem, weights, params, watch), plan, kind)


def kinds(problem: Problem) -> Ints:
    """``(pods,)`` which kind each is of: no rule or term tells two of a kind apart."""
    columns: list[Any] = [
        problem.request,
        problem.load_request,
        problem.current,
        problem.must_place,
        problem.desire,
        problem.priority,
        problem.move_cost,
        problem.service,
        problem.lifeline,
        *(tally.members for tally in problem.tallies),
        *(limit.members for limit in problem.move_limits),
        *(matrix for matrix in (problem.node_cost, problem.preference) if matrix is not None),
    ]
    talks: dict[int, list[tuple[int, float]]] = defaultdict(list)
    if problem.traffic is not None:
        edges = zip(problem.traffic.pairs.tolist(), problem.traffic.weight.tolist(), strict=True)
        for (first, second), weight in edges:
            talks[first].append((second, weight))
            talks[second].append((first, weight))
    known: dict[tuple[bytes, ...], int] = {}
    kinds_of_pods = [
        known.setdefault(
            (
                problem.allowed[pod].tobytes(),
                *(column[pod].tobytes() for column in columns),
                repr(sorted(talks[pod])).encode(),
            ),
            len(known),
        )
        for pod in range(len(problem.pods))
    ]
    return np.array(kinds_of_pods, dtype=np.int64)


def _renamed(chosen: Ints, plan: Ints, kind: Ints) -> Ints:
    """The same nodes for each kind, given to the pods that the plan has there where it does."""
    renamed = np.full_like(chosen, UNPLACED)
    for one in np.unique(kind):
        pods = np.flatnonzero(kind == one)
        left = Counter(chosen[pods].tolist())
        rest = []
        for pod in pods.tolist():
            node = int(plan[pod])
            if left[node] > 0:
                left[node] -= 1
                renamed[pod] = node
            else:
                rest.append(pod)
        others = [node for node, count in sorted(left.items()) for _ in range(count)]
        # Those without a node last: they are as likely to be the plan's own.
        renamed[rest] = sorted(others, key=lambda node: node == UNPLACED)
    return renamed
