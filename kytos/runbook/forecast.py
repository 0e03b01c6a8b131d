"""A runbook replayed, step by step, through the model of kube-scheduler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from kytos.contract.runbook import Action, RunbookStep, Way, WayForecast
from kytos.problem import UNPLACED, Bools, Ints
from kytos.runbook.changes import UNBIDDEN, Kind, Plan
from kytos.runbook.scheduling import Arena, Scheduler, Standing

PLAIN = "plain"
"""Evict only; beside the two ways of `Way`."""


@dataclass(frozen=True)
class Replay:
    """How one replay ended.

    Attributes
    ----------
    placement
        ``(pods,)`` at the end.
    pending
        Rows of pods that ran before and wait, or were to run and wait.
    ran
        How many of those ran before.
    nodes
        In use at the end.
    """

    placement: Ints
    pending: tuple[int, ...]
    ran: int
    nodes: Bools


class Replayer:
    """Replays steps; what no step changes is worked out once."""

    def __init__(self, plan: Plan, arena: Arena) -> None:
        """Look at the cluster before the first step."""
        self._plan, self._arena = plan, arena
        self._beginning = arena.beginning()
        self._kind = {arena.row[change.pod]: change.kind for change in plan.changes}
        self._target = {
            arena.row[change.pod]: change.target
            for change in plan.changes
            if change.target is not None
        }
        self._position = plan.cluster.node_index
        self._waits = [row for row, kind in self._kind.items() if kind in UNBIDDEN]
        self._waits += self._waiting_for_room()
        self._goes = {row for row, kind in self._kind.items() if kind is Kind.SCALED_IN}

    def _waiting_for_room(self) -> list[int]:
        """Pods that wait and fit nowhere: they take what room the steps make.

        One that would fit now waits for a reason that is not seen here (a gate, a claim), and is
        let wait on.
        """
        none = np.zeros(len(self._arena.problem.nodes), dtype=np.bool_)
        return [
            row
            for row, pod in enumerate(self._arena.pods)
            if pod.waiting and row not in self._kind and not self._beginning.fits(row, none).any()
        ]

    def replay(self, steps: Sequence[RunbookStep], way: str, seed: int) -> Replay:
        """Carry the steps out once.

        Parameters
        ----------
        way
            `PLAIN` leaves cordons out.
        seed
            Where ties are drawn from.
        """
        arena, now = self._arena, self._beginning.copy()
        scheduler = Scheduler(arena, seed)
        cordoned = np.zeros(len(arena.problem.nodes), dtype=np.bool_)
        queue = list(self._waits)
        nominated = {
            row: self._position[node]
            for row, node in ((row, arena.pods[row].nominated) for row in queue)
            if node is not None and node in self._position
        }
        gone: set[int] = set()
        if way != Way.STEER.value:
            # Pods that wait already are the scheduler's before anything is done.
            queue = scheduler.schedule(now, queue, cordoned, nominated)
        for _, wave in groupby(steps, key=lambda step: step.wave):
            for step in wave:
                node = UNPLACED if step.node is None else self._position[step.node]
                row = UNPLACED if step.pod is None else arena.row[step.pod]
                if step.action in (Action.CORDON, Action.UNCORDON):
                    if way != PLAIN:
                        cordoned[node] = step.action is Action.CORDON
                elif step.action is Action.EVICT:
                    if now.placement[row] == node:
                        now.remove(row)
                        queue.append(row)
                elif step.action is Action.SCALE and step.to is None:
                    self._scale_in(now, row, node, gone)
                elif step.action is Action.SCALE and now.placement[row] != UNPLACED:
                    # One more of a pod that runs: followed as the pod's move, the old one kept.
                    now.add(row, int(now.placement[row]), +1)
                    now.remove(row)
                    queue.append(row)
                elif step.action in (Action.SCALE, Action.CREATE):
                    queue.append(row)
                elif step.action is Action.NOMINATE and step.to is not None:
                    nominated[row] = self._position[step.to]
                elif step.action is Action.WAIT and step.pod is None and step.node is None:
                    queue = scheduler.schedule(now, queue, cordoned, nominated)
        scheduler.schedule(now, queue, cordoned, nominated)
        return self._ended(now, gone)

    def _scale_in(self, now: Standing, row: int, node: int, gone: set[int]) -> None:
        if row in self._goes:
            gone.add(row)
            if now.placement[row] != UNPLACED:
                now.remove(row)
        else:  # the old one of a surge
            now.add(row, node, -1)

    def _ended(self, now: Standing, gone: set[int]) -> Replay:
        start = self._arena.start
        waits = np.flatnonzero(now.placement == UNPLACED).tolist()
        pending = tuple(
            row
            for row in waits
            if row not in gone
            and (start[row] >= 0 or row in self._target or self._kind.get(row) is Kind.BACK)
        )
        ran = sum(1 for row in pending if start[row] >= 0 or self._kind.get(row) is Kind.BACK)
        return Replay(now.placement, pending, ran, now.in_use())

    def where(self, replay: Replay) -> dict[str, str | None]:
        """Return where every pod would be, by id; None waits or is gone."""
        names = self._arena.problem.nodes
        return {
            pod.id: None if node < 0 else names[node]
            for pod, node in zip(self._arena.pods, replay.placement.tolist(), strict=True)
        }

    def forecast(self, replay: Replay) -> WayForecast:
        """Return a replay as it is told."""
        nodes = self._plan.cluster.nodes
        used = [nodes[node] for node in np.flatnonzero(replay.nodes)]
        prices = [node.price_per_hour for node in used if node.price_per_hour is not None]
        known = self._plan.price_per_hour is not None and len(prices) == len(used)
        where = self.where(replay)
        meant = [change for change in self._plan.changes if change.target is not None]
        return WayForecast(
            nodes_in_use=len(used),
            price_per_hour=sum(prices) if known else None,
            pods_pending=replay.ran,
            landed_as_planned=sum(where[change.pod] == change.target for change in meant),
            moves=len(meant),
            energy=self._plan.energy(where),
            landings={change.pod: where[change.pod] for change in meant},
        )
