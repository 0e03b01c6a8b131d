"""What is kept survives the process, stays within its limits, and is nobody's without its name."""

from __future__ import annotations

import stat
import time
from pathlib import Path
from secrets import token_hex

import pytest

from kytos.settings import StoreSettings
from kytos.ui.store import KeptAnswer, Store, is_name, new_name, open_store


def kept(store: Store, history: str, digest: str = "d", size: int = 10, age_s: float = 0) -> str:
    """Keep an answer of so many bytes of noise, and return its name."""
    line = KeptAnswer(new_name(), digest, "rebalance", "shop", "said", time.time() - age_s)
    store.keep_answer(line, history, {"cluster": digest}, {"noise": token_hex(size)})
    return line.id


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "kept.sqlite"


def test_survives_the_process(file: Path) -> None:
    """Another store on the same file finds upload, answer and history; others may not read it."""
    first = Store(file, days=1, mib=1)
    first.keep_cluster("mine", "d", "shop", {"cluster": "d"})
    name = kept(first, "mine")
    second = Store(file, days=1, mib=1)
    assert [one.name for one in second.uploads("mine")] == ["shop"]
    assert [one.id for one in second.answers("mine")] == [name]
    line, cluster, content = second.answer(name) or pytest.fail("the answer is gone")
    assert (line.headline, cluster, set(content)) == ("said", {"cluster": "d"}, {"noise"})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_nothing_is_found_without_its_name() -> None:
    """Another history sees neither upload nor answer, and the digest alone opens nothing."""
    store = Store(None, days=1, mib=1)
    store.keep_cluster("mine", "d", "shop", {"cluster": "d"})
    kept(store, "mine")
    assert store.answers("yours") == []
    assert store.uploads("yours") == []
    assert store.cluster("d", "yours") is None
    assert store.answer(new_name()) is None
    assert store.cluster("d", "mine") == {"cluster": "d"}


def test_the_old_goes() -> None:
    """An answer past its days goes with the next that is kept, and its cluster with it."""
    store = Store(None, days=1, mib=1)
    old = kept(store, "mine", "old", age_s=90_000)
    new = kept(store, "mine", "new")
    assert [one.id for one in store.answers("mine")] == [new]
    assert store.answer(old) is None


def test_the_oldest_goes_first_where_room_is_short() -> None:
    """Never more than the size allowed, whatever comes; one too large alone is not kept."""
    store = Store(None, days=1, mib=0.1)
    first = kept(store, "mine", "a", size=40_000, age_s=100)
    second = kept(store, "mine", "b", size=40_000, age_s=50)
    third = kept(store, "mine", "c", size=40_000)
    assert store.answer(first) is None
    assert {one.id for one in store.answers("mine")} == {second, third}
    kept(store, "mine", "d", size=400_000)
    assert {one.id for one in store.answers("mine")} == {second, third}


def test_forgetting_leaves_others_alone() -> None:
    """A cluster that two histories have stays until both have let it go."""
    store = Store(None, days=1, mib=1)
    for history in ("mine", "yours"):
        store.keep_cluster(history, "d", "shop", {"cluster": "d"})
    store.forget("mine")
    assert store.cluster("d", "mine") is None
    assert store.cluster("d", "yours") == {"cluster": "d"}


@pytest.mark.parametrize("content", [b"", b"this is no database, but long enough to look" * 30])
def test_a_file_that_cannot_be_opened_is_no_end(tmp_path: Path, content: bytes) -> None:
    """The dashboard runs on, in memory where it must, and leaves the file alone."""
    path = tmp_path / "kept.sqlite"
    path.write_bytes(content)
    store = open_store(StoreSettings(store=str(path)))
    kept(store, "mine")
    assert len(store.answers("mine")) == 1
    assert store.in_memory is bool(content)
    if content:
        assert path.read_bytes() == content


def test_memory_by_one_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then no file is made, wherever one would be."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert open_store(StoreSettings(store="memory")).in_memory
    assert list(tmp_path.iterdir()) == []
    assert not open_store(StoreSettings()).in_memory
    assert (tmp_path / "kytos" / "dashboard.sqlite").exists()


@pytest.mark.parametrize("text", ["", "a" * 21, "a" * 23, "a" * 21 + "'", "../" * 8])
def test_only_names_are_names(text: str) -> None:
    """What a link says is looked at before it is looked up."""
    assert is_name(new_name())
    assert not is_name(text)
