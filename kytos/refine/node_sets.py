"""Other sets of nodes than those in use: cheaper ones in turn, until one holds all the pods.

Where prices do not follow sizes, the next better plan of a consolidation is often two or three
other nodes at once, which neither pods that move singly nor nodes freed singly come to. Here sets
that are cheaper and have the room if pods were liquid are drawn around the best plan, and ejection
search says whether the pods fit. docs/decisions/0298-other-sets-of-nodes.md tells what it brought.
"""

from __future__ import annotations

import numpy as np

from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights
from kytos.problem import Bools, Floats, Ints, Problem
from kytos.refine import kernels
from kytos.refine.anneal import Annealing, Refined

MOST_CLOSED, MOST_OPENED = 6, 5
"""Nodes that change in one step, at the most."""
DRAWN = 4_000
"""Sets drawn around one plan, at the most; those that cannot pay or hold fall out at once."""
TIGHTNESS = 0.02
"""Spread of how full a set would be from one draw to the next: the roomiest is tried first."""
LEAST_SAVED = 1e-9
"""In price, or a set is as dear as the one in use."""
LOOKS_PER_TRY = 2_000
"""Looks of ejection search at a set, for each pod, at least; doubled once every set was tried.
Where few sets are worth it, each gets its part of the work."""
LOOKS_PER_DRAW, LOOKS_PER_START = 100_000, 10_000
"""What drawing sets takes, as looks, and what beginning with one does, on a small cluster."""
LOOKS_PER_PROPOSAL = 3
"""Looking at a pod on a node takes about a third as long as a proposal of the anneal."""
VAIN = 3
"""Draws in a row without any set that pays and has the room, after which there is none to try."""


def swap_node_sets(
    problem: Problem,
    weights: Weights,
    placement: Ints,
    proposals: int,
    seed: int,
    watch: Watch | None = None,
) -> Refined:
    """Try cheaper sets of nodes around a placement; same seed, same answer, never a worse one.

    Parameters
    ----------
    proposals
        The work, in proposals of the anneal.

    Raises
    ------
    ValueError
        When `placement` is not a feasible placement.
    """
    return _Swapping(problem, weights, placement, seed, watch or Watch()).swap(proposals)


class _Swapping(Annealing):
    """One run: sets around the best plan, and around the next once there is a better one."""

    def swap(self, proposals: int) -> Refined:
        """Try sets until so much work was done."""
        draws = np.random.default_rng(self.seed)
        limit = LOOKS_PER_PROPOSAL * proposals
        least, vain = LOOKS_PER_TRY * len(self.problem.pods), 0
        while self.search.looked < limit and self.watch.reason is None and vain < VAIN:
            around = self.best
            self._restart()
            sets = self._drawn(draws)
            vain = 0 if len(sets) else vain + 1
            each = max(least, (limit - self.search.looked) // max(1, len(sets)))
            for chosen in sets:
                left = limit - self.search.looked
                if left <= 0 or self.watch.reason is not None or self.best is not around:
                    break
                self._restart()
                self.search.looked += LOOKS_PER_START + len(self.problem.pods)
                if self.search.use(chosen, min(each, left)):
                    self._go_downhill(np.flatnonzero(chosen))
                    self._keep()
            if self.best is around:
                least *= 2
        self._restart()
        self.done = self.search.looked // LOOKS_PER_PROPOSAL
        self._mark("search", 1.0)
        reason = self.watch.reason or StopReason.WORK
        return Refined(self.best, self._energy(), tuple(self.trace), self.done, reason)

    def _go_downhill(self, nodes: Ints) -> None:
        """Go home where there is room, and downhill otherwise, among the nodes chosen."""
        pods = np.arange(len(self.problem.pods))
        while kernels.descend(self.unguided, self.state, pods, nodes):
            if self.watch.reason is not None:
                return

    def _drawn(self, rng: np.random.Generator) -> Bools:
        """Cheaper sets with the room in all, ``(k, nodes)``, the roomiest first, give or take."""
        price, room = self.flat.node["price"], self.flat.capacity
        now = self.state.node["count"] > 0
        held = self.problem.held_open | (price <= 0)
        closable, openable = np.flatnonzero(now & ~held), np.flatnonzero(~now & ~held)
        sets = np.tile(now | held, (DRAWN, 1))
        rows = np.arange(DRAWN)
        for nodes, most, opened in ((closable, MOST_CLOSED, False), (openable, MOST_OPENED, True)):
            count = rng.integers(0 if opened else 1, most + 1, DRAWN)
            for at in range(most if len(nodes) else 0):
                chosen = rows[count > at]
                sets[chosen, rng.choice(nodes, len(chosen))] = opened
        self.search.looked += LOOKS_PER_DRAW
        paid: Floats = np.where(held, 0.0, price)
        sets = sets[sets @ paid < paid[now].sum() - LEAST_SAVED]
        sets = np.unique(sets, axis=0)
        full = (self.state.held.sum(axis=0) / np.maximum(sets @ room, 1)).max(axis=1, initial=0.0)
        sets, full = sets[full <= 1.0], full[full <= 1.0]
        likely: Bools = sets[(full + TIGHTNESS * rng.standard_normal(len(full))).argsort()]
        return likely
