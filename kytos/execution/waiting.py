"""Waiting: for the pods of a wave, for a node, and a while longer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from kytos.execution.endings import IncompleteError, Landing, StoppedError
from kytos.execution.means import Means
from kytos.execution.moves import Stand, why_not_ready
from kytos.kube.api import Object
from kytos.kube.control_plane import is_gated


def wait(means: Means, key: str) -> None:
    """Wait until all pods on their way are ready, then let things settle."""
    if means.dry:
        means.moves.clear()
        means.journal.done(key)
        return
    stands = until(means, lambda stands: all(stand.over for stand in stands), "ready")
    landings = {stand.move.pod: stand.node for stand in stands if stand.move.to is not None}
    if means.steers:
        means.gates.nobody()
    means.journal.done(key, landings=landings)
    over(means, landings)
    if stands:
        settle(means)


def over(means: Means, landings: Mapping[str, str | None]) -> None:
    """Note where the pods of a wave landed, and follow them no more."""
    targets = {move.pod: move.to for move in means.moves}
    for pod, node in landings.items():
        to = targets.get(pod)
        if to is not None:
            landing = Landing(pod=pod, to=to, node=node)
            means.tally.landings.append(landing)
            if not landing.as_planned:
                means.how.tell(f"    {pod} landed on {node}, not on {to}")
    means.moves.clear()


def until(means: Means, holds: Callable[[tuple[Stand, ...]], bool], what: str) -> tuple[Stand, ...]:
    """Look, and serve the gate, until something holds of all moves."""
    pace = means.server.pace
    ends = time.monotonic() + pace.patience_s
    while True:
        stands = look(means)
        if holds(stands):
            return stands
        late = [stand for stand in stands if not stand.over]
        if time.monotonic() > ends:
            named = f"pod {late[0].move.pod}: {why_not_ready(late[0])}" if late else ""
            raise IncompleteError(f"not {what} after {pace.patience_s:g} s; {named}")
        if means.how.stopped():
            raise StoppedError(f"stopped while {len(late)} evicted pods were on their way")
        means.server.pause(pace.poll_s)


def look(means: Means) -> tuple[Stand, ...]:
    """Return how far each move is; what is held at our gate is nominated, or just let go."""
    if means.steers:
        return means.gates.serve(means.moves)
    stands, surplus = means.moves.look()
    held = [stand.replacement for stand in stands if stand.replacement is not None]
    for pod in (*held, *surplus):
        if is_gated(pod):
            means.gates.let_go(pod)
    return stands


def settle(means: Means) -> None:
    """Wait as long as the runbook says that a wave needs to settle."""
    ends = time.monotonic() + means.runbook.settle_s
    while (left := ends - time.monotonic()) > 0 and not means.how.stopped():
        means.server.pause(min(left, means.server.pace.poll_s))


def wait_for_node(means: Means, key: str, name: str) -> None:
    """Wait until a node is there and ready."""
    pace = means.server.pace
    ends = time.monotonic() + pace.patience_s
    while not means.dry:
        node = means.plane.node(name)
        if node is not None and _is_up(node):
            break
        if time.monotonic() > ends:
            raise IncompleteError(f"node {name} is not ready after {pace.patience_s:g} s")
        if means.how.stopped():
            raise StoppedError(f"stopped while node {name} was waited for")
        means.server.pause(pace.poll_s)
    means.journal.done(key)


def _is_up(node: Object) -> bool:
    return any(
        one.get("type") == "Ready" and one.get("status") == "True"
        for one in node.get("status", {}).get("conditions") or ()
    )
