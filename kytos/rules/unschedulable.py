"""Rules about nodes that take no new pods: cordoned, or refusing them altogether."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from kytos.cluster import Effect, Taint
from kytos.language import said
from kytos.problem import Bools
from kytos.rules.base import Rule
from kytos.rules.index import RuleIndex
from kytos.rules.taints import tolerates

CORDON = Taint(key="node.kubernetes.io/unschedulable", effect=Effect.NO_SCHEDULE)


class Unschedulable(Rule):
    """A cordoned node admits only pods that tolerate the cordon's taint.

    Source: Kubernetes' NodeUnschedulable plugin.
    """

    name = "unschedulable"
    summary = "unschedulable"
    settled = True

    def key(self, index: RuleIndex, pod: int) -> Hashable:
        """All pods that do not tolerate the cordon are refused alike."""
        return None if tolerates(index.pods[pod].tolerations, CORDON) else True

    def refused(self, index: RuleIndex, pod: int) -> Bools:
        """``(nodes,)`` the cordoned ones."""
        return np.array([node.unschedulable for node in index.nodes], dtype=np.bool_)

    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Name the cordon."""
        return said("cordoned (unschedulable), which the pod does not tolerate")

    def remedy(self, index: RuleIndex, pod: int, node: int) -> str:
        """Uncordon."""
        return said(f"uncordon {index.nodes[node].name}")


class AcceptsPods(Rule):
    """A node that refuses every new pod, whatever it tolerates (request body: ``ready: false``)."""

    name = "not accepting pods"
    summary = "not accepting pods"
    settled = True

    def key(self, index: RuleIndex, pod: int) -> Hashable:
        """All pods are refused alike."""
        return True

    def refused(self, index: RuleIndex, pod: int) -> Bools:
        """``(nodes,)`` those that accept none."""
        return np.array([not node.accepts_pods for node in index.nodes], dtype=np.bool_)

    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Say that it takes none."""
        return said("the node is marked as accepting no pods")

    def remedy(self, index: RuleIndex, pod: int, node: int) -> str:
        """Let it accept pods."""
        return said(f"let {index.nodes[node].name} accept pods")
