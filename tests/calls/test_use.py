"""What pods really use, end to end: levelled by slots, bounded by the sum, told in the answer."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kytos
from kytos.calls.catalogue import FLEET, REBALANCE, FleetBody, RebalanceBody
from kytos.cluster import Cluster
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.errors import RequestRefused
from kytos.problem import LoadMode, Problem
from kytos.questions.parts.known_use import judged_by, known_use
from kytos.questions.parts.limits import LoadFrom
from kytos.questions.parts.right_sizing import (
    Amounts,
    Least,
    SizeRules,
    right_sized,
    right_sizing,
)
from kytos.questions.rebalance import RebalanceRequest, rebalance_problem
from kytos.referee.energy import energy
from kytos.sources.usage.attach import read_with_usage, usage_of_documents, with_usage

HOURS = 24
MIB = 2**20


def body(pods: dict[str, str], nodes: int = 2, **more: Any) -> dict[str, Any]:
    return {
        "nodes": [
            {"id": f"n{at}", "cpu_capacity": 2000, "mem_capacity": 8000} for at in range(nodes)
        ],
        "pods": [
            {"id": pod, "cpu_request": 200, "mem_request": 256, "current_node": node} | more
            for pod, node in pods.items()
        ],
    }


def answer(content: dict[str, Any], **options: Any) -> Any:
    asked = RebalanceBody.model_validate_json(json.dumps(content | options), strict=True)
    solver = asked.solver.model_copy(update={"name": SolverName.CP_SAT})
    cluster = REBALANCE.cluster(asked)
    return REBALANCE.answer(cluster, asked.model_copy(update={"solver": solver}), Watch())


def series(**cores: list[float]) -> list[dict[str, Any]]:
    """Two answers of Prometheus, hour by hour: cpu as given, memory 200 MiB always."""
    documents = []
    for metric, of in (("cpu", dict), ("memory", None)):
        result = [
            {
                "metric": {"__name__": metric, "namespace": "default", "pod": pod},
                "values": [
                    [3600 * hour, str(value if of else 200 * MIB)]
                    for hour, value in enumerate(values)
                ],
            }
            for pod, values in cores.items()
        ]
        documents.append({"status": "success", "data": {"resultType": "matrix", "result": result}})
    return documents


DAY = [1.6 if hour < HOURS // 2 else 0.2 for hour in range(HOURS)]
NIGHT = [0.2 if hour < HOURS // 2 else 1.6 for hour in range(HOURS)]


@pytest.fixture(scope="module")
def complementary() -> Cluster:
    """Two services, two replicas each, one busy by day and one by night, alike side by side."""
    content = body({"day-0": "n0", "day-1": "n0", "night-0": "n1", "night-1": "n1"})
    asked = RebalanceBody.model_validate_json(json.dumps(content), strict=True)
    used = {"day-0": DAY, "day-1": DAY, "night-0": NIGHT, "night-1": NIGHT}
    return with_usage(REBALANCE.cluster(asked), usage_of_documents(series(**used)))


def test_foreseen_load_keeps_two_busy_pods_apart() -> None:
    """By requests the two fit on one node; by what they use they do not."""
    two = body({"a": "n0", "b": "n1"}, expected_cpu=1800, expected_mem=3000)
    assert answer(two).metrics.after.nodes_in_use == 1
    apart = answer(two, load_from="usage")
    assert apart.placement == {"a": "n0", "b": "n1"}
    assert apart.metrics.after.cpu_used_peak == pytest.approx(0.9)
    assert apart.metrics.after.memory_used_peak == pytest.approx(0.375)


def test_the_sum_is_bounded_and_not_the_peaks() -> None:
    """Pods that peak at different hours share a node that could not bear both peaks at once."""
    two = body({"day": "n0", "night": "n1"})
    shared = answer(two, load_from="usage", usage=series(day=DAY, night=NIGHT))
    assert shared.metrics.after.nodes_in_use == 1
    assert shared.metrics.after.cpu_used_peak == pytest.approx(0.9)
    clash = answer(two, load_from="usage", usage=series(day=DAY, night=DAY))
    assert clash.metrics.after.nodes_in_use == 2
    tight = answer(two, load_from="usage", max_used=0.85, usage=series(day=DAY, night=NIGHT))
    assert tight.metrics.after.nodes_in_use == 2


def test_max_used_acts_only_under_usage() -> None:
    """Without ``load_from: usage`` a limit of use refuses nothing."""
    two = body({"day": "n0", "night": "n1"})
    by_requests = answer(two, max_used=0.1, usage=series(day=DAY, night=DAY))
    assert by_requests.metrics.after.nodes_in_use == 1
    assert by_requests.metrics.after.cpu_used_peak == pytest.approx(1.6)
    over = {use.node: use.after.cpu_over for use in by_requests.use.nodes}
    assert sorted(over.values()) == [0.0, 0.5]


def _best(problem: Problem) -> tuple[float, tuple[int, ...]]:
    weights = Weights(C=0, D=0)
    return min(
        (energy(problem, weights, np.array(placement)).load, placement)
        for placement in itertools.product(range(2), repeat=len(problem.pods))
    )


def test_complementary_services_share_nodes_only_with_slots(complementary: Cluster) -> None:
    """Levelling by slots mixes day and night, as brute force over all placements finds."""
    request = RebalanceRequest(mode=LoadMode.SPREAD, load_from=LoadFrom.USAGE, max_used=1.0)
    problem = rebalance_problem(judged_by(complementary, request), request, {})
    assert problem.loads == 2 * HOURS
    least, best = _best(problem)
    assert best[0] != best[1]
    assert best[2] != best[3]
    weights, params = Weights(C=0, D=0), SolverParams(seed=1)
    annealed = kytos.rebalance(complementary, request, weights=weights, params=params)
    assert annealed.energy.after.load == pytest.approx(least, abs=1e-9)
    outcome = kytos.rebalance(
        complementary, request, weights=weights, solver=SolverName.CP_SAT, params=params
    )
    assert outcome.energy.after.load == pytest.approx(least, abs=1e-9)
    assert outcome.energy.before.load > 1
    mixed = [{pod.partition("-")[0] for pod, on in outcome.placement.items() if on == node}
             for node in ("n0", "n1")]  # fmt: skip
    assert mixed == [{"day", "night"}] * 2
    # By requests, and by means, every placement of two and two is as level as another.
    plain = RebalanceRequest(mode=LoadMode.SPREAD)
    level = rebalance_problem(complementary, plain, {})
    assert energy(level, Weights(), level.current).load == pytest.approx(_best(level)[0])


def test_missing_use_is_named_and_new_replicas_take_their_services() -> None:
    """The share covered is told, and the unknown by name."""
    told = answer(body({"day": "n0", "other": "n1"}), load_from="usage", usage=series(day=DAY))
    messages = " ".join(f"{note.message} {note.subjects}" for note in told.notes)
    assert "1 of 2 pods (50%)" in messages
    assert "other" in messages
    replicas = answer(
        body({"day": "n0", "other": "n1"}, service="shop"), load_from="usage", usage=series(day=DAY)
    )
    assert replicas.metrics.after.nodes_in_use == 2
    assert replicas.use.pods_covered == 2


def test_a_fleet_is_bought_for_what_pods_use() -> None:
    """By requests one small node is enough; what the two use together needs two."""
    types = [{"name": "small", "cpu_capacity": 2000, "mem_capacity": 8000, "price_per_hour": 1.0}]
    two = body({"a": "n0", "b": "n1"}, expected_cpu=1800, expected_mem=3000)
    bought = []
    for load_from in ("requests", "usage"):
        asked = FleetBody.model_validate_json(
            json.dumps(two | {"types": types, "keep": [], "load_from": load_from}), strict=True
        )
        outcome = FLEET.answer(FLEET.cluster(asked), asked, Watch())
        bought.append(outcome.metrics.after.nodes_in_use)
    assert bought == [1, 2]
    assert outcome.metrics.after.cpu_used_peak == pytest.approx(0.9)


def test_peaks_are_null_where_no_pod_is_covered_and_absent_without_use() -> None:
    """Given use of strangers only, there is no peak, and a note says why."""
    plain = answer(body({"a": "n0"}))
    assert "cpu_used_peak" not in plain.metrics.before.model_dump()
    stranger = answer(body({"a": "n0"}), usage=series(zz=DAY))
    assert stranger.metrics.before.model_dump()["cpu_used_peak"] is None
    assert any("no pod's use is known" in note.message for note in stranger.notes)


def test_right_sizes_against_an_independent_computation() -> None:
    """The 95th percentile of cpu over all replicas, and 15 % above the highest memory."""
    told = answer(
        body({"a": "n0", "b": "n1"}, service="shop"), usage=series(a=DAY, b=[0.5] * HOURS)
    )
    (one,) = told.right_sizing
    samples = sorted(DAY + [0.5] * HOURS)
    position = 0.95 * (len(samples) - 1)
    low = samples[int(position)]
    expected = low + (position - int(position)) * (samples[int(position) + 1] - low)
    assert one.recommended.cpu == pytest.approx(1000 * expected, abs=1)
    assert one.recommended.memory == 230
    assert one.requests.cpu == 200
    assert one.saves.memory == 2 * (256 - 230)


def test_right_sizing_never_goes_below_what_an_autoscaler_says(tmp_path: Path) -> None:
    """A lower bound of a VerticalPodAutoscaler holds, and the cluster can be looked at so sized."""
    pod = {
        "kind": "Pod",
        "metadata": {
            "name": "web-0",
            "namespace": "shop",
            "ownerReferences": [
                {"kind": "StatefulSet", "name": "web", "uid": "u", "apiVersion": "apps/v1",
                 "controller": True}
            ],
        },
        "spec": {
            "nodeName": "n1",
            "containers": [
                {"name": "app", "resources": {"requests": {"cpu": "900m", "memory": "2Gi"}}},
                {"name": "proxy", "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}},
            ],
        },
        "status": {"phase": "Running"},
    }  # fmt: skip
    node = {
        "kind": "Node",
        "metadata": {"name": "n1"},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "20"}},
    }
    metrics = {
        "kind": "PodMetrics",
        "metadata": {"namespace": "shop", "name": "web-0"},
        "timestamp": "2026-11-30T00:00:00Z",
        "containers": [{"name": "app", "usage": {"cpu": "20m", "memory": "100Mi"}}],
    }
    autoscaler: dict[str, Any] = {
        "kind": "VerticalPodAutoscaler",
        "apiVersion": "autoscaling.k8s.io/v1",
        "metadata": {"namespace": "shop", "name": "web"},
        "spec": {
            "targetRef": {"kind": "StatefulSet", "name": "web"},
            "updatePolicy": {"updateMode": "Off"},
        },
        "status": {
            "recommendation": {
                "containerRecommendations": [
                    {"containerName": "app", "target": {"cpu": "50m"}, "lowerBound": {"cpu": "40m"}}
                ]
            }
        },
    }
    content = json.dumps({"kind": "List", "items": [node, pod, metrics, autoscaler]}).encode()
    cluster = read_with_usage([("cluster.json", content)])
    assert not [note for note in cluster.notes if "honoured" in note.message]
    outcome = kytos.rebalance(cluster, solver=SolverName.CP_SAT)
    (app,) = outcome.right_sizing
    assert (app.container, app.recommended.cpu, app.recommended.memory) == ("app", 40, 115)
    sized = right_sized(cluster)
    assert sized.pods[0].requests == {"cpu": 140, "memory": (115 + 64) * MIB}
    # one that acts sets its target again, whatever a template asks for
    del autoscaler["spec"]["updatePolicy"]
    content = json.dumps({"kind": "List", "items": [node, pod, metrics, autoscaler]}).encode()
    (acting,) = right_sizing(read_with_usage([("cluster.json", content)]))
    assert acting.recommended == Amounts(cpu=50, memory=115)
    # what the autoscaler's user and the caller allow at least holds besides
    autoscaler["spec"]["resourcePolicy"] = {
        "containerPolicies": [{"containerName": "*", "minAllowed": {"cpu": "60m"}}]
    }
    content = json.dumps({"kind": "List", "items": [node, pod, metrics, autoscaler]}).encode()
    cluster = read_with_usage([("cluster.json", content)])
    (app,) = right_sizing(cluster)
    assert app.recommended == Amounts(cpu=60, memory=115)
    del autoscaler["status"]
    content = json.dumps({"kind": "List", "items": [node, pod, metrics, autoscaler]}).encode()
    (app,) = right_sizing(read_with_usage([("cluster.json", content)]))
    assert app.recommended == Amounts(cpu=60, memory=115)
    rules = SizeRules(min_cpu=70, minimums={app.service: Least(memory=200)})
    (app,) = right_sizing(cluster, rules)
    assert app.recommended == Amounts(cpu=70, memory=200)


def test_as_if_right_sized_stands_beside_today() -> None:
    """Pods that ask for three times what they use fit on fewer nodes once they are right-sized."""
    pods = {f"p{at}": f"n{at}" for at in range(3)}
    content = body(pods, nodes=3, cpu_request=1500)
    used = series(**{pod: [0.4] * HOURS for pod in pods})
    assert answer(content, usage=used).metrics.after.nodes_in_use == 3
    sized = answer(content, usage=used, right_sized=True)
    told = sized.if_right_sized
    assert (told.today.nodes_in_use, told.planned.nodes_in_use) == (3, 1)
    assert (told.today.cpu_requested, told.right_sized.cpu_requested) == (4500, 1200)
    with pytest.raises(RequestRefused, match="right_sized"):
        answer(content, right_sized=True)


def measured(metric: str, pod: str, value: float, container: str = "app") -> dict[str, Any]:
    """An answer of Prometheus with one sample, at midnight of 1970."""
    labels = {"__name__": metric, "namespace": "default", "pod": pod, "container": container}
    result = [{"metric": labels, "values": [[0, str(value)]]}]
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


def test_measured_throttling_and_kills_are_told_by_pod_service_and_node() -> None:
    """Apart from the modelled time over a node's limit; what nobody counted is null."""
    content = body({"a": "n0", "b": "n1", "c": "n1"}, service="shop")
    plain = answer(content, usage=series(a=DAY, b=DAY, c=DAY)).use
    assert plain.measured is None
    told = answer(
        content,
        usage=[
            *series(a=DAY, b=DAY),
            measured("throttled", "a", 0.25),
            measured("throttled", "a", 0.5, "proxy"),
            measured("throttled", "b", 0.0),
            measured("oom_kills", "b", 3),
        ],
    ).use
    by_pod = {pod.pod: (pod.throttled, pod.oom_kills, pod.own) for pod in told.by_pod}
    assert by_pod == {"a": (0.5, None, True), "b": (0.0, 3, True), "c": (None, None, False)}
    (shop,) = told.measured.services
    assert (shop.name, shop.throttled, shop.throttled_worst, shop.oom_kills) == (
        "shop",
        0.25,
        0.5,
        3,
    )
    assert [(node.name, node.oom_kills) for node in told.measured.nodes] == [
        ("n0", None),
        ("n1", 3),
    ]


def test_profiles_against_an_independent_computation() -> None:
    """Median, 95th, 99th percentile and maximum of the samples there are, in plain Python."""
    samples = [0.1 * ((7 * hour) % 11) for hour in range(HOURS)]
    (pod,) = answer(body({"a": "n0"}), usage=series(a=samples)).use.by_pod
    ordered = sorted(1000 * sample for sample in samples)

    def percentile(share: float) -> float:
        place = share * (len(ordered) - 1)
        low = int(place)
        high = ordered[min(low + 1, len(ordered) - 1)]
        return ordered[low] + (place - low) * (high - ordered[low])

    assert (pod.cpu.p50, pod.cpu.p95, pod.cpu.p99, pod.cpu.max) == pytest.approx(
        [percentile(share) for share in (0.5, 0.95, 0.99, 1.0)], rel=1e-5
    )
    assert pod.memory.p50 == pod.memory.max == 200


def test_a_plain_pod_is_the_sum_of_its_containers_and_every_replica_is_sized() -> None:
    """A body names no containers: two of 0.1 cores are 0.2, for each pod of the service."""
    content = body({"a": "n0", "b": "n1"}, service="shop", cpu_request=1000)
    usage = [
        measured(metric, pod, value, container)
        for pod in "ab"
        for container in ("app", "proxy")
        for metric, value in (("cpu", 0.1), ("memory", 100 * MIB))
    ]
    cluster = REBALANCE.cluster(
        RebalanceBody.model_validate_json(json.dumps(content | {"usage": usage}), strict=True)
    )
    (size,) = right_sizing(cluster)
    assert (size.container, size.recommended) == ("shop", Amounts(cpu=200, memory=230))
    assert size.saves.cpu == 1600
    assert [pod.requests["cpu"] for pod in right_sized(cluster).pods] == [200, 200]


def test_krr_s_advice_of_a_plain_service() -> None:
    """Its containers are added up; the name alone tells, as bodies know no namespace."""
    scans = [
        {
            "object": {"namespace": "x", "name": "shop", "kind": "Deployment", "container": name},
            "recommended": {"requests": {"cpu": {"value": 0.1}, "memory": {"value": 1e8}}},
        }
        for name in ("app", "proxy")
    ]
    content = body({"a": "n0", "b": "n1"}, service="shop") | {"usage": [{"scans": scans}]}
    asked = RebalanceBody.model_validate_json(json.dumps(content), strict=True)
    (size,) = right_sizing(REBALANCE.cluster(asked))
    assert size.method == "as krr recommends"
    assert size.recommended.cpu == 200
    assert size.recommended.memory == pytest.approx(2e8 / MIB, abs=1e-3)


def kubernetes(*pods: dict[str, Any]) -> dict[str, Any]:
    node = {
        "kind": "Node",
        "metadata": {"name": "n1"},
        "status": {"allocatable": {"cpu": "8", "memory": "8Gi", "pods": "20"}},
    }
    return {"kind": "List", "items": [node, *pods]}


def replica(name: str, owner: tuple[str, str], **spec: Any) -> dict[str, Any]:
    kind, of = owner
    reference = {"kind": kind, "name": of, "uid": of, "apiVersion": "apps/v1", "controller": True}
    asked = {"requests": {"cpu": "1", "memory": "1Gi"}}
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "ownerReferences": [reference]},
        "spec": {"nodeName": "n1", "containers": [{"name": "app", "resources": asked}]} | spec,
        "status": {"phase": "Running"},
    }


def test_init_containers_are_not_sized_away() -> None:
    """A pod still requests what its initialisation takes; overhead stays beside it."""
    init = {"name": "prepare", "resources": {"requests": {"cpu": "700m", "memory": "2Gi"}}}
    pod = replica("web-0", ("StatefulSet", "web"), initContainers=[init], overhead={"cpu": "50m"})
    files = [("cluster.json", json.dumps(kubernetes(pod)).encode())]
    cluster = with_usage(
        read_with_usage(files),
        usage_of_documents([measured("cpu", "web-0", 0.1), measured("memory", "web-0", MIB)]),
    )
    assert cluster.pods[0].requests == {"cpu": 1050, "memory": 2048 * MIB}
    assert right_sized(cluster).pods[0].requests == {"cpu": 750, "memory": 2048 * MIB}


def test_pods_of_before_a_rollout_count_for_their_service() -> None:
    """Names have a new hash; the week before is the service's all the same, and a note says so."""
    new_set = {
        "kind": "ReplicaSet",
        "apiVersion": "apps/v1",
        "metadata": {
            "name": "web-6d4f8c9b7d",
            "namespace": "default",
            "uid": "web-6d4f8c9b7d",
            "ownerReferences": [
                {"kind": "Deployment", "name": "web", "uid": "w", "apiVersion": "apps/v1",
                 "controller": True}
            ],
        },
    }  # fmt: skip
    pods = [
        replica("web-6d4f8c9b7d-x2k9p", ("ReplicaSet", "web-6d4f8c9b7d")),
        replica("web-6d4f8c9b7d-new2p", ("ReplicaSet", "web-6d4f8c9b7d")),
        replica("web-db-0", ("StatefulSet", "web-db")),
    ]
    files = [("cluster.json", json.dumps(kubernetes(new_set, *pods)).encode())]
    documents = series(
        **{
            "web-5c7d9f8b6c-abcde": [0.4] * 3,  # before the rollout
            "web-6d4f8c9b7d-x2k9p": [0.2] * 3,
            "web-db-1": [0.7] * 3,
            "websocket-5c7d9f8b6c-abcde": [5.0] * 3,  # nobody's here
        }
    )
    # of the new pod only the last sample is there
    values = documents[0]["data"]["result"][1]["values"]
    del values[:2]
    cluster = with_usage(read_with_usage(files), usage_of_documents(documents))
    assert {one.service: one.recommended.cpu for one in right_sizing(cluster)} == {
        "default/web": 400,
        "default/web-db": 700,
    }
    outcome = kytos.rebalance(cluster, RebalanceRequest(load_from=LoadFrom.USAGE))
    by_pod = {pod.pod: pod for pod in outcome.use.by_pod} if outcome.use else {}
    assert by_pod["default/web-6d4f8c9b7d-x2k9p"].cpu.max == 200
    assert not by_pod["default/web-6d4f8c9b7d-new2p"].own
    known = known_use(cluster)
    row = known.row["default/web-6d4f8c9b7d-x2k9p"]
    assert known.cpu[row] == pytest.approx([400, 400, 200])
    notes = {note.message: note.subjects for note in outcome.notes}
    (gone,) = [subjects for message, subjects in notes.items() if "that are gone" in message]
    assert set(gone) == {"default/web-5c7d9f8b6c-abcde", "default/web-db-1"}
    (strangers,) = [subjects for message, subjects in notes.items() if "left out" in message]
    assert strangers == ("default/websocket-5c7d9f8b6c-abcde",)


def test_a_plan_by_use_survives_too() -> None:
    """Two nodes hold all by three quarters of use; with one gone, what is left must hold it."""
    pods = {f"p{at}": f"n{at}" for at in range(4)}
    four = body(pods, nodes=4, expected_cpu=740, expected_mem=1600)
    assert answer(four, load_from="usage", max_used=0.75).metrics.after.nodes_in_use == 2
    asked = {"load_from": "usage", "max_used": 0.75, "survive": ["node"]}
    outcome = answer(four, **asked)
    assert outcome.metrics.after.nodes_in_use == 3
    assert outcome.survival_price.nodes == 1
    assert outcome.risk.node.survivable == 3
