"""The sums and the remedies of why-not."""

from __future__ import annotations

import pytest

from kytos.cluster import (
    HOSTNAME,
    ZONE,
    Cluster,
    DisruptionBudget,
    HostPort,
    Node,
    PodTerm,
    SpreadConstraint,
    Taint,
)
from kytos.errors import InputError
from kytos.rules.base import Verdict
from kytos.rules.index import RuleIndex
from kytos.rules.verdicts import verdicts
from kytos.rules.why_not import as_json, why_not
from tests.rules.random_clusters import random_cluster
from tests.rules.small import TWO_ZONES, labelled, node, pod

MIB = 2**20
GPU = Taint(key="gpu", value="present")


@pytest.fixture
def tight() -> Cluster:
    """A pod that fits one node, is short on one, not tolerated on one, and both on the last."""
    full = pod("full", "short", requests={"memory": 700 * MIB})
    pods = (pod("p", requests={"memory": 624 * MIB}), full)
    small = {"cpu": 4000, "memory": 100 * MIB, "pods": 10}
    nodes = (
        node("free"),
        node("short"),
        node("tainted", taints=(GPU,)),
        node("both", taints=(GPU,), allocatable=small),
    )
    return Cluster(nodes=nodes, pods=pods)


def test_the_summary_is_in_the_scheduler_s_words(tight: Cluster) -> None:
    """The most frequent cause first, and what is counted."""
    (answer,) = why_not(tight, ["default/p"])
    assert answer.summary == (
        "1 of 4 nodes available, 3 refused: 2 untolerated taint, 1 insufficient memory"
    )


def test_a_budget_that_allows_none_is_named() -> None:
    """Nodes may be available: a pod that no eviction may take stays all the same."""
    web = pod("web-1", "a1", labels={"app": "web"})
    budget = DisruptionBudget(
        namespace="default", name="web", selector=labelled(app="web"), disruptions_allowed=0
    )
    cluster = Cluster(nodes=TWO_ZONES, pods=(web, pod("p")), budgets=(budget,))
    held, waits = why_not(cluster, ["default/web-1", "default/p"])
    assert held.summary == f"{len(TWO_ZONES)} of {len(TWO_ZONES)} nodes available"
    assert held.pinned == "disruption budget default/web allows no disruption now"
    assert waits.pinned is None


def test_the_smallest_change_where_one_rule_is_in_the_way(tight: Cluster) -> None:
    """Free what is missing, tolerate what is not; nothing where two rules refuse."""
    (answer,) = why_not(tight, ["default/p"])
    assert [(found.node, found.rule, found.change) for found in answer.remedies] == [
        ("short", "resources", "free 300.0 MiB of memory on short"),
        ("tainted", "taint", "tolerate gpu=present:NoSchedule"),
    ]


def test_json_names_pod_and_node(tight: Cluster) -> None:
    """Null where the pod could run, else the reason; the verdict names the node."""
    answers = why_not(tight, ["default/p"])
    assert answers[0].verdicts[2] == Verdict(
        "taint", "tainted", "taint gpu=present:NoSchedule is not tolerated"
    )
    assert str(answers[0].verdicts[2]) == "tainted: taint gpu=present:NoSchedule is not tolerated"
    found = as_json(answers, [node.name for node in tight.nodes])
    assert found == {
        "default/p": {
            "free": None,
            "short": "insufficient memory: needs 624.0 MiB, 324.0 MiB free",
            "tainted": "taint gpu=present:NoSchedule is not tolerated",
            "both": "taint gpu=present:NoSchedule is not tolerated",
        }
    }


def test_a_node_too_small_when_empty_has_no_remedy() -> None:
    """Freeing cannot help."""
    cluster = Cluster(nodes=(node("n"),), pods=(pod("p", requests={"cpu": 9_000}),))
    assert why_not(cluster, ["default/p"])[0].remedies == ()


WEB = {"app": "web"}
APART = (PodTerm(topology_key=ZONE, selector=labelled(**WEB)),)


PORT = (HostPort(port=80),)
ALLOW_TWO = f"raise maxSkew over {ZONE} to 2"
LEVEL = (SpreadConstraint(topology_key=ZONE, selector=labelled(**WEB)),)


@pytest.mark.parametrize(
    ("waiting", "other", "at", "change"),
    [
        ({"host_ports": PORT}, {"host_ports": PORT}, "a1", "move default/q off a1"),
        ({"anti_affinity": APART}, {"labels": WEB}, "b1", "move default/q elsewhere"),
        ({"labels": WEB}, {"anti_affinity": APART}, "b1", "move default/q elsewhere"),
        (
            {"labels": WEB, "spread": LEVEL},
            {"labels": WEB},
            "b1",
            f"raise maxSkew over {ZONE} to 2",
        ),
        ({"affinity": APART}, {"labels": WEB}, "a1", "run a pod with app In (web) beside b1"),
        ({"node_selector": {ZONE: "a"}}, {}, "a1", f"label b1 {ZONE}=a"),
    ],
)
def test_remedies_by_rule(
    waiting: dict[str, object], other: dict[str, object], at: str, change: str
) -> None:
    """One rule in the way on one node: the change names what to do."""
    pods = (pod("p", **waiting), pod("q", at, **other))
    (answer,) = why_not(Cluster(nodes=TWO_ZONES, pods=pods), ["default/p"])
    assert [found.change for found in answer.remedies] == [change]


def test_amounts_never_say_that_fits_which_does_not() -> None:
    """What is needed and missing is rounded up, what is free down."""
    taken = pod("q", "n", requests={"memory": 500 * MIB + 1})
    cluster = Cluster(
        nodes=(node("n", allocatable={"memory": 1000 * MIB, "pods": 10}),),
        pods=(pod("p", requests={"memory": 500 * MIB}), taken),
    )
    (answer,) = why_not(cluster, ["default/p"])
    assert as_json([answer], ["n"]) == {
        "default/p": {"n": "insufficient memory: needs 500.0 MiB, 499.9 MiB free"}
    }
    assert answer.remedies[0].change == "free 1 bytes of memory on n"


def test_every_constraint_that_is_broken_is_named() -> None:
    """Raising maxSkew over one key does not help where another is in the way as well."""
    spread = tuple(
        SpreadConstraint(topology_key=key, selector=labelled(**WEB)) for key in (ZONE, HOSTNAME)
    )
    pods = (pod("p", labels=WEB, spread=spread), pod("q", "b1", labels=WEB))
    (answer,) = why_not(Cluster(nodes=TWO_ZONES, pods=pods), ["default/p"])
    assert [(found.node, found.change) for found in answer.remedies] == [
        ("b1", f"raise maxSkew over {ZONE} to 2 and over {HOSTNAME} to 2")
    ]


def test_company_of_another_namespace_is_named_with_it() -> None:
    """A pod of the own namespace would be no company."""
    term = APART[0].model_copy(update={"namespaces": ("red",)})
    pods = (pod("p", affinity=(term,)),)
    (answer,) = why_not(Cluster(nodes=TWO_ZONES[:1], pods=pods), ["default/p"])
    wanted = "app In (web) in namespace red"
    assert answer.remedies[0].change == f"run a pod with {wanted} beside {TWO_ZONES[0].name}"
    assert answer.verdicts[0] is not None
    assert f"no pod with {wanted} in the node's {ZONE}" in answer.verdicts[0].reason


@pytest.mark.parametrize(
    "terms",
    [
        (APART[0].model_copy(update={"selector": None}),),
        (APART[0], APART[0].model_copy(update={"selector": labelled(app="cache")})),
        (APART[0], APART[0].model_copy(update={"namespaces": ("red",)})),
    ],
    ids=["no selector", "two values of one label", "no namespace in common"],
)
def test_company_nobody_can_be_is_not_asked_for(terms: tuple[PodTerm, ...]) -> None:
    """No pod matches such terms, so running one is no remedy."""
    cluster = Cluster(nodes=TWO_ZONES, pods=(pod("p", affinity=terms),))
    assert why_not(cluster, ["default/p"])[0].remedies == ()


@pytest.mark.parametrize(
    ("waiting", "at"),
    [
        ({"node_selector": {ZONE: "a"}, "anti_affinity": APART}, "a"),
        ({"node_selector": {"disk": "ssd"}, "labels": WEB, "spread": LEVEL}, "b"),
    ],
    ids=["it says where the node is", "spread would count the node"],
)
def test_a_label_is_no_remedy_where_another_rule_goes_by_it(
    waiting: dict[str, object], at: str
) -> None:
    """In another zone, or once it is counted, node b would be refused for what runs there."""
    nodes = (node("a", labels={ZONE: "a", "disk": "ssd"}), node("b", labels={ZONE: "b"}))
    pods = (pod("p", **waiting), pod("q", at, labels=WEB))
    (answer,) = why_not(Cluster(nodes=nodes, pods=pods), ["default/p"])
    assert answer.verdicts[1] is not None
    assert "b" not in {found.node for found in answer.remedies}


def test_moving_off_what_is_named_lets_the_pod_in() -> None:
    """On random clusters each remedy that names one pod to move does what it says."""
    tried = 0
    for seed in range(60):
        cluster = random_cluster(seed)
        for answer in why_not(cluster, list(cluster.pod_index)):
            for remedy in answer.remedies:
                words = remedy.change.split(" ")
                if words[0] not in ("move", "stop"):
                    continue
                after = cluster.with_placement({words[1]: None})
                at = after.node_index[remedy.node]
                assert verdicts(RuleIndex(after), after.pod_index[answer.pod])[at] is None
                tried += 1
    assert tried > 50


def test_an_unknown_pod_is_refused_by_name() -> None:
    """The message says how pods are named."""
    nodes: tuple[Node, ...] = (node("n"),)
    with pytest.raises(InputError, match=r"no pod 'web'.*namespace/name"):
        why_not(Cluster(nodes=nodes), ["web"])
