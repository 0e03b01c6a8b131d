"""Topology spread, case by case."""

from __future__ import annotations

import pytest

from kytos.cluster import HOSTNAME, ZONE, Cluster, LabelSelector, Pod, SpreadConstraint, Taint
from tests.rules.small import TWO_ZONES, labelled, node, pod, said

WEB = {"app": "web"}
ANYWHERE = ["a1", "a2", "b1"]


def refused(p: Pod, *others: Pod, nodes: tuple[object, ...] = TWO_ZONES) -> list[str]:
    """Nodes that refuse `p`."""
    found = said(Cluster(nodes=nodes, pods=(p, *others)), p.id)
    return [name for name, reason in found.items() if reason is not None]


def spread(**fields: object) -> SpreadConstraint:
    return SpreadConstraint(**({"topology_key": ZONE, "selector": labelled(**WEB)} | fields))


def web(name: str, at: str | None = None, **fields: object) -> Pod:
    return pod(name, at, labels=WEB, **fields)


@pytest.mark.parametrize(
    ("fields", "nodes"),
    [
        pytest.param({}, ["a1", "a2"], id="one ahead"),
        pytest.param({"max_skew": 2}, [], id="two are allowed"),
        pytest.param({"hard": False}, [], id="only a preference"),
        pytest.param({"min_domains": 3}, ["a1", "a2"], id="too few domains: the least is 0"),
        pytest.param({"selector": None}, [], id="no selector"),
        pytest.param({"selector": LabelSelector()}, [], id="an empty selector counts nobody"),
        pytest.param({"topology_key": "rack"}, ANYWHERE, id="no node has the key"),
    ],
)
def test_a_domain_gets_only_so_far_ahead(fields: dict[str, object], nodes: list[str]) -> None:
    """One pod in zone a, none in b."""
    assert refused(web("p", spread=(spread(**fields),)), web("q", "a1")) == nodes


def test_too_few_domains_take_the_least_as_zero() -> None:
    """One in each zone: level, but with a third domain asked for each is one ahead of none."""
    others = (web("q", "a1"), web("r", "b1"))
    assert refused(web("p", spread=(spread(),)), *others) == []
    assert refused(web("p", spread=(spread(min_domains=3),)), *others) == ANYWHERE


def test_a_pod_that_does_not_match_itself_adds_nothing() -> None:
    """It may join the zone that is one ahead."""
    assert refused(pod("p", spread=(spread(),)), web("q", "a1")) == []


def test_who_is_not_counted() -> None:
    """Pods being deleted, of another namespace, or on a node without one of the keys."""
    p = web("p", spread=(spread(), spread(topology_key="rack", max_skew=9)))
    racked = tuple(
        node(name, labels={ZONE: zone, "rack": "r"}) for name, zone in (("a", "a"), ("b", "b"))
    )
    nodes = (*racked, node("unracked", labels={ZONE: "a"}))
    assert refused(p, web("q", "unracked"), nodes=nodes) == ["unracked"]
    assert refused(p, web("q", "a"), nodes=nodes) == ["a", "unracked"]
    assert refused(p, web("q", "a", terminating=True), nodes=nodes) == ["unracked"]
    other = pod("q", "a", namespace="other", labels=WEB)
    assert refused(p, other, nodes=nodes) == ["unracked"]


@pytest.mark.parametrize(("honour", "nodes"), [(True, []), (False, ["a1", "a2"])])
def test_nodes_the_pod_does_not_ask_for(honour: bool, nodes: list[str]) -> None:
    """With zone b not asked for, zone a is the only domain, unless the policy says Ignore."""
    p = web("p", spread=(spread(honor_node_affinity=honour),), node_selector={"disk": "ssd"})
    ssd = tuple(node(name, labels={ZONE: "a", "disk": "ssd"}) for name in ("a1", "a2"))
    found = refused(p, web("q", "a1"), nodes=(*ssd, TWO_ZONES[2]))
    assert found == [*nodes, "b1"]


@pytest.mark.parametrize(("honour", "nodes"), [(True, ["b1"]), (False, ["a1", "a2", "b1"])])
def test_tainted_nodes(honour: bool, nodes: list[str]) -> None:
    """They count by default; with the policy Honor those not tolerated drop out."""
    tainted = TWO_ZONES[2].model_copy(update={"taints": (Taint(key="k"),)})
    p = web("p", spread=(spread(honor_node_taints=honour),))
    assert refused(p, web("q", "a1"), nodes=(*TWO_ZONES[:2], tainted)) == nodes


def test_a_running_pod_is_taken_off_first() -> None:
    """Alone in its zone it does not stand in its own way."""
    p = web("p", "a1", spread=(spread(topology_key=HOSTNAME),))
    assert refused(p) == []


def test_the_reason_tells_the_skew() -> None:
    """With the domain by name and what is allowed."""
    cluster = Cluster(nodes=TWO_ZONES, pods=(web("p", spread=(spread(),)), web("q", "a1")))
    assert said(cluster, "default/p")["a2"] == (
        f"topology spread: {ZONE} a would be 2 above the emptiest, at most 1 is allowed"
    )
