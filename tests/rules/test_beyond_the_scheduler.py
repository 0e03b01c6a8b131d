"""What plans keep to beyond the scheduler, and pods that wait or are another's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kytos.cluster import BETA_OS, OS, Claim, Cluster, Owner, Pod
from kytos.problem import LoadMode
from kytos.questions.parts.build_problem import build_problem
from kytos.questions.placement.placement import place
from kytos.questions.placement.request import PlacementRequest
from kytos.referee.feasible import violations
from kytos.rules.compile import compile_rules
from kytos.rules.eviction import movability
from kytos.rules.why_not import why_not
from tests.questions.cases import QUICK, case, rebalanced
from tests.rules.small import node, pod, said


def allowed(cluster: Cluster, name: str) -> list[bool]:
    """On which nodes a plan may put a pod."""
    found = cluster.pods[cluster.pod_index[name]]
    return [bool(yes) for yes in compile_rules(cluster, [found]).allowed[0]]


@pytest.mark.parametrize(
    ("labels", "runs"),
    [
        ({OS: "windows"}, True),
        ({OS: "linux"}, False),
        ({BETA_OS: "linux"}, False),
        ({}, True),
    ],
)
def test_a_pod_of_one_system_goes_to_nodes_of_it(labels: dict[str, str], runs: bool) -> None:
    """A node that does not say may be one; the scheduler, asked itself, lets it anywhere."""
    cluster = Cluster(nodes=(node("n", labels=labels),), pods=(pod("p", os="windows"),))
    assert allowed(cluster, "default/p") == [runs]
    assert said(cluster, "default/p") == {"n": None}
    (answer,) = why_not(cluster, ["default/p"])
    assert [verdict.node for verdict in answer.beyond] == ([] if runs else ["n"])


def test_a_node_that_is_not_ready_gets_nothing_and_keeps_what_it_has() -> None:
    """With or without its taint."""
    nodes = (node("up"), node("down", ready=False))
    cluster = Cluster(nodes=nodes, pods=(pod("new"), pod("old", "down")))
    assert allowed(cluster, "default/new") == [True, False]
    assert allowed(cluster, "default/old") == [True, True]


def test_a_gated_pod_fits_nowhere_and_says_why() -> None:
    """By the scheduler's own word."""
    cluster = Cluster(nodes=(node("n"),), pods=(pod("p", gates=("team/hold",)),))
    assert said(cluster, "default/p")["n"] == "it waits for its scheduling gates: team/hold"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"scheduler": "volcano"}, "scheduler volcano places it"),
        ({"custom_controller": "TaskRun build"}, "TaskRun build runs it"),
        ({"custom_controller": "TaskRun build", "movable": True}, None),
        ({"scheduler": "volcano", "movable": True}, "scheduler volcano"),
    ],
)
def test_pods_that_others_run_stay(fields: dict[str, object], why: str | None) -> None:
    """A user's word moves a custom controller's pod, not another scheduler's."""
    cluster = Cluster(nodes=(node("n"),), pods=(pod("p", "n", **fields),))
    found = movability(cluster)["default/p"]
    assert (found is None) if why is None else (found is not None and why in found)


def sharing(*pods: Pod) -> Cluster:
    """Three nodes and pods that mount one claim of ReadWriteOnce."""
    claim = Claim(name="data", namespace="default", access_modes=("ReadWriteOnce",))
    mounted = tuple(found.model_copy(update={"claims": ("data",)}) for found in pods)
    nodes = (node("a"), node("b"), node("c"))
    return Cluster(nodes=nodes, pods=mounted, claims=(claim,))


def test_pods_that_share_a_volume_move_together() -> None:
    """One alone may not leave the other; both may go to one node (the claim's node let them)."""
    cluster = sharing(pod("one", "a"), pod("two", "a"))
    problem = build_problem(cluster, cluster.pods, mode=LoadMode.SPREAD)
    problem = replace(problem, allowed=np.ones(problem.allowed.shape, dtype=np.bool_))
    assert violations(problem, np.array([1, 0]))
    assert not violations(problem, np.array([1, 1]))
    assert not violations(problem, np.array([0, 0]))


def test_a_pod_joins_those_that_stay_with_its_volume() -> None:
    """Its volume is attached there."""
    cluster = sharing(pod("new"), pod("stays", "b"))
    found = cluster.pods[cluster.pod_index["default/new"]]
    cluster = cluster.replace(storage_classes=(), claims=cluster.claims)
    assert not allowed(cluster, found.id)[0]
    assert not allowed(cluster, found.id)[2]


def test_a_volume_used_on_two_nodes_needs_no_attaching() -> None:
    """So its users may part."""
    cluster = sharing(pod("one", "a"), pod("two", "b"))
    assert not compile_rules(cluster, cluster.pods).presences


def test_a_fargate_pod_stays_with_its_node() -> None:
    """Its scheduler is not the default one."""
    outcome = rebalanced("fargate")
    assert "fargate-1" not in outcome.freed_nodes
    assert any("other schedulers" in note.message for note in outcome.notes)
    assert "fg-1" not in {move.pod.split("/")[-1] for move in outcome.moves}


def test_custom_controllers_pods_stay_unless_asked() -> None:
    """TaskRun and SparkApplication; with the switch nothing pins them."""
    outcome = rebalanced("custom-controller")
    assert not {move.pod for move in outcome.moves} & outcome.pinned.keys()
    reasons = " ".join(outcome.pinned.values())
    assert "TaskRun" in reasons
    assert "SparkApplication" in reasons
    moved = rebalanced("custom-controller", move_custom_controllers=True)
    assert len(moved.pinned) < len(outcome.pinned)


def test_no_windows_pod_moves_to_a_linux_node() -> None:
    """The two nodes of the file are of two systems."""
    outcome = rebalanced("windows-os-field")
    assert outcome.moves == ()  # nor the Linux pod, which names no system, to the Windows node


def test_nothing_new_on_a_node_that_is_not_ready() -> None:
    """Neither by spreading nor by placing the pod that waits."""
    spread = rebalanced("notready-no-taint", mode=LoadMode.SPREAD)
    assert "b" not in {move.target for move in spread.moves}
    placed = place(case("notready-no-taint"), PlacementRequest(), params=QUICK)
    assert "b" not in {new.node for new in placed.placements}


def test_a_gated_pod_waits_and_is_named() -> None:
    """Placing all that waits leaves it out, with the gate."""
    outcome = place(case("gated"), PlacementRequest(waiting=True), params=QUICK)
    gated = [left for left in outcome.unplaced if "scheduling gates" in left.reason]
    assert len(gated) == 1
    assert any("scheduling gates" in note.message for note in case("gated").notes)


def test_a_direct_controller_decides_not_the_one_above_it() -> None:
    """A ReplicaSet starts its pods again whoever made it."""
    from kytos.sources.manifests import pod_from_object

    def read(kind: str, version: str) -> Pod:
        owner = {"kind": kind, "name": "x", "apiVersion": version, "controller": True}
        metadata = {"name": "p", "ownerReferences": [owner]}
        return pod_from_object({"metadata": metadata, "spec": {}})

    assert read("ReplicaSet", "apps/v1").custom_controller == ""
    assert read("Job", "batch/v1").custom_controller == ""
    assert read("Job", "batch.volcano.sh/v1alpha1").custom_controller == "Job x"
    assert read("TaskRun", "tekton.dev/v1").custom_controller == "TaskRun x"
    assert read("ReplicaSet", "apps/v1").owner == Owner(kind="ReplicaSet", name="x")
