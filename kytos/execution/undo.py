"""What undoes an execution: gates removed after a crash, and cordons taken back by its journal."""

from __future__ import annotations

from kytos.cluster import Frozen
from kytos.errors import InputError
from kytos.execution.gates import sweep
from kytos.execution.journal import Facts, Journal
from kytos.execution.replicas import Scaled
from kytos.kube.api import ConflictError, RefusedError
from kytos.kube.control_plane import ControlPlane
from kytos.kube.steering import Steering


class Released(Frozen):
    """What a release did."""

    let_go: int
    """Pods that our gate held."""
    steered: bool
    """Whether a policy was there to be told to gate nobody."""
    removed: bool
    """Whether the policy is gone too."""


class RolledBack(Frozen):
    """What a rollback did."""

    uncordoned: tuple[str, ...]
    scaled_back: tuple[str, ...]
    let_go: int


def release(plane: ControlPlane, steering: Steering, *, remove: bool = False) -> Released:
    """Let every gated pod go and gate none any more, whoever was killed before it could.

    Nothing else is undone: no node is uncordoned, no pod moved back.

    Parameters
    ----------
    remove
        Remove the policy too. An API server may then go on seeing an old ConfigMap once it is
        installed again, until it restarts (seen with 1.36.2).

    Raises
    ------
    RefusedError, UnreachableError
        As the server answers, or does not.
    """
    steered = steering.release()
    freed = sweep(plane, plane.server.pause)
    if remove:
        steering.remove()
    return Released(let_go=freed, steered=steered, removed=remove)


def roll_back(journal: Journal, plane: ControlPlane, steering: Steering) -> RolledBack:
    """Take back what a journal tells of that can be: cordons of ours, half a surge, gates.

    Pods that moved stay where they are.

    Raises
    ------
    InputError
        When the journal is empty.
    RefusedError, UnreachableError
        As the server answers, or does not.
    """
    if journal.header is None:
        raise InputError("it tells of nothing that could be taken back", str(journal.path))
    ours: dict[str, None] = {}
    for facts in journal.all_begun:
        if facts.get("action") == "cordon" and facts.get("ours"):
            ours[str(facts["node"])] = None
        elif facts.get("action") == "uncordon" and journal.was_done(str(facts["step"])):
            ours.pop(str(facts["node"]), None)
    uncordoned = []
    for name in ours:
        node = plane.node(name)
        if node is not None and node.get("spec", {}).get("unschedulable"):
            plane.set_unschedulable(name, to=False)
            uncordoned.append(name)
    scaled = [back for facts in journal.all_begun if (back := _scaled_back(facts, plane))]
    steers = journal.header.get("way") == "steer"
    freed = release(plane, steering).let_go if steers else 0
    if not plane.server.dry_run:
        journal.roll_back()
    return RolledBack(uncordoned=tuple(uncordoned), scaled_back=tuple(scaled), let_go=freed)


def _scaled_back(facts: Facts, plane: ControlPlane) -> str | None:
    """Take one replica more back unless one less was set since."""
    if facts.get("action") != "scale" or not facts.get("surge"):
        return None
    owner = Scaled(*facts["owner"])
    scale = plane.scale(owner.kind, owner.namespace, owner.name)
    if scale is None or scale.get("spec", {}).get("replicas") != facts["after"]:
        return None
    try:
        plane.set_scale(owner.kind, owner.namespace, owner.name, scale, int(facts["before"]))
    except (ConflictError, RefusedError):
        return None
    return str(owner)
