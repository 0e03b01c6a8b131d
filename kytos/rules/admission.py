"""The rule about admission: a pod that its API server would not store runs nowhere."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from kytos.problem import Bools
from kytos.rules.base import Rule
from kytos.rules.index import RuleIndex


class Admitted(Rule):
    """No node for a pod that admission refuses (`kytos.cluster.Pod.refused`)."""

    name = "admission"
    summary = "refused by admission"
    settled = True
    whole_pod = True

    def key(self, index: RuleIndex, pod: int) -> Hashable:
        """Refused pods are refused alike."""
        return (bool(index.pods[pod].refused) and index.home[pod] < 0) or None

    def refused(self, index: RuleIndex, pod: int) -> Bools:
        """``(nodes,)`` all."""
        return np.ones(len(index.nodes), dtype=np.bool_)

    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Say who refuses it."""
        return index.pods[pod].refused
