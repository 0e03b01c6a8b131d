"""The shell script, run against a kubectl that only pretends."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from kytos.cluster import Cluster
from kytos.contract.runbook import Runbook, RunbookRequest, Way
from kytos.runbook.changes import Change, Kind
from kytos.runbook.kubectl import shell_script
from kytos.runbook.making import make_runbook
from tests.runbook.small import node, plan, pod

PRETENDS = r"""#!/usr/bin/env python3
import json, os, sys
folder = os.environ["PRETEND"]
words = sys.argv[1:]
state = json.load(open(folder + "/state.json"))
def keep():
    json.dump(state, open(folder + "/state.json", "w"))
with open(folder + "/calls", "a") as log:
    log.write(json.dumps(words) + "\n")
name = words[-1]
if words[0] in ("cordon", "uncordon"):
    pass
elif words[:2] == ["get", "pod"]:
    if name in state["pods"]:
        print(*state["pods"][name], end="")
elif words[:2] == ["create", "--raw"]:
    body = json.loads(sys.stdin.read())
    if state["refusals"] > 0:
        state["refusals"] -= 1
        keep()
        sys.exit("Cannot evict pod as it would violate the pod's disruption budget.")
    del state["pods"][body["metadata"]["name"]]
    keep()
elif words[:2] == ["get", "deployment"]:
    print("2/2/2", end="")
elif words[:2] == ["get", "node"] or words[:2] == ["get", "pods"]:
    pass
else:
    sys.exit("what is " + " ".join(words))
"""


@pytest.fixture
def runbook() -> Runbook:
    """Two pods of a Deployment move from one node to another."""
    cluster = Cluster(
        nodes=(node("a"), node("b")),
        pods=(pod("web-0", "a"), pod("web-1", "a"), pod("stays", "b", app="log")),
    )
    planned = plan(cluster, {"web-0": "b", "web-1": "b"})
    return make_runbook(planned, RunbookRequest(max_parallel=1, settle_s=0))


class Pretended:
    """A folder with the script and a kubectl that keeps its state there."""

    def __init__(self, folder: Path, text: str) -> None:
        self.folder = folder
        (folder / "kubectl").write_text(PRETENDS, encoding="utf-8")
        (folder / "kubectl").chmod(0o755)
        # Waiting is for real clusters.
        (folder / "sleep").write_text("#!/bin/sh\n", encoding="utf-8")
        (folder / "sleep").chmod(0o755)
        (folder / "run.sh").write_text(text, encoding="utf-8")
        self.set(pods={"web-0": ["uid-web-0", "a"], "web-1": ["uid-web-1", "a"]}, refusals=0)

    def set(self, **state: object) -> None:
        (self.folder / "state.json").write_text(json.dumps(state), encoding="utf-8")

    def run(self) -> subprocess.CompletedProcess[str]:
        path = f"{self.folder}:{os.environ['PATH']}"
        return subprocess.run(
            ["bash", str(self.folder / "run.sh")],
            env={"PATH": path, "PRETEND": str(self.folder), "RUNBOOK_TIMEOUT": "20"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def evictions(self) -> list[str]:
        calls = [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]
        return [words[2] for words in calls if words[:2] == ["create", "--raw"]]


def test_it_evicts_waits_out_a_refusal_and_may_run_again(tmp_path: Path, runbook: Runbook) -> None:
    """A budget's refusal is waited out; the second run finds everything done."""
    pretended = Pretended(tmp_path, shell_script(runbook))
    pretended.set(pods={"web-0": ["uid-web-0", "a"], "web-1": ["uid-web-1", "a"]}, refusals=1)
    done = pretended.run()
    assert done.returncode == 0, done.stderr
    assert "not yet" in done.stdout
    assert "node a is empty and cordoned" in done.stdout
    paths = [f"/api/v1/namespaces/shop/pods/web-{n}/eviction" for n in (0, 0, 1)]
    assert pretended.evictions == paths
    again = pretended.run()
    assert again.returncode == 0, again.stderr
    assert pretended.evictions == paths


def test_it_goes_on_where_it_was_killed(tmp_path: Path, runbook: Runbook) -> None:
    """A pod evicted by a run that ended before it could say so is not a surprise."""
    pretended = Pretended(tmp_path, shell_script(runbook))
    pretended.set(pods={"web-1": ["uid-web-1", "a"]}, refusals=0)
    step = next(at for at, s in enumerate(runbook.steps, 1) if s.pod == "shop/web-0")
    (tmp_path / "run.sh.done").write_text(f"step-{step} begun\n", encoding="utf-8")
    done = pretended.run()
    assert done.returncode == 0, done.stderr
    assert pretended.evictions == ["/api/v1/namespaces/shop/pods/web-1/eviction"]


@pytest.mark.parametrize("now", [["uid-web-0", "c"], ["another", "a"], None])
def test_it_stops_at_a_surprise(tmp_path: Path, runbook: Runbook, now: list[str] | None) -> None:
    """A pod that is elsewhere, another of its name, or none: nothing is evicted."""
    pretended = Pretended(tmp_path, shell_script(runbook))
    pods = {"web-1": ["uid-web-1", "a"]} | ({} if now is None else {"web-0": now})
    pretended.set(pods=pods, refusals=0)
    done = pretended.run()
    assert done.returncode == 1
    assert "STOPPED: pod shop/web-0 is not on node a" in done.stderr
    assert pretended.evictions == []


def test_a_pod_that_was_preempted_already_is_no_surprise(tmp_path: Path) -> None:
    """Who gives way may have been driven out by the scheduler: the script goes on."""
    cluster = Cluster(nodes=(node("a"), node("b")), pods=(pod("low", "a"), pod("stays", "b")))
    planned = replace(
        plan(cluster, {}), changes=(Change("shop/low", Kind.GIVES_WAY, "a", None, "makes room"),)
    )
    runbook = make_runbook(planned, RunbookRequest(settle_s=0))
    assert [step.to for step in runbook.steps if step.action == "evict"] == [None]
    pretended = Pretended(tmp_path, shell_script(runbook))
    pretended.set(pods={}, refusals=0)
    done = pretended.run()
    assert done.returncode == 0, done.stderr
    assert pretended.evictions == []


def test_names_are_no_commands(tmp_path: Path) -> None:
    """What a name says in the shell's language, or after a line break, is not run."""
    evil = "x'; touch gone; $(touch gone) `touch gone`\ntouch gone #"
    cluster = Cluster(
        nodes=(node(evil), node("b")),
        pods=(pod(evil, evil, app=evil, uid="u"), pod("other", "b", 0.1, app=evil)),
    )
    runbook = make_runbook(plan(cluster, {evil: "b"}), RunbookRequest(settle_s=0))
    pretended = Pretended(tmp_path, shell_script(runbook, evil))
    pretended.set(pods={evil: ["u", evil]}, refusals=0)
    pretended.run()
    assert not list(tmp_path.rglob("gone"))
    assert not Path("gone").exists()
    assert len(pretended.evictions) == 1


def test_a_script_cannot_steer(runbook: Runbook) -> None:
    """Gates need more than kubectl: the error says what does it."""
    with pytest.raises(ValueError, match="kytos apply"):
        shell_script(runbook.model_copy(update={"way": Way.STEER}))
