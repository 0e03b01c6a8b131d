"""Clusters of a few pods for tests of what a page shows."""

from __future__ import annotations

import json

from kytos.cluster import Cluster
from kytos.sources.manifests import read_cluster


def two_half_empty_nodes(memory: int = 500) -> Cluster:
    """Two nodes, one dear and one cheap, whose two pods fit on either."""
    nodes = [
        {"id": name, "cpu_capacity": 4000, "mem_capacity": 8000, "price_per_hour": price}
        for name, price in (("cheap", 1.0), ("dear", 3.0))
    ]
    pods = [
        {"id": f"p-{name}", "cpu_request": 500, "mem_request": mem, "current_node": name}
        for name, mem in (("cheap", memory), ("dear", 500))
    ]
    content = json.dumps({"nodes": nodes, "pods": pods}).encode()
    return read_cluster([("small.json", content)])
