"""JSON read entry by entry: the values and errors of Python's own reader, in bounded memory."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kytos.cli import reading
from kytos.cli.reading import read_files
from kytos.errors import SourceError
from kytos.sources import alike, json_stream
from kytos.sources.documents import read_documents
from kytos.sources.json_stream import FileContent
from kytos.sources.manifests import read_cluster

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["items", "pods", "a", "é"]), inner)
    ),
    max_leaves=20,
)


def stored(tmp_path: Path, data: bytes) -> FileContent:
    path = tmp_path / "file.json"
    path.write_bytes(data)
    return FileContent.of(path)


@settings(max_examples=60, deadline=None)
@given(
    documents=st.lists(st.dictionaries(st.sampled_from(["items", "x"]), VALUES), min_size=1),
    indent=st.sampled_from([None, 1]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_a_file_in_small_pieces_reads_as_a_whole(
    tmp_path_factory: pytest.TempPathFactory,
    documents: list[dict[str, Any]],
    indent: int | None,
    encoding: str,
) -> None:
    """Whatever is cut in two by the end of a piece: a number, a word, a character, an escape."""
    text = "\n".join(json.dumps(one, indent=indent, ensure_ascii=False) for one in documents)
    data = text.encode(encoding, errors="replace")
    content = stored(tmp_path_factory.mktemp("cut"), data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "PIECE", 7)
        found = read_documents(content, "f")
    assert found == read_documents(data, "f")
    assert len(found) == len(documents)


@pytest.mark.parametrize(
    "text",
    [
        '{"items": [{"a": 1},\n {"a": }]}',
        '{"items": [\n{"a": 1}\n{"b": 2}]}',
        '{"kind": "List"\n "items": []}',
        '{"kind": "List",\n\n "items": [1, 2',
        '{"items": ["cut',
        '{"items" []}',
        "[1, 2,\n\n   x]",
        '{"a": tru}',
    ],
)
def test_what_is_wrong_is_told_by_line_and_column(tmp_path: Path, text: str) -> None:
    """As Python's own reader tells it, whether the text is whole or in pieces."""
    with pytest.raises(json.JSONDecodeError) as own:
        json.loads(text)
    place = f"{own.value.msg} at line {own.value.lineno}, column {own.value.colno}"
    for content in (text, stored(tmp_path, text.encode())):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(json_stream, "PIECE", 5)
            with pytest.raises(SourceError) as error:
                read_documents(content, "f")
        assert place in str(error.value)


def pod(name: str, node: str, filling: str = "") -> dict[str, Any]:
    """One replica of many, with what an API server adds to it."""
    return {
        "kind": "Pod",
        "metadata": {
            "name": name,
            "uid": f"uid-{name}",
            "labels": {"app": "web"},
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [{"manager": filling}],
            "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "controller": True}
            ],
        },
        "spec": {
            "nodeName": node,
            "containers": [
                {
                    "name": "main",
                    "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
                    "env": [{"name": "A", "value": filling}],
                    "volumeMounts": [{"name": f"token-{name}", "mountPath": "/t"}],
                }
            ],
            "volumes": [{"name": f"token-{name}", "projected": {"sources": []}}],
        },
        "status": {
            "phase": "Running",
            "podIP": f"10.0.0.{len(name)}",
            "startTime": "2026-01-02T00:00:00Z",
            "conditions": [
                {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-02T00:00:00Z"}
            ],
        },
    }


NODES = [
    {
        "kind": "Node",
        "metadata": {"name": name},
        "status": {"allocatable": {"cpu": "64", "memory": "256Gi", "pods": "5000"}},
    }
    for name in ("one", "two")
]


def test_replicas_are_read_once_and_no_differently(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy differs in name, node, id and time; whoever differs in more is read by itself."""
    pods = [pod(f"web-{at}", NODES[at % 2]["metadata"]["name"]) for at in range(4)]
    pods[1]["status"]["phase"] = "Failed"
    pods[2]["metadata"]["deletionTimestamp"] = "2026-01-03T00:00:00Z"
    pods[3]["spec"]["nodeName"] = ""
    pods += [pod("web-4", "two"), pod("web-5", "one")]
    pods[4]["status"]["startTime"] = "2026-02-02T00:00:00Z"
    pods[5]["spec"]["volumes"].append({"name": "own", "ephemeral": {}})
    pods.append(pod("web-6", "one"))
    pods[6]["spec"]["volumes"].append({"name": "own", "ephemeral": {}})
    text = json.dumps({"kind": "List", "items": [*NODES, *pods]})
    cluster = read_cluster([("c.json", text)])
    monkeypatch.setattr(alike, "_kind_of", lambda item: None)
    assert cluster == read_cluster([("c.json", text)])
    assert len({pod.id for pod in cluster.pods}) == 7
    assert cluster.pods[5].claims == ("web-5-own",)
    assert cluster.pods[0].requests is cluster.pods[4].requests


def test_a_long_file_is_never_held_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """9 MB of pods that are nearly all noise take a small part of that, even while read."""
    path = tmp_path / "cluster.json"
    items = [*NODES, *(pod(f"web-{at}", "one", "x" * 2_000) for at in range(2_000))]
    path.write_text(json.dumps({"apiVersion": "v1", "items": items, "kind": "List"}))
    monkeypatch.setattr(reading, "READ_WHOLE", 2**20)
    monkeypatch.setattr(json_stream, "PIECE", 2**16)
    del items
    tracemalloc.start()
    cluster = read_files([path])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(cluster.pods) == 2_000
    assert path.stat().st_size > 9e6
    assert peak < 14e6


def test_how_much_has_been_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first piece of a long file to the last of its pods the share rises, to the end."""
    meta = {"uid": "u", "creationTimestamp": "2026-01-01T00:00:00Z"}
    node = {
        "kind": "Node",
        "metadata": meta | {"name": "n"},
        "status": {"allocatable": {"cpu": "900", "memory": "900Gi", "pods": "900"}},
    }
    spec = {"nodeName": "n", "containers": [{"name": "c"}]}
    pods = [
        {"kind": "Pod", "metadata": meta | {"name": f"p{one}"}, "spec": spec} for one in range(30)
    ]
    path = tmp_path / "cluster.json"
    path.write_text(json.dumps({"kind": "List", "items": [node, *pods]}))
    monkeypatch.setattr(reading, "READ_WHOLE", 0)
    monkeypatch.setattr(json_stream, "PIECE", 1_000)
    monkeypatch.setattr("kytos.sources.assembly.PODS_A_WORD", 10)
    told: list[tuple[str, float]] = []
    cluster = read_files([path], report=lambda stage, share, _: told.append((stage, share)))
    shares = [share for _, share in told]
    assert len(cluster.pods) == 30
    assert {stage for stage, _ in told} == {"reading"}
    assert shares == sorted(shares)
    assert sum(share < 0.5 for share in shares) > 3
    assert sum(share >= 0.5 for share in shares) > 3
