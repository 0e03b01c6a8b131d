"""Fitting in what does not fit yet, by ejection search: waiting pods, and nodes to be freed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from kytos.contract.watch import Watch
from kytos.problem import Bools, Ints, Problem
from kytos.refine import kernels
from kytos.refine.state import State, Tables


class EjectionSearch:
    """Ejection searches on one state; a search that fails leaves it as it was."""

    def __init__(
        self, problem: Problem, flat: Tables, state: State, rng: npt.NDArray[np.uint64]
    ) -> None:
        """Work on `state`; `rng` is one word, advanced by the kernels."""
        self.problem, self.flat, self.state, self.rng = problem, flat, state, rng
        self.pods = np.arange(len(problem.pods))
        self.nodes = np.arange(len(problem.nodes))
        self.looked = 0

    def serve(self, budget: int, watch: Watch) -> None:
        """Place more pods of each priority in turn, the highest first, never fewer of a higher."""
        classes = self.flat.pod["rank"] // 2
        for level in range(int(classes.max(initial=-1)) + 1):
            spent = 0
            while spent < budget and watch.reason is None:
                pool = np.flatnonzero((self.state.place < 0) & (classes == level))
                if not len(pool):
                    break
                before = self.looked
                if not self._search(pool, self.nodes, level, len(pool), budget - spent):
                    break
                spent += self.looked - before

    def free(self, node: int, budget: int) -> bool:
        """Move all pods of a node to other open nodes; say whether that worked."""
        pool, others = self._small_first(node), self._others_open(node)
        nothing_less = int(self.flat.pod["rank"].max(initial=0))
        return self._search(pool, others, nothing_less, 1, budget)

    def use(self, chosen: Bools, budget: int) -> bool:
        """Move all pods to chosen nodes ``(nodes,)``, some of them empty; say if that worked."""
        outside = np.flatnonzero((self.state.place >= 0) & ~chosen[self.state.place])
        pool = outside[np.argsort(self.flat.pod["size"][outside], kind="stable")]
        nothing_less = int(self.flat.pod["rank"].max(initial=0))
        return self._search(pool, np.flatnonzero(chosen), nothing_less, 1, budget)

    def vacate(self, node: int, budget: int) -> bool:
        """The same with as few moves as it takes: no pod but those of the node moves twice."""
        start = self.state.place.copy()
        pods = self._small_first(node)[::-1].copy()
        gone, looked = kernels.vacate(
            self.flat, self.state, pods, node, self._others_open(node), budget
        )
        self.looked += int(looked)
        if not gone:
            kernels.load(self.flat, self.state, start)
        return bool(gone)

    def closable(self) -> Iterator[int]:
        """Nodes that cost, and whose load would fit into the open others if pods were liquid."""
        state, capacity = self.state, self.flat.capacity
        used = self.open_nodes()
        room = np.maximum(capacity - state.held, 0)
        share = state.held / np.maximum(capacity, 1)
        for node in np.argsort(share.max(axis=1), kind="stable"):
            pays = self.flat.node["price"][node] > 0 and not self.problem.held_open[node]
            if pays and state.node["count"][node] > 0:
                others = used.copy()
                others[node] = False
                load = state.held[node] - self.problem.fixed[node]
                if (load <= room[others].sum(axis=0)).all():
                    yield int(node)

    def open_nodes(self) -> Bools:
        """``(nodes,)`` that cost no more with a pod more: in use, or free of charge."""
        open_: Bools = (
            self.problem.held_open | (self.state.node["count"] > 0) | (self.flat.node["price"] <= 0)
        )
        return open_

    def _small_first(self, node: int) -> Ints:
        pods = np.flatnonzero(self.state.place == node)
        return pods[np.argsort(self.flat.pod["size"][pods], kind="stable")]

    def _others_open(self, node: int) -> Ints:
        others = self.open_nodes()
        others[node] = False
        return np.flatnonzero(others)

    def _search(self, pool: Ints, nodes: Ints, level: int, target: int, budget: int) -> bool:
        start = self.state.place.copy()
        padded = np.zeros(len(self.pods) + 2, dtype=np.int64)
        padded[: len(pool)] = pool
        waiting, looked = kernels.fit_by_ejection(
            self.flat,
            self.state,
            self.pods,
            nodes,
            self.rng,
            padded,
            len(pool),
            np.ones(len(self.pods)),
            level,
            target,
            budget,
        )
        self.looked += int(looked)
        outside = padded[:waiting]
        done = waiting < target and bool(
            (
                (self.flat.pod["optional"][outside] > 0)
                & (self.flat.pod["rank"][outside] // 2 >= level)
            ).all()
        )
        done = done and bool(kernels.all_hold(self.flat, self.state))
        if not done:
            kernels.load(self.flat, self.state, start)
        return done
