"""The order in which pods change their nodes: waves of which each could go wrong in no way.

Within a wave nothing is known of who leaves or arrives first, so each pod is judged by the most
there may be where it goes (those of the wave that leave still there, those that come already) and
by the least of what it needs. Between waves every replacement is ready.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kytos.cluster import Cluster
from kytos.contract.runbook import LeftOutMove, RunbookRequest
from kytos.language import said
from kytos.problem import UNPLACED, Bools
from kytos.runbook.changes import Kind, Plan
from kytos.runbook.items import Item
from kytos.runbook.scheduling import Arena, Standing

NAMED = 3
"""Pods named in a reason; more are said to be others."""


@dataclass(frozen=True)
class Wave:
    """Changes that may overlap.

    Attributes
    ----------
    closes
        ``(nodes,)`` other nodes where its pods could land too, to be kept closed meanwhile; None
        where they may choose.
    """

    items: tuple[Item, ...]
    closes: Bools | None = None


@dataclass(frozen=True)
class Order:
    """Waves one after another, and what could not be ordered."""

    waves: tuple[Wave, ...]
    left_out: tuple[LeftOutMove, ...]
    end: Standing


class Sequencer:
    """Seeks orders of the same changes.

    Parameters
    ----------
    closed
        ``(nodes,)`` that must take no pod: those to be freed, and those that stay empty.
    """

    def __init__(
        self, arena: Arena, items: Sequence[Item], request: RunbookRequest, closed: Bools
    ) -> None:
        """Nothing is sought yet."""
        self._arena, self._items, self._request, self._closed = arena, items, request, closed
        self._beginning = arena.beginning()

    def order(self, alone: Collection[int] = (), *, detours: bool = False) -> Order:
        """Seek an order.

        Parameters
        ----------
        alone
            Rows of pods that are to land where they are meant to, even if the scheduler chooses:
            each of their waves has one node to go to.
        detours
            Whether one of the pods that wait for each other may go to a node not planned for it.
            One that keeps a node from being freed always may.
        """
        search = _Search(self._arena, self._request, self._closed, self._beginning.copy(), detours)
        groups = [
            ([item for item in self._items if not item.last and item.row in alone], True),
            ([item for item in self._items if not item.last and item.row not in alone], False),
            ([item for item in self._items if item.last and item.row in alone], True),
            ([item for item in self._items if item.last and item.row not in alone], False),
        ]
        return search.run(groups)


class _Search:
    """One greedy search: the first wave that can go, then the next, until nothing is left."""

    def __init__(
        self, arena: Arena, request: RunbookRequest, closed: Bools, now: Standing, detours: bool
    ) -> None:
        self._arena, self._closed, self._now, self._detours = arena, closed, now, detours
        self._most_items = request.max_parallel
        self._allowed = [max(0, budget.disruptions_allowed) for budget in arena.cluster.budgets]
        self._waves: list[Wave] = []
        self._left_out: list[LeftOutMove] = []
        self._stays: list[tuple[str, int]] = []

    def run(self, groups: list[tuple[list[Item], bool]]) -> Order:
        while any(items for items, _ in groups):
            for items, alone in groups:
                wave = self._wave(items, alone=alone)
                if wave:
                    self._carry_through(wave, alone=alone)
                    gone = {item.row for item in wave}
                    items[:] = [item for item in items if item.row not in gone]
                    break
            else:
                self._unblock(groups)
        return Order(tuple(self._waves), tuple(self._left_out), self._now)

    def _wave(self, candidates: Sequence[Item], *, alone: bool) -> list[Item]:
        """The first candidates that may go together, in the order given."""
        most, least = self._now.copy(), self._now.copy()
        used: Counter[int] = Counter()
        wave: list[Item] = []
        for item in candidates:
            if len(wave) == self._most_items:
                break
            if any(used[budget] >= self._allowed[budget] for budget in item.budgets):
                continue
            if alone and wave and item.target != wave[0].target:
                continue
            # A surge has the old replica beside the new one: it goes by itself.
            if wave and (item.surges or wave[0].surges):
                continue
            if not self._admits(item, most, least, arrived=False):
                continue
            self._count(item, most, least, +1)
            if self._arena.ruled(item.row) and not all(
                self._admits(other, most, least, arrived=True) for other in wave
            ):
                self._count(item, most, least, -1)
                continue
            used.update(item.budgets)
            wave.append(item)
        return wave

    def _count(self, item: Item, most: Standing, least: Standing, times: int) -> None:
        """Let the item be on its way: at both ends at most, at none at least."""
        if item.origin != UNPLACED:
            least.add(item.row, item.origin, -times)
        if item.target != UNPLACED:
            most.add(item.row, item.target, times)

    def _admits(self, item: Item, most: Standing, least: Standing, *, arrived: bool) -> bool:
        """Whether the target takes the pod whatever the others of the wave have done by then."""
        if item.target == UNPLACED:
            return True
        row, target, arena = item.row, item.target, self._arena
        if not arena.allowed[row, target]:
            return False
        request = arena.problem.request[row]
        wanted = request > 0
        held = most.held[target, wanted]
        if arrived:
            held = held - request[wanted]
        if (held + request[wanted] > arena.problem.allocatable[target, wanted]).any():
            return False
        if not arena.ruled(row):
            return True
        itself: list[tuple[Standing, int, int]] = []
        if arrived:
            itself.append((most, target, -1))
        if item.origin != UNPLACED and not item.surges:
            itself.append((most, item.origin, -1))
            if not arrived:
                itself.append((least, item.origin, -1))
        for standing, node, times in itself:
            standing.add(row, node, times)
        there = np.zeros(len(arena.problem.nodes), dtype=np.bool_)
        there[target] = True
        obeys = bool(most.obeys(row, there, least)[target])
        for standing, node, times in itself:
            standing.add(row, node, -times)
        return obeys

    def _carry_through(self, wave: list[Item], *, alone: bool) -> None:
        closes = self._others(wave) if alone else None
        self._waves.append(Wave(tuple(wave), closes))
        for item in wave:
            if item.origin != UNPLACED:
                self._now.remove(item.row)
            if item.target == UNPLACED:
                # Nobody comes back for it: its budget does not refill.
                for budget in item.budgets:
                    self._allowed[budget] -= 1
        for item in wave:
            if item.target != UNPLACED:
                self._now.place(item.row, item.target)

    def _others(self, wave: list[Item]) -> Bools:
        """``(nodes,)`` where pods of the wave could land beside their target."""
        empty = self._now.copy()
        for item in wave:
            if item.origin != UNPLACED:
                empty.remove(item.row)
        others = np.zeros(len(self._arena.problem.nodes), dtype=np.bool_)
        for item in wave:
            if item.target != UNPLACED:
                others |= empty.fits(item.row, self._closed)
        for item in wave:
            others[item.target] = False
        return others & ~self._closed  # those are cordoned anyway

    def _unblock(self, groups: list[tuple[list[Item], bool]]) -> None:
        """Send one blocked pod elsewhere; leave one out where that is no help.

        To leave one out makes room for nobody: of pods that wait for each other none can go then.
        """
        blocked = [item for items, _ in groups for item in items]
        awaited = {item.target for item in blocked if self._detours}
        for item in blocked:
            if item.change.kind is not Kind.MOVED:
                continue
            if not (self._closed[item.origin] or item.origin in awaited):
                continue
            if any(self._allowed[budget] < 1 for budget in item.budgets):
                continue
            elsewhere = self._elsewhere(item)
            if elsewhere is not None:
                note = said(f"planned for {item.change.target}, which others that wait still fill")
                self._replace(groups, item, replace(item, target=elsewhere, note=note))
                return
        size = self._arena.problem.request
        item = min(
            blocked,
            key=lambda one: (
                one.origin != UNPLACED and bool(self._closed[one.origin]),
                tuple(size[one.row].tolist()),
                one.change.pod,
            ),
        )
        reason = self._reason(item, blocked)
        self._left_out.append(LeftOutMove(pod=item.change.pod, reason=reason))
        self._stays.append((item.change.pod, item.origin))
        self._replace(groups, item, None)

    def _elsewhere(self, item: Item) -> int | None:
        """The node with most room that takes the pod now, of those that stay."""
        trial = self._now.copy()
        trial.remove(item.row)
        fits = trial.fits(item.row, self._closed) & ~self._closed
        fits[item.origin] = False
        nodes = np.flatnonzero(fits)
        if not len(nodes):
            return None
        problem = self._arena.problem
        room = problem.allocatable[nodes] - trial.held[nodes]
        share = room / np.maximum(problem.allocatable[nodes], 1)
        return int(nodes[share.min(axis=1).argmax()])

    def _replace(self, groups: list[tuple[list[Item], bool]], item: Item, by: Item | None) -> None:
        for items, _ in groups:
            if item in items:
                at = items.index(item)
                items[at : at + 1] = [] if by is None else [by]

    def _reason(self, item: Item, blocked: Sequence[Item]) -> str:
        budgets = self._arena.cluster.budgets
        spent = [budgets[budget] for budget in item.budgets if self._allowed[budget] < 1]
        if spent:
            names = ", ".join(f"{budget.namespace}/{budget.name}" for budget in spent)
            return said(f"disruption budget {names} allows no further eviction")
        node = item.change.target
        ahead = [other.change.pod for other in blocked if other.origin == item.target]
        if ahead:
            names = ", ".join(ahead[:NAMED]) + (" and others" if len(ahead) > NAMED else "")
            return said(f"{node} takes it only once room is made by {names}, which waits in turn")
        stays = [name for name, origin in self._stays if origin == item.target]
        if stays:
            names = ", ".join(stays[:NAMED]) + (" and others" if len(stays) > NAMED else "")
            return said(f"{node} does not take it while {names}, left out too, stays on it")
        return said(f"{node} does not take it as the cluster stands then")


def empties(plan: Plan, arena: Arena) -> Bools:
    """``(nodes,)`` in use now and empty once every change is made."""
    after = arena.beginning()
    before = after.in_use()
    position = plan.cluster.node_index
    for change in plan.changes:
        row = arena.row[change.pod]
        if change.origin is not None:
            after.remove(row)
        if change.target is not None:
            after.place(row, position[change.target])
    return before & ~after.in_use()


def stays_empty(cluster: Cluster, arena: Arena, plan: Plan) -> Bools:
    """``(nodes,)`` that could take pods, hold none and are to get none."""
    held = arena.beginning().in_use()
    meant = {change.target for change in plan.changes}
    return np.array(
        [
            node.usable and not held[at] and node.name not in meant
            for at, node in enumerate(cluster.nodes)
        ],
        dtype=np.bool_,
    )
