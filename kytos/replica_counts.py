"""How many replicas of each service are on each node, held without the many zeros."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ReplicaCounts:
    """Counts ``(services, nodes)``, most of them 0.

    It is indexed as that array, and gives it where NumPy asks for one.

    Attributes
    ----------
    service, node
        ``(entries,)`` ascending by service, then node, each pair once.
    count
        ``(entries,)`` above 0.
    shape
        Services and nodes.
    """

    service: Ints
    node: Ints
    count: Ints
    shape: tuple[int, int]

    @classmethod
    def of(cls, counts: npt.NDArray[Any] | ReplicaCounts) -> ReplicaCounts:
        """Hold an array ``(services, nodes)``."""
        if isinstance(counts, ReplicaCounts):
            return counts
        service, node = np.nonzero(counts)
        services, nodes = counts.shape
        return cls(service, node, counts[service, node].astype(np.int64), (services, nodes))

    @classmethod
    def counted(cls, service: Ints, node: Ints, shape: tuple[int, int]) -> ReplicaCounts:
        """Count replicas, of which each is told by its service and its node."""
        code, count = np.unique(service * max(1, shape[1]) + node, return_counts=True)
        service, node = np.divmod(code, max(1, shape[1]))
        return cls(service, node, count.astype(np.int64), shape)

    def plus(self, service: Ints, node: Ints) -> ReplicaCounts:
        """Return the counts with more replicas, each told by its service and its node."""
        return ReplicaCounts.counted(
            np.concatenate([np.repeat(self.service, self.count), service]),
            np.concatenate([np.repeat(self.node, self.count), node]),
            self.shape,
        )

    def by(self, group: Ints, groups: int) -> Ints:
        """``(services, groups)`` sums over nodes ``(nodes,)`` of each group; -1 is in none."""
        total = np.zeros((self.shape[0], groups), dtype=np.int64)
        inside = group[self.node] >= 0
        np.add.at(total, (self.service[inside], group[self.node[inside]]), self.count[inside])
        return total

    def pairs(self) -> int:
        """Pairs of replicas of one service on one node."""
        return int((self.count * (self.count - 1) // 2).sum())

    def sum(self, axis: int | None = None) -> Any:
        """As of the array."""
        if axis is None:
            return self.count.sum()
        at = self.service if axis == 1 else self.node
        total = np.zeros(self.shape[1 - axis], dtype=np.int64)
        np.add.at(total, at, self.count)
        return total

    def copy(self) -> Ints:
        """Return the array ``(services, nodes)``, to be written to."""
        counts = np.zeros(self.shape, dtype=np.int64)
        counts[self.service, self.node] = self.count
        return counts

    def __array__(
        self, dtype: npt.DTypeLike | None = None, copy: bool | None = None
    ) -> npt.NDArray[Any]:
        """As NumPy asks for it."""
        return np.asarray(self.copy(), dtype=dtype)

    def __len__(self) -> int:
        """Services."""
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        """As of the array."""
        if isinstance(key, int | np.integer):
            if not -len(self) <= key < len(self):
                raise IndexError(f"there are {len(self)} services, none at {key}")
            key = key % len(self)
            start, end = np.searchsorted(self.service, np.array([key, key + 1]))
            row = np.zeros(self.shape[1], dtype=np.int64)
            row[self.node[start:end]] = self.count[start:end]
            return row
        return self.copy()[key]
