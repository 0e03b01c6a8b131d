"""OR-Tools' `cp_model`, loaded without pandas, which it needs for series of variables alone.

Loading pandas takes a third as long again as all else that a small plan waits for, and no model
here has a series (docs/decisions/0275-what-a-command-loads.md).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

NAME = "pandas"
NAMED = ("Index", "Series")
"""The types of pandas that stand in signatures of `cp_model`, which look them up as it loads."""


class _Later(ModuleType):
    """Pandas, loaded when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(NAME), name)


@contextmanager
def pandas_later() -> Iterator[None]:
    """Let what is imported meanwhile load pandas when it is first used; nothing if it is loaded.

    Whoever imports pandas afterwards, or uses series with OR-Tools, gets the real one.
    """
    if NAME in sys.modules:
        yield
        return
    later = _Later(NAME)
    vars(later).update({name: name for name in NAMED})
    sys.modules[NAME] = later
    try:
        yield
    finally:
        if sys.modules.get(NAME) is later:
            del sys.modules[NAME]
        for name in NAMED:
            delattr(later, name)


with pandas_later():
    from ortools.sat.python import cp_model

__all__ = ["cp_model"]
