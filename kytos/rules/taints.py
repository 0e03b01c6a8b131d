"""The rule about taints: a pod runs only where it tolerates those that refuse pods."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable

import numpy as np

from kytos.cluster import Effect, Taint, Toleration
from kytos.language import said
from kytos.problem import Bools
from kytos.rules.base import Rule
from kytos.rules.index import RuleIndex
from kytos.rules.labels import parse_int64

REFUSING = (Effect.NO_SCHEDULE, Effect.NO_EXECUTE)
_DECIMAL = re.compile(r"0|-?[1-9][0-9]*", re.ASCII)


def tolerates(tolerations: Iterable[Toleration], taint: Taint) -> bool:
    """Whether any toleration matches the taint.

    Source: ``Toleration.ToleratesTaint`` of Kubernetes' core/v1 API. Lt and Gt compare decimal
    integers, the taint's with the toleration's; anything else than integers does not match.
    """
    return any(_matches(toleration, taint) for toleration in tolerations)


def untolerated(tolerations: Iterable[Toleration], taints: Iterable[Taint]) -> list[Taint]:
    """The taints that keep a pod with these tolerations away."""
    held = tuple(tolerations)
    return [taint for taint in taints if taint.effect in REFUSING and not tolerates(held, taint)]


def tolerated_nodes(index: RuleIndex, tolerations: tuple[Toleration, ...]) -> Bools:
    """``(nodes,)`` where no taint keeps a pod with these tolerations away."""

    def find() -> Bools:
        # Nodes share few sets of taints: each set is judged once.
        verdict = {
            taints: not untolerated(tolerations, taints)
            for taints in {node.taints for node in index.nodes}
        }
        return np.array([verdict[node.taints] for node in index.nodes], dtype=np.bool_)

    return index.once(("tolerated nodes", tolerations), find)


class Taints(Rule):
    """A taint of effect NoSchedule or NoExecute refuses pods that do not tolerate it.

    Source: Kubernetes' TaintToleration plugin.
    """

    name = "taint"
    summary = "untolerated taint"
    settled = True

    def key(self, index: RuleIndex, pod: int) -> Hashable:
        """The tolerations decide."""
        return index.pods[pod].tolerations

    def refused(self, index: RuleIndex, pod: int) -> Bools:
        """``(nodes,)`` those with a taint that is not tolerated."""
        return ~tolerated_nodes(index, index.pods[pod].tolerations)

    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Name the taints."""
        against = untolerated(index.pods[pod].tolerations, index.nodes[node].taints)
        names = ", ".join(_written(taint) for taint in against)
        return (
            said(f"taint {names} is not tolerated")
            if len(against) == 1
            else said(f"taints {names} are not tolerated")
        )

    def remedy(self, index: RuleIndex, pod: int, node: int) -> str:
        """Tolerate what is not."""
        against = untolerated(index.pods[pod].tolerations, index.nodes[node].taints)
        return "tolerate " + ", ".join(_written(taint) for taint in against)


def _matches(toleration: Toleration, taint: Taint) -> bool:
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.key and toleration.key != taint.key:
        return False
    match toleration.operator:
        case "" | "Equal":
            return toleration.value == taint.value
        case "Exists":
            return True
        case "Lt" | "Gt":
            offered, bound = _integer(taint.value), _integer(toleration.value)
            if offered is None or bound is None:
                return False
            return offered < bound if toleration.operator == "Lt" else offered > bound
    return False


def _integer(text: str) -> int | None:
    """A decimal integer without leading zeros, as the API server would accept it."""
    return parse_int64(text) if _DECIMAL.fullmatch(text) else None


def _written(taint: Taint) -> str:
    value = f"={taint.value}" if taint.value else ""
    return f"{taint.key}{value}:{taint.effect.value}"
