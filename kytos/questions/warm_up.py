"""Ask each question of two nodes, so that a worker's first real solve finds all compiled."""

from __future__ import annotations

from kytos.cluster import CPU, MEMORY, PODS, Cluster, Node, Owner, Pod
from kytos.contract.params import SolverParams
from kytos.problem import LoadMode
from kytos.questions.autoscale.autoscale import autoscale
from kytos.questions.autoscale.request import AutoscaleRequest, ServiceRate
from kytos.questions.fleet.fleet import fleet
from kytos.questions.fleet.request import FleetRequest, FleetType
from kytos.questions.placement.new_objects import NewPod
from kytos.questions.placement.placement import place
from kytos.questions.placement.request import PlacementRequest
from kytos.questions.rebalance import RebalanceRequest, rebalance
from kytos.questions.recovery.recovery import RecoveryRequest, recover


def warm_up() -> None:
    """Import and compile what the five questions need."""
    room = {CPU: 4000, MEMORY: 2**33, PODS: 110}
    nodes = tuple(Node(name=name, allocatable=room) for name in ("a", "b"))
    pods = tuple(
        Pod(
            id=f"default/{index}",
            name=str(index),
            node=nodes[index % 2].name,
            owner=Owner(kind="Deployment", name="warm-up"),
            service="warm-up",
            requests={CPU: 500, MEMORY: 2**29},
        )
        for index in range(4)
    )
    cluster = Cluster(nodes=nodes, pods=pods)
    params = SolverParams(num_reads=1, num_sweeps=10, refine_proposals=1000)
    for mode in (LoadMode.CONSOLIDATE, LoadMode.SPREAD):
        rebalance(cluster, RebalanceRequest(mode=mode), params=params)
    recover(cluster, RecoveryRequest(failed_nodes=("a",)), params=params)
    # More than there is room for, so that what looks for room is compiled too.
    new_pods = NewPod(id="new", cpu_request=1000, mem_request=100, count=8)
    place(cluster, PlacementRequest(new_pods=(new_pods,)), params=params)
    busy = ServiceRate(id="warm-up", request_rate=5, target_rate=1)
    autoscale(cluster, AutoscaleRequest(services=(busy,)), params=params)
    kind = FleetType(name="warm-up", cpu_capacity=4000, mem_capacity=8192, price_per_hour=0.1)
    fleet(cluster, FleetRequest(types=(kind,)), params=params)
