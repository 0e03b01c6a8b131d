"""Replicas set through the scale subresource, unless an autoscaler sets them."""

from __future__ import annotations

from dataclasses import dataclass

from kytos.contract.runbook import Seen
from kytos.execution.endings import DriftError, NotAllowedError
from kytos.kube.api import ConflictError, Object, RefusedError
from kytos.kube.control_plane import SCALABLE, ControlPlane, controller_uid, names_of

_TRIES = 5
"""Against others who change the same owner."""

REVISION = "deployment.kubernetes.io/revision"


@dataclass(frozen=True)
class Scaled:
    """What has replicas that can be set."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """As messages name it."""
        return f"{self.kind} {self.namespace}/{self.name}"


class Replicas:
    """Sets replica counts."""

    def __init__(self, plane: ControlPlane, seen: Seen) -> None:
        """Nothing is asked yet."""
        self._plane, self._seen = plane, seen

    def owner_of(self, pod: str) -> Scaled:
        """Return what is scaled for a pod of the plan.

        Raises
        ------
        NotAllowedError
            When that has no replicas, or an autoscaler sets them.
        """
        seen = self._seen.pods.get(pod)
        if seen is None or seen.owner_kind not in SCALABLE:
            kind = seen.owner_kind if seen and seen.owner_kind else "no controller"
            raise NotAllowedError(
                f"pod {pod} belongs to {kind}, which has no scale subresource that is known here; "
                "scale it yourself"
            )
        owner = Scaled(seen.owner_kind, names_of(pod)[0], seen.owner)
        try:
            autoscaler = self._plane.autoscaler_of(owner.kind, owner.namespace, owner.name)
        except RefusedError as refusal:
            if refusal.status == 404:  # no such API: nobody scales by itself
                return owner
            raise NotAllowedError(
                f"whether a HorizontalPodAutoscaler owns {owner} cannot be seen: {refusal.said}"
            ) from refusal
        if autoscaler is not None:
            raise NotAllowedError(
                f"HorizontalPodAutoscaler {owner.namespace}/{autoscaler} sets the replicas of "
                f"{owner} and would undo this; change its bounds instead"
            )
        return owner

    def count(self, owner: Scaled) -> int:
        """Return how many replicas an owner is to have.

        Raises
        ------
        DriftError
            When it is gone.
        """
        return int(self._read(owner).get("spec", {}).get("replicas") or 0)

    def set(self, owner: Scaled, before: int, after: int) -> None:
        """Set the replicas; nothing where it was done already.

        Raises
        ------
        DriftError
            When somebody else set another count.
        """
        for _ in range(_TRIES):
            scale = self._read(owner)
            now = int(scale.get("spec", {}).get("replicas") or 0)
            if now == after:
                return
            if now != before:
                raise DriftError(f"{owner} has {now} replicas, not {before} as a moment ago")
            try:
                self._plane.set_scale(owner.kind, owner.namespace, owner.name, scale, after)
            except ConflictError:
                continue
            return
        raise DriftError(f"{owner} is changed by somebody else all the time")

    def controller(self, owner: Scaled) -> str:
        """Return the uid of what starts an owner's pods: of a Deployment, its newest ReplicaSet.

        Raises
        ------
        DriftError
            When it is gone.
        """
        live = self._plane.owner(owner.kind, owner.namespace, owner.name)
        if live is None:
            raise DriftError(f"{owner} is gone")
        uid = str(live["metadata"]["uid"])
        if owner.kind != "Deployment":
            return uid
        sets = [
            one for one in self._plane.replica_sets(owner.namespace) if controller_uid(one) == uid
        ]
        if not sets:
            raise DriftError(f"{owner} has no ReplicaSet yet")
        return str(max(sets, key=_revision)["metadata"]["uid"])

    def _read(self, owner: Scaled) -> Object:
        scale = self._plane.scale(owner.kind, owner.namespace, owner.name)
        if scale is None:
            raise DriftError(f"{owner} is gone")
        return scale


def _revision(replica_set: Object) -> int:
    told = (replica_set["metadata"].get("annotations") or {}).get(REVISION, "")
    return int(told) if str(told).isdigit() else 0
