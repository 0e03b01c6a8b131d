"""The rule about attach limits: how many volumes of a driver a node takes (CSINode)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np

from kytos.language import said
from kytos.problem import Bools
from kytos.rules.base import Rule, none_refused
from kytos.rules.index import RuleIndex

Volumes = frozenset[tuple[str, str]]
"""Each a driver and what names the volume to it."""

NO_PROVISIONER = "kubernetes.io/no-provisioner"


def attached_by(index: RuleIndex, pod: int) -> Volumes:
    """The volumes of a pod's claims that a driver attaches; one still to be made is its claim's.

    A volume that is written into the pod itself (``csi:``) is not attached and not counted.
    """

    def find() -> Volumes:
        attached = set()
        namespace = index.pods[pod].namespace
        for name in index.pods[pod].claims:
            claim = index.claims.get((namespace, name))
            if claim is None:
                continue
            volume = index.volumes.get(claim.volume or "")
            if volume is not None:
                if volume.driver:
                    attached.add((volume.driver, volume.handle or volume.name))
                continue
            made = index.storage_classes.get(claim.storage_class or "")
            if made is not None and made.provisioner not in ("", NO_PROVISIONER):
                attached.add((made.provisioner, f"claim {namespace}/{name}"))
        return frozenset(attached)

    return index.once(("attached by", pod), find) if index.pods[pod].claims else frozenset()


def attach_limits(index: RuleIndex) -> Mapping[str, Mapping[str, int]]:
    """By node, then driver: how many volumes it takes; what is not listed is not limited."""
    return index.once(
        "attach limits",
        lambda: {csi_node.name: csi_node.limits for csi_node in index.cluster.csi_nodes},
    )


class AttachLimits(Rule):
    """Volumes that are on the node already, by whichever pod, are not counted again.

    Source: ``CSILimits`` of Kubernetes' NodeVolumeLimits plugin.
    """

    name = "attach limits"
    summary = "exceed max volume count"
    settled = False

    def key(self, index: RuleIndex, pod: int) -> Hashable:
        """The volumes, and the pod itself where it runs."""
        if not index.cluster.csi_nodes:
            return None
        volumes = attached_by(index, pod)
        return (volumes, pod if index.home[pod] >= 0 else None) if volumes else None

    def refused(self, index: RuleIndex, pod: int) -> Bools:
        """``(nodes,)`` where a driver would have more than it takes."""
        refused = none_refused(index)
        for position in range(len(index.nodes)):
            refused[position] = self._over(index, pod, position) is not None
        return refused

    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Name the driver and its count."""
        driver, new, there, most = self._over(index, pod, node) or ("", 0, 0, 0)
        return said(f"too many volumes of {driver}: {there} of {most} attached, {new} more needed")

    def _over(self, index: RuleIndex, pod: int, node: int) -> tuple[str, int, int, int] | None:
        limits = attach_limits(index).get(index.nodes[node].name, {})
        volumes = attached_by(index, pod)
        if not any(driver in limits for driver, _ in volumes):
            return None
        there = frozenset[tuple[str, str]]().union(
            *(attached_by(index, other) for other in _on(index, node) if other != pod)
        )
        for driver in sorted({driver for driver, _ in volumes} & limits.keys()):
            new = sum(1 for volume in volumes - there if volume[0] == driver)
            held = sum(1 for volume in there if volume[0] == driver)
            if new and held + new > limits[driver]:
                return driver, new, held, limits[driver]
        return None


def _on(index: RuleIndex, node: int) -> list[int]:
    """The pods with claims that run on a node."""

    def find() -> list[list[int]]:
        by_node: list[list[int]] = [[] for _ in index.nodes]
        for position in np.flatnonzero(index.home >= 0):
            if index.pods[position].claims:
                by_node[index.home[position]].append(int(position))
        return by_node

    return index.once("pods with claims by node", find)[node]
