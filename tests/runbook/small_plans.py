"""Random small clusters with a plan for them, as manifests, and a replay that knows no Kytos.

The judge is `tests.rules.referee`, which reads the manifests itself and follows the scheduler's
filters plugin by plugin.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from random import Random
from typing import Any

from kytos.cluster import Cluster
from kytos.runbook.changes import Change, Kind, Plan
from kytos.sources.manifests import read_cluster
from tests.rules.referee import Referee

Manifest = dict[str, Any]
APPS = ("web", "api", "db", "log")
ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"


@dataclass(frozen=True)
class SmallPlan:
    """A cluster as manifests, and where pods are to go."""

    manifests: list[Manifest]
    targets: dict[str, str]
    """By ``namespace/name`` of the pods that move."""

    @property
    def cluster(self) -> Cluster:
        document = json.dumps({"kind": "List", "items": self.manifests})
        return read_cluster([("small.json", document.encode())])

    @property
    def homes(self) -> dict[str, str]:
        return {
            id_of(pod): pod["spec"]["nodeName"] for pod in self.manifests if pod["kind"] == "Pod"
        }

    @property
    def plan(self) -> Plan:
        cluster, homes = self.cluster, self.homes
        after = homes | self.targets
        return Plan(
            cluster=cluster,
            changes=tuple(
                Change(pod, Kind.MOVED, homes[pod], node) for pod, node in self.targets.items()
            ),
            bought=(),
            frees=True,
            held_open=frozenset(),
            nodes_in_use=len(set(after.values())),
            price_per_hour=None,
            planned_energy=0.0,
            energy=lambda _: 0.0,
        )


def id_of(pod: Mapping[str, Any]) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def small_plan(seed: int) -> SmallPlan:
    """A plain function of its seed: a feasible cluster, and moves whose end is feasible too."""
    random = Random(seed)
    nodes = [_node(number, random) for number in range(random.randint(3, 5))]
    specs = {app: _spec(app, random) for app in APPS}
    others = nodes + [_budget(app, random) for app in APPS if random.random() < 0.5]
    pods: list[Manifest] = []
    for number in range(random.randint(5, 12)):
        pod = _pod(number, random.choice(APPS), specs)
        fits = sorted(Referee([*others, *pods]).feasible(pod))
        if fits:
            pods.append(_bound(pod, random.choice(fits)))
    targets = _moves(others, pods, random)
    return SmallPlan([*others, *pods], targets)


def _moves(others: list[Manifest], pods: list[Manifest], random: Random) -> dict[str, str]:
    """Moves, swaps among them, that are kept only while every moved pod fits at the end."""
    at = {id_of(pod): pod["spec"]["nodeName"] for pod in pods}
    homes = dict(at)
    by_id = {id_of(pod): pod for pod in pods}
    names = [node["metadata"]["name"] for node in others if node["kind"] == "Node"]
    for _ in range(30):
        trial = dict(at)
        if pods and random.random() < 0.2:
            one, other = random.choice(pods), random.choice(pods)
            trial[id_of(one)], trial[id_of(other)] = trial[id_of(other)], trial[id_of(one)]
        elif pods:
            trial[id_of(random.choice(pods))] = random.choice(names)
        moved = [pod for pod in trial if trial[pod] != homes[pod]]
        if all(
            trial[pod] in referee(others, by_id, trial, without=pod).feasible(by_id[pod])
            for pod in moved
        ):
            at = trial
    return {pod: node for pod, node in at.items() if node != homes[pod]}


def referee(
    others: Sequence[Manifest],
    pods: Mapping[str, Manifest],
    at: Mapping[str, str],
    without: str | None = None,
) -> Referee:
    """The scheduler's filters over pods where `at` has them, one taken out."""
    bound = [_bound(pods[pod], node) for pod, node in at.items() if pod != without]
    return Referee([*others, *bound])


def _bound(pod: Manifest, node: str) -> Manifest:
    return {**pod, "spec": {**pod["spec"], "nodeName": node}}


def _node(number: int, random: Random) -> Manifest:
    labels = {HOST: f"n{number}", ZONE: f"z{number % 2}"}
    offered = {"cpu": str(random.randint(3, 6)), "memory": "64Gi", "pods": "8"}
    taints = [{"key": "gpu", "effect": "NoSchedule"}] if random.random() < 0.15 else []
    return {
        "kind": "Node",
        "metadata": {"name": f"n{number}", "labels": labels},
        "spec": {"taints": taints},
        "status": {"allocatable": offered},
    }


def _spec(app: str, random: Random) -> Manifest:
    """What all pods of an app ask for."""
    own = {"matchLabels": {"app": app}}
    spec: Manifest = {"priority": random.choice((0, 0, 0, 1000))}
    affinity: Manifest = {}
    rule = "requiredDuringSchedulingIgnoredDuringExecution"
    if random.random() < 0.35:
        affinity["podAntiAffinity"] = {
            rule: [{"topologyKey": random.choice((HOST, HOST, ZONE)), "labelSelector": own}]
        }
    if random.random() < 0.25:
        near = {"matchLabels": {"app": random.choice(APPS)}}
        affinity["podAffinity"] = {rule: [{"topologyKey": ZONE, "labelSelector": near}]}
    if affinity:
        spec["affinity"] = affinity
    if random.random() < 0.35:
        spec["topologySpreadConstraints"] = [
            {
                "topologyKey": random.choice((HOST, ZONE)),
                "maxSkew": random.choice((1, 2)),
                "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": own,
            }
        ]
    if random.random() < 0.3:
        spec["tolerations"] = [{"key": "gpu", "operator": "Exists"}]
    return spec | {"cpu": random.choice((1, 1, 2, 3))}


def _pod(number: int, app: str, specs: Mapping[str, Manifest]) -> Manifest:
    spec = copy.deepcopy(specs[app])
    requests = {"cpu": str(spec.pop("cpu")), "memory": "1Gi"}
    name = f"{app}-{number}"
    return {
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"uid-{name}",
            "labels": {"app": app},
            "ownerReferences": [{"kind": "StatefulSet", "name": app, "controller": True}],
        },
        "spec": {"containers": [{"name": "main", "resources": {"requests": requests}}], **spec},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def _budget(app: str, random: Random) -> Manifest:
    return {
        "kind": "PodDisruptionBudget",
        "metadata": {"name": app, "namespace": "shop", "generation": 1},
        "spec": {"selector": {"matchLabels": {"app": app}}, "maxUnavailable": 1},
        "status": {"disruptionsAllowed": random.randint(1, 2), "observedGeneration": 1},
    }


def broken_by(small: SmallPlan, steps: Sequence[Any], freed: Sequence[str], seed: int) -> list[str]:
    """Replay steps in an order that the waves allow, and say everything that breaks.

    Of each wave the events (a pod is gone; its replacement lands where it is meant to) are
    interleaved by lot, each landing judged by the referee as things stand then.
    """
    random, trouble = Random(seed), []
    others = copy.deepcopy([one for one in small.manifests if one["kind"] != "Pod"])
    nodes = {one["metadata"]["name"]: one for one in others if one["kind"] == "Node"}
    budgets = [one for one in others if one["kind"] == "PodDisruptionBudget"]
    pods = {id_of(pod): pod for pod in small.manifests if pod["kind"] == "Pod"}
    at = small.homes
    evicted: Counter[str] = Counter()
    for number, wave in groupby(steps, key=lambda step: step.wave):
        going: list[Any] = []
        for step in wave:
            if step.action == "cordon":
                nodes[step.node]["spec"]["unschedulable"] = True
            elif step.action == "uncordon":
                if step.node in freed:
                    trouble.append(f"wave {number}: {step.node} is freed and uncordoned")
                nodes[step.node]["spec"].pop("unschedulable", None)
            elif step.action == "evict":
                going.append(step)
                evicted[step.pod] += 1
                if at.get(step.pod) != step.node:
                    trouble.append(f"wave {number}: {step.pod} is not on {step.node}")
            elif step.action == "wait" and step.node is None:
                trouble += _over_budget(number, going, budgets, pods)
                trouble += _events(number, going, others, pods, at, random)
                going = []
        if going:
            trouble.append(f"wave {number}: nobody waits for {[step.pod for step in going]}")
    trouble += [f"{pod} is evicted {times} times" for pod, times in evicted.items() if times > 1]
    closed = {name for name, node in nodes.items() if node["spec"].get("unschedulable")}
    if closed != set(freed):
        trouble.append(f"cordoned at the end: {sorted(closed)}, freed: {sorted(freed)}")
    trouble += [f"{node} is freed and not empty" for node in freed if node in at.values()]
    return trouble


def _over_budget(
    number: int, going: Sequence[Any], budgets: Sequence[Manifest], pods: Mapping[str, Manifest]
) -> list[str]:
    """Every replacement was ready before the wave, so each budget allows what it did at first."""
    found = []
    for budget in budgets:
        wanted = budget["spec"]["selector"]["matchLabels"]["app"]
        asked = sum(pods[step.pod]["metadata"]["labels"]["app"] == wanted for step in going)
        if asked > budget["status"]["disruptionsAllowed"]:
            found.append(f"wave {number}: {asked} evictions ask budget {wanted}")
    return found


def _events(
    number: int,
    going: Sequence[Any],
    others: Sequence[Manifest],
    pods: Mapping[str, Manifest],
    at: dict[str, str],
    random: Random,
) -> list[str]:
    found, leaving, coming = [], list(going), []
    style = random.choice(("all leave first", "one by one", "by lot"))
    while leaving or coming:
        first = style == "all leave first" or (style == "by lot" and random.random() < 0.5)
        if leaving and (first or not coming):
            step = leaving.pop(random.randrange(len(leaving)))
            del at[step.pod]
            coming.append(step)
            continue
        step = coming.pop(random.randrange(len(coming)))
        if step.to not in referee(others, pods, at).feasible(pods[step.pod]):
            found.append(f"wave {number}: {step.pod} does not fit on {step.to} ({style})")
        at[step.pod] = step.to
    return found
