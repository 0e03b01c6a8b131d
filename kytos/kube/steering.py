"""The one admission policy of steering, and the ConfigMap that says whose new pods it gates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kytos.kube.api import MERGE, ApiServer, ConflictError, Object, RefusedError
from kytos.kube.control_plane import GATE

NAME = "kytos-steer"
NAMESPACE = "kube-system"
"""Where the ConfigMap is: whoever may write it may hold back anybody's pods."""

GROUP = "admissionregistration.k8s.io"
VERSIONS = ("v1", "v1beta1")
"""Tried in this order: v1 since Kubernetes 1.36, v1beta1 where 1.34 and 1.35 were told to."""

PROBES_IN_A_ROW = 3
"""API servers may be several, and each learns of a change by itself."""

_UNTRIED_S = 2.0
"""Waited where it cannot be tried; API servers look for new policies once a second."""

WANTED = (
    "has(params.data) && has(object.metadata.ownerReferences) && "
    "object.metadata.ownerReferences.exists(owner, "
    "has(owner.controller) && owner.controller && owner.uid in params.data)"
)
"""Whether a pod that is being created has a controller whose uid is a key of the ConfigMap."""

GATED = (
    "Object{spec: Object.spec{schedulingGates: "
    f'[Object.spec.schedulingGates{{name: "{GATE}"}}]}}}}'
)
"""An apply configuration: gates are a list by name, so those that are there stay."""


def policy(version: str) -> Object:
    """Return the policy; it never changes, whatever is steered."""
    return {
        "apiVersion": f"{GROUP}/{version}",
        "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": NAME},
        "spec": {
            "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE"],
                        "resources": ["pods"],
                    }
                ]
            },
            "matchConditions": [{"name": "its-controller-is-steered", "expression": WANTED}],
            # A fault of ours must keep nobody's pods from being created.
            "failurePolicy": "Ignore",
            "reinvocationPolicy": "Never",
            "mutations": [
                {
                    "patchType": "ApplyConfiguration",
                    "applyConfiguration": {"expression": GATED},
                }
            ],
        },
    }


def binding(version: str, namespace: str) -> Object:
    """Return what binds the policy to the ConfigMap; without it the policy does nothing."""
    return {
        "apiVersion": f"{GROUP}/{version}",
        "kind": "MutatingAdmissionPolicyBinding",
        "metadata": {"name": NAME},
        "spec": {
            "policyName": NAME,
            "paramRef": {
                "name": NAME,
                "namespace": namespace,
                "parameterNotFoundAction": "Allow",
            },
        },
    }


class Steering:
    """The installed policy; only its ConfigMap changes.

    Parameters
    ----------
    namespace
        Where the ConfigMap is made, unless the installed binding names another.
    """

    def __init__(self, server: ApiServer, namespace: str = NAMESPACE) -> None:
        """Nothing is asked yet."""
        self._server, self._namespace = server, namespace

    def install(self) -> str:
        """Install what is missing, steer nobody yet, and return the API's version.

        Raises
        ------
        RefusedError
            When the API server has no such policies, or lets nobody of ours install one.
        """
        version = self._version()
        if version is None:
            raise RefusedError(
                "the API server serves no MutatingAdmissionPolicy (v1 since Kubernetes 1.36; "
                "v1beta1 in 1.34 and 1.35 where its feature gate and API are switched on), so "
                "nothing can be steered: use --way drain",
                self._server.where,
                404,
                "",
            )
        root = f"/apis/{GROUP}/{version}"
        bound = self._server.get(f"{root}/mutatingadmissionpolicybindings/{NAME}")
        if bound is not None:
            installed = bound.get("spec", {}).get("paramRef", {}).get("namespace")
            self._namespace = installed or self._namespace
        self._make(f"/api/v1/namespaces/{self._namespace}/configmaps", self._config_map())
        self._make(f"{root}/mutatingadmissionpolicies", policy(version))
        self._make(f"{root}/mutatingadmissionpolicybindings", binding(version, self._namespace))
        return version

    def _version(self) -> str | None:
        for version in VERSIONS:
            served = self._server.get(f"/apis/{GROUP}/{version}")
            names = {one.get("name") for one in (served or {}).get("resources") or ()}
            if {"mutatingadmissionpolicies", "mutatingadmissionpolicybindings"} <= names:
                return version
        return None

    def _make(self, path: str, manifest: Object) -> None:
        """Create what is not there; what is there is left as it is."""
        if self._server.get(f"{path}/{NAME}") is None:
            try:
                self._server.write("POST", path, manifest)
            except ConflictError:  # somebody made it in between
                return

    def steer(self, owners: Mapping[str, str]) -> None:
        """Gate the new pods of these controllers from now on, and of no others.

        Parameters
        ----------
        owners
            By uid; the value is for people who look at the ConfigMap.
        """
        held = self._server.get(self._path)
        if held is None:
            self._make(self._path.rpartition("/")[0], self._config_map())
        before: Mapping[str, Any] = (held or {}).get("data") or {}
        if dict(before) == dict(owners):
            return
        change = {uid: None for uid in before if uid not in owners} | dict(owners)
        self._server.write("PATCH", self._path, {"data": change}, MERGE, insists=True)

    def acts_on(self, owner: str, attempts: int) -> bool:
        """Whether a new pod of that controller would be gated now; tried by dry run only.

        Returns
        -------
        True as well where nobody of ours may create pods, dry or not: it cannot be tried then.
        """
        path = f"/api/v1/namespaces/{self._namespace}/pods"
        in_a_row = 0
        for _ in range(attempts):
            try:
                answer = self._server.try_out("POST", path, _probe(owner))
            except RefusedError:
                self._server.pause(_UNTRIED_S)
                return True
            gates = answer.get("spec", {}).get("schedulingGates") or ()
            in_a_row = in_a_row + 1 if any(gate.get("name") == GATE for gate in gates) else 0
            if in_a_row == PROBES_IN_A_ROW:
                return True
            if not in_a_row:
                self._server.pause(self._server.pace.poll_s)
        return False

    def release(self) -> bool:
        """Steer nobody any more; False where nothing is installed."""
        for version in VERSIONS:
            path = f"/apis/{GROUP}/{version}/mutatingadmissionpolicybindings/{NAME}"
            try:
                bound = self._server.get(path)
            except RefusedError:  # who may not read it did not install it
                bound = None
            if bound is not None:
                installed = bound.get("spec", {}).get("paramRef", {}).get("namespace")
                self._namespace = installed or self._namespace
                break
        if self._server.get(self._path) is None:
            return False
        self.steer({})
        return True

    def remove(self) -> None:
        """Remove binding, policy and ConfigMap, in this order: none acts without the next."""
        version = self._version()
        if version is not None:
            root = f"/apis/{GROUP}/{version}"
            self._delete(f"{root}/mutatingadmissionpolicybindings/{NAME}")
            self._delete(f"{root}/mutatingadmissionpolicies/{NAME}")
        self._delete(self._path)

    def _delete(self, path: str) -> None:
        try:
            self._server.write("DELETE", path, {})
        except RefusedError as refusal:
            if refusal.status != 404:
                raise

    @property
    def _path(self) -> str:
        return f"/api/v1/namespaces/{self._namespace}/configmaps/{NAME}"

    def _config_map(self) -> Object:
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": NAME, "namespace": self._namespace},
            "data": {},
        }


def _probe(owner: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": "kytos-probe-",
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "ReplicaSet",
                    "name": "kytos-probe",
                    "uid": owner,
                    "controller": True,
                }
            ],
        },
        "spec": {"containers": [{"name": "none", "image": "none"}]},
    }
