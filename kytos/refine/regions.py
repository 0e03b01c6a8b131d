"""Searching on from a good placement: coolings of the whole, and of a few nodes at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights
from kytos.problem import Bools, Floats, Ints, LoadMode, Problem
from kytos.refine import kernels
from kytos.refine.anneal import Annealing, Refined
from kytos.refine.schedule import FROM_HOT, MOSTLY_APART, Ladder, Mix, mix_of

WHOLE = Ladder(0.1, 1e-3, 1.0, 0.5)
"""Begun no hotter than what a good placement survives in part: a long one leaves it far behind."""
FORGETS = Ladder(FROM_HOT, 1e-2, 1.0, 0.5)
REHEATED = Ladder(1.0, 1e-4, 1.0, 0.5)
"""Begun hotter it settles where moves and swaps lead; chains bring least for their time there. From
hot enough to forget where it began, the last of it is left to the coolings after."""
RISES = 6
"""Coolings in a row, each from hotter: from three times the finest change to a typical one."""
FINEST = 1e-7
"""Of a typical change, below which one is but a rounding error."""
FALL = 1e4
"""From its hottest to its coldest, each of them."""
REGION = Ladder(0.2, 1e-3, 1.0, 0.5)
"""Typical changes among few nodes are smaller than among all."""
CHAINS = 0.3
"""Of the proposals: more than in a refinement, for what single moves could reach is reached."""
REGION_PROPOSALS = 60_000
"""For each cooling of a region of `FEW_PODS`, and in proportion for more."""
FEW_PODS = 25
SMALLEST, LARGEST = 2, 8
"""Nodes of a region."""
TIED = 3.0
"""How much likelier a node is drawn for each pod that moved between it and the first one."""


def cool_again(
    problem: Problem,
    weights: Weights,
    placement: Ints,
    proposals: int,
    seed: int,
    watch: Watch | None = None,
    hot: float = WHOLE.hot,
) -> Refined:
    """Cool the whole placement down once more, slowly; same seed, same answer, never a worse one.

    Parameters
    ----------
    hot
        Where it begins, in typical changes.

    Raises
    ------
    ValueError
        When `placement` is not a feasible placement.
    """
    return _Again(problem, weights, placement, seed, watch or Watch()).whole(proposals, hot)


def cool_rising(
    problem: Problem,
    weights: Weights,
    placement: Ints,
    proposals: int,
    seed: int,
    watch: Watch | None = None,
) -> Refined:
    """Cool the whole placement down again and again, each time from hotter; never a worse one.

    What a placement needs is seldom known: some want all but a few pods left where they are, others
    want everything settled anew. Where costs of very different sizes meet (load in millions, a
    move for 1), the small ones are settled first by this.

    Raises
    ------
    ValueError
        When `placement` is not a feasible placement.
    """
    return _Again(problem, weights, placement, seed, watch or Watch()).rising(proposals)


def cool_regions(
    problem: Problem,
    weights: Weights,
    placement: Ints,
    proposals: int,
    seed: int,
    watch: Watch | None = None,
) -> Refined:
    """Cool region after region of a placement, those first that cost most; never a worse one.

    Raises
    ------
    ValueError
        When `placement` is not a feasible placement.
    """
    return _Again(problem, weights, placement, seed, watch or Watch()).regions(proposals)


class Regions:
    """Draws small sets of nodes that may be worth deciding on together."""

    def __init__(self, problem: Problem, placement: Ints, seed: int) -> None:
        """Draw around one placement; same seed, same regions."""
        self.problem, self.placement = problem, placement
        self.rng = np.random.default_rng(seed)
        self.weight = _regret(problem, placement)
        self.open = np.flatnonzero(self.weight > 0)

    def draw(self, smallest: int, largest: int) -> Ints:
        """Return some nodes ``(k,)``, ascending: a costly one, and others tied to it or not."""
        count = int(self.rng.integers(smallest, largest + 1))
        nodes: Ints = np.sort(self.order()[:count])
        return nodes

    def order(self) -> Ints:
        """All nodes worth drawing, a costly one first, the others as likely as they are tied."""
        first = self.rng.choice(self.open, p=self._share(self.weight[self.open]))
        tied = np.ones(len(self.weight))
        home, now = self.problem.current, self.placement
        for mine, other in ((home, now), (now, home)):
            there = other[(mine == first) & (other >= 0) & (mine != other)]
            np.add.at(tied, there, TIED)
        others = self.open[self.open != first]
        drawn = self.rng.permutation(others)
        if len(others):
            share = self._share(tied[others])
            drawn = self.rng.choice(others, size=len(others), replace=False, p=share)
        nodes: Ints = np.concatenate(([first], drawn)).astype(np.int64)
        return nodes

    @staticmethod
    def _share(weight: Floats) -> Floats:
        share: Floats = weight / weight.sum()
        return share


class _Again(Annealing):
    """One run from a placement that was refined before."""

    def whole(self, proposals: int, hot: float) -> Refined:
        """Cool everything once."""
        pods, nodes = np.arange(len(self.problem.pods)), np.arange(len(self.problem.nodes))
        reheated = hot > WHOLE.hot
        self.mix = mix_of(self.problem, 0.0 if reheated else CHAINS)
        self.typical = self._typical(self.flat, pods, nodes)
        ladder = FORGETS if hot >= FROM_HOT else REHEATED
        self._cool(replace(ladder, hot=hot) if reheated else WHOLE, pods, nodes, proposals)
        self._descend(pods, nodes, proposals)
        return self._refined()

    def rising(self, proposals: int) -> Refined:
        """Cool everything several times, from the finest change up to a typical one."""
        pods, nodes = np.arange(len(self.problem.pods)), np.arange(len(self.problem.nodes))
        self.mix = mix_of(self.problem, 0.0, MOSTLY_APART)
        changes = self._changes(self.flat, pods, nodes)
        whole = self.watch
        if len(changes):
            self.typical = float(np.median(changes))
            finest = max(float(changes.min()) / self.typical, FINEST)
            for rise, hot in enumerate(np.geomspace(min(1.0, 3 * finest), 1.0, RISES)):
                self._restart()
                self.watch = whole.share(1 / (RISES - rise))
                cold = max(hot / FALL, finest / 3)
                self._cool(Ladder(hot, cold, 1.0, 0.5), pods, nodes, proposals // RISES)
        self.watch = whole
        self._descend(pods, nodes, proposals)
        return self._refined()

    def regions(self, proposals: int) -> Refined:
        """Cool regions until so many proposals were made."""
        self.mix = Mix(chains=CHAINS)
        for nodes in self._drawn(proposals):
            pods = np.flatnonzero(np.isin(self.best, nodes))
            if len(pods) < 2:
                self.done += REGION_PROPOSALS
                continue
            self._restart()
            self.typical = self._typical(self.flat, pods, nodes)
            budget = REGION_PROPOSALS * max(1, len(pods) // FEW_PODS)
            self._cool(REGION, pods, nodes, min(budget, max(1, proposals - self.done)))
            self._restart()
            while kernels.descend(self.flat, self.state, pods, nodes):
                self.done += len(pods) * len(nodes)
                if self.watch.reason is not None:
                    break
            self._keep()
        return self._refined()

    def _drawn(self, proposals: int) -> Iterator[Ints]:
        """Regions of the best placement so far, until the work or the watch ends."""
        drawn, around = Regions(self.problem, self.best, self.seed), self.best
        while self.done < proposals and self.watch.reason is None and len(drawn.open) > 1:
            yield drawn.draw(SMALLEST, min(LARGEST, max(SMALLEST, len(drawn.open) * 2 // 3)))
            if self.best is not around:
                around = self.best
                seed = int(drawn.rng.integers(2**31))
                drawn = Regions(self.problem, around, seed)

    def _refined(self) -> Refined:
        reason = self.watch.reason or (StopReason.CLOCK if self.hurried else StopReason.WORK)
        self._restart()
        self._mark("search", 1.0)
        return Refined(self.best, self._energy(), tuple(self.trace), self.done, reason)


def _regret(problem: Problem, placement: Ints) -> Floats:
    """``(nodes,)`` by how much a node may be worth looking at again; 0 for none to go to.

    Of a spread what it is off the mean, with a little for every node; of a consolidation its price
    by how much of it is not used.
    """
    load = problem.utilisation(placement)
    open_: Bools = problem.allowed.any(axis=0) | np.isin(np.arange(len(problem.nodes)), placement)
    if problem.mode is LoadMode.CONSOLIDATE:
        price = problem.price / max(float(problem.price.max(initial=0.0)), 1e-12)
        used = problem.in_use(placement)
        weight = np.where(used, price * (1.1 - np.minimum(load.max(axis=1), 1.0)), 0.3) + 0.05
    else:
        apart = ((load - problem.mean_load) ** 2).sum(axis=1)
        mean = float(apart[open_].mean()) if open_.any() else 0.0
        weight = apart + (mean or 1.0) / 2
    moved = (placement != problem.current) & (placement >= 0)
    weight = weight * (1.0 + 0.1 * np.bincount(placement[moved], minlength=len(weight)))
    return np.where(open_, weight, 0.0)


__all__ = ["Regions", "cool_again", "cool_regions", "cool_rising"]
