"""Values of pairs of a pod and a node, each distinct row held once for all pods that share it.

Pods of one service mostly may go to the same nodes, so 150,000 pods on 5,000 nodes are some
thousand rows of 5,000 instead of 750 million pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

Value = TypeVar("Value", np.bool_, np.float64)

CELLS = 4_000_000
"""Pairs looked at in one go where all rows are gone through: 32 MB of floats."""


@dataclass(frozen=True, eq=False)
class PairRows(Generic[Value]):
    """A value for each pair of a pod and a node, as rows that pods share.

    It is indexed as the array ``(pods, nodes)`` it stands for, gives that array where NumPy asks
    for one, and is never written to: `copy` returns an array of one's own.

    Attributes
    ----------
    of_pod
        ``(pods,)`` position of each pod's row.
    rows
        ``(kinds, nodes)``, read only.
    """

    of_pod: npt.NDArray[np.int64]
    rows: npt.NDArray[Value]

    def __post_init__(self) -> None:
        """Keep the rows from being written to through a view."""
        rows = self.rows.view()
        rows.flags.writeable = False
        object.__setattr__(self, "rows", rows)

    @classmethod
    def of(cls, pairs: npt.NDArray[Value] | PairRows[Value]) -> PairRows[Value]:
        """Hold an array ``(pods, nodes)`` by its distinct rows."""
        if isinstance(pairs, PairRows):
            return pairs
        return cls(np.arange(len(pairs)), np.asarray(pairs)).merged()

    @classmethod
    def alike(cls, pods: int, row: npt.NDArray[Value]) -> PairRows[Value]:
        """Every pod has the row ``(nodes,)``."""
        return cls(np.zeros(pods, dtype=np.int64), np.asarray(row)[None])

    @property
    def shape(self) -> tuple[int, int]:
        """Pods and nodes."""
        return len(self.of_pod), self.rows.shape[1]

    @property
    def size(self) -> int:
        """Pairs."""
        pods, nodes = self.shape
        return pods * nodes

    def merged(self) -> PairRows[Value]:
        """Return the same with equal rows as one, and without those of no pod."""
        used, of_pod = np.unique(self.of_pod, return_inverse=True)
        rows = self.rows if len(used) == len(self.rows) else self.rows[used]
        packed: npt.NDArray[Any] = rows
        if rows.dtype == np.bool_:
            packed = np.packbits(np.asarray(rows, dtype=np.bool_), axis=1)
        known: dict[bytes, int] = {}
        first: list[int] = []
        kind = np.empty(len(rows), dtype=np.int64)
        for position, row in enumerate(packed):
            kind[position] = known.setdefault(row.tobytes(), len(known))
            if len(known) > len(first):
                first.append(position)
        if len(first) == len(rows):
            return PairRows(of_pod.reshape(-1), rows)
        return PairRows(kind[of_pod.reshape(-1)], rows[first])

    def narrowed(
        self, pods: npt.NDArray[Any] | slice, nodes: npt.NDArray[Any] | slice
    ) -> PairRows[Value]:
        """Return the pairs of some pods and some nodes."""
        of_pod = self.of_pod[pods]
        used, of_pod = np.unique(of_pod, return_inverse=True)
        return PairRows(of_pod.reshape(-1), self.rows[used][:, nodes]).merged()

    def chunks(self) -> Iterator[tuple[slice, npt.NDArray[Value]]]:
        """Go through the rows, some at a time."""
        step = max(1, CELLS // max(1, self.rows.shape[1]))
        for start in range(0, len(self.rows), step):
            some = slice(start, start + step)
            yield some, self.rows[some]

    def reached(self, pods: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """``(nodes,)`` those that any of some pods may go to."""
        used = self.rows[np.unique(self.of_pod[pods])]
        return np.asarray(used.any(axis=0), dtype=np.bool_)

    def copy(self) -> npt.NDArray[Value]:
        """Return the array ``(pods, nodes)``, to be written to."""
        return self.rows[self.of_pod]

    def any(self, axis: int | None = None, keepdims: bool = False) -> Any:
        """As of the array."""
        if axis == 1:
            return np.asarray(self.rows.any(axis=1, keepdims=keepdims))[self.of_pod]
        used = self.rows[np.unique(self.of_pod)]
        return used.any(axis=axis, keepdims=keepdims)

    def sum(self, axis: int | None = None, dtype: npt.DTypeLike | None = None) -> Any:
        """As of the array."""
        if axis == 1:
            return self.rows.sum(axis=1, dtype=dtype)[self.of_pod]
        if axis == 0:
            return np.bincount(self.of_pod, minlength=len(self.rows)) @ self.rows
        return self.rows.sum(axis=1)[self.of_pod].sum()

    def min(self, axis: int, initial: float) -> Any:
        """``(pods,)`` the least of each pod's row; other axes are not asked for."""
        assert axis == 1
        return self.rows.min(axis=1, initial=initial)[self.of_pod]

    def all(self) -> bool:
        """As of the array."""
        return bool(self.rows[np.unique(self.of_pod)].all())

    def tolist(self) -> list[list[Any]]:
        """As of the array."""
        return list(self.copy().tolist())

    def __array__(
        self, dtype: npt.DTypeLike | None = None, copy: bool | None = None
    ) -> npt.NDArray[Any]:
        """As NumPy asks for it."""
        return np.asarray(self.copy(), dtype=dtype)

    def __len__(self) -> int:
        """Pods."""
        return len(self.of_pod)

    def __getitem__(self, key: Any) -> Any:
        """As of the array."""
        if not isinstance(key, tuple):
            return self.rows[self.of_pod[key]]
        pods, nodes = key
        if isinstance(pods, slice):
            return self.rows[:, nodes][self.of_pod[pods]]
        return self.rows[self.of_pod[pods], nodes]

    def __and__(self, other: npt.NDArray[np.bool_]) -> PairRows[Value]:
        """What is open in a mask on nodes ``(nodes,)`` that are open too."""
        assert other.ndim == 1
        return PairRows(self.of_pod, np.where(other, self.rows, np.zeros_like(self.rows)))

    def __invert__(self) -> npt.NDArray[np.bool_]:
        """As of the array."""
        return np.logical_not(self)

    def __eq__(self, other: object) -> Any:
        """As of the array."""
        return np.asarray(self) == np.asarray(other)

    __hash__ = None  # type: ignore[assignment]


PairMask = PairRows[np.bool_]
"""Which pairs are open."""

PairCosts = PairRows[np.float64]
"""What pairs cost."""


def kinds_of(
    rows: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the distinct rows of an array, and which of them each row is."""
    distinct, kind = np.unique(rows, axis=0, return_inverse=True)
    return distinct, kind.reshape(-1)


class MaskBuilder:
    """A mask of pairs while it is narrowed, pod by pod or by whole groups of pods.

    Parameters
    ----------
    pods, nodes
        How many there are; all pairs are open at first.
    """

    def __init__(self, pods: int, nodes: int) -> None:
        """Begin with one row for all."""
        self._nodes = nodes
        self._of_pod = np.zeros(pods, dtype=np.int64)
        self._rows = [np.ones(nodes, dtype=np.bool_)]

    @classmethod
    def on(cls, mask: PairMask) -> MaskBuilder:
        """Begin with what a mask leaves open."""
        builder = cls(0, mask.shape[1])
        builder._of_pod, builder._rows = mask.of_pod.copy(), list(mask.rows)
        return builder

    def forbid(self, pods: npt.NDArray[Any], nodes: npt.NDArray[np.bool_]) -> None:
        """Close the pairs of some pods, as positions or ``(pods,)`` bool, with ``(nodes,)``."""
        if nodes.any():
            self._change(pods, lambda row: row & ~nodes)

    def forbid_by_kind(
        self,
        kind: npt.NDArray[np.int64],
        refused: Callable[[int], npt.NDArray[np.bool_]],
    ) -> None:
        """Close the nodes refused to each kind of pods ``(pods,)``; to kind -1 none are."""
        if not len(kind):
            return
        order = np.argsort(kind, kind="stable")
        kinds, start = np.unique(kind[order], return_index=True)
        for value, some in zip(kinds.tolist(), np.split(order, start[1:]), strict=True):
            if value >= 0:
                self.forbid(some, refused(value))

    def open(self, pods: npt.NDArray[np.int64], nodes: npt.NDArray[np.int64]) -> None:
        """Open the pair of each pod with the node beside it, such as where it runs."""
        if not len(pods):
            return
        row = self._of_pod[pods]
        used, at = np.unique(row, return_inverse=True)
        closed = ~np.array([self._rows[one] for one in used])[at.reshape(-1), nodes]
        pairs = np.column_stack([row[closed], nodes[closed]])
        for (closed_row, here), some in _groups(pairs, pods[closed]):
            opened = self._rows[closed_row].copy()
            opened[here] = True
            self._of_pod[some] = len(self._rows)
            self._rows.append(opened)

    def mask(self) -> PairMask:
        """Return what is open."""
        used, of_pod = np.unique(self._of_pod, return_inverse=True)
        rows = [self._rows[at] for at in used]
        stacked = np.array(rows, dtype=np.bool_).reshape(len(rows), self._nodes)
        return PairRows(of_pod.reshape(-1), stacked).merged()

    def _change(
        self,
        pods: npt.NDArray[Any],
        change: Callable[[npt.NDArray[np.bool_]], npt.NDArray[np.bool_]],
    ) -> None:
        pods = np.flatnonzero(pods) if pods.dtype == np.bool_ else pods
        row = self._of_pod[pods]
        for at in np.unique(row).tolist():
            changed = change(self._rows[at])
            if not np.array_equal(changed, self._rows[at]):
                self._of_pod[pods[row == at]] = len(self._rows)
                self._rows.append(changed)


def _groups(
    pairs: npt.NDArray[np.int64], pods: npt.NDArray[np.int64]
) -> Iterator[tuple[tuple[int, int], npt.NDArray[np.int64]]]:
    """Each distinct pair, and the pods it stands beside."""
    if not len(pairs):
        return
    distinct, group = np.unique(pairs, axis=0, return_inverse=True)
    order = np.argsort(group.reshape(-1), kind="stable")
    start = np.searchsorted(group.reshape(-1)[order], np.arange(1, len(distinct)))
    for pair, some in zip(distinct, np.split(pods[order], start), strict=True):
        yield (int(pair[0]), int(pair[1])), some
