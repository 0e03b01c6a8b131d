"""The rule about resources: what a pod asks for must be free on the node, pod count included."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from kytos.cluster import PODS
from kytos.language import said
from kytos.problem import Bools, Ints
from kytos.rules.base import Rule
from kytos.rules.index import RuleIndex
from kytos.rules.wording import amount_written


class Resources(Rule):
    """Requests, not limits; an exact fit passes; what is not asked for is not looked at.

    So a pod that asks for no cpu fits a node whose cpu is overcommitted. Room that is kept for
    waiting pods (``nominatedNodeName``) is free to those of higher priority alone. Source:
    ``fitsRequest`` of Kubernetes' NodeResourcesFit plugin, and
    ``RunFilterPluginsWithNominatedPods``.
    """

    name = "resources"
    summary = "insufficient resources"
    settled = False

    def key(self, index: RuleIndex, pod: int) -> Hashable:
        """Request, what the pod gives back where it runs, and for whom room is kept from it."""
        home = int(index.home[pod])
        given_back = index.footprint[pod].tobytes() if home >= 0 else b""
        return index.request[pod].tobytes(), home, given_back, _before(index, pod)

    def refused(self, index: RuleIndex, pod: int) -> Bools:
        """``(nodes,)`` where something runs short."""
        need, home, before = index.request[pod], index.home[pod], _before(index, pod)
        refused = index.once(
            ("short", need.tobytes(), before), lambda: _short(need, _free(index, before))
        )
        if home >= 0:
            refused = refused.copy()
            refused[home] = _short(need, self._free_at(index, pod, home)[None])[0]
        return refused

    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Say what is needed and what is free."""
        return "; ".join(
            self._sentence(index, pod, node, resource) for resource in self._short(index, pod, node)
        )

    def remedy(self, index: RuleIndex, pod: int, node: int) -> str | None:
        """Free what is missing, where it is there to be freed."""
        short = self._short(index, pod, node)
        if len(short) != 1:
            return None
        name, resource = index.resources[short[0]], short[0]
        if index.request[pod, resource] > index.allocatable[node, resource]:
            return None
        missing = int((index.request[pod] - self._free_at(index, pod, node))[resource])
        what = said("1 pod slot") if name == PODS and missing == 1 else _of(name, missing)
        return said(f"free {what} on {index.nodes[node].name}")

    def short_counts(self, index: RuleIndex, pod: int, nodes: Ints) -> dict[str, int]:
        """On how many of some nodes each resource runs short, by name."""
        free, home = _free(index, _before(index, pod))[nodes], int(index.home[pod])
        free[nodes == home] += index.footprint[pod]
        need = index.request[pod]
        short = ((need > 0) & (need > free)).sum(axis=0)
        return {index.resources[at]: int(short[at]) for at in np.flatnonzero(short)}

    def shortfall(self, index: RuleIndex, pod: int, node: int) -> float:
        """What is missing as a share of what the node offers, summed over resources."""
        missing = index.request[pod] - self._free_at(index, pod, node)
        return float(
            sum(
                missing[resource] / max(1, index.allocatable[node, resource])
                for resource in self._short(index, pod, node)
            )
        )

    def _free_at(self, index: RuleIndex, pod: int, node: int) -> Ints:
        """``(resources,)`` what is free on a node once the pod is taken off where it runs."""
        free = _free(index, _before(index, pod))[node]
        return np.asarray(free + index.footprint[pod] if index.home[pod] == node else free)

    def _short(self, index: RuleIndex, pod: int, node: int) -> list[int]:
        need, free = index.request[pod], self._free_at(index, pod, node)
        return [int(resource) for resource in np.flatnonzero((need > 0) & (need > free))]

    def _sentence(self, index: RuleIndex, pod: int, node: int, resource: int) -> str:
        name = index.resources[resource]
        offered, free = (
            int(index.allocatable[node, resource]),
            int(self._free_at(index, pod, node)[resource]),
        )
        kept = [index.pods[one].id for one, at in _before(index, pod) if at == node]
        if name == PODS:
            told = said(f"too many pods: {offered - free} of {offered}")
        else:
            need = amount_written(name, int(index.request[pod, resource]), up=True)
            if free < 0:
                over = amount_written(name, -free, up=True)
                told = said(
                    f"insufficient {name}: needs {need}, the node is overcommitted by {over}"
                )
            else:
                room = amount_written(name, free, up=False)
                told = said(f"insufficient {name}: needs {need}, {room} free")
        return said(f"{told}, with room kept for {kept[0]}") if kept else told


def room_kept(index: RuleIndex, before: tuple[tuple[int, int], ...]) -> Ints:
    """``(nodes, resources)`` what is kept for some of `RuleIndex.nominated`."""
    kept = np.zeros_like(index.held)
    for pod, node in before:
        kept[node] += index.request[pod]
    return kept


def _before(index: RuleIndex, pod: int) -> tuple[tuple[int, int], ...]:
    """Those of `RuleIndex.nominated` whose room a pod may not take."""
    return tuple(
        (one, node)
        for one, node in index.nominated
        if one != pod and index.pods[one].priority >= index.pods[pod].priority
    )


def _free(index: RuleIndex, before: tuple[tuple[int, int], ...]) -> Ints:
    """``(nodes, resources)`` what is neither held nor kept."""
    return index.once(
        ("free", before), lambda: index.allocatable - index.held - room_kept(index, before)
    )


def _short(need: Ints, free: Ints) -> Bools:
    """``(nodes,)`` where something that is asked for is not free."""
    asked = np.flatnonzero(need)
    return np.asarray((need[asked] > free[:, asked]).any(axis=1))


def _of(resource: str, amount: int) -> str:
    if resource == PODS:
        return said(f"{amount} pod slots")
    return f"{amount_written(resource, amount, up=True)} of {resource}"
