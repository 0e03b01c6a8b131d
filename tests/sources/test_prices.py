"""Prices come from the node, its annotation or the table, in that order, else stay unknown."""

from __future__ import annotations

import json

import pytest

from kytos.cluster import INSTANCE_TYPE, Cluster, Node
from kytos.sources.body import ClusterBody, cluster_from_body
from kytos.sources.errors import SourceError
from kytos.sources.manifests import cluster_from_objects, read_cluster
from kytos.sources.prices import PRICE_ANNOTATION, default_prices, read_prices, with_prices

TABLE = {("m5.xlarge", "on-demand"): 0.2, ("m5.xlarge", "spot"): 0.07}


def priced(labels: dict[str, str], **fields: object) -> float | None:
    """What a node with these labels costs."""
    node = Node(name="n", allocatable={}, labels=labels, **fields)
    return with_prices(Cluster(nodes=(node,)), TABLE).nodes[0].price_per_hour


@pytest.mark.parametrize(
    ("label", "price"),
    [
        ({}, 0.2),
        ({"karpenter.sh/capacity-type": "on-demand"}, 0.2),
        ({"karpenter.sh/capacity-type": "spot"}, 0.07),
        ({"eks.amazonaws.com/capacityType": "SPOT"}, 0.07),
        ({"cloud.google.com/gke-spot": "true"}, 0.07),
        ({"cloud.google.com/gke-preemptible": "true"}, 0.07),
        ({"kubernetes.azure.com/scalesetpriority": "spot"}, 0.07),
    ],
)
def test_by_instance_and_capacity_type(label: dict[str, str], price: float) -> None:
    """Spot is known by each provisioner's own label; without one a node is on demand."""
    assert priced({INSTANCE_TYPE: "m5.xlarge"} | label) == price


def test_the_node_knows_best() -> None:
    """A price on the node wins over its annotation, and that over the table."""
    labels = {INSTANCE_TYPE: "m5.xlarge"}
    annotations = {PRICE_ANNOTATION: "0.11"}
    assert priced(labels, annotations=annotations) == 0.11
    assert priced(labels, annotations=annotations, price_per_hour=0.0) == 0.0


def test_unknown_stays_unknown() -> None:
    """No type, or one not in the table, is no price, not a price of zero."""
    assert priced({}) is None
    assert priced({INSTANCE_TYPE: "z9.huge"}) is None


@pytest.mark.parametrize("text", ["free", "-1", "nan", "inf", ""])
def test_a_bad_annotation_is_named(text: str) -> None:
    """A price that is none names the node and the annotation."""
    with pytest.raises(SourceError, match=f"Node n: annotation {PRICE_ANNOTATION}"):
        priced({}, annotations={PRICE_ANNOTATION: text})


def test_the_lab_is_priced(lab_text: str) -> None:
    """Every node of the lab has an instance type in the table that comes with Kytos."""
    cluster = with_prices(read_cluster([("lab.json", lab_text)]))
    assert all(node.price_per_hour for node in cluster.nodes)
    assert all(
        default_prices()[kind, "spot"] < price
        for (kind, capacity), price in default_prices().items()
        if capacity == "on-demand" and (kind, "spot") in default_prices()
    )


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("a,on-demand,x", "a on-demand: expected a price"),
        ("a,hourly,1", "expected instance_type"),
        ("a,spot,1\na,spot,2", "a spot is listed twice"),
        ("a", "expected instance_type"),
    ],
)
def test_bad_tables_are_refused(rows: str, words: str) -> None:
    """A row that cannot be meant is named."""
    with pytest.raises(SourceError, match=words):
        read_prices("# a comment\ninstance_type,capacity_type,price_per_hour\n" + rows, "mine.csv")


def test_every_reader_prices() -> None:
    """Files, objects and request bodies come with the table's prices, without a further step."""
    labels = {INSTANCE_TYPE: "m5.xlarge"}
    offered = {"cpu": "4", "memory": "16Gi", "pods": "110"}
    node = {
        "kind": "Node",
        "metadata": {"name": "n", "labels": labels},
        "status": {"allocatable": offered},
    }
    body = {"nodes": [{"id": "n", "cpu_capacity": 4000, "mem_capacity": 16000, "labels": labels}]}
    known = default_prices()["m5.xlarge", "on-demand"]
    for cluster in (
        read_cluster([("n.json", json.dumps(node))]),
        cluster_from_objects([node]),
        read_cluster([("body.json", json.dumps(body))]),
        cluster_from_body(ClusterBody.model_validate(body)),
    ):
        assert cluster.nodes[0].price_per_hour == known
