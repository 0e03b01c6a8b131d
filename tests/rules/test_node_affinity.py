"""Node selector, node affinity and declared features, case by case."""

from __future__ import annotations

import pytest

from kytos.cluster import Cluster, NodeTerm, Requirement
from tests.rules.small import node, pod, said

NODES = (
    node("small", labels={"cores": "4", "disk": "ssd"}),
    node("large", labels={"cores": "16"}, declared_features=frozenset({"Restart"})),
)


def refused(**fields: object) -> list[str]:
    found = said(Cluster(nodes=NODES, pods=(pod("p", **fields),)), "default/p")
    return [name for name, reason in found.items() if reason is not None]


def needs(key: str, operator: str, *values: str) -> NodeTerm:
    return NodeTerm(expressions=(Requirement(key=key, operator=operator, values=values),))


def named(operator: str, *values: str) -> NodeTerm:
    field = Requirement(key="metadata.name", operator=operator, values=values)
    return NodeTerm(fields=(field,))


@pytest.mark.parametrize(
    ("terms", "nodes"),
    [
        (None, []),
        ((), ["small", "large"]),
        ((NodeTerm(),), ["small", "large"]),
        ((NodeTerm(), needs("disk", "In", "ssd")), ["large"]),
        ((needs("disk", "In", "ssd"), needs("cores", "Gt", "8")), []),
        ((needs("disk", "NotIn", "ssd"),), ["small"]),
        ((needs("disk", "DoesNotExist"),), ["small"]),
        ((needs("cores", "Gt", "4"),), ["small"]),
        ((needs("cores", "Lt", "16"),), ["large"]),
        ((needs("disk", "Gt", "1"),), ["small", "large"]),
        ((needs("cores", "Gt", "-1"),), ["small", "large"]),
        ((needs("cores", "Gt", "many"),), ["small", "large"]),
        ((needs("disk", "NotIn", "no label's value"),), ["small", "large"]),
        ((needs("cores", "In", "4", "no label's value"),), ["small", "large"]),
        ((needs("disk", "NotIn", "no label's value"), needs("cores", "Gt", "8")), ["small"]),
        ((named("In", "large"),), ["small"]),
        ((named("NotIn", "large"),), ["large"]),
        ((named("In", "nobody"),), ["small", "large"]),
        (
            (
                NodeTerm(
                    expressions=needs("disk", "Exists").expressions,
                    fields=named("In", "large").fields,
                ),
            ),
            ["small", "large"],
        ),
    ],
)
def test_one_term_must_match(terms: tuple[NodeTerm, ...] | None, nodes: list[str]) -> None:
    """Terms are ORed, what is in one is ANDed; one empty or unreadable matches nothing."""
    assert refused(required_node_terms=terms) == nodes


def test_selector_and_affinity_both_hold() -> None:
    """Each alone would let one node through, together none."""
    assert refused(node_selector={"disk": "ssd"}) == ["large"]
    both = {"node_selector": {"disk": "ssd"}, "required_node_terms": (needs("cores", "Gt", "4"),)}
    assert refused(**both) == ["small", "large"]


def test_every_required_feature_is_declared() -> None:
    """A node that does not declare one refuses."""
    assert refused(required_features=frozenset({"Restart"})) == ["small"]
