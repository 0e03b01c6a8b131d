"""Pod affinity and anti-affinity, case by case."""

from __future__ import annotations

import pytest

from kytos.cluster import HOSTNAME, ZONE, Cluster, LabelSelector, Node, Pod, PodTerm
from tests.rules.small import TWO_ZONES, labelled, node, pod, said

WEB = labelled(app="web")


def refused(pods: tuple[Pod, ...], nodes: tuple[Node, ...] = TWO_ZONES) -> list[str]:
    """Nodes that refuse the first of the pods."""
    cluster = Cluster(
        nodes=nodes,
        pods=pods,
        namespaces={"default": {"team": "red"}, "other": {"team": "blue"}, "third": {}},
    )
    found = said(cluster, pods[0].id)
    return [name for name, reason in found.items() if reason is not None]


def term(**fields: object) -> PodTerm:
    return PodTerm(**({"topology_key": ZONE, "selector": WEB} | fields))


ANYWHERE = ["a1", "a2", "b1"]


def test_affinity_goes_where_company_is() -> None:
    """In the whole zone of a matching pod, and nowhere else."""
    pods = (pod("p", affinity=(term(),)), pod("q", "a1", labels={"app": "web"}))
    assert refused(pods) == ["b1"]


def test_one_pod_must_match_all_terms() -> None:
    """Two pods that match one term each are not company; one that matches both is."""
    terms = (term(), term(selector=labelled(tier="front"), topology_key=HOSTNAME))
    web, front = {"app": "web"}, {"tier": "front"}
    p = pod("p", affinity=terms)
    assert refused((p, pod("q", "a1", labels=web), pod("r", "a1", labels=front))) == ANYWHERE
    assert refused((p, pod("q", "a1", labels=web | front))) == ["a2", "b1"]


@pytest.mark.parametrize(
    ("labels", "other", "nodes"),
    [
        pytest.param({"app": "web"}, None, ["bare"], id="first of its kind"),
        pytest.param({}, None, [*ANYWHERE, "bare"], id="does not match itself"),
        pytest.param({"app": "web"}, "a1", ["b1", "bare"], id="not the first"),
        pytest.param({"app": "web"}, "bare", ["bare"], id="the other is in no zone"),
    ],
)
def test_the_first_pod_of_its_kind(
    labels: dict[str, str], other: str | None, nodes: list[str]
) -> None:
    """It may go anywhere with the key while nobody who matches is in any domain."""
    others = () if other is None else (pod("q", other, labels={"app": "web"}),)
    p = pod("p", labels=labels, affinity=(term(),))
    assert refused((p, *others), (*TWO_ZONES, node("bare"))) == nodes


def test_a_running_pod_is_not_its_own_company() -> None:
    """Taken off first, it is the first of its kind again, or must go where another is."""
    p = pod("p", "b1", labels={"app": "web"}, affinity=(term(),))
    assert refused((p,)) == []
    assert refused((p, pod("q", "a1", labels={"app": "web"}))) == ["b1"]


def test_anti_affinity_holds_both_ways() -> None:
    """Who keeps others away is kept away by them; a node without the key is no domain."""
    keeps = pod("keeps", "a1", anti_affinity=(term(),))
    nodes = (*TWO_ZONES, node("bare"))
    assert refused((pod("p", labels={"app": "web"}), keeps), nodes) == ["a1", "a2"]
    mirrored = (pod("p", anti_affinity=(term(),)), pod("q", "a1", labels={"app": "web"}))
    assert refused(mirrored, nodes) == ["a1", "a2"]


def test_pods_being_deleted_still_count() -> None:
    """Until they are gone they keep others away."""
    pods = (
        pod("p", anti_affinity=(term(),)),
        pod("q", "a1", labels={"app": "web"}, terminating=True),
    )
    assert refused(pods) == ["a1", "a2"]


@pytest.mark.parametrize(
    ("fields", "sees_other"),
    [
        ({}, False),
        ({"namespaces": ("other",)}, True),
        ({"namespaces": ("third",)}, False),
        ({"namespace_selector": labelled(team="blue")}, True),
        ({"namespace_selector": labelled(team="red")}, False),
        ({"namespace_selector": LabelSelector()}, True),
        ({"namespaces": ("other",), "namespace_selector": labelled(team="red")}, True),
        ({"selector": None, "namespaces": ("other",)}, False),
        ({"selector": LabelSelector(), "namespaces": ("other",)}, True),
    ],
)
def test_namespaces(fields: dict[str, object], sees_other: bool) -> None:
    """Named and selected namespaces are united; neither means the pod's own."""
    other = pod("q", "a1", namespace="other", labels={"app": "web"})
    pods = (pod("p", anti_affinity=(term(**fields),)), other)
    assert refused(pods) == (["a1", "a2"] if sees_other else [])


@pytest.mark.parametrize(
    ("fields", "nodes"),
    [
        pytest.param({"match_label_keys": ("version",)}, ["b1"], id="match"),
        pytest.param({"mismatch_label_keys": ("version",)}, ["a1", "a2"], id="mismatch"),
        pytest.param({"match_label_keys": ("absent",)}, ANYWHERE, id="the pod lacks the key"),
        pytest.param(
            {"match_label_keys": ("version",), "selector": labelled(app="web", version="1")},
            ["a1", "a2"],
            id="merged already, before the pod's label changed",
        ),
    ],
)
def test_label_keys(fields: dict[str, object], nodes: list[str]) -> None:
    """The pod's own value of a key is required, or refused."""
    pods = (
        pod("p", labels={"version": "2"}, anti_affinity=(term(**fields),)),
        pod("old", "a1", labels={"app": "web", "version": "1"}),
        pod("new", "b1", labels={"app": "web", "version": "2"}),
    )
    assert refused(pods) == nodes
