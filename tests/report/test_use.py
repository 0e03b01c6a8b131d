"""What nodes' pods use is told in numbers that plain arithmetic gives."""

from __future__ import annotations

import numpy as np
import pytest

from kytos.cluster import CPU, MEMORY, Cluster, Node, Pod
from kytos.questions.parts.known_use import known_use
from kytos.questions.parts.use_of_pods import PodUse, measured_report
from kytos.questions.parts.use_report import NodeUse, UseOfNode, UseReport
from kytos.report.figures.day import day_bands
from kytos.report.figures.heatmap import use_gap_table, use_gap_tiles
from kytos.report.use import (
    coverage_sentence,
    day_of_node,
    measured_pods,
    measured_sentence,
    measured_troubles,
    risk_sentences,
    use_cell,
    used,
)
from kytos.usage import Usage

MIB = 2**20
TWO_DAYS = 48


@pytest.fixture
def two_days() -> Cluster:
    """Node a with two pods, one busy at noon on the second day; node b is empty."""
    nodes = tuple(
        Node(name=name, allocatable={CPU: 2000, MEMORY: 1000 * MIB, "pods": 10}) for name in "ab"
    )
    pods = tuple(
        Pod(id=name, name=name, node="a", requests={CPU: 500, MEMORY: 100 * MIB}) for name in "pq"
    )
    cpu = np.full((2, TWO_DAYS), 100, np.float32)
    cpu[0, 24 + 12] = 1500
    usage = Usage(
        containers=(("p", "app"), ("q", "app")),
        step_s=3600,
        cpu=cpu,
        memory=np.full((2, TWO_DAYS), 50 * MIB, np.float32),
        throttled=np.full((2, TWO_DAYS), np.nan, np.float32),
    )
    return Cluster(nodes=nodes, pods=pods, usage=usage)


def test_a_day_of_a_node_by_the_hour(two_days: Cluster) -> None:
    """Each hour has its mean over the days, and a band; requests and what is offered beside it."""
    day = day_of_node(two_days, known_use(two_days), "a", CPU)
    assert day.slots[12] == "12:00"
    assert len(day.slots) == 24
    assert day.mean[11] == 200
    assert day.mean[12] == pytest.approx((200 + 1600) / 2)
    assert day.low[12] == pytest.approx(200 + 0.05 * 1400)
    assert day.high[12] == pytest.approx(200 + 0.95 * 1400)
    assert (day.requested, day.offered) == (1000, 2000)
    figure = day_bands(CPU, day, day_of_node(two_days, known_use(two_days), "b", CPU))
    lines = {trace.name: trace for trace in figure.data}
    assert lines["before: mean"].y[12] == pytest.approx(0.9)
    assert set(lines["after: mean"].y) == {0}
    assert set(lines["offered"].y) == {2}
    assert set(lines["requested before"].y) == {1}


def test_use_stands_beside_requests(two_days: Cluster) -> None:
    """The 95th percentile of the sum, and by how many points it is off what is requested."""
    assert used(two_days).held[0].tolist() == [200, 100 * MIB]
    assert use_cell(two_days).value == "5%"
    for figure in (use_gap_table(two_days), use_gap_tiles(two_days, CPU)):
        assert '"-40"' in figure.to_json()


def test_risks_are_said_apart() -> None:
    """Throttling and running out of memory each have their sentence, before and after."""
    calm = UseOfNode(cpu_p95=0.5, memory_p95=0.5, cpu_over=0.0, memory_over=0.0)
    hot = calm.model_copy(update={"cpu_over": 0.25})
    nodes = (NodeUse(node="a", before=calm, after=hot), NodeUse(node="b", before=calm, after=calm))
    report = UseReport(pods_covered=3, pods=4, samples=168, step_s=3600, nodes=nodes)
    cpu, memory = risk_sentences(report)
    assert "throttled" in cpu
    assert "no node today, 1 node (up to 25 % of the time) as planned" in cpu
    assert "killed" in memory
    assert "no node today, no node as planned" in memory
    assert coverage_sentence(report) == (
        "Use is known of 3 of 4 pods (75%), over 7 days in steps of 1 hour."
    )


def test_what_was_measured_is_told_apart_from_what_is_modelled() -> None:
    """The worst first, the calm left out, and what nobody counted said to be that."""
    pods = (
        PodUse(pod="a", service="shop", node="n0", throttled=0.25),
        PodUse(pod="b", service="shop", node="n1", throttled=0.0, oom_kills=3),
        PodUse(pod="c", service="calm", node="n2", throttled=0.0, oom_kills=0),
    )
    report = UseReport(pods_covered=3, pods=3, samples=2, step_s=60, nodes=(), by_pod=pods)
    assert "not measured" in measured_sentence(report)
    measured = measured_report(pods)
    assert measured is not None
    told = report.model_copy(update={"measured": measured})
    assert measured_sentence(told) == (
        "Measured as pods run today: 1 of 3 pods throttled by their own limits, up to 25 % of CPU "
        "periods; OOM kills: 3 in 1 pod."
    )
    assert measured_troubles(measured.services) == [("shop", "12 %", "25 %", "3")]
    assert measured_troubles(measured.nodes) == [
        ("n1", "0 %", "0 %", "3"),
        ("n0", "25 %", "25 %", "not counted"),
    ]
    assert [row[0] for row in measured_troubles(measured_pods(told))] == ["b", "a"]
