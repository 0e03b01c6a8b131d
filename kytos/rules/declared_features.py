"""The rule about declared features: a node must declare every feature a pod cannot run without."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from kytos.language import said
from kytos.problem import Bools
from kytos.rules.base import Rule
from kytos.rules.index import RuleIndex


class DeclaredFeatures(Rule):
    """Source: Kubernetes' NodeDeclaredFeatures plugin (``status.declaredFeatures``)."""

    name = "declared features"
    summary = "features not declared"
    settled = True

    def key(self, index: RuleIndex, pod: int) -> Hashable:
        """The features the pod requires."""
        return index.pods[pod].required_features or None

    def refused(self, index: RuleIndex, pod: int) -> Bools:
        """``(nodes,)`` those that do not declare them all."""
        required = index.pods[pod].required_features
        return np.array(
            [not required <= node.declared_features for node in index.nodes], dtype=np.bool_
        )

    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Name the features."""
        missing = index.pods[pod].required_features - index.nodes[node].declared_features
        return said(f"the node does not declare {', '.join(sorted(missing))}")
