"""How many new replicas a cluster can really carry: exactly, by priority and by fair shares.

Replicas are granted one at a time. The next goes to the highest priority, among equals to the
service that has the smallest fraction of its desired count, then to the first id; it is refused
when the margin or a quota does not allow it, or no placement of all those granted under all rules
holds it too. A service that was refused once gets no more. So no other vector of counts serves the
replicas in that order better.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

import numpy as np

from kytos.cluster import LOAD_RESOURCES, Cluster, Pod
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.pairs import MaskBuilder
from kytos.problem import Ints, LoadMode, Problem
from kytos.questions.autoscale.wishes import Wish
from kytos.questions.parts.build_problem import build_problem, within_room
from kytos.questions.parts.most_placed import place_exactly
from kytos.referee.incremental import PlacementState
from kytos.refine import repair
from kytos.rules.quotas import QuotaLedger

EXACT_SECONDS = 2.0
"""For one refusal, where fitting replicas in one by one finds no place."""


class Cause(StrEnum):
    """What keeps a service from more replicas."""

    MARGIN = "margin"
    NODES = "nodes"
    QUOTA = "quota"
    WORTHLESS = "worthless"
    """Demand was given no weight."""


@dataclass(frozen=True)
class Refusal:
    """Why a service gets no more.

    Attributes
    ----------
    cause
        What was in the way.
    resource
        Of the margin that would be breached.
    quota
        In words, what a quota of the namespace says.
    proven
        Whether no placement exists, rather than none was found in time.
    """

    cause: Cause
    resource: str = ""
    quota: str = ""
    proven: bool = True


@dataclass(frozen=True)
class Grants:
    """What is granted, and where it can run.

    Attributes
    ----------
    granted
        New replicas by service.
    refused
        By service that wanted more.
    problem, placement
        The problem of the granted pods alone, and a placement of all of them.
    """

    granted: dict[str, int]
    refused: dict[str, Refusal]
    problem: Problem
    placement: Ints


def grant_replicas(
    cluster: Cluster,
    wishes: Sequence[Wish],
    margin_room: Ints,
    watch: Watch,
    hints: Mapping[str, Sequence[int]] | None = None,
    *,
    quotas: QuotaLedger,
    serve_demand: bool = True,
    max_utilization: float = 1.0,
) -> Grants:
    """Grant replicas as far as margins, rooms and rules allow.

    Parameters
    ----------
    cluster
        Has every pod of the wishes, waiting.
    margin_room
        ``(2,)`` cpu and memory that may still be taken; negative where a margin is breached.
    hints
        By service, positions of nodes to try first, one for each new replica in turn.
    quotas
        What the quotas still allow; what is granted here is counted in it.
    serve_demand
        False grants minimums only: what a weight of 0 on unserved demand means.
    max_utilization
        Share of a node's cpu and memory that new replicas may fill it to.
    """
    return _Granting(
        cluster, wishes, margin_room, watch, hints or {}, quotas, serve_demand, max_utilization
    ).run()


class _Granting:
    """The granting: what is granted so far, and one placement that holds it."""

    def __init__(
        self,
        cluster: Cluster,
        wishes: Sequence[Wish],
        margin_room: Ints,
        watch: Watch,
        hints: Mapping[str, Sequence[int]],
        quotas: QuotaLedger,
        serve_demand: bool,
        max_utilization: float,
    ) -> None:
        self.cluster, self.watch, self.hints, self.quotas = cluster, watch, hints, quotas
        self.serve_demand = serve_demand
        self.max_utilization = max_utilization
        self.wishes = {wish.service: wish for wish in wishes}
        self.room = margin_room.copy()
        self.granted = dict.fromkeys(self.wishes, 0)
        self.refused: dict[str, Refusal] = {}
        pods = [pod for wish in wishes for pod in wish.pods]
        self.problem = within_room(self._built(cluster, pods))
        self.row = {pod.id: row for row, pod in enumerate(pods)}
        self.state = PlacementState(self.problem, self.problem.current)

    def run(self) -> Grants:
        queue = [self._entry(wish) for wish in self.wishes.values()]
        heapq.heapify(queue)
        while queue:
            wish = self.wishes[heapq.heappop(queue)[2]]
            refusal = self._refusal(wish)
            if refusal is not None:
                self.refused[wish.service] = refusal
                continue
            self.granted[wish.service] += 1
            if wish.current + self.granted[wish.service] < wish.desired:
                heapq.heappush(queue, self._entry(wish))
        rows = self._rows()
        kept = [self.problem.pods[row] for row in rows]
        dropped = {pod.id for wish in self.wishes.values() for pod in wish.pods} - set(kept)
        cluster = without(self.cluster, dropped)
        pods = [cluster.pods[cluster.pod_index[name]] for name in kept]
        return Grants(
            granted=self.granted,
            refused=self.refused,
            problem=self._built(cluster, pods),
            placement=self.state.placement[rows],
        )

    def _built(self, cluster: Cluster, pods: Sequence[Pod]) -> Problem:
        return build_problem(
            cluster, pods, mode=LoadMode.SPREAD, max_utilization=self.max_utilization
        )

    def _entry(self, wish: Wish) -> tuple[int, Fraction, str]:
        have = wish.current + self.granted[wish.service]
        return -wish.priority, Fraction(have, wish.desired), wish.service

    def _refusal(self, wish: Wish) -> Refusal | None:
        """Grant one more, or say why not."""
        granted = self.granted[wish.service]
        if not self.serve_demand and wish.current + granted >= wish.least:
            return Refusal(Cause.WORTHLESS)
        pod = wish.pods[granted]
        if not self.problem.allowed[self.row[pod.id]].any():
            return Refusal(Cause.NODES)  # before the margin: no margin would help
        why = self.quotas.refusal(pod)
        if why is not None:
            return Refusal(Cause.QUOTA, quota=why)
        need = np.array([pod.requests.get(name, 0) for name in LOAD_RESOURCES])
        for resource, name in enumerate(LOAD_RESOURCES):
            if need[resource] > 0 and need[resource] > self.room[resource]:
                return Refusal(Cause.MARGIN, resource=name)
        row = self.row[pod.id]
        fits = np.flatnonzero(self.state.fits(row))
        if len(fits):
            self.state.place(row, self._choice(wish, row, fits))
        else:
            placement, proven = self._together(row)
            if placement is None:
                return Refusal(Cause.NODES, proven=proven)
            self.state = PlacementState(self.problem, placement)
        self.room -= need
        self.quotas.grant(pod)
        return None

    def _choice(self, wish: Wish, row: int, fits: Ints) -> int:
        """The node hinted at for this replica, else the one left the emptiest."""
        hints = self.hints.get(wish.service, ())
        at = self.granted[wish.service]
        if at < len(hints) and hints[at] in fits:
            return int(hints[at])
        held = self.state.held[fits] + self.problem.request[row]
        share = held / np.maximum(self.problem.allocatable[fits], 1)
        return int(fits[np.argmin(share.max(axis=1))])

    def _together(self, row: int) -> tuple[Ints | None, bool]:
        """A placement of all that is granted and one more, moving any of them; None if none."""
        rows = np.sort(np.append(self._rows(), row))
        part = _only(self.problem, rows)
        start = self.state.placement
        repaired = repair(part, Weights(), start, self.watch)
        if (repaired[rows] >= 0).all():
            return repaired, True
        most = place_exactly(part, EXACT_SECONDS, self.watch, repaired)
        if (most.placement[rows] >= 0).all():
            return most.placement, True
        return None, most.proven

    def _rows(self) -> Ints:
        return np.array(
            [
                self.row[pod.id]
                for wish in self.wishes.values()
                for pod in wish.pods[: self.granted[wish.service]]
            ],
            dtype=np.int64,
        )


def without(cluster: Cluster, pods: set[str]) -> Cluster:
    """The cluster less some pods, by id."""
    return cluster.replace(pods=tuple(pod for pod in cluster.pods if pod.id not in pods))


def _only(problem: Problem, rows: Ints) -> Problem:
    """The problem with no node for any other pod."""
    allowed = MaskBuilder.on(problem.allowed)
    others = np.setdiff1d(np.arange(len(problem.pods)), rows)
    allowed.forbid(others, np.ones(len(problem.nodes), dtype=np.bool_))
    # All count alike here: whether every one of them has a node is the only question.
    desire = np.zeros(len(problem.pods))
    desire[rows] = 1.0
    return replace(problem, allowed=allowed.mask(), desire=desire)
