"""Which replicas go when a service has too many: as its controller would choose.

A ReplicaSet removes in this order: not bound to a node first, then pending, then not ready, then
the lowest ``pod-deletion-cost``, then from the node with most replicas of it. What the cluster
does not tell (time since ready, restarts, age) is settled by id. A StatefulSet removes the highest
ordinal. Source: ``ActivePodsWithRanks`` in Kubernetes' ``pkg/controller/controller_utils.go`` and
https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from kytos.cluster import Phase, Pod
from kytos.questions.parts.move_cost import deletion_cost

_ORDINAL = re.compile(r"-(\d+)$")
_PHASES = {Phase.PENDING: 0, Phase.UNKNOWN: 1, Phase.RUNNING: 2}


def removed_first(replicas: Sequence[Pod]) -> list[Pod]:
    """Return the replicas of one service in the order in which they would be removed."""
    ordinals = [_ordinal(pod) for pod in replicas]
    if all(ordinal is not None for ordinal in ordinals) and _stateful(replicas):
        return sorted(replicas, key=lambda pod: -(_ordinal(pod) or 0))
    crowd = Counter(pod.node for pod in replicas)
    return sorted(
        replicas,
        key=lambda pod: (
            pod.node is not None,
            _PHASES.get(pod.phase, 0),
            pod.ready,
            deletion_cost(pod),
            -crowd[pod.node],
            pod.id,
        ),
    )


def _stateful(replicas: Sequence[Pod]) -> bool:
    return all(pod.owner is not None and pod.owner.kind == "StatefulSet" for pod in replicas)


def _ordinal(pod: Pod) -> int | None:
    ordinal = _ORDINAL.search(pod.name)
    return int(ordinal.group(1)) if ordinal else None
