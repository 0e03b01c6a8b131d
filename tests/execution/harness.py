"""What the tests of an execution share: clusters, a client without a wire, and runs."""

from __future__ import annotations

import copy
import json
import marshal
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from kubernetes.client import ApiClient, Configuration

from kytos.contract.params import SolverName, SolverParams
from kytos.contract.runbook import (
    Action,
    Promised,
    Runbook,
    RunbookForecast,
    RunbookRequest,
    RunbookStep,
    Seen,
    SeenBudget,
    SeenNode,
    SeenPod,
    Way,
    WayForecast,
)
from kytos.execution.carry_out import carry_out
from kytos.execution.endings import Report
from kytos.execution.journal import Journal, digest_of
from kytos.execution.means import How
from kytos.kube.api import ApiServer, Object, Pace, Query, _Answer
from kytos.kube.control_plane import ControlPlane
from kytos.kube.steering import Steering
from kytos.problem import LoadMode
from kytos.sources.manifests import cluster_from_objects
from tests.stand_in.cluster import StandIn
from tests.stand_in.server import Api

SAMPLES = Path(__file__).parents[2] / "sample_clusters"
QUICK = Pace(poll_s=0.0, longest_pause_s=0.0, patience_s=5.0, request_patience_s=2.0)


class Killed(BaseException):
    """As SIGKILL would: nothing is cleaned up."""


class Wireless(ApiServer):
    """Asks the stand-in itself, without HTTP in between.

    Attributes
    ----------
    dies_at
        After so many writes it is dead: the request may have been carried out, nothing more is.
    """

    def __init__(self, api: Api, *, dry_run: bool = False, pace: Pace = QUICK) -> None:
        client = ApiClient(Configuration(host="http://127.0.0.1"))
        super().__init__(client, "test", pace, dry_run=dry_run, pause=lambda _: None)
        self._api = api
        self.dead = False
        self.dies_at: int | None = None
        self.dies_before = False
        self.writes = 0

    def _once(
        self, method: str, path: str, query: Query, body: Object | None, kind: str
    ) -> _Answer:
        if self.dead:
            raise Killed
        write = method != "GET"
        self.writes += write
        dies = write and self.writes == self.dies_at
        if dies and self.dies_before:
            self.dead = True
            raise Killed
        sent = None if body is None else marshal.loads(marshal.dumps(body))
        told = {name: str(value) for name, value in query}
        status, answer, headers = self._api.answer(method, path, told, sent, kind)
        if dies:
            self.dead = True
            raise Killed
        return _Answer(status, headers, answer)


def node(name: str, cpu: str = "4", **spec: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "spec": spec,
        "status": {
            "allocatable": {"cpu": cpu, "memory": "16Gi", "pods": "20"},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def pod(app: str, number: int, on: str | None, cpu: str = "1", kind: str = "ReplicaSet") -> Object:
    name = f"{app}-{number}" if kind == "StatefulSet" else f"{app}-abc-{number}"
    owner = app if kind == "StatefulSet" else f"{app}-abc"
    labels = {"app": app} | ({} if kind == "StatefulSet" else {"pod-template-hash": "abc"})
    reference = {"apiVersion": "apps/v1", "kind": kind, "name": owner, "controller": True}
    requests = {"cpu": cpu, "memory": "1Gi"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "labels": labels,
            "ownerReferences": [reference],
        },
        "spec": {
            "priority": 0,
            "containers": [{"name": "main", "image": app, "resources": {"requests": requests}}],
        }
        | ({} if on is None else {"nodeName": on}),
        "status": {
            "phase": "Running" if on else "Pending",
            "conditions": [{"type": "Ready", "status": "True"}] if on else [],
        },
    }


def budget(app: str, **spec: Any) -> Object:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": app, "namespace": "shop", "generation": 1},
        "spec": {"selector": {"matchLabels": {"app": app}}, **spec},
        "status": {"disruptionsAllowed": 1, "observedGeneration": 1},
    }


def shop() -> list[Object]:
    """Six nodes, each with little on it: a Deployment, a StatefulSet and a budget for each."""
    return [
        *(node(f"n{number}") for number in range(1, 7)),
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}},
        *(pod("web", number, f"n{number}") for number in range(1, 5)),
        *(pod("api", number, f"n{number + 3}", cpu="900m") for number in range(1, 4)),
        *(pod("db", number, f"n{number + 4}", cpu="700m", kind="StatefulSet") for number in (0, 1)),
        pod("lone", 1, "n2", cpu="300m"),
        budget("web", maxUnavailable=1),
        budget("db", minAvailable=1),
    ]


def shop_cluster() -> StandIn:
    return StandIn(shop())


def sample(name: str) -> StandIn:
    read = json.loads((SAMPLES / f"{name}.json").read_text())
    return StandIn(read["items"])


@lru_cache(maxsize=16)
def _planned(items: str, way: Way, surge: bool) -> Runbook:
    # Loads the solvers.
    from kytos.calls.answers import rebalance
    from kytos.questions.rebalance import RebalanceRequest

    cluster = cluster_from_objects(json.loads(items))
    asked = RunbookRequest(way=way, surge=surge, settle_s=0.0)
    request = RebalanceRequest(
        mode=LoadMode.CONSOLIDATE,
        runbook=asked,
    )
    params = SolverParams(num_reads=2, num_sweeps=100, seed=1)
    outcome = rebalance(cluster, request, solver=SolverName.OPENJIJ_SA, params=params)
    assert outcome.runbook is not None
    return outcome.runbook


def planned(cluster: StandIn, way: Way = Way.DRAIN, *, surge: bool = False) -> Runbook:
    """A consolidation of the cluster as it stands, as a runbook."""
    return _planned(json.dumps(cluster.items()), way, surge)


def _forecast() -> WayForecast:
    return WayForecast(
        nodes_in_use=0,
        price_per_hour=None,
        pods_pending=0,
        landed_as_planned=0,
        moves=0,
        energy=None,
    )


def runbook_of(
    cluster: StandIn,
    *waves: Mapping[str, str | None],
    way: Way = Way.DRAIN,
    freed: Sequence[str] = (),
    steps: Sequence[RunbookStep] = (),
) -> Runbook:
    """A runbook made by hand: waves of pods and where they are to go; `steps` follow them."""
    read = cluster_from_objects(cluster.items())
    at = {one.id: one.node for one in read.pods}
    written = [RunbookStep(wave=0, action=Action.CORDON, node=name) for name in freed]
    for wave, moves in enumerate(waves, start=1):
        for name, to in moves.items():
            written.append(
                RunbookStep(wave=wave, action=Action.EVICT, node=at[name], pod=name, to=to)
            )
        if way is Way.STEER:
            written += [
                RunbookStep(wave=wave, action=Action.NOMINATE, pod=name, to=to)
                for name, to in moves.items()
                if to is not None
            ]
        written.append(RunbookStep(wave=wave, action=Action.WAIT))
    written += steps
    touched = {step.pod for step in written}
    nodes = {name for step in written for name in (step.node, step.to)}
    seen = Seen(
        pods={
            one.id: SeenPod(
                uid=one.uid,
                node=one.node,
                owner_kind=one.owner.kind if one.owner else "",
                owner=one.owner.name if one.owner else "",
            )
            for one in read.pods
            if one.id in touched
        },
        nodes={
            one.name: SeenNode(
                unschedulable=one.unschedulable, taints=one.taints, allocatable=one.allocatable
            )
            for one in read.nodes
            if one.name in nodes
        },
        budgets={
            f"{one.namespace}/{one.name}": SeenBudget(
                selector=one.selector,
                min_available=one.min_available,
                max_unavailable=one.max_unavailable,
                disruptions_allowed=one.disruptions_allowed,
            )
            for one in read.budgets
        },
    )
    return Runbook(
        way=way,
        max_parallel=10,
        settle_s=0.0,
        steps=tuple(written),
        left_out=(),
        remove_nodes=tuple(freed),
        promised=Promised(nodes_in_use=0, price_per_hour=None, energy=None),
        forecast=RunbookForecast(plain=_forecast(), drain=_forecast(), steer=_forecast()),
        seen=seen,
    )


def moving_out(cluster: StandIn, way: Way = Way.DRAIN) -> Runbook:
    """Nodes n1 and n6 of the shop are freed in three waves; web and its budget take two."""
    return runbook_of(
        cluster,
        {"shop/web-abc-1": "n3", "shop/api-abc-3": "n4", "shop/db-1": "n2"},
        {"shop/web-abc-4": "n3"},
        {"shop/lone-abc-1": "n3"},
        way=way,
        freed=("n1", "n6"),
    )


def run(
    cluster: StandIn | Api,
    runbook: Runbook,
    *,
    how: How | None = None,
    journal: Path | None = None,
    server: Wireless | None = None,
    dry_run: bool = False,
) -> Report:
    api = cluster if isinstance(cluster, Api) else Api(cluster)
    server = server or Wireless(api, dry_run=dry_run)
    how = how or How()
    with Journal(journal) as kept:
        kept.head(runbook=digest_of(runbook), way=(how.way or runbook.way).value)
        return carry_out(runbook, ControlPlane(server), Steering(server), kept, how)


def copied(cluster: StandIn) -> StandIn:
    """The same cluster once more."""
    return StandIn(copy.deepcopy(cluster.items()))


def end_of(cluster: StandIn) -> Mapping[str, Any]:
    """The state that an execution leaves, apart from names that are made up."""
    return {
        "pods": cluster.nodes_by_owner(),
        "cordoned": cluster.cordoned(),
        "gated": cluster.gated(),
        "steered": cluster.steered(),
    }
