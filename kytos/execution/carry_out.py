"""A runbook carried out: each step checked, noted in the journal, tried and waited for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kytos.contract.runbook import Action, Runbook, RunbookStep
from kytos.execution.endings import (
    EndedError,
    Ending,
    Landing,
    NotAllowedError,
    Report,
    StoppedError,
)
from kytos.execution.evicting import move_away
from kytos.execution.journal import Journal
from kytos.execution.means import How, Means
from kytos.execution.moves import move_of, node_of
from kytos.execution.nodes_and_pods import cordon, create, follow, nominate, uncordon
from kytos.execution.scaling import by_surge, scale_in, scale_out
from kytos.execution.waiting import over, wait, wait_for_node
from kytos.kube.api import Object, RefusedError, UnreachableError
from kytos.kube.control_plane import ControlPlane, names_of
from kytos.kube.steering import Steering

MIRROR = "kubernetes.io/config.mirror"


def carry_out(
    runbook: Runbook, plane: ControlPlane, steering: Steering, journal: Journal, how: How
) -> Report:
    """Carry out what is left of a runbook, and say how it ended.

    However it ends, no pod is left at our gate; only a process that is killed leaves any, until
    `kytos.execution.undo.release` or the next execution.
    """
    run = _Run(Means(runbook, plane, steering, journal, how))
    ending, why = Ending.DONE, ""
    try:
        run.begin()
        run.steps()
    except EndedError as end:
        ending, why = end.ending, str(end)
    except UnreachableError as trouble:
        ending, why = Ending.INCOMPLETE, str(trouble)
    except RefusedError as refusal:
        ending, why = Ending.REFUSED, str(refusal)
    finally:
        run.end()
    journal.ended(ending.value, why)
    return run.report(ending, why)


class _Run:
    def __init__(self, means: Means) -> None:
        self._means = means
        self._installed = False
        self._goes_on = False

    def begin(self) -> None:
        """Look whether all of it may be done, before anything is."""
        means, runbook = self._means, self._means.runbook
        fresh = not means.journal.all_begun
        if means.way is not runbook.way:
            means.note(
                f"the runbook was made to {runbook.way.value}, not to {means.way.value}: its "
                "forecast is that of other steps"
            )
        new = [step.pod for step in runbook.steps if step.action is Action.CREATE]
        missing = [str(pod) for pod in new if pod not in means.how.manifests]
        if missing:
            raise NotAllowedError(
                f"pod {missing[0]} is to be created: give its manifest with --new FILE; nothing "
                "is created that was not given"
            )
        if fresh or not means.steers:
            self._steer_nobody()
        if fresh:
            self._check_everything()
        if means.steers:
            self._ready_to_steer(fresh=fresh)

    def _steer_nobody(self) -> None:
        """Undo what a steering execution that was killed left; a drain's rights may not do it."""
        means = self._means
        if means.dry:
            return
        try:
            freed = means.gates.stop_steering()
        except RefusedError:
            return  # a replacement that is gated is told of when it is waited for
        if freed:
            means.note(f"{freed} pods that an earlier execution left gated were let go")

    def _check_everything(self) -> None:
        """Hold all that the steps touch against what the plan saw, before the first of them."""
        namespaces = set()
        for step in self._means.runbook.steps:
            if step.action is Action.EVICT and step.pod is not None:
                namespaces.add(names_of(step.pod)[0])
        trouble = self._means.expected.check_budgets(namespaces, at_start=True)
        if trouble is not None:
            self._means.note(trouble)
        for name in self._means.runbook.seen.nodes:
            self._means.expected.check_node(name)
        for step in self._means.runbook.steps:
            if step.pod is None or step.node is None:
                continue
            if step.action in (Action.EVICT, Action.SCALE):
                self._means.expected.check_pod(step.pod, step.node)
            surges = (
                self._means.how.surge
                and step.action is Action.EVICT
                and by_surge(self._means, step.pod)
            )
            if surges or step.action is Action.SCALE:
                self._means.replicas.owner_of(step.pod)

    def _ready_to_steer(self, *, fresh: bool) -> None:
        held = [s.pod for s in self._means.runbook.steps if s.action is Action.EVICT and s.pod]
        if fresh and held:
            self._means.plane.check_steering_rights(held[0])
        if not fresh:
            self._means.gates.sweep(once=True, spare=self._waited_for())
        self._means.gates.install()
        self._installed = True

    def _waited_for(self) -> list[str]:
        """Controllers whose gated pods the journal still has a use for."""
        return [
            str(facts["controller"])
            for facts in self._means.journal.all_begun
            if facts.get("controller")
        ]

    def steps(self) -> None:
        """Carry the steps out, from the first that is not done."""
        count = len(self._means.runbook.steps)
        for number, step in enumerate(self._means.runbook.steps, start=1):
            key = str(number)
            done = self._means.journal.was_done(key)
            if done is not None:
                self._recall(key, step, done)
            else:
                if not self._goes_on:
                    self._go_on()
                if self._means.how.stopped():
                    raise StoppedError(f"stopped before step {number} of {count}")
                self._means.how.tell(f"{number}/{count} {told(step)}")
                self._do(key, step)
            self._means.tally.steps = number

    def _go_on(self) -> None:
        """Take up what an earlier process left under way."""
        self._goes_on = True
        if self._means.steers:
            self._means.gates.take_over(
                {
                    m.controller: m.pod.replace("/", ".")
                    for m in self._means.moves
                    if m.controller and m.to
                }
            )

    def end(self) -> None:
        """Leave no pod gated, however it ended."""
        if not self._installed or self._means.dry:
            return
        try:
            if self._means.moves:
                self._means.gates.serve(self._means.moves)
        except (EndedError, RefusedError, UnreachableError):
            pass  # what cannot be nominated is let go below
        try:
            self._means.gates.nobody()
            self._means.gates.sweep()
        except (RefusedError, UnreachableError) as trouble:
            self._means.note(f"pods may be left gated ({trouble}): run kytos apply --release")

    def report(self, ending: Ending, why: str) -> Report:
        """Say what came of it."""
        planned = sum(landing.as_planned for landing in self._means.tally.landings)
        return Report(
            ending=ending,
            why=why,
            way=self._means.way,
            dry_run=self._means.dry,
            steps=len(self._means.runbook.steps),
            steps_done=self._means.tally.steps,
            evictions=self._means.tally.evictions,
            moves=len(self._means.tally.landings),
            landed_as_planned=planned,
            landings=tuple(self._means.tally.landings),
            cordoned=tuple(self._means.tally.cordoned),
            nodes_in_use=self._nodes_in_use(),
            notes=tuple(self._means.tally.notes),
        )

    def _nodes_in_use(self) -> int | None:
        try:
            pods = self._means.server.items("/api/v1/pods")
        except (RefusedError, UnreachableError):
            return None
        return len({node_of(pod) for pod in pods if _keeps_node(pod)})

    def _do(self, key: str, step: RunbookStep) -> None:
        pod, node = step.pod or "", step.node or ""
        match step.action:
            case Action.CORDON:
                cordon(self._means, key, node)
            case Action.UNCORDON:
                uncordon(self._means, key, node)
            case Action.EVICT:
                move_away(self._means, key, step)
            case Action.NOMINATE:
                nominate(self._means, key, pod)
            case Action.SCALE if step.to is not None:
                scale_out(self._means, key, pod, step.to)
            case Action.SCALE:
                scale_in(self._means, key, pod, step.node)
            case Action.CREATE:
                create(self._means, key, pod, step.to)
            case Action.WAIT if step.node is not None:
                wait_for_node(self._means, key, node)
            case Action.WAIT if step.pod is not None:
                follow(self._means, key, pod, step.to)
            case Action.WAIT:
                wait(self._means, key)

    def _recall(self, key: str, step: RunbookStep, done: Mapping[str, Any]) -> None:
        """Know again what an earlier process did."""
        begun = self._means.journal.was_begun(key) or {}
        if step.action is Action.CORDON and step.node is not None:
            self._means.expected.set_unschedulable(step.node, to=True)
            if begun.get("ours"):
                self._means.tally.cordoned[step.node] = None
        elif step.action is Action.UNCORDON and step.node is not None:
            if not self._means.expected.was_cordoned(step.node):
                self._means.expected.set_unschedulable(step.node, to=False)
            self._means.tally.cordoned.pop(step.node, None)
        elif step.action is Action.WAIT and step.node is None and step.pod is None:
            over(self._means, done.get("landings") or {})
        self._means.tally.evictions += begun.get("action") == "evict"
        facts = {**begun, **done}
        if "over" in facts:  # by surge, all of it
            self._means.tally.landings += [Landing(**one) for one in facts["over"]]
        elif "uid" in facts:
            self._means.moves.add(move_of(facts))


def told(step: RunbookStep) -> str:
    """Return a step in a line."""
    words = [step.action.value]
    if step.pod is not None:
        words.append(step.pod)
    if step.node is not None:
        words.append(f"from {step.node}" if step.pod is not None else step.node)
    if step.to is not None:
        words.append(f"to {step.to}")
    return " ".join(words) + (f": {step.why}" if step.why else "")


def _keeps_node(pod: Object) -> bool:
    metadata, status = pod["metadata"], pod.get("status", {})
    if node_of(pod) is None or status.get("phase") in ("Succeeded", "Failed"):
        return False
    if MIRROR in (metadata.get("annotations") or {}):
        return False
    owners = metadata.get("ownerReferences") or ()
    return not any(one.get("controller") and one.get("kind") == "DaemonSet" for one in owners)
