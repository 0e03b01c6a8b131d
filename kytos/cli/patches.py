"""Patches that set recommended requests, written as a folder, an archive or a script."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from kytos.cli.writing import check_writable, write, write_bytes
from kytos.errors import InputError
from kytos.questions.parts.right_sizing import RightSize


def check_patches(path: Path) -> None:
    """Look, before the work is done, whether patches could be written.

    Raises
    ------
    InputError
        When a folder cannot be made or written in, or a file cannot be written.
    """
    if not _is_folder(path):
        check_writable(path)
        return
    there = path if path.is_dir() else path.parent
    if not there.is_dir():
        raise InputError(f"there is no folder {there} to make {path.name} in; make it first")
    if not os.access(there, os.W_OK):
        raise InputError(f"nothing may be written in {there}; name another folder")


def write_patches(path: Path, sizes: Sequence[RightSize]) -> None:
    """Write a script where the name ends in one's suffix, an archive to ``*.zip``, else a folder.

    Raises
    ------
    InputError
        When it cannot be written, or there is nothing to write.
    """
    from kytos.report.right_sizing import SCRIPT, patch_files, patch_script, patch_zip

    if not sizes:
        raise InputError(
            "no pod's use is known, so there is no right size to patch; give files of use with "
            "--usage",
            "--patches",
        )
    if _is_folder(path):
        try:
            path.mkdir(exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot be made: {error.strerror}", str(path)) from error
        for name, text in patch_files(sizes).items():
            write(path / name, text, runs=name == SCRIPT)
    elif path.suffix == ".zip":
        write_bytes(path, patch_zip(sizes))
    else:
        write(path, patch_script(sizes), runs=True)


def _is_folder(path: Path) -> bool:
    """A folder that is there, or a name without a suffix that is no file's or device's."""
    return path.is_dir() or not (path.suffix or path.exists())
