"""A live cluster, read from a real API server's recorded answers over HTTP on loopback."""

from __future__ import annotations

import json
import logging
import os
import socket
import stat
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from kytos.cluster import CPU, Cluster
from kytos.kube.connection import IN_CLUSTER, LiveError, contexts
from kytos.kube.live import Limits, read_snapshot
from kytos.sources.listings import LISTINGS, USE_LISTINGS, Listing
from kytos.sources.manifests import read_cluster
from kytos.sources.snapshot import cluster_of, snapshot_bytes, snapshot_name
from kytos.sources.usage.attach import read_with_usage
from tests.replay_server import (
    EXPIRED,
    RECORDED,
    TOKENS,
    Answer,
    ReplayServer,
    recorded_text,
    replay_server,
    write_kubeconfig,
)

SECRET = "5ecret"
"""Part of every token in the tests."""

IMPATIENT = Limits(connect_s=0.5, read_s=0.2, total_s=5)
OPTIONAL = [listing for listing in LISTINGS if listing.without is not None]
ESSENTIAL = [listing for listing in LISTINGS if listing.without is None]


def by_resource(listing: Listing) -> str:
    return listing.resource


@pytest.fixture
def server() -> Iterator[ReplayServer]:
    with replay_server() as found:
        yield found


@pytest.fixture(autouse=True)
def kubeconfig(server: ReplayServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's kubeconfig: contexts lab (current), viewer and stranger."""
    path = write_kubeconfig(tmp_path / "kubeconfig", server.url)
    monkeypatch.setenv("KUBECONFIG", str(path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    return path


@pytest.fixture(scope="module")
def lab_as_files() -> Cluster:
    """The same answers, read as files that somebody saved."""
    entries = json.loads((RECORDED / "index.json").read_text())
    whole = [e["file"] for e in entries if e["status"] == 200 and "?" not in e["path"]]
    lists = [name for name in whole if "viewer" not in name and name != "version.json"]
    return read_cluster([(name, recorded_text(name)) for name in lists], "lab")


def alike(live: Cluster, files: Cluster) -> bool:
    """Whether two clusters are one, but for when they were read and in which order."""
    ordered = [
        cluster.replace(
            taken_at=None,
            daemon_sets=(),  # a live cluster's are told by their pods
            notes=(),
            nodes=tuple(sorted(cluster.nodes, key=lambda node: node.name)),
            pods=tuple(sorted(cluster.pods, key=lambda pod: pod.id)),
        )
        for cluster in (live, files)
    ]
    return ordered[0] == ordered[1]


def test_live_and_files_are_one_cluster(lab_as_files: Cluster) -> None:
    """What is listed reads as the same cluster as the whole answers saved in files."""
    before = datetime.now(UTC)
    cluster = cluster_of(read_snapshot())
    assert (len(cluster.nodes), len(cluster.pods)) == (20, 173)
    assert alike(cluster, lab_as_files)
    assert cluster.name == "lab"
    assert cluster.notes == ()
    assert cluster.taken_at is not None
    assert before <= cluster.taken_at <= datetime.now(UTC)


def test_lists_are_read_page_by_page(server: ReplayServer, lab_as_files: Cluster) -> None:
    """Recorded pages of 50 pods are followed by their continue tokens to the last."""
    cluster = cluster_of(read_snapshot(limits=Limits(page=50)))
    pages = [asked for asked in server.asked if asked.path == "/api/v1/pods"]
    assert ["continue" in asked.query for asked in pages] == [False, True, True, True]
    assert {asked.query["limit"] for asked in server.asked} == {"50"}
    assert alike(cluster, lab_as_files)


def test_only_list_requests_are_sent(server: ReplayServer) -> None:
    """Every request is a GET of a listed path; nothing is written, watched or read singly."""
    server.forbid("/api/v1/namespaces")
    read_snapshot(limits=Limits(page=50))
    read_snapshot("viewer")
    assert {asked.method for asked in server.asked} == {"GET"}
    assert {asked.path for asked in server.asked} == {listing.path for listing in LISTINGS}
    assert {key for asked in server.asked for key in asked.query} == {"limit", "continue"}


@pytest.mark.parametrize("listing", OPTIONAL, ids=by_resource)
def test_a_forbidden_list_is_done_without(server: ReplayServer, listing: Listing) -> None:
    """The cluster is read, and a note names the list and what it costs."""
    server.forbid(listing.path)
    cluster = cluster_of(read_snapshot())
    assert (len(cluster.nodes), len(cluster.pods)) == (20, 173)
    assert any(
        note.message == f"{listing.resource} may not be listed (403): {listing.without}"
        for note in cluster.notes
    )


def test_nodes_and_pods_are_enough(server: ReplayServer) -> None:
    """A viewer who may list nothing else still sees a cluster, with a note for each list."""
    server.forbid(*(listing.path for listing in OPTIONAL))
    cluster = cluster_of(read_snapshot("viewer"))
    assert (len(cluster.nodes), len(cluster.pods)) == (20, 173)
    assert len([note for note in cluster.notes if "403" in note.message]) == len(OPTIONAL)


@pytest.mark.parametrize("listing", ESSENTIAL, ids=by_resource)
def test_without_nodes_or_pods_nothing_is_said(server: ReplayServer, listing: Listing) -> None:
    """Rather no answer than one about half a cluster; the server's own words say why."""
    server.forbid(listing.path)
    with pytest.raises(LiveError, match=f"{listing.resource} may not be listed.*lab-viewer"):
        read_snapshot("viewer")


def test_an_unknown_api_group_is_done_without(server: ReplayServer) -> None:
    """A server too old for autoscaling/v2 is read; the note says so."""
    server.forget("/apis/autoscaling/v2/horizontalpodautoscalers")
    cluster = cluster_of(read_snapshot())
    assert cluster.autoscalers == ()
    assert "no horizontalpodautoscalers of autoscaling/v2 (404)" in cluster.notes[0].message


def test_a_server_of_something_else(server: ReplayServer) -> None:
    """An address that knows no pods is no API server."""
    server.forget("/api/v1/pods")
    with pytest.raises(LiveError, match="not as a Kubernetes API server"):
        read_snapshot()


def test_refused_credentials() -> None:
    """401: which context, and what to do."""
    with pytest.raises(LiveError, match=r"context stranger: .*401.*--context stranger"):
        read_snapshot("stranger")


@pytest.mark.parametrize(
    "refusal", [Answer(410, EXPIRED), Answer(400, recorded_text("pods-badcontinue.json"))],
    ids=["expired", "bad token"],
)  # fmt: skip
def test_an_expired_list_is_begun_anew(
    server: ReplayServer, lab_as_files: Cluster, refusal: Answer
) -> None:
    """When the third page is refused once, pods are listed from the start, each pod once."""
    entries = json.loads((RECORDED / "index.json").read_text())
    third = [entry["path"] for entry in entries if "limit=50&continue" in entry["path"]][1]
    server.instead[third] = [refusal, Answer(200, recorded_text("pods-page2.json"))]
    cluster = cluster_of(read_snapshot(limits=Limits(page=50)))
    pages = [asked.query for asked in server.asked if asked.path == "/api/v1/pods"]
    assert [number for number, query in enumerate(pages) if "continue" not in query] == [0, 3]
    assert alike(cluster, lab_as_files)


def test_a_list_that_always_expires_is_given_up(server: ReplayServer) -> None:
    """After three beginnings an error, not a loop."""
    entries = json.loads((RECORDED / "index.json").read_text())
    second = next(entry["path"] for entry in entries if "limit=50&continue" in entry["path"])
    server.instead[second] = [Answer(410, EXPIRED)]
    with pytest.raises(LiveError, match="pods expired before its end, 3 times"):
        read_snapshot(limits=Limits(page=50))
    assert len(server.asked) == 6


def test_a_server_that_always_begins_anew(server: ReplayServer) -> None:
    """A cache between that answers each page with the first: an error, not a loop."""
    server.instead["/api/v1/pods"] = [Answer(200, recorded_text("pods-page0.json"))]
    with pytest.raises(LiveError, match="begins the list of pods again and again"):
        read_snapshot()


def test_a_busy_server_is_asked_again(server: ReplayServer) -> None:
    """429 with Retry-After is waited for, as the API server asks."""
    busy = Answer(429, headers={"Retry-After": "0"})
    server.instead["/api/v1/nodes"] = [busy, Answer(200, recorded_text("nodes.json"))]
    assert len(cluster_of(read_snapshot()).nodes) == 20


def test_a_failing_server_is_quoted(server: ReplayServer) -> None:
    """500: the list it was, and the server's own words."""
    said = json.dumps({"kind": "Status", "message": "etcdserver: no leader", "code": 500})
    server.instead["/api/v1/nodes"] = [Answer(500, said)]
    with pytest.raises(LiveError, match="answered 500 when asked for nodes: etcdserver: no leader"):
        read_snapshot()


def test_a_silent_server_ends(server: ReplayServer) -> None:
    """A server that accepts and says nothing is left after the read timeout."""
    server.instead["/api/v1/pods"] = [Answer(delay_s=1.5)]
    with pytest.raises(LiveError, match="took too long"):
        read_snapshot(limits=IMPATIENT)


def test_a_slow_server_ends(server: ReplayServer) -> None:
    """One that answers each list just in time is left after the time for all of them."""
    for listing in LISTINGS:
        server.instead[listing.path] = [Answer(200, '{"items": []}', delay_s=0.1)]
    with pytest.raises(LiveError, match=r"took too long .* 0.25 s in all"):
        read_snapshot(limits=Limits(total_s=0.25))
    assert len(server.asked) < len(LISTINGS)


def test_a_host_that_takes_no_connection_ends(
    kubeconfig: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listener whose queue is full never connects: the connect timeout ends it."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(address)
        write_kubeconfig(kubeconfig, f"http://127.0.0.1:{address[1]}")
        with pytest.raises(LiveError, match=r"took too long|cannot be reached"):
            read_snapshot(limits=IMPATIENT)
        for client in waiting:
            client.close()


def test_nobody_listens(kubeconfig: Path) -> None:
    """Where the server should be, and what to try."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        write_kubeconfig(kubeconfig, url)
        with pytest.raises(LiveError, match=f"{url} cannot be reached.*kubectl --context lab"):
            read_snapshot()


@pytest.mark.parametrize(
    "body", ["<html>Log in</html>", "[]", '{"items": {}}', '{"items": [1]}', ""]
)
def test_an_answer_that_is_no_list(server: ReplayServer, body: str) -> None:
    """A portal's page, or any other text, is refused by name."""
    server.instead["/api/v1/nodes"] = [Answer(200, body)]
    with pytest.raises(LiveError, match=r"context lab: .*nodes"):
        read_snapshot()


def test_credentials_do_not_follow_a_redirect(server: ReplayServer) -> None:
    """A redirect is an answer that is not understood, not a way to another server."""
    with replay_server() as other:
        elsewhere = Answer(302, headers={"Location": f"{other.url}/api/v1/pods"})
        server.instead["/api/v1/pods"] = [elsewhere]
        with pytest.raises(LiveError, match="answered 302"):
            read_snapshot()
        assert other.asked == []


def test_pods_of_a_node_that_just_went_are_left_out(server: ReplayServer) -> None:
    """Between two lists a node may vanish; its pods are noted, not an error."""
    nodes = json.loads(recorded_text("nodes.json"))
    gone = nodes["items"].pop(0)["metadata"]["name"]
    server.instead["/api/v1/nodes"] = [Answer(200, json.dumps(nodes))]
    pods = json.loads(recorded_text("pods.json"))["items"]
    stranded = [pod for pod in pods if pod["spec"].get("nodeName") == gone]
    assert stranded
    cluster = cluster_of(read_snapshot())
    assert len(cluster.pods) == len(pods) - len(stranded)
    assert [note.count for note in cluster.notes if "just gone" in note.message] == [len(stranded)]


def test_metadata_alone_is_asked_for_and_understood(
    server: ReplayServer, lab_as_files: Cluster
) -> None:
    """ReplicaSets come as PartialObjectMetadata and still lead to their Deployments."""
    whole = json.loads(recorded_text("replicasets.json"))
    partial = {
        "kind": "PartialObjectMetadataList",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": whole["metadata"],
        "items": [
            {
                "kind": "PartialObjectMetadata",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": item["metadata"],
            }
            for item in whole["items"]
        ],
    }
    server.instead["/apis/apps/v1/replicasets"] = [Answer(200, json.dumps(partial))]
    assert alike(cluster_of(read_snapshot()), lab_as_files)


class TestSnapshot:
    def test_saved_and_read_back(self) -> None:
        """What is saved is a List that upload reads as the same cluster."""
        snapshot = read_snapshot()
        saved = snapshot_bytes(snapshot)
        assert json.loads(saved)["kind"] == "List"
        assert alike(cluster_of(snapshot), read_cluster([("lab.json", saved)]))

    def test_keeps_no_passwords(self, server: ReplayServer) -> None:
        """Environments, commands, probes and kubectl's copy of the manifest are left out."""
        pods = json.loads(recorded_text("pods.json"))
        container = pods["items"][0]["spec"]["containers"][0]
        container["env"] = [{"name": "PASSWORD", "value": SECRET}]
        container["args"] = [f"--password={SECRET}"]
        header = {"name": "Authorization", "value": SECRET}
        container["livenessProbe"] = {"httpGet": {"port": 80, "httpHeaders": [header]}}
        last = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(container)}
        pods["items"][0]["metadata"]["annotations"] = last
        server.instead["/api/v1/pods"] = [Answer(200, json.dumps(pods))]
        saved = snapshot_bytes(read_snapshot())
        assert SECRET not in saved.decode()
        assert b"managedFields" not in saved

    def test_is_named_after_where_and_when(self) -> None:
        """The file's name tells the context and the time, and is safe on any disk."""
        snapshot = read_snapshot()
        assert snapshot_name(snapshot) == f"lab-{snapshot.taken_at:%Y-%m-%dT%H%M%S}Z.json"
        assert snapshot.taken_at.utcoffset() == timedelta(0)


class TestKubeconfig:
    def test_contexts_begin_with_the_current_one(self) -> None:
        """As kubectl would choose."""
        assert contexts() == ("lab", "viewer", "stranger")

    def test_several_files_are_one(
        self, kubeconfig: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """KUBECONFIG may name several files, and some that are not there."""
        other = tmp_path / "other"
        text = kubeconfig.read_text().replace("name: viewer", "name: beta")
        other.write_text(text)
        paths = [str(kubeconfig), str(tmp_path / "missing"), str(other)]
        monkeypatch.setenv("KUBECONFIG", os.pathsep.join(paths))
        assert contexts() == ("lab", "viewer", "stranger", "beta")

    def test_no_kubeconfig_is_no_context(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing to choose from; asking anyway says what to set."""
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "missing"))
        assert contexts() == ()
        with pytest.raises(LiveError, match="KUBECONFIG"):
            read_snapshot()

    def test_without_a_current_context(self, kubeconfig: Path) -> None:
        """A kubeconfig that chooses none still offers all."""
        config = yaml.safe_load(kubeconfig.read_text())
        del config["current-context"]
        kubeconfig.write_text(yaml.safe_dump(config))
        assert contexts() == ("viewer", "lab", "stranger")

    def test_an_unknown_context_names_those_there_are(self) -> None:
        """A misspelt context is answered with the choice."""
        with pytest.raises(LiveError, match="no context 'prod'; expected one of: lab, viewer"):
            read_snapshot("prod")

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda text: text.replace("kind: Config", "kind: ["), "not valid YAML"),
            (lambda text: "just text", "cannot be used"),
            (lambda text: "", "cannot be used"),
            (lambda text: text.replace("cluster: lab", "cluster: gone"), "cannot be used"),
            (lambda text: text.replace("server:", "sever:"), "cannot be used"),
            (lambda text: text.replace("http:", "file:"), "cannot be used"),
            (
                lambda text: text.replace(
                    "token: ", "auth-provider: {name: oidc, config: {a: "
                ).replace("5ecret", "5ecret}}"),
                "cannot be used",
            ),
        ],
        ids=["no yaml", "text", "empty", "no cluster", "no server", "no address", "no provider"],
    )
    def test_a_broken_one_is_blamed_without_its_secrets(
        self, kubeconfig: Path, change: object, said: str
    ) -> None:
        """The sentence says what is wrong; neither it nor a traceback holds a token."""
        assert callable(change)
        kubeconfig.write_text(change(kubeconfig.read_text()))
        with pytest.raises(LiveError, match=said) as caught:
            read_snapshot()
        assert SECRET not in "".join(traceback.format_exception(caught.value))

    def test_a_password_in_the_address_is_not_told(
        self, kubeconfig: Path, server: ReplayServer
    ) -> None:
        """Some write user and password into the server's address."""
        write_kubeconfig(kubeconfig, server.url.replace("//", f"//user:{SECRET}@"))
        server.instead["/api/v1/pods"] = [Answer(200, '{"items": {}}')]
        with pytest.raises(LiveError, match=f"what {server.url} answered") as caught:
            read_snapshot()
        assert SECRET not in str(caught.value)

    def test_is_never_written_to(self, kubeconfig: Path) -> None:
        """Reading leaves the file as it was."""
        before = kubeconfig.read_bytes(), kubeconfig.stat().st_mtime_ns
        read_snapshot()
        assert (kubeconfig.read_bytes(), kubeconfig.stat().st_mtime_ns) == before

    def test_a_credential_plugin_is_run(self, kubeconfig: Path, tmp_path: Path) -> None:
        """What the user's own kubeconfig names for kubectl gives the token here as well."""
        plugin = tmp_path / "plugin"
        answer = {
            "apiVersion": "client.authentication.k8s.io/v1",
            "kind": "ExecCredential",
            "status": {"token": TOKENS["admin"]},
        }
        plugin.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(answer)}\nEND\n")
        plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
        config = yaml.safe_load(kubeconfig.read_text())
        command = {"apiVersion": answer["apiVersion"], "command": str(plugin)}
        for user in config["users"]:
            user["user"] = {"exec": command | {"interactiveMode": "Never"}}
        kubeconfig.write_text(yaml.safe_dump(config))
        assert len(cluster_of(read_snapshot()).nodes) == 20

    def test_inside_a_pod(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The service account is offered there, and its absence is explained."""
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "1")
        assert contexts()[-1] == IN_CLUSTER
        with pytest.raises(LiveError, match="automountServiceAccountToken"):
            read_snapshot(IN_CLUSTER)


def test_tokens_are_never_told(
    server: ReplayServer,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Not in a log at its most talkative, not on the terminal, not in an error or a value."""
    caplog.set_level(logging.DEBUG)
    said = [repr(read_snapshot())]
    for path in ("/api/v1/nodes", "/api/v1/pods"):
        server.instead[path] = [Answer(503, '{"message": "busy"}', {"Retry-After": "0"})]
        for context in ("lab", "stranger"):
            with pytest.raises(LiveError) as caught:
                read_snapshot(context)
            said += traceback.format_exception(caught.value)
    output = capfd.readouterr()
    assert server.asked[0].token == TOKENS["admin"]
    assert SECRET not in "".join([*said, caplog.text, output.out, output.err])


def metrics_of(pod: str, cpu: str) -> dict[str, Any]:
    """A PodMetrics as metrics-server lists it: without a kind of its own."""
    namespace, _, name = pod.partition("/")
    return {
        "metadata": {"name": name, "namespace": namespace},
        "timestamp": "2026-11-30T00:00:00Z",
        "window": "10s",
        "containers": [{"name": "main", "usage": {"cpu": cpu, "memory": "100Mi"}}],
    }


def test_metrics_server_is_asked_where_that_is_wanted(
    server: ReplayServer, lab_as_files: Cluster
) -> None:
    """One list more, whose numbers are the pods' use; recommendations come with it."""
    pod = next(pod for pod in lab_as_files.pods if pod.owner and pod.owner.kind == "StatefulSet")
    assert pod.owner is not None
    path = "/apis/metrics.k8s.io/v1beta1/pods"
    listed = {"kind": "PodMetricsList", "items": [metrics_of(pod.id, "123m")]}
    server.instead[path] = [Answer(200, json.dumps(listed))]
    recommender = {
        "metadata": {"name": "db", "namespace": pod.namespace},
        "spec": {"targetRef": {"kind": "StatefulSet", "name": pod.owner.name}},
        "status": {
            "recommendation": {
                "containerRecommendations": [
                    {"containerName": "main", "target": {"cpu": "50m"}, "lowerBound": {"cpu": "9m"}}
                ]
            }
        },
    }
    server.instead["/apis/autoscaling.k8s.io/v1/verticalpodautoscalers"] = [
        Answer(200, json.dumps({"items": [recommender]}))
    ]
    cluster = cluster_of(read_snapshot(metrics=True))
    assert cluster.usage is not None
    assert cluster.usage.containers == ((pod.id, "main"),)
    assert float(cluster.usage.cpu[0, 0]) == 123
    (advice,) = cluster.usage.recommendations
    assert (advice.workload, advice.requests) == (f"{pod.namespace}/{pod.owner.name}", {CPU: 50})
    assert cluster.notes == ()
    # saved to a file it says the same
    again = read_with_usage([("lab.json", snapshot_bytes(read_snapshot(metrics=True)))])
    assert again.usage is not None
    assert again.usage.containers == cluster.usage.containers
    assert again.usage.recommendations == cluster.usage.recommendations


def test_a_missing_metrics_server_is_told(server: ReplayServer) -> None:
    """The cluster is read all the same; a recommender that is not there goes without saying."""
    server.forget(*(listing.path for listing in USE_LISTINGS))
    cluster = cluster_of(read_snapshot(metrics=True))
    (note,) = cluster.notes
    assert "is metrics-server installed" in note.message
    assert cluster.usage is None
