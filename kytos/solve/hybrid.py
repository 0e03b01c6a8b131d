"""Any-time search: an anneal over placements in turn with blocks of nodes as QUBOs.

Refinement works on the whole problem, one pod or two at a time. Between its runs a few disjoint
blocks of nodes are annealed as QUBOs around the best placement, on any sampler, and what they
propose is kept only where the exact energy falls. Each part's gain is booked under its own name.
docs/decisions/0071-hybrid.md tells what was measured.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from kytos.contract.paid import ConsentRequiredError
from kytos.contract.params import BlockRunner, SolverName, SolverParams
from kytos.contract.run_report import ENERGIES_KEPT, QuboFacts, Stage
from kytos.contract.solver import Availability, Improvement
from kytos.contract.watch import Report, StopReason, Watch
from kytos.contract.weights import Weights
from kytos.language import said
from kytos.problem import Ints, LoadMode, Problem
from kytos.referee.energy import EnergyTerms, Rank, energy, fall, rank
from kytos.referee.feasible import feasible
from kytos.refine import default_proposals, refine
from kytos.solve.blocks import Annealed, Block, anneal_block, block_sampler, choose_blocks
from kytos.solve.dask import dask_runner
from kytos.solve.threads import Runner, threads

FIRST_SHARE = 0.75
"""Of the refinement's proposals, spent before the first block: one long cooling ends lower than
several short ones, and blocks gain nothing from a placement that single moves still improve."""

BLOCKS_SHARE = 0.5
"""Of the time left for a round; the refinement after it has the rest, which also takes up what the
last read of a block overruns."""

PROBE_READS = 2
"""Reads of the one block that shows whether blocks gain (docs/decisions/0276)."""

REFINE = "refine"


@dataclass(frozen=True)
class Hybrid:
    """Refinement and blocks in turn."""

    name: SolverName = SolverName.HYBRID

    def available(self) -> Availability:
        """Say that it can be used: refinement and OpenJij run here."""
        return Availability(True)

    def improve(
        self,
        problem: Problem,
        weights: Weights,
        placement: Ints,
        params: SolverParams,
        watch: Watch,
    ) -> Improvement:
        """Return a feasible placement no worse than `placement`; same seed, same answer.

        Raises
        ------
        SolverUnavailableError
            When `params.hybrid.block_sampler` cannot be used here.
        ConsentRequiredError
            When it is paid and the charge, named for all blocks, was not accepted.
        """
        if params.hybrid.most_blocks:
            block_sampler(params)
        search = _Search(problem, weights, placement, params, watch)
        with runner_of(params) as runner:
            search.run(runner)
        return search.improvement()


HYBRID = Hybrid()


def shortened(params: SolverParams) -> SolverParams:
    """Return the same with one block and few reads: what shows whether blocks gain at all."""
    reads = min(PROBE_READS, params.num_reads)
    return params.with_hybrid(blocks=1).model_copy(update={"num_reads": reads})


@contextmanager
def runner_of(params: SolverParams) -> Iterator[Runner]:
    """Where pieces of work run side by side: threads here, or dask's workers."""
    if params.hybrid.most_blocks and params.hybrid.block_runner is BlockRunner.DASK:
        with dask_runner() as runner:
            yield runner
    else:
        yield threads


class _Search:
    """One run: the best placement, what each part gained, and when it has to end."""

    def __init__(
        self,
        problem: Problem,
        weights: Weights,
        placement: Ints,
        params: SolverParams,
        watch: Watch,
    ) -> None:
        self.problem, self.weights, self.params = problem, weights, params
        self.began = time.monotonic()
        self.watch = watch.within(params.time_limit_s)
        self.best = placement
        self.reached: EnergyTerms = energy(problem, weights, placement)
        self.best_score: Rank = rank(problem, weights, placement, self.reached)
        self.trace = [(0.0, self.reached.total)]
        self.books = _Books()
        self.cut = False
        self.sampler = f"blocks by {params.hybrid.block_sampler.value}"

    def run(self, runner: Runner) -> None:
        """Refine, then in each round anneal blocks and refine again, until told to end."""
        total = self.params.refine_proposals
        if total is None:
            total = round(default_proposals(self.problem) / FIRST_SHARE)
        first = round(FIRST_SHARE * total) if self.params.hybrid.most_blocks else total
        seeds = np.random.SeedSequence(self.params.seed)
        self._refine(first, self.params.seed, FIRST_SHARE)
        rounds = self.params.hybrid.rounds if self.params.hybrid.most_blocks else 0
        for left in range(rounds, 0, -1):
            if self._ends:
                return
            (seed,) = seeds.spawn(1)
            again = (total - first) // rounds
            before = self.best_score
            share = BLOCKS_SHARE if again else 1.0
            gains = self._proven_to_gain(runner, seed, share)
            if gains and not self._ends:
                self._anneal_blocks(runner, seed, share, self.params)
            last = left == 1 or not gains
            if self._ends or (last and self._settled(before)):
                return
            (another,) = seed.generate_state(1)
            if not gains:
                self._refine(left * again, int(another), 1.0)
                return
            self._refine(again, int(another), 1 / left)

    def _proven_to_gain(self, runner: Runner, seed: np.random.SeedSequence, share: float) -> bool:
        """Whether blocks are worth their time here: one annealed shortly bettered the plan.

        Not asked where somebody said how many there are to be, or pays for them.
        """
        hybrid = self.params.hybrid
        if hybrid.blocks is not None or hybrid.block_sampler.traits.paid or self.books.kept:
            return True
        (probe,) = seed.spawn(1)
        self._anneal_blocks(runner, probe, share, shortened(self.params))
        return self.books.kept > 0

    def _settled(self, before: Rank) -> bool:
        """Whether to end rather than refine once more what blocks have left at `before`.

        A consolidation that was refined to its end and that blocks did not better is not bettered
        by a further refinement either; a spread now and then is (docs/decisions/0094).
        """
        consolidate = self.problem.mode is LoadMode.CONSOLIDATE
        return consolidate and not self.cut and self.best_score == before

    def improvement(self) -> Improvement:
        """Return the best placement and the report of the run."""
        return Improvement(
            placement=self.best,
            stages=self.books.stages(),
            trace=tuple(self.trace),
            stopped_by=self._reason or (StopReason.CLOCK if self.cut else StopReason.WORK),
            qubo=self.books.facts(self.problem, self.reached.total),
        )

    @property
    def _reason(self) -> StopReason | None:
        target = self.params.hybrid.target_energy
        if target is not None and self.reached.total <= target:
            return StopReason.TARGET
        return self.watch.reason

    @property
    def _ends(self) -> bool:
        return self._reason is not None

    def _refine(self, proposals: int, seed: int, share: float) -> None:
        """Refine the whole problem, for at most a share of the time that is left."""
        if proposals == 0:
            return
        began = time.monotonic()
        outer = self.watch.share(share) if self.params.hybrid.most_blocks else self.watch
        reached = _Reached(self.params.hybrid.target_energy, self.watch.report)
        watch = replace(
            outer,
            stopped=lambda: reached.target or self.watch.stopped(),
            report=reached.report,
        )
        refined = refine(self.problem, self.weights, self.best, proposals, seed, watch)
        self.cut |= refined.stopped_by is StopReason.CLOCK
        before = self.reached
        offset = began - self.began
        self.trace.extend(
            (offset + point.seconds, point.energy)
            for point in refined.trace
            if point.energy <= before.total
        )
        self._offer(refined.placement)
        self._book(REFINE, began, before)

    def _anneal_blocks(
        self, runner: Runner, seed: np.random.SeedSequence, share: float, params: SolverParams
    ) -> None:
        """Anneal disjoint blocks side by side; keep those that lower the exact energy, in order.

        They are begun and read for at most a share of the time that is left.
        """
        began, before = time.monotonic(), self.reached
        watch = self.watch.share(share)
        blocks = choose_blocks(self.problem, self.best, params, seed)
        shared = (self.problem, self.weights, self.best, params)
        done = runner(anneal_block, shared, blocks, watch)
        try:
            for number, (block, annealed) in enumerate(zip(blocks, done, strict=False)):
                offered = self.best.copy()
                offered[annealed.pods] = annealed.placement
                # What ties blocks together was judged as if the others stood still.
                kept = feasible(self.problem, offered) and self._offer(offered)
                self.trace.append((time.monotonic() - self.began, self.reached.total))
                self.books.add_block(block, annealed, kept)
                self.watch.report(self.sampler, (number + 1) / len(blocks), self.reached.total)
        except ConsentRequiredError as error:
            raise _for_all_blocks(error, len(blocks) * self.params.hybrid.rounds) from error
        self.cut |= watch.reason is StopReason.CLOCK
        self._book(self.sampler, began, before)

    def _book(self, part: str, began: float, before: EnergyTerms) -> None:
        gained = fall(self.weights, before, self.reached)
        self.books.add(part, time.monotonic() - began, gained, self.reached.total)

    def _offer(self, placement: Ints) -> bool:
        terms = energy(self.problem, self.weights, placement)
        offered = rank(self.problem, self.weights, placement, terms)
        better = offered < self.best_score
        if better:
            self.best, self.best_score, self.reached = placement, offered, terms
        return better


@dataclass
class _Reached:
    """Listens to a part's progress for the target energy."""

    energy: float | None
    outer: Report
    target: bool = False

    def report(self, stage: str, progress: float, energy: float | None) -> None:
        if self.energy is not None and energy is not None and energy <= self.energy:
            self.target = True
        self.outer(stage, progress, energy)


@dataclass
class _Books:
    """What each part took and gained, and the facts of the QUBOs."""

    parts: dict[str, Stage] = field(default_factory=dict)
    blocks: list[tuple[Block, Annealed]] = field(default_factory=list)
    kept: int = 0

    def add(self, name: str, seconds: float, gained: float, after: float) -> None:
        """Book one run of a part."""
        old = self.parts.get(name, Stage(name=name, seconds=0.0, gained=0.0))
        self.parts[name] = Stage(
            name=name,
            seconds=old.seconds + seconds,
            energy=after,
            gained=(old.gained or 0.0) + gained,
        )

    def add_block(self, block: Block, annealed: Annealed, kept: bool) -> None:
        """Book one block."""
        self.blocks.append((block, annealed))
        self.kept += kept

    def stages(self) -> tuple[Stage, ...]:
        """Return each part once."""
        return tuple(self.parts.values())

    def facts(self, problem: Problem, reached: float) -> QuboFacts | None:
        """Return the sizes of the largest block with the reads of all, or None without any."""
        drawn = [(block, annealed) for block, annealed in self.blocks if annealed.energies]
        if not drawn:
            return None
        block, largest = max(drawn, key=lambda pair: pair[1].variables)
        energies = [energy for _, annealed in drawn for energy in annealed.energies]
        broken = [names for _, annealed in drawn for names in annealed.broken]
        return QuboFacts(
            assignment_variables=largest.assignment_variables,
            slack_variables=largest.slack_variables,
            node_variables=largest.node_variables,
            couplers=largest.couplers,
            pods=len(block.pods),
            pods_total=len(problem.pods),
            nodes=len(block.nodes),
            nodes_total=len(problem.nodes),
            reads=len(energies),
            feasible_share=float(np.mean([not names for names in broken])),
            broken=dict(Counter(name for names in broken for name in names).most_common()),
            sampler_energy=min(energies),
            sample_energies=tuple(energies[:ENERGIES_KEPT]),
            sampler_objective=reached,
            info={
                # Of the largest block, as the sizes are: its chains, if a processor drew it.
                **largest.info,
                "blocks": len(self.blocks),
                "blocks_kept": self.kept,
                "reads_judged": len(broken),
                "sizes": "largest block",
            },
        )


def _for_all_blocks(error: ConsentRequiredError, count: int) -> ConsentRequiredError:
    """The charge of one block as the charge of the run."""
    one = error.estimate
    charge = said(f"up to {count} such blocks, each {one.charge}")
    return ConsentRequiredError(
        replace(one, minimum_time_s=count * one.minimum_time_s, charge=charge)
    )
