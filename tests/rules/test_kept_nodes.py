"""Which nodes stay whatever is decided, and that every part of the energy knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from kytos.cluster import Cluster, Node, Owner, Pod, Taint
from kytos.contract.weights import Weights
from kytos.problem import LoadMode
from kytos.questions.parts.build_problem import build_problem
from kytos.referee.energy import energy
from kytos.rules.keep_marks import DO_NOT_DISRUPT, SCALE_DOWN_DISABLED, go_duration
from kytos.rules.kept_nodes import kept_nodes
from tests.questions.cases import rebalanced
from tests.rules.small import node, pod

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
DAEMON = Owner(kind="DaemonSet", name="agent")


def why(found: Node, *pods: Pod) -> str | None:
    """Why a node stays."""
    return kept_nodes(Cluster(nodes=(found,), pods=pods, taken_at=NOW)).get(found.name)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (node("n"), None),
        (node("n", labels={"node-role.kubernetes.io/worker": ""}), None),
        (node("n", labels={"node-role.kubernetes.io/control-plane": ""}), "control-plane"),
        (node("n", labels={"node-role.kubernetes.io/master": ""}), "master"),
        (node("n", labels={"kubernetes.io/role": "master"}), "master"),
        (node("n", taints=(Taint(key="node-role.kubernetes.io/master"),)), "taint"),
        (node("n", annotations={SCALE_DOWN_DISABLED: "true"}), SCALE_DOWN_DISABLED),
        (node("n", annotations={SCALE_DOWN_DISABLED: "false"}), None),
        (node("n", annotations={DO_NOT_DISRUPT: "true"}), DO_NOT_DISRUPT),
        (node("n", labels={DO_NOT_DISRUPT: "true"}), DO_NOT_DISRUPT),
        (node("n", annotations={DO_NOT_DISRUPT: "2h"}, created=NOW - timedelta(hours=1)), "2h"),
        (node("n", annotations={DO_NOT_DISRUPT: "2h"}, created=NOW - timedelta(hours=3)), None),
    ],
)
def test_what_a_node_says_of_itself(found: Node, told: str | None) -> None:
    """By label, taint or annotation."""
    reason = why(found)
    assert (reason is None) if told is None else (reason is not None and told in reason)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "etcd-n", "mirror": True, "owner": None}, "static pod"),
        ({"name": "kube-apiserver-n", "mirror": True, "owner": None}, "static pod"),
        ({"name": "kube-proxy-n", "mirror": True, "owner": None}, None),
        ({"name": "etcd-0"}, None),
        ({"owner": DAEMON, "annotations": {DO_NOT_DISRUPT: "true"}}, "do-not-disrupt"),
        ({"owner": DAEMON, "annotations": {DO_NOT_DISRUPT: "720h"}}, "720h"),
        (
            {
                "owner": DAEMON,
                "annotations": {DO_NOT_DISRUPT: "30m"},
                "started": NOW - timedelta(hours=1),
            },
            None,
        ),
        ({"owner": DAEMON}, None),
    ],
)
def test_what_its_pods_say_of_a_node(fields: dict[str, object], told: str | None) -> None:
    """A static pod of the control plane, or a DaemonSet pod that is not to be disrupted."""
    name = str(fields.pop("name", "p"))
    reason = why(node("n"), pod(name, "n", **fields))
    assert (reason is None) if told is None else (reason is not None and told in reason)


@pytest.mark.parametrize(
    ("text", "hours"),
    [("720h", 720), ("1h30m", 1.5), ("1.5h", 1.5), ("true", None), ("", None), ("5", None)],
)
def test_durations_as_go_writes_them(text: str, hours: float | None) -> None:
    """Units are needed, and nothing else may be there."""
    assert go_duration(text) == (None if hours is None else timedelta(hours=hours))


def test_a_node_that_stays_is_paid_for_full_or_empty() -> None:
    """The energy of a plan that empties it is no lower for that."""
    kept = node("kept", annotations={SCALE_DOWN_DISABLED: "true"})
    cluster = Cluster(nodes=(kept, node("other")), pods=(pod("a-1", "kept"), pod("b-1", "other")))
    problem = build_problem(cluster, cluster.pods, mode=LoadMode.CONSOLIDATE)
    assert problem.held_open.tolist() == [True, False]
    emptied = energy(problem, Weights(), np.array([1, 1]))
    filled = energy(problem, Weights(), np.array([0, 0]))
    assert emptied.load == energy(problem, Weights(), problem.current).load
    assert filled.load < emptied.load


def test_no_master_is_freed() -> None:
    """Three masters that could share their pods stay; of two workers one comes free."""
    outcome = rebalanced("openshift-masters")
    assert outcome.freed_nodes in (("worker-0",), ("worker-1",))
    assert set(outcome.kept_nodes) == {"master-0", "master-1", "master-2"}
    assert outcome.metrics.before.nodes_in_use - outcome.metrics.after.nodes_in_use == 1


def test_a_node_not_to_be_scaled_down_is_never_freed() -> None:
    """Though its one pod would fit elsewhere."""
    outcome = rebalanced("scale-down-disabled")
    assert "a" not in outcome.freed_nodes
    assert SCALE_DOWN_DISABLED in outcome.kept_nodes["a"]


def test_a_pod_not_to_be_disrupted_for_a_while_stays() -> None:
    """Its 720 hours have hardly begun."""
    outcome = rebalanced("do-not-disrupt-duration")
    assert "default/job-1" not in {move.pod for move in outcome.moves}
    assert "720h" in outcome.pinned["default/job-1"]
