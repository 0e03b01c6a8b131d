"""Many failures, one after another: which of them would lose pods."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field

from kytos.cluster import CPU, MEMORY, Cluster, Frozen
from kytos.optimize.building import build_problem
from kytos.optimize.failure import fail
from kytos.optimize.promise import place_quickly, promise
from kytos.problem import LoadMode
from kytos.solvers.base import Watch

EXACT_SECONDS = 0.5
"""For one failure, where fitting in by priority leaves pods out."""

Kind = Literal["node", "zone"]


class FailureReport(Frozen):
    """What one failure would do."""

    kind: Kind
    name: str
    """Of the node or the zone."""
    nodes: int
    """How many nodes fail."""
    checked: bool = True
    """False where the time was up, or nothing would survive it to check."""
    evacuated: int = 0
    unplaced: dict[int, int] = Field(default={})
    """Evacuated pods that get no node, by priority."""
    lost_pods: tuple[str, ...] = ()
    """Their ids."""
    not_recreated: int = 0
    """Pods without a controller, which Kubernetes would not create again."""
    proven: bool = True
    """Whether no plan places more, class by class."""
    cpu_peak: float = 0.0
    """Highest CPU utilisation of a survivor afterwards, as a share."""
    memory_peak: float = 0.0

    @property
    def survivable(self) -> bool:
        """Whether every evacuated pod gets a node."""
        return self.checked and not self.unplaced


def survey(
    cluster: Cluster,
    kind: Kind,
    failures: Sequence[tuple[str, Sequence[str]]],
    *,
    max_utilization: float,
    seconds: float,
    watch: Watch,
    stage: str,
) -> tuple[FailureReport, ...]:
    """Return what each failure, a name and its nodes, would do to the cluster as it stands.

    Survivors' pods stay. Failures that the time does not allow for are reported as not checked.
    """
    watch = replace(watch, deadline=min(watch.deadline, time.monotonic() + seconds))
    found = []
    for done, (name, nodes) in enumerate(failures):
        watch.report(stage, done / len(failures), None)
        if watch.reason is not None or len(nodes) == len(cluster.nodes):
            found.append(FailureReport(kind=kind, name=name, nodes=len(nodes), checked=False))
            continue
        found.append(_report(cluster, kind, name, nodes, max_utilization, watch))
    watch.report(stage, 1.0, None)
    return tuple(found)


def _report(
    cluster: Cluster,
    kind: Kind,
    name: str,
    nodes: Sequence[str],
    max_utilization: float,
    watch: Watch,
) -> FailureReport:
    failure = fail(cluster, nodes)
    evacuees = frozenset(failure.evacuees)
    problem = promise(
        build_problem(
            failure.survivors,
            [pod for pod in failure.survivors.pods if pod.id in evacuees],
            mode=LoadMode.SPREAD,
            max_utilization=max_utilization,
        )
    )
    placement, proven = place_quickly(problem, EXACT_SECONDS, watch)
    lost = np.flatnonzero(placement < 0)
    offered = np.maximum(problem.allocatable, 1)
    share = (problem.held(placement) / offered).max(axis=0)
    return FailureReport(
        kind=kind,
        name=name,
        nodes=len(nodes),
        evacuated=len(evacuees),
        unplaced=dict(sorted(Counter(problem.priority[lost].tolist()).items(), reverse=True)),
        lost_pods=tuple(problem.pods[pod] for pod in lost),
        not_recreated=sum("no controller" in why for why in failure.left_behind.values()),
        proven=proven,
        cpu_peak=float(share[problem.resources.index(CPU)]),
        memory_peak=float(share[problem.resources.index(MEMORY)]),
    )
