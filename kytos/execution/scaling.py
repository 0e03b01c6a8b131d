"""Replicas as steps: one more, one less, and the two together as a surge."""

from __future__ import annotations

from collections.abc import Callable

from kytos.contract.runbook import RunbookStep
from kytos.execution.means import Means
from kytos.execution.moves import move_of
from kytos.execution.replicas import Scaled
from kytos.execution.waiting import over, wait
from kytos.kube.api import Object
from kytos.kube.control_plane import controller_uid, names_of

SURGED = ("Deployment", "ReplicaSet")
"""Owners whose replicas are alike and may be one more for a while."""


def scale_out(means: Means, key: str, pod: str, to: str) -> None:
    """Give the owner of a pod one replica more, and follow the new one."""
    owner = means.replicas.owner_of(pod)
    means.expected.check_node(to)
    begun = means.journal.was_begun(key)
    if begun is None:
        controller = means.replicas.controller(owner)
        if means.steers:
            means.gates.watch_over(controller, f"{owner.namespace}.{owner.name}")
        count = means.replicas.count(owner)
        begun = means.journal.begun(
            key,
            action="scale",
            pod=pod,
            to=to,
            controller=controller,
            uid="",
            known=known(means, owner.namespace, controller),
            leaves=False,
            before=count,
            after=count + 1,
            owner=[owner.kind, owner.namespace, owner.name],
            surge=runs(means, pod),
        )
    elif means.steers:
        means.gates.watch_over(str(begun["controller"]), pod)
    means.replicas.set(owner, begun["before"], begun["after"])
    means.moves.add(move_of(begun))
    means.journal.done(key)


def scale_in(means: Means, key: str, pod: str, node: str | None) -> None:
    """Give the owner of a pod one replica less: this one, where its controller lets us choose."""
    owner = means.replicas.owner_of(pod)
    begun = means.journal.was_begun(key)
    if begun is None:
        live = means.expected.check_pod(pod, node)
        count = means.replicas.count(owner)
        begun = means.journal.begun(
            key,
            action="scale",
            pod=pod,
            to=None,
            controller=controller_uid(live) or "",
            uid=goes_by_order(means, owner, count) or live["metadata"]["uid"],
            before=count,
            after=count - 1,
        )
    now = means.plane.pod(pod)
    if now is not None and now["metadata"]["uid"] == begun["uid"]:
        means.plane.first_to_go(now)
    means.replicas.set(owner, begun["before"], begun["after"])
    means.moves.add(move_of(begun))
    means.journal.done(key)


def goes_by_order(means: Means, owner: Scaled, count: int) -> str | None:
    """The uid of the pod a StatefulSet removes, which is always its last."""
    if owner.kind != "StatefulSet":
        return None
    last = means.plane.pod(f"{owner.namespace}/{owner.name}-{count - 1}")
    return None if last is None else str(last["metadata"]["uid"])


def runs(means: Means, pod: str) -> bool:
    """Whether a pod ran already when this was planned: one more of it is a surge."""
    seen = means.runbook.seen.pods.get(pod)
    return seen is not None and seen.node is not None


def by_surge(means: Means, pod: str) -> bool:
    """Whether a pod is its owner's only replica, and one more could stand in for it."""
    seen = means.runbook.seen.pods.get(pod)
    if seen is None or seen.owner_kind not in ("Deployment", "ReplicaSet"):
        return False
    scale = means.plane.scale(seen.owner_kind, names_of(pod)[0], seen.owner)
    return scale is not None and scale.get("spec", {}).get("replicas") == 1


def surge(means: Means, key: str, step: RunbookStep, live: Object | None) -> None:
    """Start one replica more, wait for it, and let the old one go."""
    pod, to = step.pod or "", step.to or ""
    if live is not None:
        means.journal.begun(key, action="surge", pod=pod)
    if means.moves:  # of the same wave: their replacements come first
        wait(means, f"{key}.0")
    before = len(means.tally.landings)
    parts: tuple[tuple[str, Callable[[str], None]], ...] = (
        ("1", lambda part: scale_out(means, part, pod, to)),
        ("2", lambda part: wait(means, part)),
        ("3", lambda part: scale_in(means, part, pod, step.node)),
        ("4", lambda part: wait(means, part)),
    )
    for number, act in parts:
        part = f"{key}.{number}"
        done = means.journal.was_done(part)
        if done is None:
            act(part)
        elif number in ("2", "4"):
            over(means, done.get("landings") or {})
        else:
            means.moves.add(move_of(means.journal.was_begun(part) or {}))
    landed = [landing.model_dump() for landing in means.tally.landings[before:]]
    means.journal.done(key, over=landed)


def known(means: Means, namespace: str, controller: str) -> list[str]:
    """Uids of a controller's pods; empty once one of them is on its way and these are noted."""
    if not controller or means.moves.follows(controller):
        return []
    pods = means.plane.pods(namespace)
    return [pod["metadata"]["uid"] for pod in pods if controller_uid(pod) == controller]
