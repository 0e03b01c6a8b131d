"""What a rule is: which nodes it refuses a pod, and how it says so."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from kytos.problem import Bools
from kytos.rules.index import RuleIndex


@dataclass(frozen=True)
class Verdict:
    """A refusal: `rule` keeps the pod off `node` for `reason`."""

    rule: str
    node: str
    reason: str

    def __str__(self) -> str:
        """As a sentence about the node."""
        return f"{self.node}: {self.reason}"


class Rule(ABC):
    """One filter of the scheduler, without state.

    Pods and nodes are positions in the index. A bound pod is judged as if it had been taken off
    its node first.
    """

    name: ClassVar[str]
    """As verdicts name it."""
    summary: ClassVar[str]
    """As the summary over nodes names it: "8 untolerated taint"."""
    settled: ClassVar[bool]
    """Whether pod and node alone decide; False where it depends on where other pods are."""
    whole_pod: ClassVar[bool] = False
    """Whether it is about the pod alone, so that its reason says more than a count of nodes."""

    @abstractmethod
    def key(self, index: RuleIndex, pod: int) -> Hashable:
        """Return what the answer depends on; pods with equal keys are refused the same nodes.

        None says that the rule has nothing to say to this pod.
        """

    @abstractmethod
    def refused(self, index: RuleIndex, pod: int) -> Bools:
        """``(nodes,)`` where the pod may not run."""

    @abstractmethod
    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Say in a sentence why a refused pair is refused."""

    def remedy(self, index: RuleIndex, pod: int, node: int) -> str | None:
        """Say the smallest change that lifts the refusal; None where there is no single one."""
        return None


def none_refused(index: RuleIndex) -> Bools:
    """``(nodes,)`` all False."""
    return np.zeros(len(index.nodes), dtype=np.bool_)
