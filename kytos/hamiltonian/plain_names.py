"""Names of variables as every file format takes them: ``x[3,2]`` is ``x_3_2``."""

from __future__ import annotations

import re

ONE = "one"
"""A variable fixed at 1, which carries the constant of an objective: not every reader of LP or
MPS files knows a constant, and those that do disagree on its sign."""


def plain_name(name: str) -> str:
    """Return a variable's name in letters, digits and underscores.

    Examples
    --------
    >>> plain_name("x[3,12]"), plain_name("y[2]"), plain_name("one")
    ('x_3_12', 'y_2', 'one')
    """
    return re.sub(r"\W+", "_", name.replace("-", "m")).strip("_")
