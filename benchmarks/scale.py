"""Time and memory from a file to a plan, up to Kubernetes' own limits of 150,000 pods.

``python -m benchmarks.scale --pods 150000 --nodes 5000`` writes a cluster with anti-affinity and
topology spread as ``kubectl get -o json`` prints it (``--form body`` for the two-list body),
plans it in a process of its own and prints one row in Markdown. The file is compact JSON, and no
step of writing it holds the whole.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from benchmarks.table import peak_memory_gb
from kytos.cli.reading import read_files
from kytos.contract.params import SolverParams
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.problem import LoadMode
from kytos.questions.rebalance import RebalanceRequest, rebalance
from kytos.questions.warm_up import warm_up

MIB = 2**20
ZONES = 5
REPLICAS = (5, 10, 20, 40, 80)
"""Sizes of services; 31 on average."""

APART, SPREAD = 0.2, 0.3
"""Shares of the services whose replicas must keep to nodes of their own, and be even by zone."""

CPU_MILLICORES = (50, 100, 200, 250, 500, 1_000)
MEMORY_MIB = (128, 256, 512, 1_024, 2_048)


@dataclass(frozen=True)
class Asked:
    """One run: the size, the form of the file, and what is asked."""

    pods: int
    nodes: int
    form: str
    mode: LoadMode
    time_limit_s: float
    seed: int


@dataclass(frozen=True)
class Service:
    """Pods that are alike."""

    name: str
    replicas: int
    cpu_millicores: int
    memory_mib: int
    apart: bool
    spread: bool
    homes: tuple[int, ...]


def main() -> None:
    """Write a cluster, plan it, print a row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=20_000)
    parser.add_argument("--nodes", type=int, default=1_000)
    parser.add_argument("--form", choices=("manifests", "body"), default="manifests")
    parser.add_argument("--mode", choices=[mode.value for mode in LoadMode], default="spread")
    parser.add_argument("--time-limit", type=float, default=30.0, help="cap of the solver, seconds")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    asked = Asked(
        given.pods, given.nodes, given.form, LoadMode(given.mode), given.time_limit, given.seed
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cluster.json"
        with path.open("w") as file:
            WRITERS[asked.form](file, asked.nodes, services_of(asked))
        receive, send = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.get_context("spawn").Process(
            target=plan, args=(path, asked, send)
        )
        process.start()
        send.close()
        print(
            "| cluster | form | mode | file | read | build and solve | whole | CPU | peak | "
            "silence | gap |\n" + "| --- " * 11 + "|"
        )
        print(
            f"| {asked.pods:,} x {asked.nodes:,} | {asked.form} | {asked.mode} "
            f"| {path.stat().st_size / MIB:.0f} MiB | {receive.recv()} |"
        )
        process.join()


def plan(path: Path, asked: Asked, send: Any) -> None:
    """Read and rebalance, and send what it took; the longest silence is between two events."""
    warm_up()  # as a service does at its start
    began, began_cpu = time.perf_counter(), time.process_time()
    heard = [began]
    watch = Watch(report=lambda *_: heard.append(time.perf_counter()))
    cluster = read_files([path], report=watch.report)
    read_s = time.perf_counter() - began
    outcome = rebalance(
        cluster,
        RebalanceRequest(mode=asked.mode),
        weights=Weights(),
        params=SolverParams(seed=asked.seed, time_limit_s=asked.time_limit_s),
        watch=watch,
    )
    whole_s, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
    silence_s = max(np.diff([*heard, time.perf_counter()]))
    gap = outcome.certificate.gap
    send.send(
        f"{read_s:.1f} s | {whole_s - read_s:.1f} s | {whole_s:.1f} s | {cpu_s:.1f} s "
        f"| {peak_memory_gb():.2f} GiB | {silence_s:.1f} s "
        f"| {'unknown' if gap is None else f'{gap:.2%}'}"
    )


def services_of(asked: Asked) -> Iterator[Service]:
    """Draw services until the pods are spent, each with the nodes that its replicas run on."""
    rng = np.random.default_rng(asked.seed)
    left, position = asked.pods, 0
    while left:
        replicas = min(left, int(rng.choice(REPLICAS)))
        apart = bool(rng.random() < APART)
        spread = bool(rng.random() < SPREAD)
        if apart or spread:
            # Node n lies in zone n mod ZONES: a step of 1 is even over zones, and never twice one.
            first = int(rng.integers(asked.nodes))
            homes = (first + np.arange(replicas)) % asked.nodes
        else:
            homes = rng.integers(0, asked.nodes, replicas)
        yield Service(
            f"service-{position}",
            replicas,
            int(rng.choice(CPU_MILLICORES)),
            int(rng.choice(MEMORY_MIB)),
            apart,
            spread,
            tuple(homes.tolist()),
        )
        left -= replicas
        position += 1


def write_manifests(file: TextIO, nodes: int, services: Iterator[Service]) -> None:
    """Write a ``List`` of Nodes and Pods, object by object."""
    file.write('{"apiVersion": "v1", "kind": "List", "items": [\n')
    for position in range(nodes):
        item = json.dumps(_node(position))
        file.write(item if position == 0 else f",\n{item}")
    for service in services:
        for replica, home in enumerate(service.homes):
            file.write(f",\n{json.dumps(_pod(service, replica, home))}")
    file.write("\n]}\n")


def _node(position: int) -> dict[str, Any]:
    large = position % 4 == 0
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": f"node-{position}",
            "labels": {
                "kubernetes.io/hostname": f"node-{position}",
                "topology.kubernetes.io/zone": f"zone-{position % ZONES}",
            },
        },
        "status": {
            "allocatable": {
                "cpu": "31850m" if large else "15900m",
                "memory": f"{(118 if large else 58) * 1024}Mi",
                "pods": "110",
            },
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def _pod(service: Service, replica: int, home: int) -> dict[str, Any]:
    selector = {"matchLabels": {"app": service.name}}
    spec: dict[str, Any] = {
        "nodeName": f"node-{home}",
        "containers": [
            {
                "name": "main",
                "image": f"registry.example/{service.name}:1",
                "resources": {
                    "requests": {
                        "cpu": f"{service.cpu_millicores}m",
                        "memory": f"{service.memory_mib}Mi",
                    }
                },
            }
        ],
    }
    if service.apart:
        spec["affinity"] = {
            "podAntiAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    {"labelSelector": selector, "topologyKey": "kubernetes.io/hostname"}
                ]
            }
        }
    if service.spread:
        spec["topologySpreadConstraints"] = [
            {
                "maxSkew": 1,
                "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": selector,
            }
        ]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{service.name}-{replica}",
            "namespace": "default",
            "labels": {"app": service.name},
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "ReplicaSet",
                    "name": service.name,
                    "uid": service.name,
                    "controller": True,
                }
            ],
        },
        "spec": spec,
        "status": {"phase": "Running"},
    }


def write_body(file: TextIO, nodes: int, services: Iterator[Service]) -> None:
    """Write the two-list body, which knows no anti-affinity and no spread."""
    file.write('{"nodes": [\n')
    for position in range(nodes):
        large = position % 4 == 0
        node = {
            "id": f"node-{position}",
            "cpu_capacity": 31_850 if large else 15_900,
            "mem_capacity": (118 if large else 58) * 1024,
            "zone": f"zone-{position % ZONES}",
        }
        file.write(("" if position == 0 else ",\n") + json.dumps(node))
    file.write('],\n"pods": [\n')
    first = True
    for service in services:
        for replica, home in enumerate(service.homes):
            pod = {
                "id": f"{service.name}-{replica}",
                "cpu_request": service.cpu_millicores,
                "mem_request": service.memory_mib,
                "current_node": f"node-{home}",
                "service": service.name,
            }
            file.write(("" if first else ",\n") + json.dumps(pod))
            first = False
    file.write("\n]}\n")


WRITERS = {"manifests": write_manifests, "body": write_body}

if __name__ == "__main__":
    main()
