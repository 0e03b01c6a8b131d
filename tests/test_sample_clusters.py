"""The sample clusters are what their README says, and made by the script beside them."""

from __future__ import annotations

import gzip
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import yaml

from kytos.cluster import Cluster
from kytos.questions.parts.right_sizing import right_sizing
from kytos.rules.eviction import movability
from kytos.rules.index import RuleIndex
from kytos.rules.verdicts import FEASIBLE, first_refusals
from kytos.sources.manifests import read_cluster
from kytos.sources.prices import with_prices
from kytos.sources.usage.attach import read_with_usage

FOLDER = Path(__file__).parents[1] / "sample_clusters"
FILES = sorted(FOLDER.glob("*.json"))
TRACE = FOLDER.parents[1] / "shared" / "clusters" / "openb"


def script(name: str) -> ModuleType:
    """A script beside the samples as a module."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # its dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """The generator script as a module."""
    return script("generate")


def sample(name: str) -> Cluster:
    """A sample with its prices."""
    return with_prices(read_cluster([(name, (FOLDER / name).read_bytes())]))


def cpu_use(cluster: Cluster) -> list[float]:
    """Each node's requested share of cpu, in the cluster's order."""
    return [
        sum(pod.footprint.get("cpu", 0) for pod in cluster.pods_by_node[node.name])
        / node.allocatable["cpu"]
        for node in cluster.nodes
    ]


def test_every_sample_has_its_story() -> None:
    """The dashboard says of each sample what it is, and of nothing else."""
    stories = yaml.safe_load((FOLDER / "stories.yaml").read_text(encoding="utf-8"))
    assert sorted(stories) == [path.stem for path in FILES]
    assert all(story.endswith(".") for story in stories.values())


def test_the_script_writes_these_files(generate: ModuleType, tmp_path: Path) -> None:
    """Every made-up sample comes out the same to the byte."""
    for name, make in generate.MADE_UP.items():
        generate.write(tmp_path, name, make())
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name


@pytest.mark.skipif(not TRACE.is_dir(), reason="the openb trace is not beside the repository")
def test_the_script_writes_the_openb_sample(generate: ModuleType, tmp_path: Path) -> None:
    """The openb sample is what the script makes of the trace."""
    generate.write(tmp_path, "o.json", generate.openb(TRACE))
    assert (tmp_path / "o.json").read_bytes() == (FOLDER / "openb-200.json").read_bytes()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_small_and_understood(path: Path) -> None:
    """Under 3 MB, and nothing in it is read past."""
    assert path.stat().st_size < 3_000_000
    assert sample(path.name).notes == ()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_readme_counts(path: Path) -> None:
    """The README's table gives each sample's nodes and pods."""
    cluster = sample(path.name)
    row = next(
        line
        for line in (FOLDER / "README.md").read_text().splitlines()
        if line.startswith(f"| `{path.name}`")
    )
    assert f"{len(cluster.nodes)} nodes, {len(cluster.pods)} pods" in row


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.stem != "lab"], ids=lambda path: path.stem
)
def test_every_pod_may_be_where_it_is(path: Path) -> None:
    """A made-up cluster starts without a broken rule, DaemonSets included."""
    cluster = sample(path.name)
    refused = first_refusals(RuleIndex(cluster), range(len(cluster.pods)))
    homes = [cluster.node_index[pod.node] for pod in cluster.pods if pod.node is not None]
    assert (refused[np.arange(len(homes)), homes] == FEASIBLE).all()


def test_the_web_shop_is_fragmented() -> None:
    """Every node is in use, half empty on average, priced, and most of its pods may move."""
    cluster = sample("web-shop.json")
    use = cpu_use(cluster)
    assert all(any(pod.keeps_node for pod in pods) for pods in cluster.pods_by_node.values())
    assert 0.5 < sum(use) / len(use) < 0.6
    assert all(node.price_per_hour for node in cluster.nodes)
    pinned = [pod for pod, why in movability(cluster).items() if why is not None]
    assert len(pinned) == 60 + 3 + 1 + 1  # DaemonSets, db, prometheus, the bare pod


def test_the_hot_spots_are_hot() -> None:
    """Four nodes above 90 % of cpu, the others below 15 %."""
    use = sorted(cpu_use(sample("hot-spots.json")))
    assert max(use[:8]) < 0.15
    assert min(use[8:]) > 0.9


def test_a_zone_of_spot_nodes_is_more_than_the_rest_can_take() -> None:
    """What runs on one zone's spot nodes exceeds the cpu left elsewhere, so priorities decide."""
    cluster = sample("spot-fleet.json")
    lost = {
        node.name for node in cluster.nodes if node.taints and node.zone == cluster.nodes[0].zone
    }
    evacuated = sum(
        pod.requests["cpu"] for pod in cluster.pods if pod.node in lost and pod.keeps_node
    )
    left = sum(
        (1 - use) * node.allocatable["cpu"]
        for node, use in zip(cluster.nodes, cpu_use(cluster), strict=True)
        if node.name not in lost
    )
    assert len(lost) == 6
    assert evacuated > left


def test_openb_has_room_on_gpu_nodes() -> None:
    """Between half and three quarters of the GPUs are taken, so GPU pods can move as well."""
    cluster = sample("openb-200.json")
    gpus = sum(node.allocatable.get("nvidia.com/gpu", 0) for node in cluster.nodes)
    taken = sum(pod.requests.get("nvidia.com/gpu", 0) for pod in cluster.pods)
    assert 0.5 < taken / gpus < 0.75


@pytest.mark.parametrize("name", ["web-shop", "lab"])
def test_a_week_of_use_is_what_its_script_writes(name: str) -> None:
    """The same every time, small, and of every running container of the sample hour by hour."""
    content = (FOLDER / f"{name}.json").read_bytes()
    packed = (FOLDER / "usage" / f"{name}.json.gz").read_bytes()
    assert len(packed) < 2**20
    assert gzip.decompress(packed).decode() == script("generate_usage").week(json.loads(content))
    cluster = read_with_usage([(name, content)], [(f"{name}.json.gz", packed)])
    usage = cluster.usage
    assert usage is not None
    assert (usage.samples, usage.step_s) == (7 * 24, 3600)
    assert not np.isnan(usage.cpu).any()
    assert not np.isnan(usage.memory).any()
    assert set(usage.pods) == {pod.id for pod in cluster.pods if pod.holds_capacity}


def test_right_sizes_of_a_sample_against_an_independent_computation() -> None:
    """Every container of the web shop, from the file's own numbers, in plain Python."""
    packed = (FOLDER / "usage" / "web-shop.json.gz").read_bytes()
    used: dict[tuple[str, str], dict[str, list[float]]] = {}
    for series in json.loads(gzip.decompress(packed))["data"]["result"]:
        of, values = series["metric"], [float(value) for _, value in series["values"]]
        used.setdefault((of["pod"], of["container"]), {})[of["__name__"]] = values
    cluster = read_with_usage(
        [("web-shop.json", (FOLDER / "web-shop.json").read_bytes())], [("use.json.gz", packed)]
    )
    told = {(one.service, one.container): one for one in right_sizing(cluster)}
    assert len(told) == len({(pod.service or pod.id, *pod.containers) for pod in cluster.pods})
    for (service, container), one in told.items():
        pods = [pod.name for pod in cluster.pods if (pod.service or pod.id) == service]
        cpu = sorted(
            1000 * value
            for pod in pods
            for value in used[pod, container]["container_cpu_usage_cores"]
        )
        place = 0.95 * (len(cpu) - 1)
        below, part = int(place), place - int(place)
        percentile = cpu[below] + part * (cpu[min(below + 1, len(cpu) - 1)] - cpu[below])
        highest = max(
            max(used[pod, container]["container_memory_working_set_bytes"]) for pod in pods
        )
        assert one.recommended.cpu == pytest.approx(max(10, percentile), abs=1)
        assert one.recommended.memory == pytest.approx(max(32, 1.15 * highest / 2**20), abs=1)
        assert one.replicas == len(pods)
