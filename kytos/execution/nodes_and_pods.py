"""Steps on single nodes and pods: cordon, uncordon, nominate, follow, create."""

from __future__ import annotations

from kytos.execution.endings import DriftError
from kytos.execution.means import Means
from kytos.execution.moves import Stand, move_of
from kytos.execution.waiting import until
from kytos.kube.control_plane import GATE, names_of


def cordon(means: Means, key: str, node: str) -> None:
    """Close a node to new pods."""
    again = means.journal.was_begun(key) is not None
    live = means.expected.check_node(node, cordon_aside=again)
    cordoned = bool(live.get("spec", {}).get("unschedulable"))
    begun = means.journal.begun(key, action="cordon", node=node, ours=not cordoned)
    if not cordoned:
        means.plane.set_unschedulable(node, to=True)
    means.expected.set_unschedulable(node, to=True)
    if begun["ours"] and not means.dry:
        means.tally.cordoned[node] = None
    means.journal.done(key)


def uncordon(means: Means, key: str, node: str) -> None:
    """Open a node again, unless somebody else had closed it."""
    again = means.journal.was_begun(key) is not None
    means.expected.check_node(node, cordon_aside=again)
    means.journal.begun(key, action="uncordon", node=node)
    if not means.expected.was_cordoned(node):  # what others cordoned is theirs
        means.plane.set_unschedulable(node, to=False)
        means.expected.set_unschedulable(node, to=False)
    means.tally.cordoned.pop(node, None)
    means.journal.done(key)


def nominate(means: Means, key: str, pod: str) -> None:
    """Wait until what stands for a pod is nominated and let go."""
    if not means.steers or means.dry:
        means.journal.done(key, skipped=True)
        return

    def is_let_go(stands: tuple[Stand, ...]) -> bool:
        return all(
            stand.replacement is not None
            for stand in stands
            if stand.move.pod == pod and stand.move.to is not None
        )

    until(means, is_let_go, "nominated")
    means.journal.done(key)


def follow(means: Means, key: str, pod: str, to: str | None) -> None:
    """Follow a pod that waits for a node by itself."""
    live = means.plane.pod(pod)
    if live is None or to is None:
        means.note(f"pod {pod}, which waited when this was planned, is gone and not followed")
        means.journal.done(key)
        return
    begun = means.journal.begun(
        key, action="follow", pod=pod, to=to, controller="", uid=live["metadata"]["uid"]
    )
    means.moves.add(move_of(begun))
    means.journal.done(key)


def create(means: Means, key: str, pod: str, to: str | None) -> None:
    """Create a pod that was given, at the gate where it is to be steered."""
    if to is not None:
        means.expected.check_node(to)
    namespace, _ = names_of(pod)
    manifest = dict(means.how.manifests[pod])
    if means.steers and to is not None:
        spec = dict(manifest.get("spec") or {})
        spec["schedulingGates"] = [*(spec.get("schedulingGates") or ()), {"name": GATE}]
        manifest["spec"] = spec
    if means.journal.was_begun(key) is None:
        if means.plane.pod(pod) is not None:
            raise DriftError(f"pod {pod}, which is to be created, is there already")
        means.journal.begun(key, action="create", pod=pod)
    means.plane.create(f"/api/v1/namespaces/{namespace}/pods", manifest)
    if means.dry:
        return
    made = means.plane.pod(pod)
    if made is None:
        raise DriftError(f"pod {pod} was created and is gone")
    facts = {"pod": pod, "to": to, "uid": made["metadata"]["uid"]}
    means.moves.add(move_of(facts))
    means.journal.done(key, **facts)
