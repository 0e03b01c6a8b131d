"""Dumps of clusters as tools write them: read, or refused with a sentence that helps."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from kytos.errors import SourceError
from kytos.sources.manifests import read_cluster
from tests.cli.test_commands import kytos

DUMPS = Path(__file__).parents[1] / "data" / "dumps"


@pytest.mark.parametrize(
    "name",
    [
        "cluster-info-dump.txt",
        "table-with-objects.json",
        "insights-archive.tar.gz",
        "support-bundle.tar.gz",
        "dump.zip",
    ],
)
def test_a_dump_is_read(name: str) -> None:
    """Its two nodes and the two pods on them, whatever else lies beside them."""
    cluster = read_cluster([(name, (DUMPS / name).read_bytes())])
    assert [node.name for node in cluster.nodes] == ["n1", "n2"]
    assert {pod.id: pod.node for pod in cluster.pods} == {"shop/web-0": "n1", "shop/web-1": "n2"}
    assert {pod.service for pod in cluster.pods} == {"shop/web"}


def test_what_an_archive_holds_besides_is_named() -> None:
    """A broken file of a bundle refuses nothing; a kubeconfig in it is passed over."""
    name = "support-bundle.tar.gz"
    cluster = read_cluster([(name, (DUMPS / name).read_bytes())])
    said = " ".join(subject for note in cluster.notes for subject in note.subjects)
    assert "support-bundle/broken.json" in said
    assert "kubeconfig" not in said


@pytest.mark.parametrize(
    ("name", "words"),
    [("table-of-names.json", "includeObject=Object"), ("kubectl-table.txt", "add `-o json`")],
)
def test_a_table_without_objects_says_what_to_give(name: str, words: str) -> None:
    """Names and ages are no cluster."""
    with pytest.raises(SourceError, match=words):
        read_cluster([(name, (DUMPS / name).read_bytes())])


def test_a_folder_of_files_is_one_cluster(tmp_path: Path) -> None:
    """As `kubectl cluster-info dump --output-directory` leaves it."""
    with tarfile.open(DUMPS / "insights-archive.tar.gz") as archive:
        wanted = [name for name in archive.getnames() if name.startswith("config/")]
        archive.extractall(tmp_path, [archive.getmember(name) for name in wanted], filter="data")
    result = kytos("inspect", tmp_path / "config")
    assert "2 running" in result.stdout, result.output


def test_an_archive_is_unpacked_no_further_than_allowed() -> None:
    """A megabyte of zeros in a kilobyte, and one that says it is shorter than it is."""
    bomb = gzip.compress(b" " * 2**20)
    with pytest.raises(SourceError, match="unpacks to more than 0 MiB"):
        read_cluster([("bomb.json.gz", bomb)], max_bytes=2**16)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for number in range(3):
            member = tarfile.TarInfo(f"{number}.json")
            member.size = 40_000
            archive.addfile(member, io.BytesIO(b" " * 40_000))
    with pytest.raises(SourceError, match="unpacks to more than"):
        read_cluster([("many.tar", packed.getvalue())], max_bytes=2**16)


@pytest.mark.parametrize("content", [b"\x1f\x8bnothing", b"PK\x03\x04nothing"])
def test_a_broken_archive_is_said_to_be_one(content: bytes) -> None:
    """By name, not by a traceback."""
    with pytest.raises(SourceError, match=r"x\.zip: is an archive that cannot be opened"):
        read_cluster([("x.zip", content)])


def test_a_file_longer_than_allowed_says_how_long_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own size, and the setting that allows more."""
    monkeypatch.setenv("KYTOS_MAX_FILE_MIB", "1")
    file = tmp_path / "big.json"
    file.write_bytes(b" " * (3 * 2**20))
    result = kytos("inspect", file)
    assert result.exit_code == 2
    assert "is 3 MiB long; at most 1 MiB" in result.output
    assert "KYTOS_MAX_FILE_MIB" in result.output
