"""The rule about scheduling gates: a gated pod waits, and no scheduler looks at it."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from kytos.language import said
from kytos.problem import Bools
from kytos.rules.base import Rule
from kytos.rules.index import RuleIndex


class SchedulingGates(Rule):
    """No node for a pod that has gates left.

    Source: Kubernetes' SchedulingGates plugin, and
    https://kubernetes.io/docs/concepts/scheduling-eviction/pod-scheduling-readiness/.
    """

    name = "scheduling gates"
    summary = "scheduling gated"
    settled = True
    whole_pod = True

    def key(self, index: RuleIndex, pod: int) -> Hashable:
        """Gated pods are refused alike."""
        return bool(index.pods[pod].gates) or None

    def refused(self, index: RuleIndex, pod: int) -> Bools:
        """``(nodes,)`` all."""
        return np.ones(len(index.nodes), dtype=np.bool_)

    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Name the gates."""
        return said(f"it waits for its scheduling gates: {', '.join(index.pods[pod].gates)}")
