"""What moving a running pod costs: 1 for an ordinary one, more for those that mind it."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from kytos.cluster import Cluster, Pod
from kytos.contract.weights import STARTUP_SECONDS_PER_MOVE
from kytos.language import said

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
"""https://kubernetes.io/docs/reference/labels-annotations-taints/#pod-deletion-cost"""

HIGHEST_USER_PRIORITY = 1_000_000_000
"""https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/"""

RESTART_WEIGHT = {"StatefulSet": 0.5, "Job": 1.0}
"""A StatefulSet restarts in order and reattaches volumes; a Job's work so far is lost."""

SOLE_REPLICA = 1.0
"""A service with one replica is down while that restarts."""

ORDINARY_START_UP_S = 30.0
"""Of an ordinary move, in its 1; each minute more costs as much as another one, as in Placement."""

MOST_FOR_START_UP = 10.0
"""What is longer was rather a node's or a readiness gate's trouble than the pod's own start."""

LEAST = 0.1
"""However little a pod minds, a move is never free: it is a restart."""


@dataclass(frozen=True)
class MoveCosts:
    """What moving any pod of a cluster costs, and why.

    Attributes
    ----------
    replicas
        How many run, by service.
    start_up
        Median seconds by service: one replica's slow start (an image pulled for the first time)
        makes none of them dearer than the others.
    """

    replicas: Mapping[str, int]
    start_up: Mapping[str, float]

    @classmethod
    def of(cls, cluster: Cluster) -> MoveCosts:
        """Look at all pods of a cluster."""
        replicas: Counter[str] = Counter()
        took: defaultdict[str, list[float]] = defaultdict(list)
        for pod in cluster.pods:
            if pod.service and pod.holds_capacity:
                replicas[pod.service] += 1
                if pod.start_up_seconds is not None:
                    took[pod.service].append(pod.start_up_seconds)
        return cls(replicas, {service: median(seconds) for service, seconds in took.items()})

    def __call__(self, pod: Pod) -> float:
        """Return the cost of moving `pod`, in ordinary moves."""
        return move_cost(pod, sole=self._sole(pod), start_up_s=self._start_up(pod))

    def why(self, pod: Pod) -> tuple[str, ...]:
        """Say what makes a move cost more, or less, than an ordinary one."""
        if pod.move_cost is not None:
            return (said("as given"),) if pod.move_cost != 1.0 else ()
        told = []
        if extra_for_start_up(seconds := self._start_up(pod)):
            told.append(said(f"takes {_time(seconds or 0.0)} to start"))
        if pod.priority:
            told.append(said(f"priority {pod.priority:,}"))
        if deletion := deletion_cost(pod):
            told.append(f"pod-deletion-cost {deletion:,}")
        if pod.owner is not None:
            if pod.owner.kind in RESTART_WEIGHT:
                told.append(said(f"of a {pod.owner.kind}"))
            if self._sole(pod):
                told.append(said("the only replica"))
        return tuple(told)

    def _sole(self, pod: Pod) -> bool:
        return self.replicas.get(pod.service or "", 0) == 1

    def _start_up(self, pod: Pod) -> float | None:
        return self.start_up.get(pod.service or "", pod.start_up_seconds)


def move_cost(pod: Pod, *, sole: bool = False, start_up_s: float | None = None) -> float:
    """Return the cost of moving `pod`, in ordinary moves.

    Parameters
    ----------
    sole
        Whether it is the only replica of its service.
    start_up_s
        Seconds it takes to start; None where nothing tells.

    The user's own figure wins. Otherwise 1, plus 1 for each minute it takes to start beyond
    `ORDINARY_START_UP_S`, plus up to 1 each for priority and pod-deletion-cost on a logarithmic
    scale (both span nine orders of magnitude; negative values lower it), plus the owner's restart
    weight, plus 1 for the only replica of a service. A pod without an owner, as a request body
    lists it, has none of the last two.
    """
    if pod.move_cost is not None:
        return pod.move_cost
    cost = 1.0 + extra_for_start_up(start_up_s) + _share(pod.priority) + _share(deletion_cost(pod))
    if pod.owner is not None:
        cost += RESTART_WEIGHT.get(pod.owner.kind, 0.0) + SOLE_REPLICA * sole
    return max(LEAST, cost)


def extra_for_start_up(seconds: float | None) -> float:
    """Return what the time a pod takes to start adds to the cost of moving it.

    Examples
    --------
    >>> extra_for_start_up(20.0), extra_for_start_up(150.0)
    (0.0, 2.0)
    """
    if seconds is None:
        return 0.0
    more = (seconds - ORDINARY_START_UP_S) / STARTUP_SECONDS_PER_MOVE
    return min(MOST_FOR_START_UP, max(0.0, more))


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


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.3g} min"
