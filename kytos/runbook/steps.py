"""Waves written out as steps: what to cordon, evict, wait for and uncordon, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from kytos.contract.runbook import Action, RunbookRequest, RunbookStep, Way
from kytos.language import said
from kytos.problem import UNPLACED, Bools
from kytos.runbook.changes import Kind, Plan
from kytos.runbook.items import Item
from kytos.runbook.waves import Order, Wave


def written_steps(
    plan: Plan,
    order: Order,
    request: RunbookRequest,
    way: Way,
    closed: Bools,
    kept_empty: Bools,
    reopened: Bools,
) -> tuple[RunbookStep, ...]:
    """Return the steps of an order.

    Parameters
    ----------
    closed
        ``(nodes,)`` to be freed: cordoned first and left so.
    kept_empty
        ``(nodes,)`` that must stay empty: closed meanwhile where the scheduler chooses.
    reopened
        ``(nodes,)`` of `closed` that do not come free after all.
    """
    if not order.waves:
        return ()
    writer = _Writer(plan, request, way)
    kept_empty = kept_empty & (way is Way.DRAIN)
    return tuple(writer.steps(order.waves, closed, kept_empty, reopened))


class _Writer:
    def __init__(self, plan: Plan, request: RunbookRequest, way: Way) -> None:
        self._names = [node.name for node in plan.cluster.nodes]
        self._bought, self._request, self._way = plan.bought, request, way

    def steps(
        self, waves: Sequence[Wave], freed: Bools, kept_empty: Bools, reopened: Bools
    ) -> Iterator[RunbookStep]:
        closed = kept_empty.copy()
        for name in self._bought:
            yield _step(0, Action.WAIT, node=name, why=said("until it is bought and ready"))
        yield from self._cordon(0, freed, said("to be freed: nothing new may land on it"))
        yield from self._cordon(0, kept_empty, said("stays empty: closed until all moves are made"))
        number = 0
        for number, wave in enumerate(waves, start=1):
            wanted = kept_empty if wave.closes is None else closed | wave.closes
            wanted = wanted & ~_targets(wave, len(self._names))
            yield from self._uncordon(
                number, closed & ~wanted, said("takes pods again: they go there")
            )
            yield from self._cordon(
                number,
                wanted & ~closed,
                said("closed for a while: pods of this wave would land on it"),
            )
            closed = wanted
            yield from self._wave(number, wave)
        yield from self._uncordon(number + 1, closed, said("all moves are made"))
        stays = said("does not come free: a pod on it is left out")
        yield from self._uncordon(number + 1, reopened, stays)

    def _wave(self, number: int, wave: Wave) -> Iterator[RunbookStep]:
        if wave.items[0].surges:
            yield from self._surge(number, wave.items[0])
            return
        for item in wave.items:
            step = self._moved(number, item)
            if step is not None:
                yield step
        if self._way is Way.STEER:
            for item in wave.items:
                if item.target != UNPLACED:
                    yield _step(
                        number,
                        Action.NOMINATE,
                        pod=item.change.pod,
                        to=self._names[item.target],
                        why=said("its replacement is gated until it is nominated to its node")
                        if item.origin != UNPLACED
                        else said("goes to the node that was planned for it"),
                    )
        yield _step(number, Action.WAIT, why=self._until(wave))

    def _moved(self, number: int, item: Item) -> RunbookStep | None:
        change = item.change
        origin = None if item.origin == UNPLACED else self._names[item.origin]
        target = None if item.target == UNPLACED else self._names[item.target]
        why = "; ".join(filter(None, (change.why, item.note, item.last and f"late: {item.last}")))
        if change.kind in (Kind.MOVED, Kind.GIVES_WAY):
            return _step(number, Action.EVICT, node=origin, pod=change.pod, to=target, why=why)
        if change.kind in (Kind.SCALED_IN, Kind.SCALED_OUT):
            return _step(number, Action.SCALE, node=origin, pod=change.pod, to=target, why=why)
        if change.kind is Kind.NEW:
            return _step(
                number, Action.CREATE, pod=change.pod, to=target, why=why or said("is new")
            )
        why = why or said("it waited already")
        return _step(
            number, Action.WAIT, pod=change.pod, to=target, why=said(f"{why}; needs a node")
        )

    def _surge(self, number: int, item: Item) -> Iterator[RunbookStep]:
        pod, target = item.change.pod, self._names[item.target]
        yield _step(
            number,
            Action.SCALE,
            pod=pod,
            to=target,
            why=said(f"one replica more first: {item.last}"),
        )
        if self._way is Way.STEER:
            why = said("the new replica is gated until it is nominated to its node")
            yield _step(number, Action.NOMINATE, pod=pod, to=target, why=why)
        yield _step(number, Action.WAIT, why=said("until the new replica is ready"))
        last = item.change.why or said("it has moved")
        yield _step(
            number,
            Action.SCALE,
            node=self._names[item.origin],
            pod=pod,
            why=said(f"one replica less, the old one: {last}"),
        )
        yield _step(number, Action.WAIT, why=said("until the old replica is gone"))

    def _until(self, wave: Wave) -> str:
        come = sum(item.target != UNPLACED for item in wave.items)
        leave = len(wave.items) - come
        words = []
        if come:
            words.append(
                said(f"until {come} pods are ready" if come > 1 else "until 1 pod is ready")
            )
        if leave:
            words.append(
                said(f"until {leave} pods have left" if leave > 1 else "until 1 pod has left")
            )
        settle = said(f", then {self._request.settle_s:g} s") if self._request.settle_s else ""
        return " and ".join(words) + settle

    def _cordon(self, number: int, nodes: Bools, why: str) -> Iterator[RunbookStep]:
        for node in np.flatnonzero(nodes):
            yield _step(number, Action.CORDON, node=self._names[node], why=why)

    def _uncordon(self, number: int, nodes: Bools, why: str) -> Iterator[RunbookStep]:
        for node in np.flatnonzero(nodes):
            yield _step(number, Action.UNCORDON, node=self._names[node], why=why)


def _targets(wave: Wave, nodes: int) -> Bools:
    targets = np.zeros(nodes, dtype=np.bool_)
    targets[[item.target for item in wave.items if item.target != UNPLACED]] = True
    return targets


def _step(
    wave: int,
    action: Action,
    *,
    node: str | None = None,
    pod: str | None = None,
    to: str | None = None,
    why: str,
) -> RunbookStep:
    return RunbookStep(wave=wave, action=action, node=node, pod=pod, to=to, why=why)
