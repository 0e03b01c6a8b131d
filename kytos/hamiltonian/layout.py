"""What the binary variables of a QUBO stand for: the variables, without any coefficient.

A *slot* is a pod that may be on a node. Its occupancy X is 0 or 1: in the one-hot encoding the
slot's own variable; in the stay-put encoding that too, except where the pod is in the reference
placement, where X = 1 - (the pod's variables): all variables 0 is the reference.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from kytos.contract.params import Encoding
from kytos.errors import InputError
from kytos.language import said
from kytos.pod_sets import PodSet
from kytos.problem import UNPLACED, Bools, Ints, LoadMode, Problem
from kytos.referee.feasible import has_left

LEVELS = 64
"""A capacity is resolved into at most this many units: seven slack variables, and squared
coefficients below 2^12, which annealers of limited precision still tell apart."""


@dataclass(frozen=True)
class Scope:
    """The part of a problem that a model decides on; all else stays as in the reference."""

    pods: Ints
    """Positions of the pods that may change place."""
    nodes: Ints
    """Positions of the nodes they may change to."""


def whole(problem: Problem) -> Scope:
    """Every pod and every node."""
    return Scope(np.arange(len(problem.pods)), np.arange(len(problem.nodes)))


@dataclass(frozen=True)
class Row:
    """An inequality over occupancies, 0 <= constant + sum coefficient·X <= room, in integers.

    The rows that hold anyway, whoever goes where, are not in a layout.
    """

    name: str
    slots: Ints
    coefficient: Ints
    constant: int
    room: int

    @cached_property
    def largest(self) -> int:
        """The largest coefficient, sign aside; the excess of one pod too many is at most that."""
        return int(np.abs(self.coefficient).max(initial=1))

    @cached_property
    def slack(self) -> tuple[int, ...]:
        """Coefficients of the binary variables that together reach every slack 0..room."""
        powers: list[int] = []
        left = self.room
        while left > 0:
            powers.append(min(2 ** len(powers), left))
            left -= powers[-1]
        return tuple(powers)


@dataclass(frozen=True)
class Layout:
    """The variables of one model.

    Attributes
    ----------
    reference
        ``(pods,)`` the placement that everything outside the scope keeps.
    pod, node
        ``(assignments,)`` what each assignment variable means: pod on node, or `UNPLACED` for a
        running pod that may be given up. Ordered by pod.
    slot_pod, slot_node
        ``(slots,)`` every place a free pod may be in, its reference included.
    rows
        Inequalities that could be broken.
    counted_nodes
        Nodes with a variable y: whether they are in use is open.
    """

    problem: Problem
    encoding: Encoding
    reference: Ints
    pod: Ints
    node: Ints
    slot_pod: Ints
    slot_node: Ints
    rows: tuple[Row, ...]
    counted_nodes: Ints

    @cached_property
    def free(self) -> Bools:
        """``(pods,)`` pods with a choice."""
        free = np.zeros(len(self.problem.pods), dtype=np.bool_)
        free[self.pod] = True
        return free

    @cached_property
    def settled(self) -> Ints:
        """``(pods,)`` the reference where there is no choice, `UNPLACED` for free pods."""
        return np.where(self.free, UNPLACED, self.reference)

    @cached_property
    def slot_variable(self) -> Ints:
        """``(slots,)`` the assignment variable of a slot; -1 for a stay-put reference."""
        nodes = len(self.problem.nodes) + 1
        variables, slots = self.pod * nodes + self.node, self.slot_pod * nodes + self.slot_node
        order = np.argsort(variables)
        nearest = order[np.searchsorted(variables, slots, sorter=order).clip(max=len(order) - 1)]
        return np.where(variables[nearest] == slots, nearest, -1)

    @cached_property
    def slot_stays(self) -> Bools:
        """``(slots,)`` the slot is where its pod runs now."""
        return np.equal(self.slot_node, self.problem.current[self.slot_pod])

    @cached_property
    def may_wait(self) -> Bools:
        """``(pods,)`` free pods for which no node at all is an answer."""
        return self.free & ~self.problem.must_place

    @cached_property
    def assignments(self) -> tuple[str, ...]:
        """Names of the assignment variables."""
        return tuple(f"x[{pod},{node}]" for pod, node in zip(self.pod, self.node, strict=True))

    @cached_property
    def uses(self) -> tuple[str, ...]:
        """Names of the node-used variables."""
        return tuple(f"y[{node}]" for node in self.counted_nodes)

    @cached_property
    def slacks(self) -> tuple[str, ...]:
        """Names of the slack variables, row by row."""
        return tuple(f"s[{row.name},{bit}]" for row in self.rows for bit in range(len(row.slack)))


def beyond_quadratic(problem: Problem) -> tuple[str, ...]:
    """Return what a problem asks for that no QUBO here holds, in words; mostly nothing.

    A cost above a line and a highest count are no squares, and would take a slack variable with a
    penalty for each node and resource, which drown the rest (docs/decisions/0270).
    """
    asked = {
        said("safety lines"): problem.safety is not None,
        said("balance between resources"): bool(problem.balances),
        said("a cost of moves by service"): problem.most_moved_cost > 0,
        said("a least number of locations"): bool(problem.locations),
        said("room in both places while pods move"): problem.overlap is not None,
    }
    return tuple(name for name, is_asked in asked.items() if is_asked)


def lay_out(
    problem: Problem,
    reference: Ints | None = None,
    scope: Scope | None = None,
    encoding: Encoding = Encoding.STAY_PUT,
) -> Layout:
    """Choose the variables for a problem, or for the part of it in `scope`.

    Parameters
    ----------
    reference
        ``(pods,)`` a feasible placement, the start when left out.

    Raises
    ------
    ValueError
        When `reference` is not one place for each pod, or leaves out a pod that must be placed.
    kytos.errors.InputError
        When the problem asks for what no QUBO here holds (`beyond_quadratic`).
    """
    if asked := ", ".join(beyond_quadratic(problem)):
        raise InputError(
            said(
                f"the question asks for {asked}, which cannot be written as a QUBO here; "
                "leave it out, or use hybrid or cp-sat, which count it exactly"
            )
        )
    reference = problem.current if reference is None else reference
    scope = whole(problem) if scope is None else scope
    if reference.shape != (len(problem.pods),):
        raise ValueError(
            f"reference has shape {reference.shape}, expected ({len(problem.pods)},): "
            "one node position or -1 for each pod"
        )
    if (problem.must_place & (reference == UNPLACED)).any():
        lost = problem.pods[int(np.argmax(problem.must_place & (reference == UNPLACED)))]
        raise ValueError(
            f"reference leaves out pod {lost!r}, which must be placed: repair it first"
        )
    places = _places(problem, reference, scope)
    pod, node, slot_pod, slot_node = [], [], [], []
    for position, options in places.items():
        home = int(reference[position])
        slots = [option for option in options if option != UNPLACED]
        slot_pod += [position] * len(slots)
        slot_node += slots
        variables = slots
        if encoding is Encoding.STAY_PUT:
            variables = [option for option in options if option != home]
        pod += [position] * len(variables)
        node += variables
    assigned = Layout(
        problem=problem,
        encoding=encoding,
        reference=reference,
        pod=_ints(pod),
        node=_ints(node),
        slot_pod=_ints(slot_pod),
        slot_node=_ints(slot_node),
        rows=(),
        counted_nodes=_ints([]),
    )
    return replace(
        assigned,
        rows=(*_capacity_rows(assigned), *_move_rows(assigned)),
        counted_nodes=_counted_nodes(assigned),
    )


def _places(problem: Problem, reference: Ints, scope: Scope) -> dict[int, list[int]]:
    """The options of each pod that has at least two, `UNPLACED` last."""
    places = {}
    for pod in np.sort(scope.pods):
        open_ = problem.allowed[pod, scope.nodes] | (scope.nodes == problem.current[pod])
        options = set(scope.nodes[open_].tolist()) | {int(reference[pod])}
        if not problem.must_place[pod]:
            options.add(UNPLACED)
        if len(options) > 1:
            places[int(pod)] = sorted(options - {UNPLACED}) + [UNPLACED] * (UNPLACED in options)
    return places


def _capacity_rows(layout: Layout) -> list[Row]:
    """One row for each node and resource that the free pods could fill beyond its bound.

    Requests are rounded up to the row's unit and the room down, so that what fits the row fits
    the node; the reference always fits.
    """
    problem = layout.problem
    held = problem.held(layout.settled)
    bound = np.maximum(problem.capacity, problem.initial_held)
    rows = []
    for node in np.unique(layout.slot_node):
        here = np.flatnonzero(layout.slot_node == node)
        requests = problem.request[layout.slot_pod[here]]
        staying = layout.reference[layout.slot_pod[here]] == node
        for resource, name in enumerate(problem.resources):
            asked = requests[:, resource]
            room = int(bound[node, resource] - held[node, resource])
            if asked.sum() <= room:
                continue
            unit = _unit(asked, room)
            amount = -(-asked // unit)
            rows.append(
                Row(
                    f"{node},{name}",
                    here[amount > 0],
                    amount[amount > 0],
                    0,
                    max(room // unit, int(amount[staying].sum())),
                )
            )
    return rows


def _unit(asked: Ints, room: int) -> int:
    """The unit of a row: exact where that needs few levels."""
    divisor = int(np.gcd.reduce(asked))
    return divisor if room <= LEVELS * divisor else -(-room // LEVELS)


def _move_rows(layout: Layout) -> list[Row]:
    """At most so many pods leave where they run: of all, and of each disruption budget."""
    problem = layout.problem
    everyone = PodSet.of(np.ones(len(problem.pods), dtype=np.bool_))
    limits = [] if problem.max_moves is None else [("moves", everyone, problem.max_moves)]
    limits += [
        (f"budget {position}", limit.members, limit.limit)
        for position, limit in enumerate(problem.move_limits)
    ]
    rows = []
    left = has_left(problem, layout.reference)
    for name, members, limit in limits:
        choosing = members & layout.free & (problem.current >= 0)
        gone = int((members & left & ~layout.free).sum())
        room = max(limit - gone, int((choosing & left).sum()))
        stays = np.flatnonzero(layout.slot_stays & members[layout.slot_pod])
        count = int(choosing.sum())
        if count > room:
            rows.append(Row(name, stays, np.full(len(stays), -1), count, room))
    return rows


def _counted_nodes(layout: Layout) -> Ints:
    """Nodes that are in use or not as the free pods decide."""
    if layout.problem.mode is not LoadMode.CONSOLIDATE:
        return _ints([])
    nodes = np.unique(layout.slot_node)
    return nodes[~layout.problem.in_use(layout.settled)[nodes]]


def _ints(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int64)
