"""Kernels on disk: used again while no kernel changed, compiled anew once any of them has."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import numba
import pytest

import kytos.refine
from kytos.refine.kernels import compiled

ROOT = Path(__file__).parents[2]
REFINE = Path(kytos.refine.__file__).parent
KERNELS = sorted(path.relative_to(REFINE).as_posix() for path in REFINE.glob("kernels/*.py"))


@pytest.fixture
def refine(tmp_path: Path) -> Path:
    """A copy of the source of `kytos.refine`."""
    return Path(shutil.copytree(REFINE, tmp_path / "refine", ignore=lambda *_: ["__pycache__"]))


@pytest.fixture
def _empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))


def is_compiled() -> bool:
    """Use a kernel as a new process would; whether it had to be compiled."""
    kernel = compiled.called_from_python(one_more)
    assert kernel(1) == 2
    return bool(kernel.stats.cache_misses)


def one_more(number: int) -> int:
    return number + 1


@pytest.mark.usefixtures("_empty_cache")
def test_a_kernel_is_compiled_anew_when_another_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though its own file is the same; while none changed, what lies on disk is used."""
    assert is_compiled()
    assert not is_compiled()
    monkeypatch.setattr(compiled, "_SOURCES", b"others")
    assert is_compiled()


@pytest.mark.parametrize("source", [*KERNELS, "state.py"])
def test_each_kernel_counts(refine: Path, source: str) -> None:
    """Every module of kernels, and the records they read, is in the digest."""
    before = compiled.sources(refine)
    (refine / source).write_text((refine / source).read_text() + "\n# changed\n")
    assert compiled.sources(refine) != before


def test_what_only_calls_kernels_does_not_count(refine: Path) -> None:
    """A change of the Python around them costs nobody the half minute of a compilation."""
    before = compiled.sources(refine)
    (refine / "anneal.py").write_text("")
    assert compiled.sources(refine) == before


def test_kernels_compile_where_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a read-only disk Numba finds no place for its cache; the kernel works all the same."""

    def read_only(*_: object) -> None:
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr(compiled, "_KernelCache", read_only)
    assert compiled.called_from_python(one_more)(1) == 2


@pytest.mark.usefixtures("_empty_cache")
@pytest.mark.parametrize("trouble", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_a_disk_that_is_full_only_costs_time(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, trouble: int
) -> None:
    """The kernel works, is compiled by every process, and the reason is said once."""

    def fail(*_: object) -> None:
        raise OSError(trouble, os.strerror(trouble))

    compiled._tell_once.cache_clear()
    monkeypatch.setattr(compiled.IndexDataCacheFile, "_save_data", fail)
    assert is_compiled()
    assert is_compiled()
    assert [os.strerror(trouble) in message for message in caplog.messages] == [True]


@pytest.mark.usefixtures("_empty_cache")
def test_what_lies_on_disk_in_pieces_is_compiled_anew(tmp_path: Path) -> None:
    """A file that a crash or a full disk cut short is no reason to fail."""
    assert is_compiled()
    for index in tmp_path.rglob("*.nbi"):
        index.write_bytes(index.read_bytes()[:40])
    assert is_compiled()


def test_no_kernel_is_kept_by_numbas_own_way() -> None:
    """Its ``cache=True`` fails where nothing can be written."""
    sources = (ROOT / "kytos").rglob("*.py")
    assert not [path for path in sources if "njit(cache=True" in path.read_text()]


@pytest.mark.usefixtures("_empty_cache")
@pytest.mark.parametrize(("options", "starts"), [({"_nrt": False}, 0), ({}, 1)])
def test_only_a_kernel_that_allocates_starts_the_runtime(
    options: dict[str, bool], starts: int
) -> None:
    """Loaded without it, one that allocates calls what is not there, and the process dies."""

    def kernel(count: int) -> int:
        return count

    started: list[None] = []
    codegen = SimpleNamespace(magic_tuple=lambda: ("none",))
    context = SimpleNamespace(refresh=lambda: started.append(None), codegen=lambda: codegen)
    kept = compiled.kept_on_disk(numba.njit(**options)(kernel))
    assert kept._cache.load_overload((), context) is None
    assert len(started) == starts
