"""From a plan to its runbook: order the steps, forecast them, order anew what falls short."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kytos.contract.runbook import (
    Promised,
    Runbook,
    RunbookForecast,
    RunbookRequest,
    RunbookStep,
    Way,
)
from kytos.contract.watch import Watch
from kytos.language import said
from kytos.problem import UNPLACED, Bools
from kytos.runbook.changes import UNBIDDEN, Kind, Plan
from kytos.runbook.forecast import PLAIN, Replay, Replayer
from kytos.runbook.items import Item, items_of
from kytos.runbook.loops import loop_notes
from kytos.runbook.scheduling import Arena
from kytos.runbook.seen import seen_by
from kytos.runbook.steps import written_steps
from kytos.runbook.waves import Order, Sequencer, empties, stays_empty

DRAWS = 5
"""Replays of a way, each with other ties; the worst of them is what is forecast."""

MOVES_A_DRAW = 200
"""Past so many moves for each draw there are fewer: a replay takes milliseconds a move."""

ENERGY_KEPT = 0.9
"""Share of the promised fall in energy that a rebalance which frees no node should keep."""

TRIES = 4
"""Orders that are tried until the scheduler is expected to keep what the plan promises."""

NAMED = 3

STAGE = "runbook"


def make_runbook(plan: Plan, request: RunbookRequest, watch: Watch = Watch()) -> Runbook:
    """Return the runbook of a plan.

    The order is tried out on the model of the scheduler. Where that leaves a pod waiting or keeps a
    node in use, the pods it leaves waiting, and the largest of the others, go first and into waves
    with a single node open; once all do, every pod lands where it is meant to.
    """
    making = _Making(plan, request)
    watch.report(STAGE, 0.0, None)
    drained = making.drained(watch)
    steered = making.attempt((), Way.STEER)
    plain = making.worst(making.base_steps, PLAIN)
    watch.report(STAGE, 1.0, None)
    chosen = drained if request.way is Way.DRAIN else steered
    return Runbook(
        way=request.way,
        surge=request.surge,
        max_parallel=request.max_parallel,
        settle_s=request.settle_s,
        steps=chosen.steps,
        left_out=chosen.order.left_out,
        remove_nodes=making.names(chosen.freed),
        promised=Promised(
            nodes_in_use=plan.nodes_in_use,
            price_per_hour=plan.price_per_hour,
            energy=plan.planned_energy,
        ),
        forecast=RunbookForecast(
            plain=making.replayer.forecast(plain),
            drain=making.replayer.forecast(drained.replay),
            steer=making.replayer.forecast(steered.replay),
        ),
        falls_short=making.falls_short(chosen),
        notes=(*making.notes(chosen), *loop_notes(plan, making.arena, chosen.replay.placement)),
        seen=seen_by(plan, chosen.steps),
    )


@dataclass(frozen=True)
class _Attempt:
    """One order, written out and replayed."""

    order: Order
    freed: Bools
    steps: tuple[RunbookStep, ...]
    replay: Replay
    alone: frozenset[int]


class _Making:
    def __init__(self, plan: Plan, request: RunbookRequest) -> None:
        self.plan, self.request = plan, request
        self.arena = Arena(plan.cluster, plan.held_open)
        self.replayer = Replayer(plan, self.arena)
        nobody = np.zeros(len(plan.cluster.nodes), dtype=np.bool_)
        moves = any(change.kind is Kind.MOVED for change in plan.changes)
        self._emptied = empties(plan, self.arena) if moves else nobody
        self._kept_empty = (
            stays_empty(plan.cluster, self.arena, plan) if plan.frees and moves else nobody
        )
        self.items: Sequence[Item] = items_of(plan, self.arena, request)
        closed = self._emptied | self._kept_empty
        self._sequencer = Sequencer(self.arena, self.items, request, closed)
        self._detours = self._detours_pay()
        self._draws = max(1, min(DRAWS, DRAWS * MOVES_A_DRAW // max(1, len(self.items))))
        self._expected = sum(
            change.target is None and change.kind is not Kind.SCALED_IN for change in plan.changes
        )
        self._start_energy = plan.energy({pod.id: pod.node for pod in plan.cluster.pods})
        self._levels = moves and not plan.frees
        self.base_steps: tuple[RunbookStep, ...] = ()

    def _detours_pay(self) -> bool:
        """Whether sending a pod elsewhere, so that others can go, beats leaving all of them out."""
        straight = self._sequencer.order()
        if not straight.left_out:
            return False
        around = self._sequencer.order(detours=True)

        def cost(order: Order) -> tuple[int, float]:
            names = self.arena.problem.nodes
            places = zip(self.arena.pods, order.end.placement.tolist(), strict=True)
            where = {pod.id: None if node < 0 else names[node] for pod, node in places}
            return int(order.end.in_use().sum()), self.plan.energy(where)

        return cost(around) < cost(straight)

    def names(self, nodes: Bools) -> tuple[str, ...]:
        return tuple(self.plan.cluster.nodes[node].name for node in np.flatnonzero(nodes))

    def drained(self, watch: Watch) -> _Attempt:
        """Return the best order found for a drain."""
        alone: set[int] = set()
        best = self.attempt((), Way.DRAIN)
        self.base_steps = best.steps
        tried = best
        everyone = [
            item.row
            for item in self.items
            if item.target != UNPLACED and item.change.kind not in UNBIDDEN
        ]
        for number in range(1, TRIES + 1):
            if self._kept(tried) or len(alone) == len(everyone) or watch.reason is not None:
                break
            watch.report(STAGE, number / TRIES, None)
            if number == TRIES:
                alone = set(everyone)
            else:
                alone |= set(tried.replay.pending) & set(everyone)
                others = [row for row in everyone if row not in alone]
                largest = sorted(others, key=self._size, reverse=True)
                alone |= set(largest[: len(everyone) >> (TRIES - number)])
            tried = self.attempt(frozenset(alone), Way.DRAIN)
            if self._cost(tried) < self._cost(best):
                best = tried
        return best

    def attempt(self, alone: frozenset[int] | tuple[int, ...], way: Way) -> _Attempt:
        """Order, write and replay."""
        order = self._sequencer.order(alone, detours=self._detours)
        freed = self._emptied & ~order.end.in_use()
        closed = self._emptied  # also one that a pod left out keeps in use: nothing new there
        steps = written_steps(
            self.plan, order, self.request, way, closed, self._kept_empty, closed & ~freed
        )
        replay = self.worst(steps, way.value)
        return _Attempt(order, freed, steps, replay, frozenset(alone))

    def worst(self, steps: Sequence[RunbookStep], way: str) -> Replay:
        """Replay several times and return the worst: most pods waiting, then most nodes."""
        replays = [self.replayer.replay(steps, way, seed) for seed in range(self._draws)]
        return max(replays, key=self._badness)

    def _badness(self, replay: Replay) -> tuple[int, int]:
        unexpected = max(0, len(replay.pending) - self._expected)
        return unexpected, int(replay.nodes.sum())

    def _cost(self, attempt: _Attempt) -> tuple[int, int, int, float]:
        pending, nodes = self._badness(attempt.replay)
        left_out = len(attempt.order.left_out)
        return pending, max(nodes, self.plan.nodes_in_use), left_out, self._lost(attempt.replay)

    def _lost(self, replay: Replay) -> float:
        """The share of the promised fall in energy that is lost, beyond what may be."""
        promised = self._start_energy - self.plan.planned_energy
        if not self._levels or promised <= 0:
            return 0.0
        reached = self._start_energy - self.plan.energy(self.replayer.where(replay))
        return max(0.0, ENERGY_KEPT - reached / promised)

    def _kept(self, attempt: _Attempt) -> bool:
        pending, nodes = self._badness(attempt.replay)
        within = pending == 0 and nodes <= self.plan.nodes_in_use
        return within and self._lost(attempt.replay) == 0

    def _size(self, row: int) -> float:
        problem = self.arena.problem
        offered = np.maximum(problem.allocatable.sum(axis=0), 1)
        return float((problem.request[row] / offered).max(initial=0.0))

    def falls_short(self, attempt: _Attempt) -> str | None:
        """Say in a sentence what the forecast misses of the promise."""
        pending, nodes = self._badness(attempt.replay)
        words = []
        if nodes > self.plan.nodes_in_use:
            words.append(
                said(f"{nodes} nodes would be in use, {self.plan.nodes_in_use} are promised")
            )
        if pending:
            gives_way = {change.pod for change in self.plan.changes if change.target is None}
            pods = [self.arena.pods[row].id for row in attempt.replay.pending]
            waits = sorted(pods, key=lambda pod: (pod in gives_way, pod))
            names = ", ".join(waits[:NAMED])
            more = " and others" if len(waits) > NAMED else ""
            who = "1 pod" if pending == 1 else f"{pending} pods"
            words.append(said(f"{who} would wait for a node ({names}{more})"))
        stuck = self.names(self._emptied & ~attempt.freed)
        if stuck:
            words.append(said(f"{', '.join(stuck)} would not come free: a pod on it is left out"))
        lost = self._lost(attempt.replay)
        if lost > 0:
            kept = max(0.0, ENERGY_KEPT - lost)
            words.append(said(f"{kept:.0%} of the promised fall in energy would be kept"))
        return "; ".join(words) or None

    def notes(self, attempt: _Attempt) -> list[str]:
        """Say how the forecast was made and what the steps do beside moving pods."""
        notes = []
        if attempt.steps:
            notes.append(
                said(
                    f"the forecast is the worst of {self._draws} replays, each with other ties "
                    "between equally good nodes"
                )
                if self._draws > 1
                else said("the forecast is one replay; ties between equal nodes may fall otherwise")
            )
        back = any(
            change.kind in UNBIDDEN and self.request.way is Way.STEER
            for change in self.plan.changes
        )
        if back:
            notes.append(
                said(
                    "pods that wait already are steered only where gates were set before they were "
                    "made"
                )
            )
        stubborn = [item.change.pod for item in self.items if self.arena.tolerates_cordon[item.row]]
        if stubborn and self.request.way is Way.DRAIN:
            pods = ", ".join(stubborn[:NAMED]) + (" and others" if len(stubborn) > NAMED else "")
            notes.append(said(f"{pods} tolerate a cordon, so no cordon keeps them off a node"))
        if attempt.alone:
            notes.append(
                said(
                    "nodes are cordoned for a while where the scheduler would choose otherwise; "
                    "other pods created meanwhile may wait until they are uncordoned"
                )
            )
        return notes
