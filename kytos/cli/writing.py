"""Writes an answer to a file, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4


def check_writable(path: Path) -> None:
    """Look, before the work is done, whether its answer could be written.

    Raises
    ------
    ValueError
        When the folder is not there, or nothing may be written in it.
    """
    if path.is_dir():
        raise ValueError(f"{path} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise ValueError(f"there is no folder {path.parent} to write {path.name} in; make it first")
    if not os.access(path if _is_device(path) else path.parent, os.W_OK):
        raise ValueError(f"{path} may not be written; name another file")


def write(path: Path, text: str) -> None:
    """Replace the file at once, so that a reader never finds half an answer."""
    if _is_device(path):  # such as /dev/stdout: there is nothing to replace
        path.write_text(text + "\n", encoding="utf-8")
        return
    new = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        new.write_text(text + "\n", encoding="utf-8")
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file()
