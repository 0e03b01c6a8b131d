"""Pods on their way: which new pod stands for which evicted one, and where it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kytos.kube.api import Object
from kytos.kube.control_plane import ControlPlane, controller_uid, is_gated, names_of


@dataclass(frozen=True)
class Move:
    """A pod that is to land.

    Attributes
    ----------
    pod
        Its id in the plan.
    to
        Where the plan has it; None where there is no room for it.
    controller
        Uid of what starts its replacement; empty where the pod itself is followed.
    uid
        Of the evicted pod, or of the one that is followed.
    known
        Uids of the controller's pods before the first of them was evicted: none of these is a
        replacement.
    leaves
        Whether an old pod has to be gone before this is over.
    """

    pod: str
    to: str | None
    controller: str
    uid: str
    known: frozenset[str] = field(default=frozenset(), repr=False)
    leaves: bool = True

    @property
    def namespace(self) -> str:
        """Where its replacement comes."""
        return names_of(self.pod)[0]


@dataclass(frozen=True)
class Stand:
    """How far a move is.

    Attributes
    ----------
    replacement
        The pod that stands for it; None where there is none yet.
    left
        Whether the old pod is gone.
    """

    move: Move
    replacement: Object | None
    left: bool

    @property
    def node(self) -> str | None:
        """Where the replacement is bound."""
        return None if self.replacement is None else node_of(self.replacement)

    @property
    def over(self) -> bool:
        """Whether nothing is left to wait for."""
        if not self.left:
            return False
        return self.move.to is None or (self.replacement is not None and is_ready(self.replacement))


class Moves:
    """Moves of one wave; replicas of one controller stand for each other."""

    def __init__(self, plane: ControlPlane) -> None:
        """Nothing is on its way."""
        self._plane = plane
        self._open: list[Move] = []

    def __bool__(self) -> bool:
        """Whether anything is on its way."""
        return bool(self._open)

    def __iter__(self) -> Iterator[Move]:
        """Go through those that are on their way."""
        return iter(self._open)

    def add(self, move: Move) -> None:
        """Follow one more."""
        self._open.append(move)

    def clear(self) -> None:
        """Follow none any more."""
        self._open.clear()

    def follows(self, controller: str) -> bool:
        """Whether a pod of that controller is on its way."""
        return any(move.controller == controller for move in self._open)

    def look(self) -> tuple[tuple[Stand, ...], tuple[Object, ...]]:
        """Return how far each move is, and pods that our gate holds and no move waits for."""
        namespaces = sorted({move.namespace for move in self._open})
        pods = {name: self._plane.pods(name) for name in namespaces}
        stands: list[Stand] = []
        surplus: list[Object] = []
        for (namespace, controller), moves in self._by_controller().items():
            there = pods[namespace]
            uids = {_uid(pod) for pod in there}
            if not controller:
                by_uid = {_uid(pod): pod for pod in there}
                stands += [Stand(move, by_uid.get(move.uid), left=True) for move in moves]
                continue
            known = moves[0].known
            new = [
                pod
                for pod in there
                if controller_uid(pod) == controller and _uid(pod) not in known and _counts(pod)
            ]
            matched = matching(moves, new)
            taken = {_uid(pod) for pod in matched.values()}
            for number, move in enumerate(moves):
                left = not move.leaves or move.uid not in uids
                stands.append(Stand(move, matched.get(number), left=left))
            surplus += [pod for pod in new if _uid(pod) not in taken and is_gated(pod)]
        return tuple(stands), tuple(surplus)

    def _by_controller(self) -> Mapping[tuple[str, str], list[Move]]:
        groups: dict[tuple[str, str], list[Move]] = {}
        for move in self._open:
            groups.setdefault((move.namespace, move.controller), []).append(move)
        return groups


def move_of(facts: Mapping[str, Any]) -> Move:
    """Return a move as a journal tells of it."""
    return Move(
        pod=str(facts["pod"]),
        to=facts.get("to"),
        controller=str(facts.get("controller") or ""),
        uid=str(facts.get("uid") or ""),
        known=frozenset(facts.get("known") or ()),
        leaves=bool(facts.get("leaves", True)),
    )


def matching(moves: Sequence[Move], new: Sequence[Object]) -> dict[int, Object]:
    """Return which new pod stands for which move, by position; as many as planned first.

    Those that are bound or nominated where a move has its pod stand for it. Gated ones are free
    for what is left, then those that landed elsewhere, then those that wait.
    """
    left = {number: move for number, move in enumerate(moves) if move.to is not None}
    matched: dict[int, Object] = {}
    rest: list[Object] = []
    for pod in sorted(new, key=lambda pod: (node_of(pod) is None, *_age(pod))):
        place = node_of(pod) or nominated_of(pod)
        number = next((one for one, move in left.items() if move.to == place), None)
        if place is None or number is None:
            rest.append(pod)
        else:
            matched[number] = pod
            del left[number]
    rest.sort(key=lambda pod: (not is_gated(pod), node_of(pod) is None, *_age(pod)))
    matched.update(zip(list(left), rest, strict=False))
    return matched


def node_of(pod: Object) -> str | None:
    """The node a pod is bound to."""
    return pod.get("spec", {}).get("nodeName") or None


def nominated_of(pod: Object) -> str | None:
    """The node a pod is nominated to."""
    return pod.get("status", {}).get("nominatedNodeName") or None


def is_ready(pod: Object) -> bool:
    """Whether a pod is bound and ready, or ran to its end already."""
    status = pod.get("status", {})
    if status.get("phase") == "Succeeded":
        return True
    ready = any(
        one.get("type") == "Ready" and one.get("status") == "True"
        for one in status.get("conditions") or ()
    )
    return ready and node_of(pod) is not None


def why_not_ready(stand: Stand) -> str:
    """Say what a move waits for, in a clause."""
    pod = stand.replacement
    if not stand.left:
        return "the old pod is not gone"
    if pod is None:
        return "no replacement was created"
    name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
    if node_of(pod) is not None:
        return f"its replacement {name} is not ready on node {node_of(pod)}"
    said = next(_messages(pod), "")
    return f"its replacement {name} waits for a node" + (f" ({said})" if said else "")


def _messages(pod: Object) -> Iterator[str]:
    for one in pod.get("status", {}).get("conditions") or ():
        if one.get("type") == "PodScheduled" and one.get("message"):
            yield str(one["message"])[:300]


def _counts(pod: Object) -> bool:
    """Whether a pod is one of those its controller wants."""
    over = pod.get("status", {}).get("phase") == "Failed"
    return not over and not pod["metadata"].get("deletionTimestamp")


def _age(pod: Object) -> tuple[str, str]:
    metadata = pod["metadata"]
    return str(metadata.get("creationTimestamp") or ""), str(metadata["name"])


def _uid(pod: Object) -> Any:
    return pod["metadata"]["uid"]
