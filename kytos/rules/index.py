"""A cluster as the rules look at it: label columns, amounts and homes as arrays, built once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar, cast

import numpy as np

from kytos.cluster import DEFAULT_SCHEDULER, PODS, Claim, Cluster, Labels, Pod, StorageClass, Volume
from kytos.pod_sets import PodSet
from kytos.problem import UNPLACED, Bools, Ints
from kytos.rules.labels import LabelTable

Found = TypeVar("Found")


@dataclass(frozen=True)
class Topology:
    """The domains of one node label.

    Attributes
    ----------
    of_node
        ``(nodes,)`` the domain each node lies in, -1 where it lacks the key.
    names
        The value of the label in each domain.
    """

    of_node: Ints
    names: tuple[str, ...]

    def sums(self, per_node: Ints) -> Ints:
        """``(domains,)`` what `per_node` adds up to in each domain."""
        return sum_by(self.of_node, per_node, len(self.names))

    def at_nodes(self, per_domain: Ints) -> Ints:
        """``(nodes,)`` what each node's domain holds; 0 where it has none."""
        return np.append(per_domain, 0)[self.of_node]


def nominated(cluster: Cluster) -> Iterator[tuple[Pod, int]]:
    """Pods that wait, and the position of the node that room is kept on for each.

    Those of other schedulers are not in this one's queue.
    """
    for pod in cluster.pods:
        if pod.nominated and pod.waiting and pod.scheduler == DEFAULT_SCHEDULER:
            node = cluster.node_index.get(pod.nominated)
            if node is not None:
                yield pod, node


def sum_by(domain: Ints, per_node: Ints, domains: int) -> Ints:
    """``(domains,)`` sums of `per_node`, nodes of domain -1 left out."""
    inside = domain >= 0
    sums = np.bincount(domain[inside], weights=per_node[inside], minlength=domains)
    return sums.astype(np.int64)


class RuleIndex:
    """What the rules ask of a cluster, found once and kept.

    Pods are named by their position in ``cluster.pods``, nodes by theirs in ``cluster.nodes``.
    A pod that is not bound (a new one, say) counts for nobody but can be judged itself.

    Attributes
    ----------
    home
        ``(pods,)`` the node each pod holds capacity on, or `UNPLACED`.
    resources
        Every resource a pod asks for, cpu, memory or anything else, the pod count included.
    allocatable, held
        ``(nodes, resources)``; a resource a node does not list is 0, as the scheduler has it.
    request, footprint
        ``(pods, resources)`` what a pod asks for, and what it holds where it runs.
    """

    def __init__(self, cluster: Cluster) -> None:
        """Look at `cluster`, which is not copied."""
        self.cluster = cluster
        self.nodes = cluster.nodes
        self.pods = cluster.pods
        self.node_labels = LabelTable.of([node.labels for node in cluster.nodes])
        self.pod_labels = LabelTable.of([pod.labels for pod in cluster.pods])
        self.home: Ints = np.array(
            [
                cluster.node_index[pod.node] if pod.holds_capacity and pod.node else UNPLACED
                for pod in cluster.pods
            ],
            dtype=np.int64,
        )
        self._known: dict[Hashable, object] = {}

    def once(self, key: Hashable, find: Callable[[], Found]) -> Found:
        """What `find` returned the first time it was asked under `key`."""
        if key not in self._known:
            self._known[key] = find()
        return cast(Found, self._known[key])

    @cached_property
    def resources(self) -> tuple[str, ...]:
        """Every resource any pod asks for or holds, and the pod count."""
        asked = {name for pod in self.pods for name in (*pod.requests, *pod.footprint)}
        return (PODS, *sorted(asked - {PODS}))

    @cached_property
    def allocatable(self) -> Ints:
        """``(nodes, resources)`` what each node offers, devices that stand for one included."""
        offered = self._amounts([node.allocatable for node in self.nodes])
        if self.cluster.device_classes:
            from kytos.rules.devices import device_resources

            for name, node, count in device_resources(self, self.resources):
                offered[node, self.resources.index(name)] = count
        return offered

    @cached_property
    def request(self) -> Ints:
        """``(pods, resources)`` what each pod asks a node for."""
        return self._amounts([pod.requests | {PODS: 1} for pod in self.pods])

    @cached_property
    def footprint(self) -> Ints:
        """``(pods, resources)`` what each pod holds where it runs."""
        return self._amounts([pod.footprint | {PODS: 1} for pod in self.pods])

    @cached_property
    def held(self) -> Ints:
        """``(nodes, resources)`` held by the pods that are there and by other load."""
        held = self._amounts([node.current_load for node in self.nodes])
        bound = self.home != UNPLACED
        np.add.at(held, self.home[bound], self.footprint[bound])
        return held

    @cached_property
    def namespaces(self) -> Mapping[str, Labels]:
        """The labels of every namespace; one only known from its pods has but its name."""
        named = {pod.namespace: {"kubernetes.io/metadata.name": pod.namespace} for pod in self.pods}
        return named | self.cluster.namespaces

    @cached_property
    def claims(self) -> Mapping[tuple[str, str], Claim]:
        """Claims by namespace and name; those still to be made have their class.

        Where no StorageClass is listed nothing is known of what would be made: these are left out.
        """
        usual = next((one.name for one in self.cluster.storage_classes if one.default), None)
        made = {
            (claim.namespace, claim.name): claim
            if claim.storage_class is not None
            else claim.model_copy(update={"storage_class": usual})
            for pod in self.pods
            for claim in pod.claims_to_make
            if self.cluster.storage_classes
        }
        return made | {(claim.namespace, claim.name): claim for claim in self.cluster.claims}

    @cached_property
    def volumes(self) -> Mapping[str, Volume]:
        """Volumes by name."""
        return {volume.name: volume for volume in self.cluster.volumes}

    @cached_property
    def storage_classes(self) -> Mapping[str, StorageClass]:
        """Storage classes by name."""
        return {storage_class.name: storage_class for storage_class in self.cluster.storage_classes}

    @cached_property
    def terminating(self) -> Bools:
        """``(pods,)`` being deleted."""
        return np.array([pod.terminating for pod in self.pods], dtype=np.bool_)

    @cached_property
    def nominated(self) -> tuple[tuple[int, int], ...]:
        """Positions of the pods of `nominated`, and the node that room is kept on for each."""
        at = self.cluster.pod_index
        return tuple((at[pod.id], node) for pod, node in nominated(self.cluster))

    def inside(self, pods: Ints, namespaces: Collection[str]) -> Bools:
        """Which of some positions of pods are in one of some namespaces."""
        names, code = self._namespace_codes
        chosen = np.zeros(len(names), dtype=np.bool_)
        chosen[[names[name] for name in namespaces if name in names]] = True
        return np.asarray(chosen[code[pods]])

    @cached_property
    def _namespace_codes(self) -> tuple[dict[str, int], Ints]:
        names: dict[str, int] = {}
        codes = [names.setdefault(pod.namespace, len(names)) for pod in self.pods]
        return names, np.array(codes, dtype=np.int64)

    def topology(self, key: str) -> Topology:
        """The domains of the node label `key`."""
        column = self.node_labels.column(key)
        return Topology(column.codes, column.values)

    def per_node(self, pods: PodSet) -> Ints:
        """``(nodes,)`` how many of `pods` are bound to each node."""
        homes = self.home[pods.positions]
        return np.bincount(homes[homes != UNPLACED], minlength=len(self.nodes)).astype(np.int64)

    def _amounts(self, items: list[dict[str, int]]) -> Ints:
        rows = [[item.get(name, 0) for name in self.resources] for item in items]
        return np.array(rows, dtype=np.int64).reshape(len(items), len(self.resources))
