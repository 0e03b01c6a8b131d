"""Samples to placements and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kytos.contract.params import Capacity, Encoding
from kytos.hamiltonian.layout import Layout, Row
from kytos.problem import UNPLACED, Bools, Ints, Problem
from kytos.referee.feasible import violations

Bits = npt.NDArray[np.int8]

NOT_ONE_PLACE = "pod in no place or two"
"""What a read breaks that puts a pod into two places, or into none though it needs one."""


@dataclass(frozen=True)
class Decoded:
    """Placements read off samples; they still need repair.

    Attributes
    ----------
    placements
        ``(reads, pods)``.
    broken
        ``(reads, pods)`` pods in two places at once, or in none though they need one.
    """

    placements: Ints
    broken: Bools

    @property
    def whole(self) -> Bools:
        """``(reads,)`` reads in which no pod is broken."""
        return np.logical_not(self.broken.any(axis=1))


def broken_constraints(problem: Problem, decoded: Decoded) -> list[frozenset[str]]:
    """Return for each read the names of what it breaks, before repair."""
    return [
        frozenset(
            f"{broken.kind.value}: {broken.rule}" for broken in violations(problem, placement)
        )
        | ({NOT_ONE_PLACE} if pods.any() else frozenset())
        for pods, placement in zip(decoded.broken, decoded.placements, strict=True)
    ]


def decode(layout: Layout, samples: Bits) -> Decoded:
    """Read the placements off samples whose first columns are the layout's assignments.

    A pod with several bits set goes to the first of them; one in the one-hot encoding with none
    that needs a place keeps its reference.
    """
    reads = len(samples)
    placements = np.tile(layout.reference, (reads, 1))
    broken = np.zeros(placements.shape, dtype=np.bool_)
    if not len(layout.pod):
        return Decoded(placements, broken)
    bits = np.asarray(samples)[:, : len(layout.pod)] > 0
    pods, starts = np.unique(layout.pod, return_index=True)
    count = np.add.reduceat(bits.astype(np.int64), starts, axis=1)
    position = np.where(bits, np.arange(len(layout.pod)), len(layout.pod))
    first = np.minimum.reduceat(position, starts, axis=1)
    chosen = layout.node[np.minimum(first, len(layout.pod) - 1)]
    none = layout.reference[pods]
    broken[:, pods] = count > 1
    if layout.encoding is Encoding.ONE_HOT:
        none = np.where(layout.may_wait[pods], UNPLACED, none)
        broken[:, pods] |= (count == 0) & ~layout.may_wait[pods]
    placements[:, pods] = np.where(count > 0, chosen, none)
    return Decoded(placements, broken)


def encode(layout: Layout, placement: Ints, capacity: Capacity = Capacity.SLACK) -> Bits:
    """``(variables,)`` the sample of a placement, slack and node-used variables at their best.

    Raises
    ------
    ValueError
        When a pod is where the layout has no variable for it.
    """
    chosen = placement[layout.pod] == layout.node
    expected = layout.free & (placement >= 0)
    if layout.encoding is Encoding.STAY_PUT:
        expected = layout.free & (placement != layout.reference)
    is_assigned = np.zeros(len(placement), dtype=np.bool_)
    is_assigned[layout.pod[chosen]] = True
    strays = (expected & ~is_assigned) | (~layout.free & (placement != layout.reference))
    if strays.any():
        pod = int(np.argmax(strays))
        raise ValueError(
            f"pod {layout.problem.pods[pod]!r} is at {placement[pod]}, where the model has no "
            "variable for it; widen the scope or take that place as the reference"
        )
    occupied = placement[layout.slot_pod] == layout.slot_node
    slack = [_slack(row, occupied) for row in layout.rows] if capacity is Capacity.SLACK else []
    used = np.isin(layout.counted_nodes, layout.slot_node[occupied])
    return np.concatenate([chosen, *slack, used]).astype(np.int8)


def _slack(row: Row, occupied: Bools) -> Bits:
    """Bits of the room a row has left; none beyond its room."""
    left = row.room - row.constant - int(row.coefficient[occupied[row.slots]].sum())
    bits = np.zeros(len(row.slack), dtype=np.int8)
    # Largest first reaches every value: no coefficient exceeds the smaller ones' sum by over 1.
    for bit in np.argsort(row.slack, kind="stable")[::-1]:
        if 0 < row.slack[bit] <= left:
            bits[bit] = 1
            left -= row.slack[bit]
    return bits
