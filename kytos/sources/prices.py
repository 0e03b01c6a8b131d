"""What nodes cost: a small editable table of instance types, applied to a cluster."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from kytos.cluster import INSTANCE_TYPE, Cluster, Node
from kytos.sources.errors import SourceError

PRICE_ANNOTATION = "kytos.io/price-per-hour"
"""An annotation of a Node that says its price, before any table."""

ON_DEMAND, SPOT = "on-demand", "spot"

PriceTable = Mapping[tuple[str, str], float]
"""Price per hour by (instance type, capacity type)."""

_SPOT_LABELS = {
    "karpenter.sh/capacity-type": "spot",
    "eks.amazonaws.com/capacityType": "SPOT",
    "cloud.google.com/gke-spot": "true",
    "cloud.google.com/gke-preemptible": "true",
    "kubernetes.azure.com/scalesetpriority": "spot",
}
"""The label value by which each provisioner marks a spot node; any other is on demand."""


def read_prices(text: str, where: str = "prices") -> PriceTable:
    """Read a price table: CSV with `instance_type`, `capacity_type` and `price_per_hour`.

    Lines that begin with ``#`` are comments; more columns are ignored.

    Raises
    ------
    SourceError
        Naming the row that cannot be read or repeats another.
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    table: dict[tuple[str, str], float] = {}
    for row in csv.DictReader(lines):
        instance_type, capacity_type = row.get("instance_type"), row.get("capacity_type")
        if not instance_type or capacity_type not in (ON_DEMAND, SPOT):
            raise SourceError(
                f"expected instance_type, capacity_type ({ON_DEMAND} or {SPOT}) and "
                f"price_per_hour, found {row}",
                where,
            )
        if (instance_type, capacity_type) in table:
            raise SourceError(f"{instance_type} {capacity_type} is listed twice", where)
        table[instance_type, capacity_type] = _price(
            row.get("price_per_hour"), f"{where}: {instance_type} {capacity_type}"
        )
    return table


@lru_cache(maxsize=1)
def default_prices() -> PriceTable:
    """The table that comes with Kytos (``prices.csv``; its header names the sources)."""
    return read_prices(
        files("kytos.sources").joinpath("prices.csv").read_text(encoding="utf-8"), "prices.csv"
    )


def with_prices(cluster: Cluster, table: PriceTable | None = None) -> Cluster:
    """The same cluster with prices where they are known.

    A node's own price comes first, then its annotation `PRICE_ANNOTATION`, then the table (by
    default `default_prices`). What none of them knows stays unknown.

    Raises
    ------
    SourceError
        When a node's annotation is not a price.
    """
    prices = default_prices() if table is None else table
    nodes = tuple(
        node.model_copy(update={"price_per_hour": _price_of(node, prices)})
        for node in cluster.nodes
    )
    return cluster.replace(nodes=nodes)


def is_spot(node: Node) -> bool:
    """Whether a provisioner marked the node as one that may be taken back."""
    return any(node.labels.get(label) == value for label, value in _SPOT_LABELS.items())


def _price_of(node: Node, table: PriceTable) -> float | None:
    if node.price_per_hour is not None:
        return node.price_per_hour
    if PRICE_ANNOTATION in node.annotations:
        return _price(
            node.annotations[PRICE_ANNOTATION], f"Node {node.name}: annotation {PRICE_ANNOTATION}"
        )
    capacity_type = SPOT if is_spot(node) else ON_DEMAND
    return table.get((node.labels.get(INSTANCE_TYPE, ""), capacity_type))


def _price(text: str | None, where: str) -> float:
    try:
        price = float(text or "")
    except ValueError:
        price = math.nan
    if not 0 <= price < math.inf:
        raise SourceError(f"expected a price per hour such as 0.192, found {text!r}", where)
    return price
