"""Measures how long the rules take for every pair of pods and nodes of a large made-up cluster.

    python -m benchmarks.rules --nodes 1000 --pods 10000

prints a table and writes ``benchmarks/results/rules.json``. Pods come in services, as in a real
cluster, but every service differs from the others in what it asks for, so classes of equal pods
are no larger than services.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import time
from pathlib import Path

import numpy as np

from kytos.cluster import (
    HOSTNAME,
    ZONE,
    Claim,
    Cluster,
    Effect,
    HostPort,
    LabelSelector,
    Node,
    NodeTerm,
    Owner,
    Pod,
    PodTerm,
    Requirement,
    SpreadConstraint,
    Taint,
    Toleration,
    Volume,
)
from kytos.rules.compile import compile_rules
from kytos.rules.index import RuleIndex
from kytos.rules.verdicts import FEASIBLE, RULES, first_refusals

RESULTS = Path(__file__).parent / "results" / "rules.json"
ZONES = 6
NAMESPACES = 20
REPLICAS = 10
"""Mean number of pods of a service."""


def made_up_cluster(nodes: int, pods: int, seed: int) -> Cluster:
    """A cluster in which every rule has something to say."""
    random = np.random.default_rng(seed)
    node_models = tuple(_node(position, random) for position in range(nodes))
    pod_models: list[Pod] = []
    claims: list[Claim] = []
    volumes: list[Volume] = []
    service = 0
    while len(pod_models) < pods:
        replicas = min(int(random.integers(1, 2 * REPLICAS)), pods - len(pod_models))
        template = _template(service, random)
        for replica in range(replicas):
            name = f"service-{service}-{replica}"
            changes: dict[str, object] = {
                "id": f"{template.namespace}/{name}",
                "name": name,
                "labels": template.labels | {"pod-name": name},
                "node": f"node-{random.integers(nodes)}" if random.random() < 0.95 else None,
            }
            if service % 20 == 0:
                changes["claims"] = (name,)
                claims.append(
                    Claim(name=name, namespace=template.namespace, volume=f"volume-{name}")
                )
                zone = f"zone-{random.integers(ZONES)}"
                volumes.append(Volume(name=f"volume-{name}", labels={ZONE: zone}))
            pod_models.append(template.model_copy(update=changes))
        service += 1
    return Cluster(
        nodes=node_models, pods=tuple(pod_models), claims=tuple(claims), volumes=tuple(volumes)
    )


def measure(nodes: int, pods: int, seed: int) -> dict[str, object]:
    """Time the verdicts of all pairs, and the rules compiled for all pods at once."""
    cluster = made_up_cluster(nodes, pods, seed)
    before = _peak_bytes()
    start, cpu = time.perf_counter(), time.process_time()
    index = RuleIndex(cluster)
    first = first_refusals(index, range(len(cluster.pods)))
    verdicts_s, verdicts_cpu_s = time.perf_counter() - start, time.process_time() - cpu
    verdicts_peak = _peak_bytes()
    start = time.perf_counter()
    compiled = compile_rules(cluster, cluster.pods)
    compile_s = time.perf_counter() - start
    pairs = first.size
    return {
        "nodes": len(cluster.nodes),
        "pods": len(cluster.pods),
        "seed": seed,
        "pairs": pairs,
        "feasible_share": round(float((first == FEASIBLE).mean()), 4),
        "refused_share_by_rule": {
            rule.name: round(float((first == position).mean()), 4)
            for position, rule in enumerate(RULES)
        },
        "verdicts_s": round(verdicts_s, 2),
        "verdicts_cpu_s": round(verdicts_cpu_s, 2),
        "compile_s": round(compile_s, 2),
        "tallies": len(compiled.tallies),
        "exclusions": len(compiled.exclusions),
        "presences": len(compiled.presences),
        "skews": len(compiled.skews),
        "pairings": len(compiled.pairings),
        "peak_gb_before": round(before / 1e9, 2),
        "peak_gb_verdicts": round(verdicts_peak / 1e9, 2),
        "peak_gb_compiled": round(_peak_bytes() / 1e9, 2),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def _node(position: int, random: np.random.Generator) -> Node:
    taints = {
        0: (Taint(key="gpu", value="present"),),
        1: (Taint(key="spot", value="true", effect=Effect.NO_EXECUTE),),
    }.get(int(random.integers(12)), ())
    return Node(
        name=f"node-{position}",
        allocatable={"cpu": 16_000, "memory": 64 * 2**30, "pods": 110},
        labels={
            HOSTNAME: f"node-{position}",
            ZONE: f"zone-{position % ZONES}",
            "pool": f"pool-{random.integers(8)}",
            "generation": str(random.integers(1, 6)),
        },
        taints=taints,
        unschedulable=bool(random.random() < 0.02),
    )


def _template(service: int, random: np.random.Generator) -> Pod:
    """What all pods of one service share."""
    own = LabelSelector(
        requirements=(Requirement(key="app", operator="In", values=(f"service-{service}",)),)
    )
    extras: dict[str, object] = {}
    kind = service % 10
    if kind in (0, 1, 2):
        extras["anti_affinity"] = (PodTerm(topology_key=HOSTNAME, selector=own),)
    if kind in (2, 3, 4):
        extras["spread"] = (SpreadConstraint(topology_key=ZONE, max_skew=2, selector=own),)
    if kind == 5:
        extras["affinity"] = (PodTerm(topology_key=ZONE, selector=own),)
    if kind == 6:
        extras["host_ports"] = (HostPort(port=int(10_000 + service % 50)),)
    if kind in (1, 7):
        extras["node_selector"] = {"pool": f"pool-{random.integers(8)}"}
    if kind in (3, 8):
        newer = Requirement(key="generation", operator="Gt", values=(str(random.integers(1, 4)),))
        extras["required_node_terms"] = (NodeTerm(expressions=(newer,)),)
    return Pod(
        id="template",
        name="template",
        namespace=f"team-{service % NAMESPACES}",
        labels={"app": f"service-{service}", "tier": f"tier-{service % 3}"},
        owner=Owner(kind="Deployment", name=f"service-{service}"),
        service=f"service-{service}",
        requests={
            "cpu": int(random.integers(50, 2_000)),
            "memory": int(random.integers(64, 8_192)) * 2**20,
        },
        tolerations=(
            Toleration(key="node.kubernetes.io/not-ready", operator="Exists", effect="NoExecute"),
            *((Toleration(key="gpu", operator="Exists"),) if kind == 9 else ()),
        ),
        **extras,
    )


def _peak_bytes() -> int:
    """Peak resident memory of this process (Linux counts it in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Measure once, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=1_000)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    result = measure(arguments.nodes, arguments.pods, arguments.seed)
    for name, value in result.items():
        print(f"{name:24} {value}")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
