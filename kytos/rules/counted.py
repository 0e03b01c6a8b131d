"""Volumes and devices as resources, so that every part of a plan counts them like memory.

`kytos.rules.attach_limits`, `kytos.rules.devices` and `kytos.rules.volumes` judge one pod against
the cluster as it stands. Pods that a plan moves together share what a node has left; what they take
is written as a resource of its own on pods and nodes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection

from kytos.cluster import Cluster
from kytos.rules.attach_limits import attach_limits, attached_by
from kytos.rules.device_counts import count_devices
from kytos.rules.devices import device_resources
from kytos.rules.free_volumes import count_local, keep_shared, kept_volumes, wants
from kytos.rules.index import RuleIndex

UNLIMITED = 10**6
"""Of a node whose driver names no limit."""
ONE_NODE = {"ReadWriteOnce"}


def with_counted(cluster: Cluster, decided: Collection[str]) -> Cluster:
    """Return the cluster with attached or free volumes and claimed devices as resources.

    A volume that several pods share counts once where they stay or have to move together, and once
    each otherwise: never too few.

    Parameters
    ----------
    decided
        Ids of the pods that may move.
    """
    if not (cluster.csi_nodes or cluster.resource_slices or cluster.volumes):
        return cluster
    index = RuleIndex(cluster)
    asked: defaultdict[str, Counter[str]] = defaultdict(Counter)
    offered: defaultdict[int, dict[str, int]] = defaultdict(dict)
    _count_volumes(index, decided, asked, offered)
    count_devices(index, decided, asked, offered)
    for name, node, count in device_resources(index, index.resources):
        offered[node][name] = count
    wanted = wants(index, decided)
    kept = keep_shared(index, wanted)
    count_local(index, wanted, kept, asked, offered)
    if kept:
        cluster = cluster.replace(volumes=kept_volumes(index, kept))
    if not asked and not offered:
        return cluster
    pods = tuple(
        pod.model_copy(
            update={
                "requests": pod.requests | dict(asked[pod.id]),
                "held": None if pod.held is None else pod.held | dict(asked[pod.id]),
            }
        )
        if pod.id in asked
        else pod
        for pod in cluster.pods
    )
    nodes = tuple(
        node.model_copy(update={"allocatable": node.allocatable | offered[position]})
        if position in offered
        else node
        for position, node in enumerate(cluster.nodes)
    )
    return cluster.replace(pods=pods, nodes=nodes)


def _count_volumes(
    index: RuleIndex,
    decided: Collection[str],
    asked: defaultdict[str, Counter[str]],
    offered: defaultdict[int, dict[str, int]],
) -> None:
    limits = attach_limits(index)
    limited = {driver for driver_limits in limits.values() for driver in driver_limits}
    users: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for position, pod in enumerate(index.pods):
        if pod.claims and (index.home[position] >= 0 or pod.id in decided):
            for volume in attached_by(index, position):
                if volume[0] in limited:
                    users[volume].append(position)
    if not users:
        return
    shared_by_one_node = _on_one_node_only(index)
    for volume, pods in users.items():
        homes = {int(index.home[user]) for user in pods}
        stay = not any(index.pods[user].id in decided for user in pods)
        once = len(homes) == 1 and (stay or volume in shared_by_one_node)
        for user in pods[:1] if once else pods:
            asked[index.pods[user].id][f"attachable-volumes-csi-{volume[0]}"] += 1
    for driver in sorted({volume[0] for volume in users}):
        for node, attached in enumerate(index.nodes):
            most = limits.get(attached.name, {}).get(driver, UNLIMITED)
            offered[node][f"attachable-volumes-csi-{driver}"] = most


def _on_one_node_only(index: RuleIndex) -> set[tuple[str, str]]:
    """Volumes that one node at a time can attach."""
    shared: set[tuple[str, str]] = set()
    for position, pod in enumerate(index.pods):
        for name in pod.claims:
            claim = index.claims.get((pod.namespace, name))
            if claim is not None and set(claim.access_modes) == ONE_NODE:
                shared |= attached_by(index, position)
    return shared
