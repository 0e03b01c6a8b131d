"""The stand-in's HTTP: Kubernetes' paths, verbs, answers and refusals, with faults on request."""

from __future__ import annotations

import copy
import json
import marshal
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.stand_in.cluster import Object, StandIn, is_ready, key_of
from tests.stand_in.patches import merge, strategic

ADMIN = "admin-token"
POLICIES = "admissionregistration.k8s.io"

KINDS = {
    "nodes": "Node",
    "pods": "Pod",
    "configmaps": "ConfigMap",
    "deployments": "Deployment",
    "replicasets": "ReplicaSet",
    "statefulsets": "StatefulSet",
    "replicationcontrollers": "ReplicationController",
    "horizontalpodautoscalers": "HorizontalPodAutoscaler",
    "poddisruptionbudgets": "PodDisruptionBudget",
    "mutatingadmissionpolicies": "MutatingAdmissionPolicy",
    "mutatingadmissionpolicybindings": "MutatingAdmissionPolicyBinding",
    "namespaces": "Namespace",
    "priorityclasses": "PriorityClass",
    "storageclasses": "StorageClass",
    "persistentvolumes": "PersistentVolume",
    "persistentvolumeclaims": "PersistentVolumeClaim",
    "daemonsets": "DaemonSet",
    "jobs": "Job",
}
VERBS = {"GET": "get", "POST": "create", "PATCH": "patch", "DELETE": "delete", "PUT": "update"}
PATH = re.compile(
    r"/(?:api/v1|apis/(?P<group>[^/]+)/(?P<version>[^/]+))"
    r"(?:/namespaces/(?P<space>[^/]+)(?=/))?"
    r"/(?P<resource>[a-z]+)(?:/(?P<name>[^/]+)(?:/(?P<part>[a-z]+))?)?"
)


@dataclass
class Fault:
    """What is answered instead, so many times.

    Attributes
    ----------
    method, path
        Which requests; the path is a regular expression.
    after
        Whether the request is carried out first: an answer that got lost.
    status
        0 closes the connection without a word.
    """

    method: str
    path: str
    status: int
    times: int = 1
    after: bool = False
    headers: dict[str, str] = field(default_factory=dict)


Answer = tuple[int, Object, dict[str, str]]


class Api:
    """Answers requests on a `StandIn`.

    Attributes
    ----------
    writes
        Method and path of each write that was carried out and kept.
    roles
        Rules by token, as ClusterRoles write them; `ADMIN` may do all.
    """

    def __init__(self, cluster: StandIn) -> None:
        self.cluster = cluster
        self.writes: list[str] = []
        self.dry: list[str] = []
        self.asked: list[tuple[str, str]] = []
        self.faults: list[Fault] = []
        self.roles: dict[str, list[Object]] = {}

    def answer(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Object | None,
        kind: str = "application/json",
        token: str = ADMIN,
    ) -> Answer:
        with self.cluster.lock:
            self.asked.append((method, path))
            fault = next(
                (
                    one
                    for one in self.faults
                    if one.times and one.method == method and re.fullmatch(one.path, path)
                ),
                None,
            )
            if fault is not None:
                fault.times -= 1
                if fault.after:
                    self._answer(method, path, query, body, kind, token)
                return fault.status, _status(fault.status, "injected", "Injected"), fault.headers
            self.cluster.tick()
            status, answered, headers = self._answer(method, path, query, body, kind, token)
            if method != "GET" and status < 300:
                (self.dry if "dryRun" in query else self.writes).append(f"{method} {path}")
            return status, marshal.loads(marshal.dumps(answered)), headers

    def _answer(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Object | None,
        kind: str,
        token: str,
    ) -> Answer:
        discovery = re.fullmatch(rf"/apis/{POLICIES}/(v1\w*)", path)
        if discovery is not None:
            return self._discovered(discovery[1])
        found = PATH.fullmatch(path)
        if found is None or found["resource"] not in KINDS:
            return self._missing(path)
        group, resource = found["group"] or "", found["resource"]
        if (
            resource.startswith("mutatingadmission")
            and found["version"] not in self.cluster.policies
        ):
            return self._missing(path)
        refusal = self._forbidden(method, group, found, token)
        if refusal is not None:
            return refusal
        space, name, part = found["space"] or "", found["name"], found["part"]
        dry = query.get("dryRun") == "All"
        if method == "GET" and name is None:
            return self._list(KINDS[resource], found["space"], query)
        if method == "POST" and name is None:
            return self._create(KINDS[resource], space, body or {}, dry=dry)
        item = self.cluster.get(KINDS[resource], name or "", space)
        if item is None:
            said = f'{resource} "{name}" not found'
            return 404, _status(404, said, "NotFound"), {}
        if part == "scale":
            return self._scale(method, item, body, dry=dry)
        if method == "GET":
            return 200, item, {}
        if method == "DELETE":
            if not dry:
                self.cluster.delete(item)
            return 200, _status(200, "", ""), {}
        if part == "eviction":
            return self._evict(item, body or {}, dry=dry)
        return self._patch(item, body or {}, kind, part, dry=dry)

    def _discovered(self, version: str) -> Answer:
        if version not in (*self.cluster.policies, "v1"):
            return self._missing(version)
        served = ["mutatingadmissionpolicies", "mutatingadmissionpolicybindings"]
        names = ["validatingadmissionpolicies"]
        names += served if version in self.cluster.policies else []
        resources = [{"name": name, "namespaced": False} for name in names]
        return 200, {"kind": "APIResourceList", "resources": resources}, {}

    def _forbidden(
        self, method: str, group: str, found: re.Match[str], token: str
    ) -> Answer | None:
        if token == ADMIN:
            return None
        if token not in self.roles:
            return 401, _status(401, "Unauthorized", "Unauthorized"), {}
        resource = found["resource"] + (f"/{found['part']}" if found["part"] else "")
        verb = "list" if method == "GET" and found["name"] is None else VERBS[method]
        for rule in self.roles[token]:
            named = rule.get("resourceNames")
            if (
                group in rule["apiGroups"]
                and resource in rule["resources"]
                and verb in rule["verbs"]
                and (not named or found["name"] in named)
            ):
                return None
        said = (
            f'{resource} "{found["name"]}" is forbidden: User "{token}" cannot {verb} resource '
            f'"{resource}" in API group "{group}"'
        )
        return 403, _status(403, said, "Forbidden"), {}

    def _missing(self, path: str) -> Answer:
        return 404, _status(404, "the server could not find the requested resource", "NotFound"), {}

    def _list(self, kind: str, space: str | None, query: Mapping[str, str]) -> Answer:
        items = self.cluster.of(kind, space or None)
        for condition in filter(None, query.get("fieldSelector", "").split(",")):
            key, _, wanted = condition.partition("=")
            assert key == "spec.nodeName", key
            items = [item for item in items if (item["spec"].get("nodeName") or "") == wanted]
        limit, begin = int(query.get("limit") or 0), int(query.get("continue") or 0)
        page = items[begin : begin + limit] if limit else items
        more = bool(limit) and begin + limit < len(items)
        metadata = {"resourceVersion": "1"} | ({"continue": str(begin + limit)} if more else {})
        without = [
            {k: v for k, v in item.items() if k not in ("kind", "apiVersion")} for item in page
        ]
        return 200, {"kind": f"{kind}List", "metadata": metadata, "items": without}, {}

    def _create(self, kind: str, space: str, body: Object, *, dry: bool) -> Answer:
        item = copy.deepcopy(body) | {"kind": kind}
        metadata = item.setdefault("metadata", {})
        if space:
            metadata.setdefault("namespace", space)
            if metadata["namespace"] != space:
                return 400, _status(400, "namespaces differ", "BadRequest"), {}
            if self.cluster.get("Namespace", space) is None:
                return 404, _status(404, f'namespaces "{space}" not found', "NotFound"), {}
        metadata.setdefault("name", metadata.get("generateName", "") + "x1y2z")
        if key_of(item) in self.cluster.objects:
            said = f'"{metadata["name"]}" already exists'
            return 409, _status(409, said, "AlreadyExists"), {}
        if kind == "Pod":
            item.setdefault("status", {"phase": "Pending"})
            item = self.cluster.admit(item)
        if not dry:
            self.cluster.put(item)
        return 201, item, {}

    def _evict(self, pod: Object, body: Object, *, dry: bool) -> Answer:
        assert body["apiVersion"] == "policy/v1", body
        assert body["metadata"] == {k: pod["metadata"][k] for k in ("name", "namespace")}
        wanted = body.get("deleteOptions", {}).get("preconditions", {}).get("uid")
        if wanted is not None and wanted != pod["metadata"]["uid"]:
            said = (
                f"Precondition failed: UID in precondition: {wanted}, "
                f"UID in object meta: {pod['metadata']['uid']}"
            )
            return 409, _status(409, said, "Conflict"), {}
        if pod["metadata"].get("deletionTimestamp") or not pod["spec"].get("nodeName"):
            if not dry:
                self.cluster.delete(pod)
            return 201, _status(201, "", "") | {"status": "Success"}, {}
        budgets = self.cluster.budgets_of(pod)
        if len(budgets) > 1:
            said = (
                "This pod has more than one PodDisruptionBudget, which the eviction subresource "
                "does not support."
            )
            return 500, _status(500, said, "InternalError"), {}
        for budget in budgets:
            status = budget["status"]
            if status["disruptionsAllowed"] < 1 and is_ready(pod):
                name = budget["metadata"]["name"]
                cause = {
                    "reason": "DisruptionBudget",
                    "message": f"The disruption budget {name} needs {status['desiredHealthy']} "
                    f"healthy pods and has {status['currentHealthy']} currently",
                }
                said = "Cannot evict pod as it would violate the pod's disruption budget."
                refused = _status(429, said, "TooManyRequests") | {"details": {"causes": [cause]}}
                return 429, refused, {}
            if not dry:
                status["disruptionsAllowed"] -= 1
        if not dry:
            self.cluster.evicted.append(pod["metadata"]["uid"])
            self.cluster.delete(pod)
        return 201, _status(201, "", "") | {"status": "Success"}, {}

    def _patch(
        self, item: Object, change: Object, kind: str, part: str | None, *, dry: bool
    ) -> Answer:
        apply = strategic if "strategic" in kind else merge
        metadata = change.get("metadata", {})
        for name in ("uid", "resourceVersion"):
            if name in metadata and metadata[name] != item["metadata"].get(name):
                return 409, _status(409, f"{name} differs", "Conflict"), {}
        if part == "status":
            change = {"status": change["status"]} if "status" in change else {}
        else:
            change = {key: value for key, value in change.items() if key != "status"}
        patched = apply(item, change)
        if item["kind"] == "Pod" and part is None:
            before = [one["name"] for one in item["spec"].get("schedulingGates") or ()]
            after = [one["name"] for one in patched["spec"].get("schedulingGates") or ()]
            if not set(after) <= set(before):
                return 422, _status(422, "gates may only be removed", "Invalid"), {}
        if not dry:
            self.cluster.put(patched)
        return 200, patched, {}

    def _scale(self, method: str, item: Object, change: Object | None, *, dry: bool) -> Answer:
        metadata = {k: item["metadata"][k] for k in ("name", "namespace", "uid", "resourceVersion")}
        scale = {
            "kind": "Scale",
            "apiVersion": "autoscaling/v1",
            "metadata": metadata,
            "spec": {"replicas": item["spec"].get("replicas", 1)},
        }
        if method == "GET":
            return 200, scale, {}
        change = change or {}
        version = change.get("metadata", {}).get("resourceVersion")
        if version is not None and version != metadata["resourceVersion"]:
            return 409, _status(409, "the object has been modified", "Conflict"), {}
        if not dry:
            item["spec"]["replicas"] = change["spec"]["replicas"]
            self.cluster.put(item)
        return 200, merge(scale, change), {}


def _status(code: int, said: str, reason: str) -> Object:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": said,
        "reason": reason,
        "code": code,
    }


@contextmanager
def served(api: Api) -> Iterator[str]:
    """Listen on a free loopback port until the block ends; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _reply(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            content = self.rfile.read(length)
            parts = urlsplit(self.path)
            query = {
                key: values[0]
                for key, values in parse_qs(parts.query, keep_blank_values=True).items()
            }
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            status, body, headers = api.answer(
                self.command,
                parts.path,
                query,
                json.loads(content) if content else None,
                self.headers.get("Content-Type") or "application/json",
                token,
            )
            if status == 0:
                self.close_connection = True
                return
            text = json.dumps(body).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _reply  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.server_address[1]}"
    finally:
        listener.shutdown()
        listener.server_close()
