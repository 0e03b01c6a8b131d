"""The requests of an execution, answered by an etcd and a kube-apiserver started here.

Without controllers, scheduler and kubelets: what is tried is that a real API server takes each
write, that the policy gates what it should and nothing else, and that a dry run keeps nothing.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest
from kubernetes.client import ApiClient

from kytos.kube.api import ApiServer, ConflictError, Object, Pace, RefusedError
from kytos.kube.control_plane import GATE, ControlPlane, is_gated
from kytos.kube.steering import Steering
from tests.kube.test_real_api_server import RealServer, filled, kubeconfig, pytestmark, server

__all__ = ["filled", "kubeconfig", "pytestmark", "server"]

OWNER = "11111111-2222-4333-8444-555555555555"
PODS = "/api/v1/namespaces/default/pods"


def pod(name: str, owner: str = OWNER) -> Object:
    reference = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "steered", "uid": owner}
    metadata = {"name": name, "ownerReferences": [reference | {"controller": True}]}
    spec: dict[str, Any] = {"containers": [{"name": "main", "image": "main"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def api(client: ApiClient, *, dry_run: bool = False) -> ApiServer:
    return ApiServer(client, "admin", Pace(poll_s=0.05, patience_s=20.0), dry_run=dry_run)


@pytest.fixture
def plane(filled: RealServer) -> ControlPlane:
    return ControlPlane(api(filled.admin))


def test_steering_from_gate_to_release(filled: RealServer, plane: ControlPlane) -> None:
    """Gated at its creation, nominated, let go; then nobody is gated any more."""
    steering = Steering(plane.server)
    try:
        steering.install()
    except RefusedError as error:  # the API server is older than 1.36
        if error.status != 404:
            raise
        pytest.skip(f"this API server has no MutatingAdmissionPolicy: {error}")
    steering.steer({OWNER: "default.steered"})
    assert steering.acts_on(OWNER, 200)
    made = plane.server.write("POST", PODS, pod("steered-1"))
    assert is_gated(made)
    assert not is_gated(plane.server.write("POST", PODS, pod("other-1", OWNER[::-1])))
    plane.check_steering_rights("default/steered-1")
    assert plane.nominate(made, "b")
    assert plane.let_go(made)
    live = plane.pod("default/steered-1")
    assert live is not None
    assert live["status"]["nominatedNodeName"] == "b"
    assert not is_gated(live)
    assert GATE not in str(live["spec"].get("schedulingGates"))
    another = copy.deepcopy(live)
    another["metadata"]["uid"] = OWNER
    assert not plane.let_go(another)  # a pod of that name, and another one
    assert steering.release()
    steering.remove()


def test_cordons_and_evictions(filled: RealServer, plane: ControlPlane) -> None:
    """Dry ones keep nothing; a uid that is another's evicts nobody."""
    dry = ControlPlane(api(filled.admin, dry_run=True))
    dry.set_unschedulable("a", to=True)
    assert not (plane.node("a") or {})["spec"].get("unschedulable")
    plane.set_unschedulable("a", to=True)
    assert (plane.node("a") or {})["spec"]["unschedulable"]
    plane.set_unschedulable("a", to=False)
    assert "unschedulable" not in (plane.node("a") or {})["spec"]
    made = plane.server.write("POST", PODS, pod("evicted-1"))
    uid = made["metadata"]["uid"]
    assert not plane.evict("default/evicted-1", OWNER)
    assert dry.evict("default/evicted-1", uid)
    assert plane.pod("default/evicted-1") is not None
    assert plane.evict("default/evicted-1", uid)
    assert not plane.evict("default/evicted-1", uid)


def test_scales_hold_their_version(filled: RealServer, plane: ControlPlane) -> None:
    """What was read before somebody else's write is not written over."""
    scale = plane.scale("ReplicaSet", "default", "frontend")
    assert scale is not None
    assert scale["spec"]["replicas"] == 5
    plane.set_scale("ReplicaSet", "default", "frontend", scale, 6)
    with pytest.raises(ConflictError):
        plane.set_scale("ReplicaSet", "default", "frontend", scale, 7)
    now = plane.scale("ReplicaSet", "default", "frontend")
    assert now is not None
    plane.set_scale("ReplicaSet", "default", "frontend", now, 5)
