"""Random clusters whose plans are checked for what they promise, by rules written apart.

    python -m benchmarks.promises --seeds 1000

asks for rebalances that survive failures, keep headroom, nodes and pools, and say why nodes are
not freed. Each plan's nodes and zones are failed, one by one, and the pods placed again by CP-SAT
under requests, taints, selectors, anti-affinity and topology spread as they are written in this
file; nothing of `kytos.rules` or `kytos.referee` judges. Every broken promise is printed.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ortools.sat.python import cp_model

from kytos.contract.params import SolverParams
from kytos.questions.rebalance import RebalanceOutcome, RebalanceRequest, rebalance
from kytos.questions.why_not_freed import Keeper
from kytos.sources.manifests import read_cluster

HOSTNAME, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
LIGHT = SolverParams(
    num_reads=1, num_sweeps=20, refine_proposals=2_000, max_variables=60, proof_work=0.5
)
SIZES = ("cpu", "memory")


@dataclass(frozen=True)
class Room:
    """A node: what it offers, in millicores and MiB, and whom it takes."""

    name: str
    cpu: int
    memory: int
    zone: str
    disk: str
    tainted: bool
    price: float


@dataclass(frozen=True)
class App:
    """What all replicas of a Deployment have in common."""

    name: str
    disk: str | None
    tolerates: bool
    apart: str | None
    """The topology in which no two may share a domain."""
    skew: int | None
    """By how many zones may differ."""


@dataclass(frozen=True)
class Replica:
    """A pod."""

    name: str
    app: App
    cpu: int
    memory: int
    stays: bool
    """No plan may move it; a failure does."""


@dataclass
class World:
    """Nodes, pods and where they run."""

    rooms: dict[str, Room] = field(default_factory=dict)
    pods: dict[str, Replica] = field(default_factory=dict)
    where: dict[str, str] = field(default_factory=dict)

    def manifests(self) -> bytes:
        """As a cluster's API server would list it."""
        items = [*map(_node, self.rooms.values())]
        items += [_pod(pod, self.where[name]) for name, pod in self.pods.items()]
        return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}).encode()


def random_world(seed: int) -> World:
    """Three to six nodes in up to three zones, and up to 18 pods that keep to all rules."""
    rng = random.Random(seed)
    zones = [f"z{at}" for at in range(rng.randint(1, 3))]
    world = World()
    for at in range(rng.randint(3, 6)):
        name = f"n{at}"
        world.rooms[name] = Room(
            name=name,
            cpu=rng.choice([1000, 1000, 2000]),
            memory=rng.choice([1000, 2000]),
            zone=rng.choice(zones),
            disk=rng.choice(["ssd", "hdd"]),
            tainted=rng.random() < 0.2,
            price=rng.choice([0.1, 0.2]),
        )
    apps = [
        App(
            name=f"app{at}",
            disk=rng.choice([None, None, "ssd", "hdd"]),
            tolerates=rng.random() < 0.4,
            apart=rng.choice([None, None, HOSTNAME, ZONE]),
            skew=rng.choice([None, None, 1, 2]),
        )
        for at in range(4)
    ]
    for at in range(rng.randint(4, 18)):
        pod = Replica(
            name=f"p{at}",
            app=rng.choice(apps),
            cpu=rng.randint(1, 5) * 100,
            memory=rng.randint(0, 4) * 100,
            stays=rng.random() < 0.1,
        )
        homes = [name for name in world.rooms if _may_start(world, pod, name)]
        if homes:
            world.pods[pod.name] = pod
            world.where[pod.name] = rng.choice(homes)
    return world


def _may_start(world: World, pod: Replica, name: str) -> bool:
    left = set(world.rooms)
    return placeable(world, dict(world.where), {pod.name: pod}, left, {pod.name: {name}})


def placeable(
    world: World,
    staying: Mapping[str, str],
    moving: Mapping[str, Replica],
    left: Collection[str],
    only: Mapping[str, Collection[str]] = {},
    home: Mapping[str, str] = {},
    limit: float = 1.0,
) -> bool:
    """Say whether all of some pods find a node together.

    Parameters
    ----------
    staying
        Where the others are, by name.
    moving
        Those to place.
    left
        Nodes that are there.
    only
        Where single ones may go, if not everywhere.
    home
        Where those run that may also stay: coming back is no arrival.
    limit
        How full a node may be that somebody arrives on.
    """
    model = cp_model.CpModel()
    goes: dict[tuple[str, str], cp_model.IntVar] = {}
    for name, pod in moving.items():
        for room in only.get(name, left):
            if home.get(name) == room or accepts(world.rooms[room], pod.app):
                goes[name, room] = model.new_bool_var("")
        model.add_exactly_one(var for (who, _), var in goes.items() if who == name)
    for room in left:
        arrives = [var for (who, at), var in goes.items() if at == room != home.get(who)]
        for size in SIZES:
            kept = sum(getattr(world.pods[who], size) for who, at in staying.items() if at == room)
            held = kept + sum(
                getattr(moving[who], size) * var for (who, at), var in goes.items() if at == room
            )
            for var in arrives:
                most = round(limit * getattr(world.rooms[room], size))
                model.add(held <= most).only_enforce_if(var)
    for app in {pod.app for pod in moving.values()} | {world.pods[who].app for who in staying}:
        _keep_apart(model, world, app, staying, moving, left, goes, home)
        _keep_even(model, world, app, staying, moving, left, goes, home)
    status = cp_model.CpSolver().solve(model)
    assert status in (cp_model.OPTIMAL, cp_model.FEASIBLE, cp_model.INFEASIBLE)
    return status != cp_model.INFEASIBLE


def accepts(room: Room, app: App) -> bool:
    """Taints and the node selector."""
    return (app.tolerates or not room.tainted) and app.disk in (None, room.disk)


def _in_domains(
    world: World,
    app: App,
    by: str,
    staying: Mapping[str, str],
    moving: Mapping[str, Replica],
    left: Collection[str],
    goes: Mapping[tuple[str, str], Any],
    home: Mapping[str, str],
) -> Iterator[tuple[str, Any, list[Any]]]:
    """Each domain: its name, how many of the app will be there, and who arrives."""
    domains: dict[str, set[str]] = {}
    for room in left:
        domains.setdefault(room if by == HOSTNAME else world.rooms[room].zone, set()).add(room)
    for domain, rooms in domains.items():
        kept = sum(world.pods[who].app == app for who, at in staying.items() if at in rooms)
        there = [
            (who, at, var)
            for (who, at), var in goes.items()
            if at in rooms and moving[who].app == app
        ]
        arrives = [var for who, at, var in there if home.get(who) != at]
        yield domain, kept + sum(var for *_, var in there), arrives


def _keep_apart(
    model: cp_model.CpModel,
    world: World,
    app: App,
    staying: Mapping[str, str],
    moving: Mapping[str, Replica],
    left: Collection[str],
    goes: Mapping[tuple[str, str], Any],
    home: Mapping[str, str],
) -> None:
    """Whoever arrives has its domain to itself."""
    if app.apart is None:
        return
    for _, count, arrives in _in_domains(world, app, app.apart, staying, moving, left, goes, home):
        for var in arrives:
            model.add(count <= 1).only_enforce_if(var)


def _keep_even(
    model: cp_model.CpModel,
    world: World,
    app: App,
    staying: Mapping[str, str],
    moving: Mapping[str, Replica],
    left: Collection[str],
    goes: Mapping[tuple[str, str], Any],
    home: Mapping[str, str],
) -> None:
    """Whoever arrives makes its zone no fuller than the emptiest allows; of nodes it selects."""
    if app.skew is None:
        return
    eligible = {room for room in left if app.disk in (None, world.rooms[room].disk)}
    zones = list(_in_domains(world, app, ZONE, staying, moving, eligible, goes, home))
    for _, count, arrives in zones:
        for var in arrives:
            for _, other, _ in zones:
                model.add(count - other <= app.skew).only_enforce_if(var)


def fatal(world: World, where: Mapping[str, str], hosts: Collection[str], kind: str) -> set[str]:
    """Failures that leave a pod without a node."""
    groups: dict[str, set[str]] = {}
    for room in hosts:
        groups.setdefault(room if kind == "node" else world.rooms[room].zone, set()).add(room)
    lost = set()
    for name, gone in groups.items():
        evicted = {who: world.pods[who] for who, at in where.items() if at in gone}
        staying = {who: at for who, at in where.items() if at not in gone}
        left = set(hosts) - gone
        if evicted and not (left and placeable(world, staying, evicted, left)):
            lost.add(name)
    return lost


def broken_promises(seed: int) -> Iterator[str]:
    """What the answer to one random question promises and does not keep."""
    world, rng = random_world(seed), random.Random(-seed)
    kinds = rng.choice([("node",), ("zone",), ("node", "zone")])
    limit = rng.choice([1.0, 0.9, 0.8])
    keep = rng.sample(sorted(world.rooms), rng.choice([0, 0, 1]))
    disk = rng.choice(["ssd", "hdd"])
    pool = {name for name, room in world.rooms.items() if room.disk == disk}
    least = rng.choice([0, 0, 2]) if pool else 0
    request = RebalanceRequest.model_validate(
        {
            "survive": kinds,
            "max_utilization": limit,
            "mode": rng.choice(["consolidate", "consolidate", "spread"]),
            "keep_nodes": keep,
            "least_nodes": {f"disk={disk}": least} if least else {},
            "why_not_freed": rng.random() < 0.2,
        }
    )
    given = read_cluster([("world.json", world.manifests())])
    outcome = rebalance(given, request, params=LIGHT)
    freed = set(outcome.freed_nodes)
    where = {who: outcome.placement[f"default/{who}"] or "" for who in world.pods}
    for told in _of_the_plan(world, where, limit):
        yield f"{seed}: {told}"
    for told in _of_failures(world, where, freed, kinds, outcome):
        yield f"{seed}: {told}"
    if freed & set(keep):
        yield f"{seed}: {keep} was to stay"
    before, after = (
        {name for name in pool if name in then.values() or name in keep}
        for then in (world.where, where)
    )
    if len(after) < min(least, len(before)):
        yield f"{seed}: {len(after)} of {disk} are in use, {least} were to stay"
    if outcome.energy.after.total > outcome.energy.before.total + 1e-9:
        yield f"{seed}: worse than doing nothing"
    for told in _of_reasons(world, limit, outcome):
        yield f"{seed}: {told}"


def _of_the_plan(world: World, where: Mapping[str, str], limit: float) -> Iterator[str]:
    """Rules and headroom: every pod is where its plan could put it."""
    moved = {who: world.pods[who] for who, at in where.items() if at != world.where[who]}
    for who, pod in moved.items():
        if pod.stays:
            yield f"{who} was to stay"
    only = {who: {where[who]} for who in moved}
    home = {who: world.where[who] for who in moved}
    staying = {who: at for who, at in where.items() if who not in moved}
    if moved and not placeable(world, staying, moved, set(world.rooms), only, home, limit):
        yield f"no such placement is allowed: {only}"


def _of_failures(
    world: World,
    where: Mapping[str, str],
    freed: set[str],
    kinds: Collection[str],
    outcome: RebalanceOutcome,
) -> Iterator[str]:
    assert outcome.risk is not None
    for kind in ("node", "zone"):
        after = fatal(world, where, set(world.rooms) - freed, kind)
        told = getattr(outcome.risk, kind)
        if told.unknown or set(told.fatal) != after:
            yield f"{kind}s told fatal: {told.fatal}, are {sorted(after)}"
        if kind in kinds and (new := after - fatal(world, world.where, set(world.rooms), kind)):
            yield f"{kind}s became fatal: {sorted(new)}"


def _of_reasons(world: World, limit: float, outcome: RebalanceOutcome) -> Iterator[str]:
    """Of a node that is told to be too dear, that it can be emptied; of one that cannot, not."""
    free = {who: pod for who, pod in world.pods.items() if not pod.stays}
    home = {who: world.where[who] for who in free}
    staying = {who: at for who, at in world.where.items() if who not in free}
    for one in outcome.why_not_freed or ():
        others = set(world.rooms) - {one.node}
        if not one.proven or one.node in staying.values():
            continue
        only = dict.fromkeys(free, others)

        def empties(share: float, only: Mapping[str, Collection[str]] = only) -> bool:
            return placeable(world, staying, free, set(world.rooms), only, home, share)

        if one.keeper in (Keeper.PRICE, Keeper.SURVIVE) and not empties(limit):
            yield f"{one.node} is told to be {one.keeper}, and cannot be emptied"
        if one.keeper in (Keeper.ROOM, Keeper.HEADROOM) and empties(limit):
            yield f"{one.node} is told to have no {one.keeper}, and can be emptied"
        if one.keeper is Keeper.HEADROOM and not empties(1.0):
            yield f"{one.node} is told to lack headroom alone, and cannot be emptied without it"


def _node(room: Room) -> dict[str, Any]:
    taints = [{"key": "special", "value": "yes", "effect": "NoSchedule"}] if room.tainted else []
    return {
        "kind": "Node",
        "metadata": {
            "name": room.name,
            "labels": {HOSTNAME: room.name, ZONE: room.zone, "disk": room.disk},
            "annotations": {"kytos.io/price-per-hour": str(room.price)},
        },
        "spec": {"taints": taints},
        "status": {
            "allocatable": {"cpu": f"{room.cpu}m", "memory": f"{room.memory}Mi", "pods": "110"}
        },
    }


def _pod(pod: Replica, node: str) -> dict[str, Any]:
    app = pod.app
    spec: dict[str, Any] = {
        "nodeName": node,
        "containers": [
            {
                "name": "main",
                "resources": {"requests": {"cpu": f"{pod.cpu}m", "memory": f"{pod.memory}Mi"}},
            }
        ],
    }
    alike = {"matchLabels": {"app": app.name}}
    if app.disk is not None:
        spec["nodeSelector"] = {"disk": app.disk}
    if app.tolerates:
        spec["tolerations"] = [{"key": "special", "operator": "Exists"}]
    if app.apart is not None:
        term = {"labelSelector": alike, "topologyKey": app.apart}
        required = {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
        spec["affinity"] = {"podAntiAffinity": required}
    if app.skew is not None:
        spec["topologySpreadConstraints"] = [
            {
                "maxSkew": app.skew,
                "topologyKey": ZONE,
                "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": alike,
            }
        ]
    owner = {"kind": "ReplicaSet", "name": app.name, "apiVersion": "apps/v1", "controller": True}
    marks = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"} if pod.stays else {}
    return {
        "kind": "Pod",
        "metadata": {
            "name": pod.name,
            "namespace": "default",
            "labels": {"app": app.name},
            "annotations": marks,
            "ownerReferences": [owner],
        },
        "spec": spec,
        "status": {"phase": "Running"},
    }


def main() -> None:
    """Check plans of so many random clusters, or for so long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    told = parser.parse_args()
    began, done, broken = time.monotonic(), 0, 0
    for seed in range(told.first, told.first + told.seeds):
        for sentence in broken_promises(seed):
            broken += 1
            print(sentence, flush=True)
        done += 1
        if time.monotonic() - began > told.seconds:
            break
    print(f"{done} clusters, {broken} promises broken, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
