"""Host ports, case by case."""

from __future__ import annotations

import pytest

from kytos.cluster import Cluster, HostPort
from tests.rules.small import node, pod, said


@pytest.mark.parametrize(
    ("wanted", "held", "clash"),
    [
        ({"port": 80}, {"port": 80}, True),
        ({"port": 80}, {"port": 81}, False),
        ({"port": 80}, {"port": 80, "protocol": "UDP"}, False),
        ({"port": 80, "ip": "10.0.0.1"}, {"port": 80, "ip": "10.0.0.2"}, False),
        ({"port": 80, "ip": "10.0.0.1"}, {"port": 80, "ip": "10.0.0.1"}, True),
        ({"port": 80, "ip": "10.0.0.1"}, {"port": 80}, True),
        ({"port": 80}, {"port": 80, "ip": "10.0.0.1"}, True),
        ({"port": 80, "ip": ""}, {"port": 80, "ip": "10.0.0.1"}, True),
        ({"port": 80, "ip": "::"}, {"port": 80, "ip": "10.0.0.1"}, False),
        ({"port": 0}, {"port": 0}, False),
    ],
)
def test_two_ports_clash(wanted: dict[str, object], held: dict[str, object], clash: bool) -> None:
    """Same protocol and port, and the same address or either of them all."""
    cluster = Cluster(
        nodes=(node("a"), node("b")),
        pods=(
            pod("p", host_ports=(HostPort(**wanted),)),
            pod("q", "a", host_ports=(HostPort(**held),)),
        ),
    )
    reason = "host port 80/TCP (default/q) is taken" if clash else None
    assert said(cluster, "default/p") == {"a": reason, "b": None}
    assert said(cluster, "default/q")["a"] is None
