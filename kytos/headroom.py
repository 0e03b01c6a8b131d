"""What should stay free on a node: safety lines of any resource, and the balance of two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SafetyLines:
    """Soft capacity: each unit a node holds above its line costs, up to its capacity.

    Source: the load cost of the ROADEF/EURO challenge 2012 (Google), *machine reassignment*.

    Attributes
    ----------
    line
        ``(nodes, resources)`` in units of the resource.
    cost
        ``(nodes, resources)`` of one unit above it, in the unit of H_load, 0 or more.
    """

    line: Ints
    cost: Floats

    def __post_init__(self) -> None:
        """Refuse what would reward a full node."""
        if self.line.shape != self.cost.shape or not _costs(self.cost):
            raise ValueError("SafetyLines: expected a cost of 0 or more for every line")

    def total(self, held: Ints) -> float:
        """Return the cost of what is held ``(nodes, resources)``."""
        return float((self.cost * np.maximum(held - self.line, 0)).sum())


@dataclass(frozen=True)
class Balance:
    """So much of one resource should stay free on a node for what stays free of another.

    A node costs ``cost * max(0, parts * free[first] - free[second])``: CPU that stays free is of no
    use where no memory does. Source: the balance cost of the ROADEF/EURO challenge 2012.

    Attributes
    ----------
    first, second
        Positions of the resources.
    parts
        Units of `second` wanted for each unit of `first` that stays free.
    cost
        ``(nodes,)`` of a unit of `second` that is wanting, in the unit of H_load, 0 or more.
    """

    first: int
    second: int
    parts: int
    cost: Floats

    def __post_init__(self) -> None:
        """Refuse what would reward imbalance."""
        if self.parts < 0 or not _costs(self.cost):
            raise ValueError("Balance: expected parts and costs of 0 or more")

    def total(self, free: Ints) -> float:
        """Return the cost of what stays free ``(nodes, resources)``; less than none where over."""
        wanting = self.parts * free[:, self.first] - free[:, self.second]
        return float((self.cost * np.maximum(wanting, 0)).sum())


def _costs(values: Floats) -> bool:
    return bool(np.isfinite(values).all() and (values >= 0).all())
