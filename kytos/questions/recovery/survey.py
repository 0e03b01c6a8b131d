"""Many failures, one after another: which of them would lose pods."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from kytos.cluster import CPU, MEMORY, Frozen
from kytos.contract.watch import Watch
from kytos.problem import Ints
from kytos.questions.parts.most_placed import place_exactly, place_quickly
from kytos.questions.recovery.compiled_cluster import CompiledCluster, Cut

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
    compiled: CompiledCluster,
    kind: Kind,
    failures: Sequence[tuple[str, Sequence[str]]],
    *,
    watch: Watch,
    stage: str,
) -> tuple[FailureReport, ...]:
    """Return what each failure, a name and its nodes, would do to the cluster as it stands.

    Survivors' pods stay. The failures with most to lose come first: where the watch does not allow
    for all, it is the others that are reported as not checked. What is left of it then goes into
    proving what was not proven at once.
    """
    index = compiled.cluster.node_index
    nodes = [[index[name] for name in names] for _, names in failures]
    reports = [
        FailureReport(kind=kind, name=name, nodes=len(names), checked=False)
        for name, names in failures
    ]
    possible = [at for at, gone in enumerate(nodes) if len(gone) < len(index)]
    order = sorted(possible, key=lambda at: -compiled.weight(nodes[at]))
    unproven: list[int] = []
    for done, at in enumerate(order):
        watch.report(stage, done / len(order), None)
        if watch.reason is not None:
            break
        cut = compiled.cut(nodes[at])
        placement, proven = place_quickly(cut.problem, watch)
        reports[at] = _report(reports[at], cut, placement, proven)
        if not proven:
            unproven.append(at)
    for at in unproven:
        if watch.reason is not None:
            break
        cut = compiled.cut(nodes[at])
        hint, _ = place_quickly(cut.problem, watch)
        most = place_exactly(cut.problem, EXACT_SECONDS, watch, hint)
        reports[at] = _report(reports[at], cut, most.placement, most.proven)
    watch.report(stage, 1.0, None)
    return tuple(reports)


def _report(started: FailureReport, cut: Cut, placement: Ints, proven: bool) -> FailureReport:
    problem = cut.problem
    lost = np.flatnonzero(placement < 0)
    share = (problem.held(placement) / np.maximum(problem.allocatable, 1)).max(axis=0)
    return FailureReport(
        kind=started.kind,
        name=started.name,
        nodes=started.nodes,
        evacuated=len(problem.pods),
        unplaced=dict(sorted(Counter(problem.priority[lost].tolist()).items(), reverse=True)),
        lost_pods=tuple(problem.pods[pod] for pod in lost),
        not_recreated=cut.not_recreated,
        proven=proven,
        cpu_peak=float(share[problem.resources.index(CPU)]),
        memory_peak=float(share[problem.resources.index(MEMORY)]),
    )
