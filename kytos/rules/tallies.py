"""Collects the tallies of a problem, each distinct one once, whoever needs it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kytos.pod_sets import PodSet
from kytos.problem import Ints, Tally
from kytos.rules.index import RuleIndex, Topology, sum_by


class TallyBook:
    """The tallies needed so far; equal ones share a position.

    Parameters
    ----------
    index
        The cluster.
    decide
        ``(pods,)`` positions in the cluster of the pods to decide on; all other bound pods are
        counted as fixed.
    """

    def __init__(self, index: RuleIndex, decide: Sequence[int]) -> None:
        """Start empty."""
        self._index = index
        self._pods = len(decide)
        self._row = np.full(len(index.pods), -1, dtype=np.int64)
        self._row[np.array(decide, dtype=np.int64)] = np.arange(len(decide))
        self._positions: dict[tuple[bytes, bytes, bytes], int] = {}
        self._domains: dict[bytes, Ints] = {}
        self._tallies: list[Tally] = []

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """All that were kept, in order of their positions."""
        return tuple(self._tallies)

    def tally(self, topology: Topology, pods: PodSet) -> Tally:
        """Count ``(cluster pods,)`` `pods` per domain of a topology."""
        domains = len(topology.names)
        # Tallies over one topology share its array.
        domain = self._domains.setdefault(topology.of_node.tobytes(), topology.of_node)
        row = self._row[pods.positions]
        stays = PodSet(pods.positions[row < 0], pods.pods)
        members = PodSet(np.sort(row[row >= 0]), self._pods)
        return Tally(domain, members, sum_by(domain, self._index.per_node(stays), domains))

    def keep(self, tally: Tally) -> int:
        """The position of a tally, added if no equal one is there."""
        key = (tally.domain.tobytes(), tally.members.tobytes(), tally.fixed.tobytes())
        if key not in self._positions:
            self._positions[key] = len(self._tallies)
            self._tallies.append(tally)
        return self._positions[key]


def each_node(index: RuleIndex) -> Topology:
    """Every node a domain of its own."""
    return Topology(
        np.arange(len(index.nodes), dtype=np.int64), tuple(node.name for node in index.nodes)
    )


def whole_cluster(index: RuleIndex) -> Topology:
    """One domain that holds all nodes."""
    return Topology(np.zeros(len(index.nodes), dtype=np.int64), ("cluster",))
