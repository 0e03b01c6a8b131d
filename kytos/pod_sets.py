"""Sets of pods, held as the positions of their members rather than a flag for every pod.

A cluster of 150,000 pods has thousands of selectors, each of which matches a few dozen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PodSet:
    """Some of so many pods.

    It can be used as the array ``(pods,)`` of bool that it stands for, and gives that array where
    NumPy asks for one; what is made of it by ``&``, ``|`` and ``~`` is such an array.

    Attributes
    ----------
    positions
        Of the members, ascending.
    pods
        How many pods there are.
    """

    positions: Ints
    pods: int

    @classmethod
    def of(cls, members: Bools | PodSet) -> PodSet:
        """Hold an array ``(pods,)`` of bool by its members."""
        if isinstance(members, PodSet):
            return members
        return cls(np.flatnonzero(members), len(members))

    @property
    def shape(self) -> tuple[int]:
        """Of the array."""
        return (self.pods,)

    def any(self) -> bool:
        """Whether there is a member."""
        return len(self.positions) > 0

    def sum(self) -> int:
        """How many members there are."""
        return len(self.positions)

    def tolist(self) -> list[bool]:
        """As of the array."""
        return [bool(member) for member in np.asarray(self)]

    def tobytes(self) -> bytes:
        """What tells sets of the same pods apart."""
        return self.positions.tobytes()

    def within(self, positions: Ints) -> Bools:
        """Which of some ``positions`` are members."""
        if not len(self.positions):
            return np.zeros(np.shape(positions), dtype=np.bool_)
        at = np.searchsorted(self.positions, positions)
        return np.asarray(self.positions[np.minimum(at, len(self.positions) - 1)] == positions)

    def both(self, other: PodSet) -> PodSet:
        """Those that are in both."""
        return PodSet(self.positions[other.within(self.positions)], self.pods)

    def either(self, other: PodSet) -> PodSet:
        """Those that are in one of both."""
        return PodSet(np.union1d(self.positions, other.positions), self.pods)

    def __array__(
        self, dtype: npt.DTypeLike | None = None, copy: bool | None = None
    ) -> npt.NDArray[Any]:
        """As NumPy asks for it."""
        members = np.zeros(self.pods, dtype=np.bool_)
        members[self.positions] = True
        return np.asarray(members, dtype=dtype)

    def __len__(self) -> int:
        """Of the array: all pods."""
        return self.pods

    def __getitem__(self, key: Any) -> Any:
        """As of the array."""
        if isinstance(key, slice):
            return np.asarray(self)[key]
        keys = np.asarray(key)
        if keys.dtype == np.bool_:
            return self.within(np.flatnonzero(keys))
        if ((keys < -self.pods) | (keys >= self.pods)).any():
            raise IndexError(f"there are {self.pods} pods, none at {key}")
        inside = self.within(np.where(keys < 0, keys + self.pods, keys))
        return inside if inside.ndim else np.bool_(inside)

    def __and__(self, other: Any) -> Bools:
        """``(pods,)`` as an array."""
        return np.asarray(np.logical_and(self, other), dtype=np.bool_)

    def __or__(self, other: Any) -> Bools:
        """``(pods,)`` as an array."""
        return np.asarray(np.logical_or(self, other), dtype=np.bool_)

    __rand__, __ror__ = __and__, __or__

    def __invert__(self) -> Bools:
        """``(pods,)`` as an array."""
        return np.logical_not(self)

    def __eq__(self, other: object) -> Any:
        """``(pods,)`` as an array."""
        return np.asarray(self) == np.asarray(other)

    __hash__ = None  # type: ignore[assignment]
