"""Prices come from the node, its annotation or the table, in that order, else stay unknown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kytos.cluster import INSTANCE_TYPE, Cluster, Node, NoteKind
from kytos.errors import SourceError
from kytos.sources.body import ClusterBody, cluster_from_body
from kytos.sources.manifests import cluster_from_objects, read_cluster
from kytos.sources.prices import (
    PRICE_ANNOTATION,
    default_prices,
    prices_with,
    read_prices,
    with_prices,
)

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
    """What is no price is told with the node; the table is asked then, nothing is refused."""
    labels = {INSTANCE_TYPE: "m5.xlarge"}
    node = Node(name="n", allocatable={}, labels=labels, annotations={PRICE_ANNOTATION: text})
    read = with_prices(Cluster(nodes=(node,)), TABLE)
    assert read.nodes[0].price_per_hour == priced(labels)
    (note,) = read.notes
    assert (note.kind, note.subjects) == (NoteKind.LEFT_OUT, ("n",))
    assert f"annotation {PRICE_ANNOTATION}: expected a price per hour" in note.message


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
        ("a,on-demand,x", "line 4: expected a price per hour such as 0.192, found 'x'"),
        ("a,on-demand", "line 4: expected a price"),
        ("a,on-demand,-1", "line 4: expected a price"),
        ("a,hourly,1", "line 4: capacity_type is 'hourly'; expected on-demand or spot"),
        ("a,spot,1\n\n# more\na,spot,2", "line 7: a spot is listed twice"),
        ("a", "line 4: capacity_type is ''"),
        (",spot,1", "line 4: no instance_type"),
    ],
)
def test_bad_tables_are_refused(rows: str, words: str) -> None:
    """A row that cannot be meant is named by its line in the file, comments counted."""
    head = "# a comment\n\ninstance_type,capacity_type,price_per_hour\n"
    with pytest.raises(SourceError, match=f"mine.csv: {words}"):
        read_prices(head + rows, "mine.csv")


def test_a_table_without_its_columns_is_refused() -> None:
    """What a spreadsheet saved with semicolons, or without the first line, is told what lacks."""
    for text in ("instance_type;capacity_type;price_per_hour\na;spot;1", "a,spot,1"):
        with pytest.raises(SourceError, match="no column instance_type; the first line must name"):
            read_prices(text, "mine.csv")


def test_a_table_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """KYTOS_PRICES' rows win over those that come with Kytos, which stay for all other types."""
    shipped = default_prices()
    own = tmp_path / "own.csv"
    row = "m5.xlarge, on-demand, 0.15"
    own.write_text(
        f"instance_type,capacity_type,price_per_hour\n{row}\nbare-metal,on-demand,0.4\n",
        encoding="utf-8-sig",  # as a spreadsheet saves it
    )
    monkeypatch.setenv("KYTOS_PRICES", str(own))
    table = default_prices()
    assert table["m5.xlarge", "on-demand"] == 0.15
    assert table["bare-metal", "on-demand"] == 0.4
    assert table["m5.xlarge", "spot"] == shipped["m5.xlarge", "spot"]
    assert len(table) == len(shipped) + 1


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A path that leads nowhere, or to no text, names the file."""
    with pytest.raises(SourceError, match=r"none\.csv: cannot be read"):
        prices_with(tmp_path / "none.csv")
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SourceError, match=r"a\.csv: is not text in UTF-8"):
        prices_with(tmp_path / "a.csv")


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


@pytest.mark.parametrize(
    ("more", "price"),
    [
        ({}, 0.576),  # in us-east-1; a type that the small table does not have
        ({"topology.kubernetes.io/region": "us-gov-west-1"}, 0.692),
        ({"topology.kubernetes.io/region": "cn-north-1"}, None),  # in another currency
        ({"karpenter.sh/capacity-type": "spot"}, None),
    ],
)
def test_on_demand_nodes_of_no_table_have_their_list_price(
    more: dict[str, str], price: float | None
) -> None:
    """By type and region, on demand only; spot is the user's to tell."""
    node = Node(name="n", allocatable={}, labels={INSTANCE_TYPE: "r5d.2xlarge"} | more)
    assert with_prices(Cluster(nodes=(node,))).nodes[0].price_per_hour == price
