"""Pods that share a volume one node at a time can attach: they run on one node, and move together.

The scheduler does not filter by it (``ReadWriteOnce`` is no rule of its own), but the volume of a
pod that was bound elsewhere stays attached where the others are, and the pod waits for it for ever.
See https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from kytos.pairs import MaskBuilder
from kytos.pod_sets import PodSet
from kytos.problem import Bools, Presence
from kytos.rules.index import RuleIndex
from kytos.rules.tallies import TallyBook, each_node

ONE_NODE = {"ReadWriteOnce"}


def shared_claims(
    index: RuleIndex, book: TallyBook, positions: Sequence[int], allowed: MaskBuilder
) -> Iterator[Presence]:
    """One presence per such claim of several pods; `allowed` learns where pods that stay hold one.

    Users on several nodes show that the volume needs no attaching (a network file system, say):
    nothing is asked of them.
    """
    decided = np.zeros(len(index.pods), dtype=np.bool_)
    decided[list(positions)] = True
    nodes = each_node(index)
    for claim, users in _users(index, decided).items():
        homes = {int(index.home[pod]) for pod in users if index.home[pod] >= 0}
        if len(users) < 2 or len(homes) > 1:
            continue
        tally = book.tally(nodes, PodSet(np.array(users), len(index.pods)))
        if tally.fixed.any():
            allowed.forbid(tally.members.positions, tally.fixed == 0)
        elif tally.members.sum() > 1:
            at = book.keep(tally)
            yield Presence(at, at, rule=f"shared volume claim: {claim}", alone=tally.members)


def _users(index: RuleIndex, decided: Bools) -> dict[str, list[int]]:
    """By claim that one node at a time can attach, the pods that run with it or are to."""
    users: dict[str, list[int]] = {}
    for position, pod in enumerate(index.pods):
        if not pod.claims or (index.home[position] < 0 and not decided[position]):
            continue
        for name in dict.fromkeys(pod.claims):
            claim = index.claims.get((pod.namespace, name))
            if claim is not None and set(claim.access_modes) == ONE_NODE:
                users.setdefault(f"{pod.namespace}/{name}", []).append(position)
    return users
