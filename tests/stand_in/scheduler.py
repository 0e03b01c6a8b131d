"""A scheduler of the stand-in's own: the referee's filters and two documented scores.

It shares no line with Kytos' model. Scores are NodeResourcesFit's LeastAllocated and
NodeResourcesBalancedAllocation, less three times a share for PreferNoSchedule taints
(https://kubernetes.io/docs/reference/scheduling/config/); ties go by a seed.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from random import Random
from typing import Any

from tests.rules.referee import Referee, _amounts, _requests, _rounded

Object = dict[str, Any]


class Scheduler:
    def __init__(self, seed: int = 0) -> None:
        self._random = Random(seed)

    def choose(self, pod: Object, objects: Iterable[Object]) -> str | None:
        """The node a pod is bound to now, or None."""
        rank = _priority(pod)
        seen = []
        for one in objects:
            if one["kind"] == "Pod" and one is not pod and not one["spec"].get("nodeName"):
                nominated = one.get("status", {}).get("nominatedNodeName")
                if nominated and _priority(one) >= rank:
                    # Room that is reserved for others counts as taken.
                    one = one | {"spec": one["spec"] | {"nodeName": nominated}}
            seen.append(one)
        referee = Referee(seen)
        first = pod.get("status", {}).get("nominatedNodeName")
        if first in referee.nodes and first in referee.feasible(pod):
            return first
        fits = sorted(referee.feasible(pod))
        if not fits:
            return None
        scores = {name: _score(referee, pod, name) for name in fits}
        best = max(scores.values())
        return self._random.choice([name for name in fits if scores[name] == best])


def _score(referee: Referee, pod: Object, name: str) -> Fraction:
    node = referee.nodes[name]
    offered = _rounded(_amounts(node["status"].get("allocatable")))
    asked = _rounded(_requests(pod, with_status=False))
    shares = []
    for resource in ("cpu", "memory"):
        held = sum(one.get(resource, 0) for one in referee.held[name]) + asked.get(resource, 0)
        shares.append(min(Fraction(held) / max(1, offered.get(resource, 1)), Fraction(1)))
    free = sum(1 - share for share in shares) / len(shares)
    balanced = 1 - abs(shares[0] - shares[1]) / 2
    disliked = sum(one["effect"] == "PreferNoSchedule" for one in node["spec"].get("taints", []))
    return int(100 * free) + int(100 * balanced) - 300 * Fraction(min(disliked, 1))


def _priority(pod: Object) -> int:
    return int(pod["spec"].get("priority") or 0)
