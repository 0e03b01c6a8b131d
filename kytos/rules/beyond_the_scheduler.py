"""What a plan keeps to though the scheduler does not ask: it would bind, and nothing would run.

These rules hold wherever Kytos chooses a node. `kytos.rules.why_not` says what the scheduler says,
and tells of these apart.
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from kytos.cluster import BETA_OS, DEFAULT_SCHEDULER, OS
from kytos.language import said
from kytos.problem import Bools
from kytos.rules.base import Rule
from kytos.rules.in_use import InUse
from kytos.rules.index import RuleIndex
from kytos.rules.labels import ABSENT


class OtherScheduler(Rule):
    """A pod of another scheduler is that one's to place."""

    name = "another scheduler"
    summary = "another scheduler's pod"
    settled = True
    whole_pod = True

    def key(self, index: RuleIndex, pod: int) -> Hashable:
        """All such pods are refused alike."""
        return (index.pods[pod].scheduler != DEFAULT_SCHEDULER) or None

    def refused(self, index: RuleIndex, pod: int) -> Bools:
        """``(nodes,)`` all."""
        return np.ones(len(index.nodes), dtype=np.bool_)

    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Name the scheduler."""
        return said(f"scheduler {index.pods[pod].scheduler} places it, whose rules are not known")


class NotReady(Rule):
    """A node whose Ready condition is not True gets nothing new.

    Its taint says so too, but comes later, and not in every dump.
    """

    name = "not ready"
    summary = "node not ready"
    settled = True

    def key(self, index: RuleIndex, pod: int) -> Hashable:
        """All pods are refused alike."""
        return True

    def refused(self, index: RuleIndex, pod: int) -> Bools:
        """``(nodes,)`` those that are not ready."""
        return np.array([not node.ready for node in index.nodes], dtype=np.bool_)

    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Say so."""
        return said("the node is not ready")


class OperatingSystem(Rule):
    """A pod goes to nodes of the operating system it names, or runs on.

    The scheduler binds it anywhere; the kubelet of another system refuses to run it. A node
    without the label may be of any.

    Source: https://kubernetes.io/docs/concepts/workloads/pods/#pod-os.
    """

    name = "operating system"
    summary = "another operating system"
    settled = True

    def key(self, index: RuleIndex, pod: int) -> Hashable:
        """The system."""
        return _system_of(index, pod) or None

    def refused(self, index: RuleIndex, pod: int) -> Bools:
        """``(nodes,)`` those labelled with another system."""
        stable, beta = index.node_labels.column(OS), index.node_labels.column(BETA_OS)
        wanted = [_system_of(index, pod)]
        other = (stable.codes != ABSENT) & ~stable.among(wanted)
        return np.asarray(
            other | ((stable.codes == ABSENT) & (beta.codes != ABSENT) & ~beta.among(wanted))
        )

    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Name both."""
        labels = index.nodes[node].labels
        runs = labels.get(OS, labels.get(BETA_OS))
        return said(f"the pod is for {_system_of(index, pod)}, the node runs {runs}")


def _system_of(index: RuleIndex, pod: int) -> str:
    """What the pod names, else what the node it runs on is: its images run there."""
    subject, home = index.pods[pod], int(index.home[pod])
    if subject.os or home < 0:
        return subject.os
    labels = index.nodes[home].labels
    return labels.get(OS, labels.get(BETA_OS, ""))


BEYOND: tuple[Rule, ...] = (OtherScheduler(), NotReady(), OperatingSystem(), InUse())
