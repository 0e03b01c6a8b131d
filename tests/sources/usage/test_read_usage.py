"""Files of use: each tool's shape, units, grids, and what is left out by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kytos.cluster import CPU, MEMORY
from kytos.errors import SourceError
from kytos.sources.usage.read import read_usage

GIB = 2**30


def pod_metrics(name: str, at: str, **containers: dict[str, str]) -> dict[str, Any]:
    return {
        "kind": "PodMetrics",
        "metadata": {"namespace": "shop", "name": name},
        "timestamp": at,
        "containers": [{"name": n, "usage": used} for n, used in containers.items()],
    }


def matrix(*series: tuple[dict[str, str], list[list[Any]]]) -> bytes:
    result = [{"metric": labels, "values": values} for labels, values in series]
    data = {"resultType": "matrix", "result": result}
    return json.dumps({"status": "success", "data": data}).encode()


def of(name: str, container: str = "app") -> dict[str, str]:
    return {"namespace": "shop", "pod": name, "container": container}


def as_file(document: Any, name: str = "usage.json") -> list[tuple[str, bytes]]:
    return [(name, json.dumps(document).encode())]


def test_pod_metrics_in_canonical_units() -> None:
    """Cores become millicores, quantities bytes, and a pod is the sum of its containers."""
    item = pod_metrics(
        "web-0",
        "2026-11-30T00:00:00Z",
        app={"cpu": "900m", "memory": "3Gi"},
        proxy={"cpu": "12500000n", "memory": "1Gi"},
    )
    usage = read_usage(as_file({"kind": "List", "items": [item, {"kind": "Node"}]}))
    cpu, memory = usage.of_pods(["shop/web-0", "shop/unknown"])
    assert cpu[0] == pytest.approx([912.5])
    assert memory[0] == pytest.approx([4 * GIB])
    assert np.isnan(cpu[1]).all()


def test_the_raw_answer_of_metrics_server() -> None:
    """Items of a PodMetricsList name no kind of their own."""
    item = pod_metrics("web-0", "2026-11-30T00:00:00Z", app={"cpu": "1", "memory": "1Gi"})
    del item["kind"]
    usage = read_usage(as_file({"kind": "PodMetricsList", "items": [item]}))
    assert usage.pods == ("shop/web-0",)


def test_several_readings_make_a_series() -> None:
    """The same pod read every minute is a series with a step of a minute."""
    items = [
        pod_metrics("web-0", f"2026-11-30T00:0{minute}:00Z", app={"cpu": cpu, "memory": "1Gi"})
        for minute, cpu in enumerate(("100m", "300m", "200m"))
    ]
    usage = read_usage(as_file({"kind": "List", "items": items}))
    assert usage.step_s == 60.0
    assert usage.of_pods(["shop/web-0"])[0][0] == pytest.approx([100, 300, 200])


def test_prometheus_by_file_name_and_by_size() -> None:
    """A rate has no name any more: the file's name tells, else how large the values are."""
    cpu = matrix((of("web-0"), [[0, "0.5"], [900, "0.7"]]))
    memory = matrix((of("web-0"), [[0, "1e9"], [900, "2e9"]]))
    for names in (("cpu.json", "memory.json"), ("a.json", "b.json")):
        usage = read_usage(list(zip(names, (cpu, memory), strict=True)))
        used_cpu, used_memory = usage.of_pods(["shop/web-0"])
        assert used_cpu[0] == pytest.approx([500, 700])
        assert used_memory[0] == pytest.approx([1e9, 2e9])
        assert usage.step_s == 900.0


def test_throttling_and_kills_are_no_use() -> None:
    """The other two standard queries are kept apart from what is used."""
    usage = read_usage(
        [
            ("throttling.json", matrix((of("web-0"), [[0, "0.25"]]))),
            ("oom_kills.json", matrix((of("web-0"), [[0, "1"], [60, "3"]]))),
        ]
    )
    assert usage.throttled[0, 0] == pytest.approx(0.25)
    assert usage.oom_kills == {("shop/web-0", "app"): 3}
    assert np.isnan(usage.cpu).all()


@pytest.mark.parametrize("indent", [None, 2])
def test_any_layout_of_the_json(indent: int | None) -> None:
    """Labels may hold braces and quotes, values may be NaN, and fields come in any order."""
    labels = of("web-0", 'a{"b"}')
    series = {"values": [[60, "NaN"], [0, "0.25"]], "metric": labels}
    answer = {"status": "success", "data": {"resultType": "matrix", "result": [series]}}
    ordered = {"metric": labels, "values": series["values"]}
    usual = {"status": "success", "data": {"resultType": "matrix", "result": [ordered]}}
    for document in (answer, usual):
        usage = read_usage([("cpu.json", json.dumps(document, indent=indent).encode())])
        assert usage.containers == (("shop/web-0", 'a{"b"}'),)
        assert usage.cpu[0, 0] == pytest.approx(250)
        assert np.isnan(usage.cpu[0, 1])


def test_gaps_are_unknown_not_zero() -> None:
    """A pod that started in the middle of the week used nothing known before."""
    content = matrix(
        (of("old"), [[0, "0.1"], [60, "0.1"], [120, "0.1"]]), (of("new"), [[120, "0.4"]])
    )
    cpu, _ = read_usage([("cpu.json", content)]).of_pods(["shop/new"])
    assert np.isnan(cpu[0, :2]).all()
    assert cpu[0, 2] == pytest.approx(400)


def test_what_cannot_be_used_is_named() -> None:
    """A series without a pod and a negative one are left out, the others read."""
    content = matrix(
        ({"node": "n1"}, [[0, "1"]]), (of("bad"), [[0, "-1"]]), (of("good"), [[0, "0.1"]])
    )
    usage = read_usage([("cpu.json", content)])
    assert usage.pods == ("shop/good",)
    assert sum(len(names) for names in usage.left_out.values()) == 2
    assert any("shop/bad" in " ".join(names) for names in usage.left_out.values())


def test_one_odd_object_does_not_blind_the_reader() -> None:
    """A negative metric is left out by name, the other pod is read."""
    at = "2026-11-30T00:00:00Z"
    items = [
        pod_metrics("bad", at, app={"cpu": "-5m", "memory": "1Gi"}),
        pod_metrics("good", at, app={"cpu": "5m", "memory": "1Gi"}),
    ]
    usage = read_usage(as_file({"kind": "List", "items": items}))
    assert usage.pods == ("shop/good",)
    assert "shop/bad" in next(iter(usage.left_out.values()))[0]


def test_recommendations_of_both_tools() -> None:
    """VPA's targets and krr's requests, canonical; krr's `?` recommends nothing."""
    vpa: dict[str, Any] = {
        "kind": "VerticalPodAutoscaler",
        "metadata": {"namespace": "shop", "name": "web"},
        "spec": {"targetRef": {"kind": "Deployment", "name": "web"}},
        "status": {
            "recommendation": {
                "containerRecommendations": [
                    {
                        "containerName": "app",
                        "target": {"cpu": "250m", "memory": "262144k"},
                        "lowerBound": {"cpu": "100m"},
                    }
                ]
            }
        },
    }
    krr = {
        "scans": [
            {
                "object": {
                    "namespace": "shop",
                    "name": "cart",
                    "kind": "Deployment",
                    "container": "app",
                },
                "recommended": {
                    "requests": {"cpu": {"value": 0.0125}, "memory": {"value": "?"}},
                },
            }
        ]
    }
    usage = read_usage([*as_file(vpa, "vpa.json"), *as_file(krr, "krr.json")])
    by_workload = {one.workload: one for one in usage.recommendations}
    assert by_workload["shop/web"].requests == {CPU: 250, MEMORY: 262_144_000}
    # it acts, so that nothing below its target would last; one that is off only has a lower bound
    assert by_workload["shop/web"].lower_bound == {CPU: 250, MEMORY: 262_144_000}
    policies: list[dict[str, Any]] = [{"containerName": "app", "controlledResources": ["memory"]}]
    for more, least in (
        ({"updatePolicy": {"updateMode": "Off"}}, {CPU: 100}),
        ({"resourcePolicy": {"containerPolicies": policies}}, {CPU: 100, MEMORY: 262_144_000}),
    ):
        vpa["spec"] = {"targetRef": {"kind": "Deployment", "name": "web"}, **more}
        (one,) = read_usage(as_file(vpa)).recommendations
        assert one.lower_bound == least
    assert by_workload["shop/cart"].requests == {CPU: 13}


def test_the_case_of_the_shared_folder() -> None:
    """Use beside a cluster's own objects in one file is read."""
    case = Path(__file__).parents[4] / "shared" / "cases" / "podmetrics.json"
    if not case.exists():
        pytest.skip("needs the handed cases")
    usage = read_usage([(case.name, case.read_bytes())])
    assert usage.of_pods(["shop/web-0"])[0][0] == pytest.approx([900])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"kind": "List", "items": [{"kind": "Node"}]}', "u.json: holds no use of pods"),
        (b"", "u.json: is empty"),
        (matrix((of("a"), [[0, "x"]])), "u.json: series .* is not as Prometheus writes it"),
        (matrix((of("a"), [[0, "1"], [1, "1"]]), (of("b"), [[9e6, "1"]])), "larger step"),
    ],
)
def test_refusals_name_the_file_and_what_to_do(content: bytes, says: str) -> None:
    """What is no use at all is refused in a sentence."""
    with pytest.raises(SourceError, match=says):
        read_usage([("u.json", content)])


def named(metric: str, pod: str = "web-0") -> dict[str, str]:
    return {"__name__": metric, **of(pod)}


def test_counters_as_they_are_exposed() -> None:
    """A counter is no use: its rate is, and one that falls was reset and counts from 0 again."""
    seconds = [[0, "100"], [60, "130"], [120, "6"], [180, "36"], [240, "NaN"], [300, "96"]]
    periods = [[0, "0"], [60, "600"], [120, "60"], [180, "660"]]
    held_back = [[0, "0"], [60, "150"], [120, "30"], [180, "30"]]
    kills = [[0, "4"], [60, "5"], [120, "1"], [180, "1"]]
    content = matrix(
        (named("container_cpu_usage_seconds_total"), seconds),
        (named("container_cpu_cfs_periods_total"), periods),
        (named("container_cpu_cfs_throttled_periods_total"), held_back),
        (named("container_oom_events_total"), kills),
        (named("container_spec_memory_limit_bytes"), [[0, "1e9"]]),
        (named("container_cpu_usage_seconds_total", "new-0"), [[0, "9"]]),
    )
    usage = read_usage([("dump.json", content)])
    assert usage.containers == (("shop/web-0", "app"),)
    assert usage.start_s == 60
    assert usage.cpu[0] == pytest.approx([500, 100, 500, np.nan, 500], nan_ok=True)
    assert usage.throttled[0, :3] == pytest.approx([0.25, 0.5, 0])
    assert usage.oom_kills == {("shop/web-0", "app"): 2}
    assert np.isnan(usage.memory).all()
    left_out = " ".join(usage.left_out)
    assert "container_spec_memory_limit_bytes is nothing that pods use" in left_out
    assert "from two samples on" in left_out


def test_an_increase_is_told_in_whole_kills() -> None:
    """Prometheus extrapolates: 0.97 and 2.03 are one kill and two."""
    content = matrix((of("a"), [[0, "0.97"]]), (of("b"), [[0, "2.03"]]), (of("c"), [[0, "0"]]))
    kills = read_usage([("oom.json", content)]).oom_kills
    assert kills == {("shop/a", "app"): 1, ("shop/b", "app"): 2, ("shop/c", "app"): 0}


@pytest.mark.parametrize("name", ["room-cpu.json", "cpu of the boomerang", "cpu-member.json"])
def test_a_word_within_a_file_s_name_is_not_what_it_tells(name: str) -> None:
    """A room is no OOM, and what is named first decides between cpu and memory."""
    usage = read_usage([(name, matrix((of("web-0"), [[0, "0.5"]])))])
    assert (usage.oom_kills, usage.containers) == ({}, (("shop/web-0", "app"),))
    assert usage.cpu[0, 0] == 500


def test_a_pod_seen_twice_in_a_week_makes_no_step_of_a_week() -> None:
    """The usual step is that of most samples, whatever one sparse series has."""
    often = [[900 * at, "0.1"] for at in range(97)]
    content = matrix((of("web-0"), often), (of("web-1"), [[0, "0.2"], [86_400, "0.2"]]))
    usage = read_usage([("cpu.json", content)])
    assert (usage.step_s, usage.samples) == (900, 97)


def test_readings_of_metrics_server_may_come_in_any_order_and_zone() -> None:
    """Times without a zone are UTC, others are turned; a step below a minute is one."""
    used = {"cpu": "1", "memory": "1Gi"}
    items = [
        pod_metrics("web-0", "2026-11-30T09:00:30+09:00", app=used | {"cpu": "300m"}),
        pod_metrics("web-0", "2026-11-30T00:00:00", app=used | {"cpu": "100m"}),
        pod_metrics("web-0", "2026-11-30T00:00:15Z", app=used | {"cpu": "200m"}),
    ]
    usage = read_usage(as_file(items))
    assert (usage.start_s, usage.step_s) == (1_795_996_800, 15)
    assert usage.cpu[0] == pytest.approx([100, 200, 300])


def test_replicated_prometheus_servers_are_one() -> None:
    """Two series of one container, apart by seconds, are neither added nor do they make a step."""
    labels = of("web-0")
    content = matrix(
        (labels | {"prometheus_replica": "a"}, [[900 * at, "0.4"] for at in range(5)]),
        (labels | {"prometheus_replica": "b"}, [[900 * at + 3, "0.6"] for at in range(5)]),
    )
    usage = read_usage([("cpu.json", content)])
    assert usage.step_s == 900
    assert usage.cpu[0] == pytest.approx([500] * 5)


def test_one_odd_scan_leaves_the_others_of_krr() -> None:
    """A scan without a container is left out by its place; null recommends nothing."""
    scan = {
        "object": {"namespace": "shop", "name": "cart", "kind": "Deployment", "container": "app"},
        "recommended": {"requests": {"cpu": {"value": None}, "memory": 1e8}},
    }
    document = {"scans": [{"object": {}}, scan]}
    usage = read_usage(as_file(document, "krr.json"))
    (one,) = usage.recommendations
    assert one.requests == {MEMORY: 10**8}
    assert ("krr.json: scans[0]",) in usage.left_out.values()


def test_a_whole_pod_s_series_wins_resource_by_resource() -> None:
    """cAdvisor's total of a pod is not added to its containers', and takes no memory from them."""
    whole = {"namespace": "shop", "pod": "web-0", "container": ""}
    usage = read_usage(
        [
            ("cpu.json", matrix((of("web-0"), [[0, "0.3"]]), (whole, [[0, "0.4"]]),
                                (of("web-0", "POD"), [[0, "0.1"]]))),
            ("memory.json", matrix((of("web-0"), [[0, "1e9"]]))),
        ]
    )  # fmt: skip
    cpu, memory = usage.of_pods(["shop/web-0"])
    assert cpu[0, 0] == pytest.approx(400)
    assert memory[0, 0] == pytest.approx(1e9)


@pytest.mark.parametrize(
    ("metric", "values"),
    [
        ("cpu", [["NaN", "1"], ["Infinity", "1"], [1e300, "1"], [60, "0.5"]]),
        ("cpu", [[0, "1e300"], [60, "0.5"], [120, "Inf"]]),
        ("container_oom_events_total", [[0, "Inf"], [60, "2"]]),
        ("oom_kills", [[0, "Inf"], [60, "2"]]),
    ],
)
def test_numbers_that_no_pod_can_have_are_unknown(metric: str, values: list[list[Any]]) -> None:
    """Neither a moment nor an amount without bounds gets into a sum, nor ends the reading."""
    usage = read_usage([("dump.json", matrix((named(metric), values)))])
    assert not np.isinf(usage.cpu).any()
    if metric == "cpu":
        assert np.nanmax(usage.cpu) == 500
    else:
        assert usage.oom_kills == {("shop/web-0", "app"): 2}


@pytest.mark.parametrize("labels", [None, 3, {"pod": ["web-0"]}, {"pod": 3}])
def test_labels_that_are_none_are_refused(labels: Any) -> None:
    """The file is named; a text is never made of what is no text."""
    with pytest.raises(SourceError, match=r"u\.json"):
        read_usage([("u.json", matrix((labels, [[0, "1"]])))])


def test_a_reading_of_one_resource_alone() -> None:
    """What metrics-server leaves out of a container is unknown, the other counts."""
    item = pod_metrics("web-0", "2026-11-30T00:00:00Z", app={"cpu": "123456789n"})
    usage = read_usage(as_file(item))
    assert usage.cpu[0, 0] == pytest.approx(123.456789)
    assert np.isnan(usage.memory[0, 0])
