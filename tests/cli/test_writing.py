"""Answers in files: whole, as private as the file was, and through links."""

from __future__ import annotations

import os
from pathlib import Path
from stat import S_IMODE

import pytest

from kytos.cli.writing import check_writable, write
from kytos.errors import InputError


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_files_mode_stays(tmp_path: Path, mode: int) -> None:
    """What others could not read before they cannot read after."""
    file = tmp_path / "answer.json"
    file.touch()
    file.chmod(mode)
    write(file, "{}")
    assert (S_IMODE(file.stat().st_mode), file.read_text()) == (mode, "{}\n")


def test_a_new_file_gets_what_the_umask_leaves(tmp_path: Path) -> None:
    """As any other program's file; a script may be run by its owner too."""
    before = os.umask(0o027)
    try:
        write(tmp_path / "new", "{}")
        write(tmp_path / "script", "true", runs=True)
    finally:
        os.umask(before)
    assert S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    assert S_IMODE((tmp_path / "script").stat().st_mode) == 0o740


def test_a_link_stays_one(tmp_path: Path) -> None:
    """What it leads to is replaced, be it there or not, and nothing is left beside either."""
    (tmp_path / "far").mkdir()
    for name, there in (("old", True), ("new", False)):
        target, link = tmp_path / "far" / name, tmp_path / f"{name} link"
        if there:
            target.write_text("before")
        link.symlink_to(target)
        check_writable(link)
        write(link, "{}")
        assert link.is_symlink()
        assert target.read_text() == "{}\n"
    assert sorted(path.name for path in (tmp_path / "far").iterdir()) == ["new", "old"]
    assert len(list(tmp_path.iterdir())) == 3


def test_a_link_to_nowhere_is_refused_first(tmp_path: Path) -> None:
    """Before the work is done, as where the folder is not there."""
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "gone" / "answer.json")
    with pytest.raises(InputError, match=r"no folder .*gone"):
        check_writable(link)
