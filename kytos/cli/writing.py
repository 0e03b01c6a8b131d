"""Writes an answer to a file, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from stat import S_IMODE, S_IXUSR
from uuid import uuid4

from kytos.errors import InputError


def check_writable(path: Path) -> None:
    """Look, before the work is done, whether its answer could be written.

    Raises
    ------
    InputError
        When the folder is not there, or nothing may be written in it.
    """
    try:
        is_folder = path.is_dir()
    except OSError as error:  # no name that a file could have
        raise InputError(f"cannot be written: {error.strerror}", str(path)) from error
    if is_folder:
        raise InputError(f"{path} is a folder; name a file in it")
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise InputError(
            f"there is no folder {target.parent} to write {target.name} in; make it first"
        )
    if not os.access(path if _is_device(path) else target.parent, os.W_OK):
        raise InputError(f"{path} may not be written; name another file")


def write(path: Path, text: str, *, runs: bool = False) -> None:
    """Replace the file at once, so that a reader never finds half an answer.

    Parameters
    ----------
    runs
        Whether it is a script, which its owner may run then.

    Raises
    ------
    InputError
        When it cannot be written: the disk is full, say.
    """
    try:
        _write(path, text, runs=runs)
    except BrokenPipeError:  # a reader that has enough was given nothing wrong
        raise
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", str(path)) from error


def write_bytes(path: Path, content: bytes) -> None:
    """Replace the file at once, with bytes as they are.

    Raises
    ------
    InputError
        When it cannot be written: the disk is full, say.
    """
    new = path if _is_device(path) else path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        new.write_bytes(content)
        if new is not path:
            new.replace(path)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", str(path)) from error
    finally:
        if new is not path:
            new.unlink(missing_ok=True)


def _write(path: Path, text: str, *, runs: bool) -> None:
    if _is_device(path):  # such as /dev/stdout: there is nothing to replace
        path.write_text(text + "\n", encoding="utf-8")
        return
    target = Path(os.path.realpath(path))  # a link stays one; what it leads to is replaced
    new = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        new.touch(mode=_mode(target), exist_ok=False)
        if target.exists():
            new.chmod(_mode(target))  # the umask may have taken from what the file had
        new.write_text(text + "\n", encoding="utf-8")
        if runs:
            new.chmod(S_IMODE(new.stat().st_mode) | S_IXUSR)
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)


def _mode(target: Path) -> int:
    """Who may read and write a file, as before: an answer names what runs in a cluster."""
    try:
        return S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        return 0o666  # of which the umask takes its part


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file()
