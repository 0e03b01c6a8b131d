"""Annealing over placements: from a feasible one to a better feasible one, on the exact energy."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights
from kytos.problem import Floats, Ints, LoadMode, Problem
from kytos.referee.feasible import check_placement
from kytos.refine import kernels
from kytos.refine.ejection import EjectionSearch
from kytos.refine.nodes_to_free import NodeChooser
from kytos.refine.packing import packings
from kytos.refine.repair import fill
from kytos.refine.schedule import (
    APART,
    CHOICE_LOOKS,
    CHOICES,
    CHOOSING_SHARE,
    CHUNK,
    FREEING_SHARE,
    GRACE,
    IN_PLACE,
    LOOK_S,
    LOOKS_PER_PROPOSAL,
    POLISH,
    SETTLING,
    UNPACKED,
    VACATING_SHARE,
    Ladder,
    Mix,
    chain_share,
    ladders_of,
    mix_of,
)
from kytos.refine.state import State, Tables, flatten, without_guide


@dataclass(frozen=True)
class TracePoint:
    """The best energy after some work."""

    seconds: float
    proposals: int
    energy: float


@dataclass(frozen=True)
class Refined:
    """A feasible placement, no worse than the one refinement began with.

    Attributes
    ----------
    placement
        ``(pods,)``.
    energy
        H of it, as `kytos.referee.energy` has it.
    trace
        The best energy over time.
    proposals_done
        Moves and swaps proposed, and pairs looked at in descent.
    stopped_by
        `WORK` when the budget of proposals ended it, `CLOCK` also when that was cut to the time.
    """

    placement: Ints
    energy: float
    trace: tuple[TracePoint, ...]
    proposals_done: int
    stopped_by: StopReason


def refine(
    problem: Problem,
    weights: Weights,
    placement: Ints,
    proposals: int,
    seed: int,
    watch: Watch | None = None,
) -> Refined:
    """Return a better feasible placement, or the one given; same seed, same answer.

    Raises
    ------
    ValueError
        When `placement` is not a feasible placement; `repair` makes it one.
    """
    pods, nodes = np.arange(len(problem.pods)), np.arange(len(problem.nodes))
    return Annealing(problem, weights, placement, seed, watch or Watch()).run(
        pods, nodes, proposals
    )


def refine_block(
    problem: Problem,
    weights: Weights,
    placement: Ints,
    block: Ints,
    proposals: int,
    seed: int,
    watch: Watch | None = None,
) -> Refined:
    """Refine only the pods on the nodes `block`, among those nodes, the rest as it is.

    Disjoint blocks may run side by side, but what ties blocks together (zones, wide topologies,
    `max_moves`, `move_limits`, traffic) was judged as if the others stood still: the sum of their
    changes must be scored, and checked, before it is kept.
    """
    search = Annealing(problem, weights, placement, seed, watch or Watch())
    inside = np.zeros(len(problem.nodes), dtype=np.bool_)
    inside[block] = True
    pods = np.flatnonzero((placement >= 0) & inside[placement])
    return search.run(pods, np.flatnonzero(inside), proposals)


class Annealing:
    """One run on one problem: a state that is worked on, and the best placement seen."""

    def __init__(
        self, problem: Problem, weights: Weights, placement: Ints, seed: int, watch: Watch
    ) -> None:
        """Begin with a feasible placement; anything else is refused with `ValueError`."""
        check_placement(problem, placement)
        self.problem, self.weights, self.watch = problem, weights, watch
        flattened: tuple[Tables, State] = flatten(problem, weights)
        self.flat, self.state = flattened
        self.consolidate = problem.mode is LoadMode.CONSOLIDATE
        start = np.asarray(placement, dtype=np.int64)
        kernels.load(self.flat, self.state, start)
        if not kernels.all_hold(self.flat, self.state):
            raise ValueError(
                "the placement to refine breaks a rule or a capacity: pass it through "
                "kytos.refine.repair first"
            )
        self.rng = np.random.SeedSequence(seed).generate_state(1, np.uint64) | np.uint64(1)
        self.seed = seed
        self.unguided = without_guide(self.flat)
        self.search = EjectionSearch(problem, self.flat, self.state, self.rng)
        self.ranks = int(self.flat.pod["rank"].max(initial=-1)) // 2 * 2 + 2
        self.typical, self.mix = 0.0, Mix()
        self.began = time.monotonic()
        self.done = self.annealed = 0
        self.annealing_s = 0.0
        self.hurried = False
        self.trace: list[TracePoint] = []
        self.best = self.state.place.copy()
        self.best_key = self._key()
        self.packed: list[Ints] = []

    def run(self, pods: Ints, nodes: Ints, proposals: int) -> Refined:
        """Refine `pods` among `nodes`, the rest as it is, with so many proposals."""
        whole = len(pods) == len(self.problem.pods)
        self._mark("refine", 0.0)
        if whole:
            fill(self.search, proposals // 8, self.watch)
            self._keep()
        if len(pods) and len(nodes) > 1 and proposals > 0:
            if whole and self.consolidate:
                self._pack_anew()
            self._anneal(pods, nodes, proposals)
            self._descend(pods, nodes, proposals)
        reason = self.watch.reason or (StopReason.CLOCK if self.hurried else StopReason.WORK)
        self._restart()
        self._mark("refine", 1.0)
        return Refined(self.best, self._energy(), tuple(self.trace), self.done, reason)

    def _anneal(self, pods: Ints, nodes: Ints, proposals: int) -> None:
        """Cool down once a ladder, each from the best so far, and try to free nodes."""
        whole = len(pods) == len(self.problem.pods)
        self.typical = self._typical(self.flat, pods, nodes)
        self.mix = mix_of(self.problem, chain_share(self.problem), APART if whole else 0.0)
        ladders = ladders_of(self.problem, proposals // len(pods))
        freeing = self.consolidate and whole and bool((self.flat.node["price"] > 0).any())
        later = sum(ladder.share + freeing * VACATING_SHARE for ladder in ladders)
        settling = self.flat.setting["cost_rate"][0] > 0 or self.flat.setting["pair_rate"][0] > 0
        later += freeing * (FREEING_SHARE + settling * IN_PLACE.share)
        if freeing:
            self._choose_nodes(pods, nodes, proposals, later)
        for ladder in ladders:
            later -= ladder.share
            self._restart()
            self._cool(ladder, pods, nodes, proposals, later)
            if freeing:
                later -= VACATING_SHARE
                self._vacate(proposals)
        if freeing:
            self._free_nodes(pods, nodes, proposals)
            if settling:
                self._unpack(pods, proposals)

    def _cool(
        self,
        ladder: Ladder,
        pods: Ints,
        nodes: Ints,
        proposals: int,
        later: float = 0.0,
        guided: bool = True,
    ) -> None:
        """Anneal the present placement down one ladder; `later` is the share of what comes after.

        Unguided, only H counts, and not how full nodes are that consolidation would free. Where the
        clock would cut that short, fewer proposals are made at each temperature: a placement cooled
        in haste is worth far more than one still hot.
        """
        budget = left = float(int(ladder.share * proposals))
        journal = np.zeros((kernels.JOURNAL, 2), dtype=np.int64)
        chain = np.zeros((kernels.LEGS, 3), dtype=np.int64)
        shares = self.mix
        mix = np.array([shares.rearranged, shares.chains, ladder.swaps, shares.apart])
        while left >= 1 and self.watch.reason is None:
            pace = self._pace(left + later * proposals)
            count = int(np.clip(left * pace, 1, self._chunk(pace)))
            after = left - count / pace
            after = after if after >= 1 else 0.0
            hot, cold = (
                self.typical * ladder.cold * (ladder.hot / ladder.cold) ** (rest / budget)
                for rest in (left, after)
            )
            counts, energy = self._key()
            as_good = (counts, energy) <= self.best_key
            best, marks = self.best.copy(), np.array([0, int(as_good)])
            energies = np.array([energy, energy if as_good else self.best_key[1]])
            began = time.monotonic()
            kernels.anneal(
                self.flat if guided else self.unguided,
                self.state,
                pods,
                nodes,
                self.rng,
                count,
                hot,
                cold,
                mix,
                energies,
                best,
                journal,
                marks,
                chain,
            )
            self.annealing_s += time.monotonic() - began
            self.annealed += count
            self.done += count
            left = after
            key = self._left(best), float(energies[1])
            if key < self.best_key:
                self.best_key, self.best = key, best
            self._mark("refine", min(1.0, self.done / proposals))

    def _pace(self, planned: float) -> float:
        """The share of the proposals still planned that the clock leaves time for, at most 1."""
        if self.annealing_s == 0.0 or planned <= 0.0:
            return 1.0
        affordable = self.watch.remaining_s * self.annealed / self.annealing_s
        pace = float(np.clip(affordable / planned, 1e-6, 1.0))
        self.hurried |= pace < 1.0
        return pace

    def _chunk(self, pace: float) -> int:
        """Proposals until the next look at the clock; where that is pressing, soon again."""
        if pace == 1.0 or self.annealing_s == 0.0:
            return CHUNK
        return int(np.clip(LOOK_S * self.annealed / self.annealing_s, 1, CHUNK))

    def _choose_nodes(self, pods: Ints, nodes: Ints, proposals: int, later: float) -> None:
        """Choose nodes to free, from home and around the best choice, cooling in between."""
        chooser = NodeChooser(self.search, self.seed)
        later += CHOICES * (CHOOSING_SHARE + SETTLING.share)
        for _ in range(CHOICES):
            limit = self.search.looked + int(CHOOSING_SHARE * LOOKS_PER_PROPOSAL * proposals)
            self._send_home()
            chooser.free_all(limit, self.watch)
            while self._judge_choice(nodes, chooser.leeway, limit):
                chooser.free_others(limit, self.watch)
            self._restart()
            later -= CHOOSING_SHARE + SETTLING.share
            self._cool(SETTLING, pods, nodes, proposals, later, guided=False)

    def _send_home(self) -> None:
        """Put every pod where it runs today, those that wait where the best placement has them."""
        home = self.flat.pod["home"]
        kernels.load(self.flat, self.state, np.where(home >= 0, home, self.best))
        if not kernels.all_hold(self.flat, self.state):
            kernels.load(self.flat, self.state, self.best)

    def _judge_choice(self, nodes: Ints, leeway: float, limit: int) -> bool:
        """Settle and judge a choice; go back to the best if it is far off. Say whether to go on."""
        away = np.flatnonzero(self.state.place != self.flat.pod["home"])
        slice_size = max(1, CHUNK // len(nodes))
        for start in range(0, len(away), slice_size):
            if self.watch.reason is not None:
                break
            kernels.descend(self.unguided, self.state, away[start : start + slice_size], nodes)
        key = self._key()
        self._keep()
        self.search.looked += CHOICE_LOOKS + len(away) * len(nodes) // LOOKS_PER_PROPOSAL
        if key > (self.best_key[0], self.best_key[1] + leeway):
            self._restart()
        return self.search.looked < limit and self.watch.reason is None

    def _vacate(self, proposals: int) -> None:
        """Free the nodes whose pods others take with few moves, the least loaded first."""
        self._restart()
        limit = self.search.looked + int(VACATING_SHARE * LOOKS_PER_PROPOSAL * proposals)
        for node in list(self.search.closable()):
            left = limit - self.search.looked
            if self.watch.reason is not None or left <= 0:
                return
            if self.search.vacate(node, left):
                before = self.best_key
                self._keep()
                if self.best_key == before:
                    self._restart()

    def _free_nodes(self, pods: Ints, nodes: Ints, proposals: int) -> None:
        """Free one node after another by ejection search, and see whether that pays."""
        self._restart()
        limit = self.search.looked + int(FREEING_SHARE * LOOKS_PER_PROPOSAL * proposals)
        patience = max(CHUNK, (limit - self.search.looked) // 16)
        while self.search.looked < limit:
            freed = gave_up = False
            for node in self.search.closable():
                before = self.search.looked
                if self.watch.reason is not None or before >= limit:
                    return
                budget = min(patience, limit - before)
                emptied = self.search.free(node, budget)
                gave_up |= self.search.looked - before >= budget
                freed = emptied and self._pays(pods, nodes, proposals)
                if freed:
                    break
            # A search that ended by itself has nowhere left to look, however patient.
            if not freed and not gave_up:
                return
            if not freed:
                patience *= 2

    def _unpack(self, pods: Ints, proposals: int) -> None:
        """Settle the pods on the nodes in use, and on each set of fewer that packing has found.

        A packing moves nearly all pods, and is dear as it is.
        """
        for placement in (self.best, *self._cheaper_packings()[:UNPACKED]):
            if self._price(placement) <= self._price(self.best):
                self._settle(placement, pods, proposals)
        self._restart()

    def _settle(self, placement: Ints, pods: Ints, proposals: int) -> None:
        """Cool a placement down among the nodes it uses, from what changes there amount to."""
        kernels.load(self.flat, self.state, placement)
        nodes = np.flatnonzero(self.search.open_nodes())
        if len(nodes) < 2:
            return
        before = self.typical
        self.typical = self._typical(self.unguided, pods, nodes)
        self._cool(IN_PLACE, pods, nodes, proposals, guided=False)
        self.typical = before

    def _typical(self, flat: Tables, pods: Ints, nodes: Ints) -> float:
        """Half of the random changes that fit are smaller."""
        changes = self._changes(flat, pods, nodes)
        return float(np.median(changes)) if len(changes) else 0.0

    def _changes(self, flat: Tables, pods: Ints, nodes: Ints) -> Floats:
        """Sizes of what random moves that fit would change, those that change nothing left out."""
        changes = np.zeros(4096)
        drawn = kernels.sample_changes(flat, self.state, pods, nodes, self.rng, changes)
        return changes[:drawn]

    def _cheaper_packings(self) -> list[Ints]:
        """Packings on nodes that cost less than those in use, the cheapest first."""
        sets = {self.problem.in_use(placement).tobytes(): placement for placement in self.packed}
        limit = self._price(self.best)
        return sorted((one for one in sets.values() if self._price(one) < limit), key=self._price)

    def _price(self, placement: Ints) -> float:
        """What the nodes in use cost."""
        return round(float(self.problem.price[self.problem.in_use(placement)].sum()), 9)

    def _pays(self, pods: Ints, nodes: Ints, proposals: int) -> bool:
        """Whether the placement, cooled down, is the best so far; go back to that if not."""
        before = self.best_key
        self._keep()
        if self.flat.setting["cost_rate"][0] > 0 or self.flat.setting["pair_rate"][0] > 0:
            before_polish = self.done
            self._cool(POLISH, pods, nodes, proposals)
            self.search.looked += LOOKS_PER_PROPOSAL * (self.done - before_polish)
        self._restart()
        self._mark("refine", min(1.0, self.done / proposals))
        return self.best_key < before

    def _descend(self, pods: Ints, nodes: Ints, proposals: int) -> None:
        """Move pods to their best nodes until none improves, or the budget is spent.

        A clock that ran out leaves time for `GRACE` proposals: a best placement noted while it was
        still warm is often a few moves from its floor.
        """
        self._restart()
        slice_size = max(1, CHUNK // len(nodes))
        limit = self.done + max(proposals // 4, GRACE)
        grace = self.done + GRACE
        moved = 1
        while moved:
            moved = 0
            for start in range(0, len(pods), slice_size):
                reason = self.watch.reason
                clocked = reason is StopReason.CLOCK and self.done >= grace
                if reason is StopReason.USER or clocked or self.done >= limit:
                    self._keep()
                    return
                some = pods[start : start + slice_size]
                moved += kernels.descend(self.flat, self.state, some, nodes)
                self.done += len(some) * len(nodes)
        self._keep()

    def _pack_anew(self) -> None:
        """Pack everything from scratch in several ways; keep what is best."""
        for _ in packings(self.problem, self.flat, self.state, self.watch):
            self._keep()
            self.packed.append(self.state.place.copy())
        self._restart()
        self._mark("refine", 0.0)

    def _restart(self) -> None:
        """Go back to the best placement; its energy is taken anew."""
        kernels.load(self.flat, self.state, self.best)
        self.best_key = self._key()

    def _keep(self) -> None:
        """Keep the state's placement if it is the best so far."""
        key = self._key()
        if key < self.best_key:
            self.best_key, self.best = key, self.state.place.copy()

    def _key(self) -> tuple[tuple[int, ...], float]:
        """What is compared: who is left out, then H."""
        return self._left(self.state.place), kernels.energy_of(self.flat, self.state)

    def _left(self, placement: Ints) -> tuple[int, ...]:
        """Pods unplaced class by class, then those of them that stand alone."""
        ranks = self.flat.pod["rank"][placement < 0]
        counts = np.bincount(ranks, minlength=self.ranks).reshape(-1, 2)
        return (*counts.sum(axis=1).tolist(), int(counts[:, 0].sum()))

    def _energy(self) -> float:
        unplaced = float(self.problem.desire[self.best < 0].sum())
        return self.best_key[1] + self.weights.A * unplaced

    def _mark(self, stage: str, progress: float) -> None:
        energy = self._energy()
        if self.trace:
            # Taken anew, the energy of the same placement may differ in its last digits.
            energy = min(energy, self.trace[-1].energy)
        self.trace.append(TracePoint(time.monotonic() - self.began, self.done, energy))
        self.watch.report(stage, progress, energy)
