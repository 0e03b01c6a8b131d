"""Small clusters in which a node fails and the rest has too little room: for recovery's promise.

The oracle is mixed-integer programming (HiGHS) class by class; it shares no code with Kytos.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import lil_array

from kytos.cluster import CPU, MEMORY, PODS, Cluster, Node, Owner, Pod

PRIORITIES = (1000, 100, 0)


def tight_failure(seed: int) -> Cluster:
    """Node ``lost`` fails with 8 to 11 pods; three or four survivors have room for most of them."""
    rng = np.random.default_rng(seed)
    count, survivors = int(rng.integers(8, 12)), int(rng.integers(3, 5))
    requests = rng.integers([10, 5], [60, 50], (count, 2))
    room = rng.uniform(0.55, 0.95) * requests.sum(axis=0) / survivors
    free = np.ceil(room * rng.uniform(0.7, 1.3, (survivors, 2))).astype(int)
    nodes = [Node(name="lost", allocatable={CPU: 10_000, MEMORY: 10_000, PODS: 110})]
    nodes += [
        Node(
            name=f"node-{n}",
            allocatable={CPU: int(100 + cpu), MEMORY: int(100 + memory), PODS: 110},
            current_load={CPU: 100, MEMORY: 100},
        )
        for n, (cpu, memory) in enumerate(free)
    ]
    pods = tuple(
        Pod(
            id=f"pod-{p:02}",
            name=f"pod-{p:02}",
            node="lost",
            owner=Owner(kind="Deployment", name=f"d{p}"),
            priority=int(rng.choice(PRIORITIES)),
            requests={CPU: int(cpu), MEMORY: int(memory)},
        )
        for p, (cpu, memory) in enumerate(requests)
    )
    return Cluster(nodes=tuple(nodes), pods=pods)


def first_fit(cluster: Cluster) -> tuple[int, ...]:
    """Pods placed by class when each goes to the first survivor with room, important ones first."""
    left = {node.name: _room(node) for node in cluster.nodes if node.name != "lost"}
    placed = dict.fromkeys(PRIORITIES, 0)
    for pod in sorted(cluster.pods, key=lambda pod: (-pod.priority, pod.id)):
        need = np.array([pod.requests[CPU], pod.requests[MEMORY]])
        for name, room in left.items():
            if (need <= room).all():
                left[name] = room - need
                placed[pod.priority] += 1
                break
    return tuple(placed[priority] for priority in PRIORITIES)


def most_by_class(cluster: Cluster) -> tuple[int, ...]:
    """The most pods that can be placed of the highest class, then of the next, and so on."""
    pods = cluster.pods
    rooms = np.array([_room(node) for node in cluster.nodes if node.name != "lost"])
    width = len(pods) * len(rooms)
    rows = lil_array((len(pods) + 2 * len(rooms), width))
    limit = np.concatenate([np.ones(len(pods)), rooms.ravel()])
    for p, pod in enumerate(pods):
        for n in range(len(rooms)):
            column = p * len(rooms) + n
            rows[p, column] = 1
            rows[len(pods) + 2 * n, column] = pod.requests[CPU]
            rows[len(pods) + 2 * n + 1, column] = pod.requests[MEMORY]
    constraints = [LinearConstraint(rows.tocsr(), -np.inf, limit)]
    found = []
    for priority in PRIORITIES:
        count = np.repeat([float(pod.priority == priority) for pod in pods], len(rooms))
        answer = milp(
            -count, integrality=np.ones(width), bounds=Bounds(0, 1), constraints=constraints
        )
        found.append(round(-answer.fun))
        constraints.append(LinearConstraint(count[None, :], found[-1] - 0.5, np.inf))
    return tuple(found)


def placed_by_class(cluster: Cluster, placed: Sequence[str]) -> tuple[int, ...]:
    """How many of the pods placed are of each class."""
    priority = {pod.id: pod.priority for pod in cluster.pods}
    return tuple(sum(priority[pod] == one for pod in placed) for one in PRIORITIES)


def _room(node: Node) -> np.ndarray:
    return np.array([node.allocatable[name] - node.current_load[name] for name in (CPU, MEMORY)])
