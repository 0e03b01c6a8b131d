"""Evictions: each checked, tried until the budgets allow it, and its replacement followed."""

from __future__ import annotations

import time

from kytos.contract.runbook import RunbookStep
from kytos.execution.endings import IncompleteError, NotAllowedError, StoppedError
from kytos.execution.means import Means
from kytos.execution.moves import move_of
from kytos.execution.scaling import by_surge, known, surge
from kytos.kube.api import BusyError, RefusedError
from kytos.kube.control_plane import controller_uid, names_of, several_budgets


def move_away(means: Means, key: str, step: RunbookStep) -> None:
    """Evict the pod of a step, and follow its replacement.

    Raises
    ------
    DriftError
        When pod, nodes or budgets are not as the plan saw them.
    NotAllowedError
        When it would not be started again, or the Eviction API refuses for good.
    IncompleteError
        When its budgets do not allow it in time.
    """
    pod, to = step.pod or "", step.to
    begun = means.journal.was_begun(key)
    if begun is None:
        live = means.expected.check_pod(pod, step.node)
        check_targets(means, step)
        controller = controller_uid(live)
        if controller is None and to is not None:
            raise NotAllowedError(
                f"pod {pod} has no controller that would start it again on {to}; it is not evicted"
            )
        if means.how.surge and to is not None and by_surge(means, pod):
            surge(means, key, step, live)
            return
        controller = controller or ""
        if means.steers and to is not None:
            means.gates.watch_over(controller, f"{names_of(pod)[0]}.{pod.rpartition('/')[2]}")
        begun = means.journal.begun(
            key,
            action="evict",
            pod=pod,
            to=to,
            controller=controller,
            uid=live["metadata"]["uid"],
            known=known(means, names_of(pod)[0], controller),
        )
    elif begun["action"] == "surge":
        surge(means, key, step, None)
        return
    elif means.steers and to is not None:
        means.gates.watch_over(str(begun["controller"]), pod)
    evict(means, pod, str(begun["uid"]))
    means.tally.evictions += 1
    means.moves.add(move_of(begun))
    means.journal.done(key)


def check_targets(means: Means, step: RunbookStep) -> None:
    """Nodes and budgets are as they should be by now."""
    for name in (step.node, step.to):
        if name is not None:
            means.expected.check_node(name)
    namespace, _ = names_of(step.pod or "")
    means.expected.check_budgets({namespace}, at_start=False)


def evict(means: Means, pod: str, uid: str) -> None:
    """Evict, as soon as the budgets let us."""
    pace = means.server.pace
    pause, ends, told_why = pace.poll_s, time.monotonic() + pace.patience_s, False
    while True:
        try:
            means.plane.evict(pod, uid)
        except BusyError as busy:
            if means.dry:
                means.note(f"{pod} could not be evicted as things are: {busy.said}")
                return
            if not told_why:
                means.how.tell(f"    not yet: {busy.said}")
                told_why = True
            wait = max(pause, busy.retry_after_s)
            if time.monotonic() + wait > ends:
                raise IncompleteError(
                    f"pod {pod} could not be evicted within {pace.patience_s:g} s: {busy.said}"
                ) from busy
            if means.how.stopped():
                raise StoppedError(
                    f"stopped while a budget kept {pod} from being evicted: {busy.said}"
                ) from busy
        except RefusedError as refusal:
            if several_budgets(refusal):
                raise NotAllowedError(
                    f"pod {pod} is covered by several disruption budgets, which the Eviction "
                    "API refuses; move it by hand"
                ) from refusal
            raise
        else:
            return
        # A replacement at our gate counts as unhealthy and would hold the budget for ever.
        if means.steers and means.moves:
            means.gates.serve(means.moves)
        means.server.pause(wait)
        pause = min(2 * pause, pace.longest_pause_s)
