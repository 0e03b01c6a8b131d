"""Writes the sample clusters beside it, the same to the byte every time.

Run ``python sample_clusters/generate.py`` for the made-up ones. The two real ones are made from
files that are not in the repository: ``--openb DIR`` takes the folder with the openb trace's
``nodes.csv`` and ``pods.csv``, ``--lab FILE`` a recorded API server's List.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Manifest = dict[str, Any]
ZONES = ("eu-1a", "eu-1b", "eu-1c")

ALLOCATABLE = {
    "m5.xlarge": (3920, 15000),
    "m5.2xlarge": (7910, 30500),
    "c5.2xlarge": (7910, 15000),
    "r5.xlarge": (3920, 30500),
}
"""Millicores and MiB left for pods by instance type, after what EKS reserves (rounded)."""

PRIORITIES = {"critical": 10_000, "important": 5_000, "normal": 1_000, "batch": -10}


@dataclass(frozen=True)
class Workload:
    """A controller and how many pods it has now; `peak` is how many it had in its busiest hour."""

    name: str
    replicas: int
    cpu: int
    memory: int
    peak: int = 0
    namespace: str = "shop"
    kind: str = "Deployment"
    priority: str = ""
    apart: bool = False
    """Required anti-affinity: one replica a node."""
    spread: bool = False
    """A hard topology spread over the zones, at most one apart."""
    tolerates_spot: bool = False
    selector: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    allowed: int | None = None
    """Disruptions its budget still allows; None: no budget."""


@dataclass
class Machine:
    """A node being filled."""

    name: str
    zone: str
    instance_type: str
    spot: bool = False
    pods: list[tuple[Workload, int]] = field(default_factory=list)

    def free(self) -> tuple[int, int]:
        """Millicores and MiB left."""
        cpu, memory = ALLOCATABLE[self.instance_type]
        return (
            cpu - sum(workload.cpu for workload, _ in self.pods),
            memory - sum(workload.memory for workload, _ in self.pods),
        )

    def load(self) -> float:
        """The fuller of cpu and memory, 0..1."""
        return max(
            1 - left / whole
            for left, whole in zip(self.free(), ALLOCATABLE[self.instance_type], strict=True)
        )

    def admits(self, workload: Workload) -> bool:
        """Whether one more replica may come here, zones aside."""
        cpu, memory = self.free()
        return (
            workload.cpu <= cpu
            and workload.memory <= memory
            and (not self.spot or workload.tolerates_spot)
            and (not workload.selector or (workload.selector == {"capacity": "spot"}) == self.spot)
            and not (workload.apart and any(other is workload for other, _ in self.pods))
        )


def web_shop() -> Manifest:
    """20 nodes half empty after a sale: replicas were scaled down where they happened to be."""
    machines = _machines("shop", {"m5.xlarge": 16, "m5.2xlarge": 2, "c5.2xlarge": 2})
    workloads = [
        Workload(
            "db", 3, 1500, 6144, kind="StatefulSet", priority="critical", apart=True, allowed=0
        ),
        Workload("checkout", 6, 750, 1024, 8, priority="critical", apart=True, allowed=1),
        Workload("auth", 4, 300, 256, 6, priority="critical", apart=True, allowed=1),
        Workload("ingress", 3, 500, 512, priority="critical", apart=True, spread=True, allowed=1),
        Workload("cache", 6, 300, 2048, kind="StatefulSet", priority="important", allowed=1),
        Workload("cart", 6, 400, 512, 10, priority="important", apart=True, allowed=2),
        Workload("web", 16, 500, 512, 28, priority="normal", spread=True, allowed=4),
        Workload("api", 14, 600, 768, 24, priority="normal", allowed=4),
        Workload("search", 6, 1000, 3072, 8, priority="normal", allowed=2),
        Workload("recommend", 5, 900, 2048, 8),
        Workload("images", 8, 300, 512, 16),
        Workload("mail", 6, 250, 256, 14),
        Workload("reports", 8, 500, 1024, 12, priority="batch"),
        Workload(
            "prometheus",
            1,
            1000,
            4096,
            namespace="monitoring",
            kind="StatefulSet",
            annotations={"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"},
        ),
        Workload("coredns", 2, 100, 70, namespace="kube-system", priority="critical", apart=True),
        Workload("debug-shell", 1, 100, 128, kind="Pod"),
    ]
    _start_daemons(machines)
    _fill(machines, workloads, seed=20)
    return _listing(machines, workloads)


def hot_spots() -> Manifest:
    """12 nodes, four of them full: eight were added later and nothing moved over."""
    machines = _machines("hot", {"m5.2xlarge": 12})
    workloads = [
        Workload("orders", 12, 900, 2048, priority="important", allowed=3),
        Workload("stock", 16, 600, 1536, priority="normal", allowed=3),
        Workload("prices", 10, 500, 2560, priority="normal", allowed=2),
        Workload("mail", 16, 250, 512),
    ]
    late = [Workload("feeds", 6, 400, 1024), Workload("audit", 4, 300, 2048, priority="normal")]
    _start_daemons(machines)
    _fill(machines[:4], workloads, seed=12)
    _fill(machines[4:], late, seed=13)
    return _listing(machines, workloads + late)


def spot_fleet() -> Manifest:
    """30 nodes, 18 of them spot, the hour before one zone's spot nodes are taken back."""
    machines = _machines("fleet", {"m5.xlarge": 6, "r5.xlarge": 6})
    machines += _machines("spot", {"m5.xlarge": 9, "m5.2xlarge": 9}, spot=True)
    on_spot = {"tolerates_spot": True}
    workloads = [
        Workload(
            "db", 3, 1500, 12288, kind="StatefulSet", priority="critical", apart=True, allowed=1
        ),
        Workload(
            "queue", 3, 1000, 8192, kind="StatefulSet", priority="critical", apart=True, allowed=1
        ),
        Workload("ledger", 6, 800, 2048, priority="critical", apart=True, allowed=1),
        Workload("gateway", 9, 500, 768, priority="important", spread=True, allowed=3, **on_spot),
        Workload("web", 30, 500, 1024, priority="normal", spread=True, allowed=8, **on_spot),
        Workload("api", 28, 700, 1536, priority="normal", allowed=8, **on_spot),
        Workload("thumbs", 20, 600, 768, **on_spot),
        Workload(
            "render", 34, 900, 2048, priority="batch", selector={"capacity": "spot"}, **on_spot
        ),
        Workload("crawl", 30, 700, 1024, priority="batch", **on_spot),
    ]
    _start_daemons(machines)
    _fill(machines, workloads, seed=30)
    return _listing(machines, workloads)


def two_lists() -> Manifest:
    """The request body of the HTTP calls: four nodes, ten pods, everything on two of them."""
    sizes = [(900, 2048), (700, 1024), (600, 3072), (800, 1024), (500, 2048)]
    return {
        "nodes": [
            {
                "id": f"node-{number}",
                "cpu_capacity": 4000,
                "mem_capacity": 16384,
                "zone": ZONES[number % 2],
                "price_per_hour": 0.192,
            }
            for number in range(1, 5)
        ],
        "pods": [
            {
                "id": f"{service}-{number}",
                "cpu_request": cpu,
                "mem_request": memory,
                "current_node": node,
                "service": service,
            }
            for service, node in (("web", "node-1"), ("api", "node-2"))
            for number, (cpu, memory) in enumerate(sizes, start=1)
        ],
    }


def openb(folder: Path, count: int = 200) -> Manifest:
    """`count` evenly chosen nodes of the openb trace, with three fifths of their pods.

    Pods are placed in the trace's order on the node with most room (as kube-scheduler's
    LeastAllocated would); those that fit nowhere are left out. A share of a GPU is rounded up to
    a whole one, which is what a cluster without GPU sharing gives; all of the share would then
    take every GPU and leave nothing to move, hence three fifths. The trace names no owners: each
    pod gets a Deployment of its own, so that it may be moved.
    """
    nodes = list(csv.DictReader((folder / "nodes.csv").read_text().splitlines()))
    pods = list(csv.DictReader((folder / "pods.csv").read_text().splitlines()))
    chosen = _evenly(nodes, count)
    share = _evenly(pods, len(pods) * count // len(nodes) * 3 // 5)
    room = {
        node["sn"]: [int(node["cpu_milli"]), int(node["memory_mib"]), int(node["gpu"])]
        for node in chosen
    }
    whole = {name: tuple(amounts) for name, amounts in room.items()}
    items = [_openb_node(node) for node in chosen]
    for pod in share:
        wants = (int(pod["cpu_milli"]), int(pod["memory_mib"]), int(pod["num_gpu"]))
        fitting = [
            name
            for name, free in room.items()
            if all(want <= left for want, left in zip(wants, free, strict=True))
        ]
        if not fitting:
            continue
        # a pod without need of a GPU leaves the GPU nodes to those that have it
        best = max(
            fitting,
            key=lambda name: (
                wants[2] > 0 or whole[name][2] == 0,
                sum(room[name][r] / whole[name][r] for r in (0, 1)),
                name,
            ),
        )
        room[best] = [left - want for left, want in zip(room[best], wants, strict=True)]
        items.append(_openb_pod(pod, best, wants))
    return _as_list(items)


def _machines(prefix: str, counts: dict[str, int], spot: bool = False) -> list[Machine]:
    types = [kind for kind, count in counts.items() for _ in range(count)]
    return [
        Machine(f"{prefix}-{number:02d}", ZONES[number % len(ZONES)], kind, spot)
        for number, kind in enumerate(types)
    ]


DAEMONS = (
    Workload(
        "cni", 0, 50, 64, namespace="kube-system", kind="DaemonSet", priority="system-node-critical"
    ),
    Workload(
        "logs",
        0,
        50,
        128,
        namespace="kube-system",
        kind="DaemonSet",
        priority="system-node-critical",
    ),
    Workload("node-exporter", 0, 50, 64, namespace="monitoring", kind="DaemonSet"),
)


def _start_daemons(machines: Sequence[Machine]) -> None:
    for position, machine in enumerate(machines):
        machine.pods += [(daemon, position) for daemon in DAEMONS]


def _fill(machines: Sequence[Machine], workloads: Iterable[Workload], seed: int) -> None:
    """Start every workload at its peak on the emptiest nodes, then stop replicas at random."""
    rng = random.Random(seed)  # noqa: S311  (no secret hangs on it)
    for workload in workloads:
        for number in range(max(workload.peak, workload.replicas)):
            zone = _emptiest_zones(machines, workload)
            candidates = [
                machine
                for machine in machines
                if machine.admits(workload) and (not workload.spread or machine.zone in zone)
            ]
            target = min(candidates, key=lambda machine: (machine.load(), machine.name))
            target.pods.append((workload, number))
    for workload in workloads:
        for _ in range(max(workload.peak, workload.replicas) - workload.replicas):
            holding = [m for m in machines if any(other is workload for other, _ in m.pods)]
            if workload.spread:
                counts = _per_zone(machines, workload)
                holding = [m for m in holding if counts[m.zone] == max(counts.values())]
            machine = rng.choice(holding)
            machine.pods.remove(next(entry for entry in machine.pods if entry[0] is workload))


def _per_zone(machines: Iterable[Machine], workload: Workload) -> dict[str, int]:
    counts = dict.fromkeys(ZONES, 0)
    for machine in machines:
        counts[machine.zone] += sum(other is workload for other, _ in machine.pods)
    return counts


def _emptiest_zones(machines: Iterable[Machine], workload: Workload) -> set[str]:
    counts = _per_zone(machines, workload)
    return {zone for zone, count in counts.items() if count == min(counts.values())}


def _listing(machines: Sequence[Machine], workloads: Sequence[Workload]) -> Manifest:
    """The List an API server would give of it all."""
    items = [
        {
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": {"name": name},
            "value": value,
        }
        for name, value in PRIORITIES.items()
    ]
    items += [_node(machine) for machine in machines]
    items += [_budget(workload) for workload in workloads if workload.allowed is not None]
    items += [
        _pod(workload, number, machine) for machine in machines for workload, number in machine.pods
    ]
    return _as_list(items)


def _node(machine: Machine) -> Manifest:
    cpu, memory = ALLOCATABLE[machine.instance_type]
    spec: Manifest = {}
    if machine.spot:
        spec["taints"] = [{"key": "spot", "value": "true", "effect": "NoSchedule"}]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": machine.name,
            "labels": {
                "kubernetes.io/hostname": machine.name,
                "topology.kubernetes.io/zone": machine.zone,
                "topology.kubernetes.io/region": "eu-1",
                "node.kubernetes.io/instance-type": machine.instance_type,
                "karpenter.sh/capacity-type": "spot" if machine.spot else "on-demand",
                "capacity": "spot" if machine.spot else "on-demand",
            },
        },
        "spec": spec,
        "status": {
            "allocatable": {"cpu": f"{cpu}m", "memory": f"{memory}Mi", "pods": "58"},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def _budget(workload: Workload) -> Manifest:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": workload.name, "namespace": workload.namespace},
        "spec": {"selector": {"matchLabels": {"app": workload.name}}},
        "status": {"disruptionsAllowed": workload.allowed},
    }


def _pod(workload: Workload, number: int, machine: Machine) -> Manifest:
    labels = {"app": workload.name}
    metadata: Manifest = {"namespace": workload.namespace, "labels": labels}
    if workload.annotations:
        metadata["annotations"] = workload.annotations
    if workload.kind == "Pod":
        metadata["name"] = workload.name
    elif workload.kind == "Deployment":
        metadata |= _of_replica_set(workload.name, f"{number:05d}", labels)
    else:
        metadata["name"] = f"{workload.name}-{number}"
        metadata["ownerReferences"] = [
            {
                "apiVersion": "apps/v1",
                "kind": workload.kind,
                "name": workload.name,
                "controller": True,
            }
        ]
    spec: Manifest = {
        "nodeName": machine.name,
        "containers": [_container(workload.name, workload.cpu, workload.memory)],
    }
    if workload.priority:
        spec["priorityClassName"] = workload.priority
        spec["priority"] = PRIORITIES.get(workload.priority, 2_000_001_000)
    if workload.kind == "DaemonSet":
        spec["tolerations"] = [{"operator": "Exists"}]
    elif workload.tolerates_spot:
        spec["tolerations"] = [{"key": "spot", "operator": "Exists", "effect": "NoSchedule"}]
    if workload.selector:
        spec["nodeSelector"] = workload.selector
    own = {"matchLabels": {"app": workload.name}}
    if workload.apart:
        term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": own}
        spec["affinity"] = {
            "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
        }
    if workload.spread:
        spec["topologySpreadConstraints"] = [
            {
                "topologyKey": "topology.kubernetes.io/zone",
                "maxSkew": 1,
                "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": own,
            }
        ]
    return _running(metadata, spec)


def _of_replica_set(name: str, suffix: str, labels: dict[str, str]) -> Manifest:
    """Metadata of a Deployment's pod; its ReplicaSet need not be listed to be followed."""
    template = "6d5f9c7b8"
    return {
        "name": f"{name}-{template}-{suffix}",
        "labels": labels | {"pod-template-hash": template},
        "ownerReferences": [
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "name": f"{name}-{template}",
                "controller": True,
            }
        ],
    }


def _container(name: str, cpu: int, memory: int, gpus: int = 0) -> Manifest:
    amounts = {"cpu": f"{cpu}m", "memory": f"{memory}Mi"}
    resources: Manifest = {"requests": amounts}
    if gpus:
        gpu = {"nvidia.com/gpu": str(gpus)}
        resources = {"requests": amounts | gpu, "limits": gpu}
    return {"name": name, "image": f"registry.example.com/{name}:1", "resources": resources}


def _running(metadata: Manifest, spec: Manifest) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": spec,
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    }


def _evenly(rows: list[dict[str, str]], count: int) -> list[dict[str, str]]:
    return [rows[position * len(rows) // count] for position in range(count)]


def _openb_node(node: dict[str, str]) -> Manifest:
    labels = {"kubernetes.io/hostname": node["sn"]}
    allocatable = {
        "cpu": f"{node['cpu_milli']}m",
        "memory": f"{node['memory_mib']}Mi",
        "pods": "110",
    }
    if node["model"]:
        labels["nvidia.com/gpu.product"] = node["model"]
        allocatable["nvidia.com/gpu"] = node["gpu"]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": node["sn"], "labels": labels},
        "status": {
            "allocatable": allocatable,
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def _openb_pod(pod: dict[str, str], node: str, wants: tuple[int, int, int]) -> Manifest:
    cpu, memory, gpus = wants
    labels = {"qos": pod["qos"]}
    metadata = {"namespace": "openb"} | _of_replica_set(pod["name"], "0", labels)
    # latency-sensitive above best effort: the trace's own two main classes
    priority = {"BE": 0, "Burstable": 500, "LS": 1000, "Guaranteed": 1000}[pod["qos"]]
    return _running(
        metadata,
        {
            "nodeName": node,
            "priority": priority,
            "containers": [_container("task", cpu, memory, gpus)],
        },
    )


def _as_list(items: list[Manifest]) -> Manifest:
    return {"apiVersion": "v1", "kind": "List", "items": items}


def write(folder: Path, name: str, value: Manifest) -> None:
    """Write one sample, one object a line: readable, and small enough to upload."""
    if "items" not in value:
        text = json.dumps(value, indent=1)
    else:
        head = '{"apiVersion": "v1", "kind": "List", "items": [\n'
        text = head + ",\n".join(json.dumps(item) for item in value["items"]) + "\n]}"
    (folder / name).write_text(text + "\n", encoding="utf-8")


MADE_UP = {
    "web-shop.json": web_shop,
    "hot-spots.json": hot_spots,
    "spot-fleet.json": spot_fleet,
    "two-lists.json": two_lists,
}
"""Samples that need nothing but this script."""


def main() -> None:
    """Write the samples that can be made from what is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--openb", type=Path, help="folder with openb's nodes.csv and pods.csv")
    parser.add_argument("--lab", type=Path, help="a recorded List to copy as lab.json")
    arguments = parser.parse_args()
    for name, make in MADE_UP.items():
        write(HERE, name, make())
    if arguments.openb:
        write(HERE, "openb-200.json", openb(arguments.openb))
    if arguments.lab:
        shutil.copyfile(arguments.lab, HERE / "lab.json")


if __name__ == "__main__":
    main()
