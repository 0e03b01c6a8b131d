"""What moving a running pod costs: 1 for an ordinary one, more for those that mind it."""

from __future__ import annotations

import math

from kytos.cluster import Pod

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
"""https://kubernetes.io/docs/reference/labels-annotations-taints/#pod-deletion-cost"""

HIGHEST_USER_PRIORITY = 1_000_000_000
"""https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/"""

RESTART_WEIGHT = {"StatefulSet": 0.5, "Job": 1.0}
"""A StatefulSet restarts in order and reattaches volumes; a Job's work so far is lost."""

SOLE_REPLICA = 1.0
"""A service with one replica is down while that restarts."""

LEAST = 0.1
"""However little a pod minds, a move is never free: it is a restart."""


def move_cost(pod: Pod, *, sole: bool = False) -> float:
    """Return the cost of moving `pod`, in ordinary moves.

    Parameters
    ----------
    sole
        Whether it is the only replica of its service.

    The user's own figure wins. Otherwise 1, plus up to 1 each for priority and
    pod-deletion-cost on a logarithmic scale (both span nine orders of magnitude; negative values
    lower it), plus the owner's restart weight, plus 1 for the only replica of a service. A pod
    without an owner, as a request body lists it, has none of the last two.
    """
    if pod.move_cost is not None:
        return pod.move_cost
    cost = 1.0 + _share(pod.priority) + _share(deletion_cost(pod))
    if pod.owner is not None:
        cost += RESTART_WEIGHT.get(pod.owner.kind, 0.0) + SOLE_REPLICA * sole
    return max(LEAST, cost)


def deletion_cost(pod: Pod) -> int:
    """Return the pod's ``pod-deletion-cost``, 0 where it has none."""
    try:
        return int(pod.annotations.get(DELETION_COST, "0"))
    except ValueError:
        return 0  # Kubernetes refuses such a value when it is set; a file may still carry it.


def _share(value: int) -> float:
    """Map an integer to about -1..1, by its order of magnitude."""
    size = math.log1p(min(abs(value), HIGHEST_USER_PRIORITY)) / math.log1p(HIGHEST_USER_PRIORITY)
    return math.copysign(size, value) if value else 0.0
