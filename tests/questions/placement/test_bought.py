"""Nodes to be bought that are alike prove as much as one offer of them."""

from __future__ import annotations

import pytest

from kytos.cluster import CPU, MEMORY, PODS, Cluster, Node, Pod
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.problem import LoadMode
from kytos.questions.parts.build_problem import build_problem
from kytos.questions.placement.bought import energy_at_least

MIB = 2**20


def test_copies_of_nodes_are_bounded_as_one_offer() -> None:
    """Thirty pods of three sizes and 42 copies of four nodes: 1 + 6 of them, $1.652/h, are least.

    Beside a full node at $0.192/h that stays.
    """
    shapes = [
        ("big", 16_000, 65_536, 6, 0.8),
        ("mid", 8_000, 32_768, 10, 0.39),
        ("mem", 8_000, 65_536, 10, 0.5),
        ("small", 4_000, 16_384, 16, 0.192),
    ]
    nodes = [
        Node(
            name=f"{name}-{copy}",
            allocatable={CPU: cpu, MEMORY: memory * MIB, PODS: 110},
            provisioned=False,
            price_per_hour=price,
        )
        for name, cpu, memory, count, price in shapes
        for copy in range(count)
    ]
    full = Node(
        name="full",
        allocatable={CPU: 1000, MEMORY: MIB, PODS: 110},
        price_per_hour=0.192,
    )
    runs = Pod(id="runs", name="runs", node="full", phase="Running", requests={CPU: 1000})
    pods = tuple(
        Pod(id=f"w{at}", name=f"w{at}", phase="Pending", requests={CPU: cpu, MEMORY: memory * MIB})
        for at in range(30)
        for cpu, memory in ([(500, 3000), (900, 9000), (1500, 2000)][at % 3],)
    )
    cluster = Cluster(nodes=(full, *nodes), pods=(runs, *pods))
    problem = build_problem(cluster, pods, mode=LoadMode.CONSOLIDATE)
    least = energy_at_least(problem, Weights(), Watch().within(20))
    assert least == pytest.approx(1.652 + 0.192, rel=2e-3)
    assert least <= 1.652 + 0.192 + 1e-6
