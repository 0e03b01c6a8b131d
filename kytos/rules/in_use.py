"""The limit of what pods use together: a node has room for it in each slot of time.

It acts only where use is levelled (`load_from: usage`): the cluster then has a `LoadProfile`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

import numpy as np

from kytos.cluster import LOAD_RESOURCES, Cluster, Pod
from kytos.language import said
from kytos.load_profile import LoadProfile
from kytos.problem import Bools, Floats, Ints
from kytos.rules.base import Rule
from kytos.rules.index import RuleIndex
from kytos.rules.wording import amount_written


def use_of_pods(
    profile: LoadProfile, pods: Sequence[Pod], otherwise: Floats
) -> tuple[Floats, Floats]:
    """``(pods, slots, 2)`` level and bound of each, `otherwise` where nothing is known.

    Parameters
    ----------
    otherwise
        ``(pods, 2)`` cpu and memory, canonical.
    """
    shape = len(pods), len(profile.slots), 2
    level, bound = np.empty(shape), np.empty(shape)
    for at, pod in enumerate(pods):
        level[at], bound[at] = profile.of(pod.id, pod.service)
        for column, resource in enumerate(LOAD_RESOURCES):
            if resource in pod.expected:
                level[at, :, column] = bound[at, :, column] = pod.expected[resource]
    requested = np.broadcast_to(otherwise[:, None, :], shape)
    return np.where(np.isnan(level), requested, level), np.where(np.isnan(bound), requested, bound)


def requested_of(pods: Sequence[Pod], *, held: bool) -> Floats:
    """``(pods, 2)`` cpu and memory that pods request, or hold where they run."""
    rows = [
        [(pod.footprint if held else pod.requests).get(name, 0) for name in LOAD_RESOURCES]
        for pod in pods
    ]
    return np.array(rows, dtype=float).reshape(-1, 2)


def load_elsewhere(cluster: Cluster) -> Floats:
    """``(nodes, 2)`` cpu and memory of what is not among the pods."""
    rows = [[node.current_load.get(name, 0) for name in LOAD_RESOURCES] for node in cluster.nodes]
    return np.array(rows, dtype=float).reshape(-1, 2)


def room_for_use(offered: Ints, max_used: float) -> Ints:
    """What `max_used` lets pods use of what nodes offer, rounded down."""
    share = Fraction(str(max_used))
    rows = [[floor(amount * share) for amount in row] for row in offered.tolist()]
    return np.array(rows, dtype=np.int64).reshape(offered.shape)


def slot_names(profile: LoadProfile) -> list[str]:
    """The slots' names, each once: a clock that went round names two alike."""
    slots = profile.slots
    return [
        name if slots.count(name) == 1 else f"{name} ({at + 1})" for at, name in enumerate(slots)
    ]


@dataclass(frozen=True)
class _Use:
    """``(pods, 2 slots)`` what is asked, and ``(nodes, 2 slots)`` what is left of the limit."""

    asked: Ints
    left: Ints


class InUse(Rule):
    """What the pods of a node use together stays within `max_used` in each slot of time."""

    name = "max_used"
    summary = "too much in use (max_used)"
    settled = False

    def key(self, index: RuleIndex, pod: int) -> Hashable:
        """What the pod uses, and where it gives that back."""
        if index.cluster.load_profile is None:
            return None
        return _use(index).asked[pod].tobytes(), int(index.home[pod])

    def refused(self, index: RuleIndex, pod: int) -> Bools:
        """``(nodes,)`` where some slot has no room."""
        asked = _use(index).asked[pod]
        left = _left(index, pod)
        return np.asarray(((asked > 0) & (asked > left)).any(axis=1))

    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Name the slot that is shortest, what is used in it and what is left."""
        profile = index.cluster.load_profile
        asked, left = _use(index).asked[pod], _left(index, pod)[node]
        if profile is None:
            return self.summary
        over = np.where(asked > 0, asked - left, np.iinfo(np.int64).min)
        offered = [
            max(1, index.nodes[node].allocatable.get(name, 0)) for name in LOAD_RESOURCES
        ] * len(profile.slots)
        worst = int(np.argmax(over / np.array(offered)))
        name, slot = LOAD_RESOURCES[worst % 2], slot_names(profile)[worst // 2]
        at = said(f" at {slot}") if slot else ""
        uses = amount_written(name, int(asked[worst]), up=True)
        limit = f"max_used {profile.max_used:.0%}"
        if left[worst] < 0:
            too_much = amount_written(name, -int(left[worst]), up=True)
            return said(
                f"{name} in use{at}: the pod uses {uses}, the others {too_much} above {limit}"
            )
        free = amount_written(name, int(left[worst]), up=False)
        return said(f"{name} in use{at}: the pod uses {uses}, {free} left below {limit}")

    def remedy(self, index: RuleIndex, pod: int, node: int) -> str | None:
        """Name the share that would let the pod in, where that is no more than the node has."""
        profile = index.cluster.load_profile
        if profile is None:
            return None
        asked, left = _use(index).asked[pod], _left(index, pod)[node]
        offered = [index.nodes[node].allocatable.get(name, 0) for name in LOAD_RESOURCES]
        needed = Fraction(0)
        for column in np.flatnonzero(asked > 0):
            whole = offered[column % 2]
            taken = floor(whole * Fraction(str(profile.max_used))) - int(left[column])
            if taken + int(asked[column]) > whole:
                return None
            needed = max(needed, Fraction(taken + int(asked[column]), whole))
        return said(f"ask for a max_used of at least {ceil(1000 * needed) / 1000:g}")


def _left(index: RuleIndex, pod: int) -> Ints:
    """``(nodes, 2 slots)`` what is left once the pod is taken off where it runs."""
    use, home = _use(index), int(index.home[pod])
    if home < 0:
        return use.left
    left = use.left.copy()
    left[home] += use.asked[pod]
    return left


def _use(index: RuleIndex) -> _Use:
    return index.once("in use", lambda: _count(index))


def _count(index: RuleIndex) -> _Use:
    cluster, profile = index.cluster, index.cluster.load_profile
    if profile is None:
        nothing = np.zeros((len(index.pods), 0), dtype=np.int64)
        return _Use(nothing, np.zeros((len(index.nodes), 0), dtype=np.int64))
    pods, slots = list(index.pods), len(profile.slots)
    _, bound = use_of_pods(profile, pods, requested_of(pods, held=True))
    asked = np.ceil(bound.reshape(len(pods), 2 * slots)).astype(np.int64)
    offered = [[node.allocatable.get(name, 0) for name in LOAD_RESOURCES] for node in index.nodes]
    room = room_for_use(np.array(offered, dtype=np.int64).reshape(-1, 2), profile.max_used)
    taken = np.tile(np.ceil(load_elsewhere(cluster)).astype(np.int64), slots)
    at_home = np.flatnonzero(index.home >= 0)
    np.add.at(taken, index.home[at_home], asked[at_home])
    return _Use(asked, np.tile(room, slots) - taken)
