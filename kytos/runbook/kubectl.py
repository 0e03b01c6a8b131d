"""A runbook as a shell script of kubectl commands.

It needs a drain's rights: cordon, evict, read. Names come from files that anybody may have written:
every one is quoted, and none reaches a comment with a line break in it.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator
from itertools import groupby
from urllib.parse import quote

from kytos.contract.runbook import Action, Runbook, RunbookStep, SeenPod, Way

WAITED_FOR = frozenset({"Deployment", "ReplicaSet", "StatefulSet", "ReplicationController"})
"""Owners whose status tells how many of their replicas are ready."""

ONLY_DRAINS = (
    "a shell script can only drain: gating and nominating what is created is done by kytos apply"
)

_HEAD = r"""
set -euo pipefail

# Finished steps are kept in this file, so that the script can be run again after it stopped.
done_file="${RUNBOOK_DONE:-$0.done}"
# Seconds to wait for one thing: a budget to allow an eviction, a replacement to be ready.
timeout="${RUNBOOK_TIMEOUT:-900}"

stop() { printf 'STOPPED: %s\n' "$*" >&2; exit 1; }
note() { printf '%s\n' "$1" >>"$done_file"; }
noted() { [ -f "$done_file" ] && grep -Fxq -e "$1" "$done_file"; }
# until_true SECONDS WHAT COMMAND...: asks again every few seconds
until_true() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || stop "$what: not after $timeout s"
    sleep 3
  done
}

node_is_open() {
  [ -z "$(kubectl get node -o 'jsonpath={.spec.unschedulable}' -- "$1")" ] ||
    stop "node $1 was schedulable when this was planned and is cordoned now"
}
node_is_ready() {
  [ "$(kubectl get node --ignore-not-found \
    -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' -- "$1")" = True ]
}

# uid and node of a pod, or nothing where there is none of that name
pod_now() {
  kubectl get pod --namespace "$1" --ignore-not-found \
    -o 'jsonpath={.metadata.uid} {.spec.nodeName}' -- "$2"
}
# still_there NAMESPACE NAME NODE UID: whether this very pod still is on the node
still_there() {
  local now
  now=$(pod_now "$1" "$2")
  [ -n "$now" ] && [ "${now#* }" = "$3" ] && { [ -z "$4" ] || [ "${now%% *}" = "$4" ]; }
}
is_gone() { ! still_there "$@"; }

try_evict() {
  local answer
  answer=$(printf '%s' "$2" | kubectl create --raw "$1" -f - 2>&1) && return
  case $answer in
    *"disruption budget"* | *TooManyRequests*) printf 'not yet: %s\n' "$answer"; return 1 ;;
    *NotFound*) return ;;
    *) stop "$answer" ;;
  esac
}
# evict STEP NAMESPACE NAME NODE UID PATH BODY
evict() {
  if noted "$1 done"; then return; fi
  if still_there "$2" "$3" "$4" "$5"; then
    note "$1 begun"
    printf 'evicting %s/%s from %s\n' "$2" "$3" "$4"
    until_true "$timeout" "evicting $2/$3" try_evict "$6" "$7"
  elif ! noted "$1 begun"; then
    stop "pod $2/$3 is not on node $4 as it was when this was planned"
  fi
}
# gone STEP NAMESPACE NAME NODE UID
gone() {
  if noted "$1 done"; then return; fi
  until_true "$timeout" "pod $2/$3 to be gone" is_gone "$2" "$3" "$4" "$5"
  note "$1 done"
}

all_ready() {
  local now
  now=$(kubectl get "$1" --namespace "$2" \
    -o 'jsonpath={.spec.replicas}/{.status.replicas}/{.status.readyReplicas}' -- "$3")
  case $now in
    0//|0/0/|0/0/0) return ;;
  esac
  [ "${now%%/*}/${now%%/*}/${now%%/*}" = "$now" ]
}
# ready KIND NAMESPACE NAME: until all replicas are
ready() { until_true "$timeout" "$1 $2/$3 to be ready" all_ready "$1" "$2" "$3"; }

# scale STEP KIND NAMESPACE NAME MORE
scale() {
  if noted "$1 done"; then return; fi
  local now goal
  if kubectl get horizontalpodautoscalers --namespace "$3" -o \
    'jsonpath={range .items[*]}{.spec.scaleTargetRef.kind}/{.spec.scaleTargetRef.name}{"\n"}{end}' |
    grep -Fxiq -e "$2/$4"; then
    stop "a HorizontalPodAutoscaler sets the replicas of $2 $3/$4 and would undo this"
  fi
  now=$(kubectl get "$2" --namespace "$3" -o 'jsonpath={.spec.replicas}' -- "$4")
  goal=$([ -f "$done_file" ] && sed -n "s/^$1 begun //p" "$done_file" | tail -n 1 || true)
  if [ -z "$goal" ]; then
    goal=$((now + $5))
    note "$1 begun $goal"
  fi
  if [ "$now" != "$goal" ]; then
    kubectl scale "$2" --namespace "$3" --current-replicas="$now" --replicas="$goal" -- "$4"
  fi
  note "$1 done"
}
# first_to_go NAMESPACE NAME NODE UID: which replica a controller removes
first_to_go() {
  still_there "$@" || stop "pod $1/$2 is not on node $3 as it was when this was planned"
  kubectl annotate pod --namespace "$1" --overwrite -- \
    "$2" controller.kubernetes.io/pod-deletion-cost=-1000000
}

# by_hand STEP WHAT: stops once; the next run takes it as done
by_hand() {
  if noted "$1 done"; then return; fi
  note "$1 done"
  stop "by hand, then run this again: $2"
}
settle() { sleep "$1"; }

# look_at NODE: names what still runs on a node that should be empty
look_at() {
  local left
  local owner='{.metadata.ownerReferences[0].kind}' pod='{.metadata.namespace}/{.metadata.name}'
  left=$(kubectl get pods --all-namespaces --field-selector "spec.nodeName=$1" -o \
    "jsonpath={range .items[*]}$owner {.status.phase} $pod{\"\\n\"}{end}" |
    grep -Ev '^(DaemonSet|Node) | (Succeeded|Failed) ' || true)
  if [ -n "$left" ]; then
    printf 'node %s is not empty:\n%s\n' "$1" "$left"
  else
    printf 'node %s is empty and cordoned: it can be removed\n' "$1"
  fi
}
"""


def shell_script(runbook: Runbook, cluster: str = "the cluster") -> str:
    """Return the text of a bash script.

    Raises
    ------
    ValueError
        When the runbook steers: nothing that kubectl does can.
    """
    if runbook.way is not Way.DRAIN:
        raise ValueError(ONLY_DRAINS)
    return "\n".join([*_head(runbook, cluster), *_steps(runbook), *_tail(runbook)]) + "\n"


def _head(runbook: Runbook, cluster: str) -> Iterator[str]:
    drain, promised = runbook.forecast.drain, runbook.promised
    yield "#!/usr/bin/env bash"
    yield _comment(f"Carries out a plan for {cluster}, written by Kytos.")
    yield "#"
    yield _comment(
        f"Promised: {promised.nodes_in_use} nodes in use. Forecast of what the scheduler makes of "
        f"it: {drain.nodes_in_use} nodes in use, {drain.pods_pending} pods waiting."
    )
    for note in (runbook.falls_short and f"Falls short: {runbook.falls_short}", *runbook.notes):
        if note:
            yield _comment(note)
    for left in runbook.left_out:
        yield _comment(f"Left out: {left.pod}: {left.reason}")
    yield "#"
    yield "# It stops at the first surprise. Run it again to go on where it stopped."
    yield _HEAD.strip("\n")
    yield ""
    targets = sorted({step.to for step in runbook.steps if step.to is not None})
    seen = runbook.seen.nodes
    still = [name for name in targets if name in seen and not seen[name].unschedulable]
    if still:
        yield 'if [ ! -f "$done_file" ]; then'
        yield "  # the nodes that pods are meant for"
        yield from (f"  node_is_open {shlex.quote(name)}" for name in still)
        yield "fi"


def _steps(runbook: Runbook) -> Iterator[str]:
    number = 0
    for wave, steps in groupby(runbook.steps, key=lambda step: step.wave):
        yield ""
        yield f"# --- wave {wave}"
        moving: list[tuple[str, RunbookStep]] = []
        for step in steps:
            number += 1
            name = f"step-{number}"
            yield from _step(runbook, step, name, moving)


def _step(
    runbook: Runbook, step: RunbookStep, name: str, moving: list[tuple[str, RunbookStep]]
) -> Iterator[str]:
    """The lines of one step; `moving` are those of its wave that are waited for at its end."""
    if step.action in (Action.CORDON, Action.UNCORDON):
        yield _comment(step.why)
        yield f"kubectl {step.action.value} -- {shlex.quote(step.node or '')}"
    elif step.action is Action.EVICT:
        goes = f"meant for {step.to}" if step.to else "there is no room for its replacement"
        yield _comment("; ".join(filter(None, (goes, step.why))))
        call = _call("evict", name, *_pod(runbook, step), *_eviction(runbook, step))
        if step.to is None:
            # The scheduler may have preempted it by itself by then.
            call = f"if {_call('still_there', *_pod(runbook, step))}; then {call}; fi"
        yield call
        moving.append((name, step))
    elif step.action is Action.SCALE:
        yield from _scale(runbook, step, name)
        moving.append(("", step))
    elif step.action is Action.CREATE:
        yield _comment(f"{step.why}; meant for {step.to}")
        yield _call("by_hand", name, f"create pod {step.pod}")
    elif step.action is Action.WAIT and step.node is not None:
        yield _comment(step.why)
        yield f'until_true "$timeout" {shlex.quote(f"node {step.node}")} ' + _call(
            "node_is_ready", step.node
        )
    elif step.action is Action.WAIT and step.pod is not None:
        yield _comment(f"{step.pod}: {step.why}; meant for {step.to}")
        moving.append(("", step))
    elif step.action is Action.WAIT:
        yield _comment(step.why)
        yield from _wait(runbook, moving)
        moving.clear()


def _wait(runbook: Runbook, moving: Iterable[tuple[str, RunbookStep]]) -> Iterator[str]:
    owners: dict[tuple[str, str, str], None] = {}
    for name, step in moving:
        if name:
            yield _call("gone", name, *_pod(runbook, step))
        seen = _seen(runbook, step)
        if seen.owner_kind in WAITED_FOR:
            owners[seen.owner_kind.lower(), _names(step.pod)[0], seen.owner] = None
        elif seen.owner:
            yield _comment(f"{seen.owner_kind} {seen.owner} does not tell when a pod is ready")
    if owners:
        yield "sleep 2  # controllers count anew"
    for owner in owners:
        yield _call("ready", *owner)
    if runbook.settle_s:
        yield f"settle {runbook.settle_s:g}"


def _scale(runbook: Runbook, step: RunbookStep, name: str) -> Iterator[str]:
    seen = _seen(runbook, step)
    more = 1 if step.to is not None else -1
    yield _comment(step.why + (f"; meant for {step.to}" if step.to else ""))
    if seen.owner_kind not in WAITED_FOR:
        word = "more" if more > 0 else "less"
        yield _call("by_hand", name, f"one replica {word} of {seen.service or step.pod}")
        return
    if more < 0 and step.node is not None:
        # Finished already when the script is run again: the pod is gone then.
        yield f"noted {shlex.quote(name + ' done')} || " + _call(
            "first_to_go", *_pod(runbook, step)
        )
    owner = (seen.owner_kind.lower(), _names(step.pod)[0], seen.owner)
    yield _call("scale", name, *owner, str(more))


def _eviction(runbook: Runbook, step: RunbookStep) -> tuple[str, str]:
    """The path and body of an eviction of this very pod and no later one of its name."""
    namespace, name = _names(step.pod)
    uid = _seen(runbook, step).uid
    body: dict[str, object] = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": name, "namespace": namespace},
    }
    if uid:
        body["deleteOptions"] = {"preconditions": {"uid": uid}}
    path = f"/api/v1/namespaces/{quote(namespace, safe='')}/pods/{quote(name, safe='')}/eviction"
    return path, json.dumps(body)


def _tail(runbook: Runbook) -> Iterator[str]:
    yield ""
    yield "# --- done"
    for node in runbook.remove_nodes:
        yield _call("look_at", node)
    yield "printf 'done\\n'"


def _pod(runbook: Runbook, step: RunbookStep) -> tuple[str, str, str, str]:
    """Namespace, name, node and uid of a step's pod."""
    namespace, name = _names(step.pod)
    return namespace, name, step.node or "", _seen(runbook, step).uid


def _names(pod: str | None) -> tuple[str, str]:
    """Namespace and name of a pod's id; one without a namespace is in `default`."""
    namespace, slash, name = (pod or "").partition("/")
    return (namespace, name) if slash else ("default", namespace)


def _seen(runbook: Runbook, step: RunbookStep) -> SeenPod:
    return runbook.seen.pods.get(step.pod or "", SeenPod())


def _call(function: str, *words: str) -> str:
    return " ".join([function, *(shlex.quote(word) for word in words)])


def _comment(text: str) -> str:
    """A comment on one line: a line break in a name must not end it."""
    return "# " + "".join(sign if sign.isprintable() else " " for sign in text)
