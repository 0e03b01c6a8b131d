"""The only door to the solvers: a problem in, a checked and never worse placement out."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import dimod
import numpy as np

from kytos.bounds import lower_bound
from kytos.bounds.left_out import surely_placed
from kytos.contract.given import Given
from kytos.contract.paid import SolverUnavailableError
from kytos.contract.params import Effort, SolverName, SolverParams
from kytos.contract.run_report import ENERGIES_KEPT, READS_REPORTED, QuboFacts, SolverReport, Stage
from kytos.contract.solver import Improvement, Improver, Placer, Sampler
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights
from kytos.hamiltonian.decode import broken_constraints
from kytos.hamiltonian.layout import Scope, beyond_quadratic
from kytos.hamiltonian.model import Model, build_model
from kytos.language import said
from kytos.problem import Floats, Ints, Problem, pairs_with_room
from kytos.referee.energy import energy, fall, rank
from kytos.referee.feasible import feasible
from kytos.refine import compile_first, default_proposals, refine, repair
from kytos.solve.effort import (
    first_try,
    proof_by_effort,
    refinement_share,
    time_given,
    warmed,
    with_effort,
)
from kytos.solve.focus import focus
from kytos.solve.given import take_given
from kytos.solve.hybrid import runner_of
from kytos.solve.portfolio import rule_of, search_on
from kytos.solve.registry import find_solver
from kytos.solve.result import Solution
from kytos.solve.rounds import Drawn, draw_at_once, draw_in_rounds
from kytos.solve.ties import lower_peak

SAMPLING_SHARE = 0.5
"""Of the time cap: refinement has the rest, for it makes any sample a good answer."""

BOUNDED_PAIRS = 1_000_000
"""Pods x nodes up to which a bound is worked out to tell when there is nothing left to gain."""

_SETTLED = (StopReason.USER, StopReason.OPTIMAL, StopReason.TARGET)

PROOF_SHARE = 0.4
"""Of the time that is left, where an effort is a time: the searches want the rest."""

FIRST_TRY_SHARE = 0.5
"""Of the time that is left, for a first try that a proof may settle."""
WARM_STAGE = "last plan"
"""The stage that begins with a plan made before."""

READS_REPAIRED = 8
"""The lowest reads are repaired; further ones hardly ever win and repair is not free."""


def solve(
    problem: Problem,
    weights: Weights,
    solver: SolverName | None = None,
    params: SolverParams = SolverParams(),
    watch: Watch = Watch(),
    begin: Ints | None = None,
    last: Ints | None = None,
) -> Solution:
    """Return the best placement found; it is feasible and never worse than `problem.current`.

    A sampler's reads are decoded, repaired and refined on the same energy; an improver does all
    of that itself, and a placer's answer is only checked. What each part contributed stands in
    the report under its own name. Without a solver's name, `default_solver` chooses. An answer
    made elsewhere (`kytos.contract.given.Given` as `params`) is taken in a solver's stead.

    Parameters
    ----------
    begin
        A feasible placement that is known already, which the answer is not worse than either.
    last
        A plan made before of much the same problem, feasible or not: repaired it is begun with, and
        the work is a fraction. Then *normal* goes on for as long as that gains, as always.

    Raises
    ------
    kytos.contract.paid.SolverUnavailableError
        When the solver cannot be used here; the message says what to do.
    kytos.contract.paid.ConsentRequiredError
        When the solver is paid and the charge was not accepted; nothing was sent.
    """
    if isinstance(params, Given):
        return take_given(problem, weights, params)
    name = default_solver(problem, params) if solver is None else solver
    chosen = find_solver(name)
    available = chosen.available()
    if not available.ok:
        raise SolverUnavailableError(said(f"{name.value} cannot be used here: {available.how}"))
    compile_first(watch, name)
    run = _Run(problem, weights, params, watch)
    if last is not None:
        run.go_on_from(last)
    if begin is not None:
        run.begin(begin)
    if len(problem.pods):
        if isinstance(chosen, Sampler):
            run.sample(chosen)
            run.refine_and_prove(run.refine)
            # Asked for by its name, a sampler is to be seen with what it and refinement bring.
            if solver is None or params.effort is not Effort.NORMAL:
                run.search()
        elif isinstance(chosen, Improver):
            if name is SolverName.HYBRID:
                run.refine_and_prove(partial(run.improve, chosen))
                run.search()
            else:
                run.improve(chosen)
                run.prove()
        else:
            run.place(chosen)
        if not isinstance(chosen, Placer):
            run.settle_ties()
    return run.solution(name)


def default_solver(problem: Problem, params: SolverParams) -> SolverName:
    """Return openjij-sa where one QUBO of `params.max_variables` holds everything, else hybrid."""
    runs = np.flatnonzero(problem.current >= 0)
    stays = int(problem.allowed[runs, problem.current[runs]].sum())
    return solver_by_size(int(problem.allowed.sum()) - stays, params)


def solver_by_size(variables: int, params: SolverParams) -> SolverName:
    """Return the solver a question gets that names none, by the assignment variables it takes."""
    return SolverName.OPENJIJ_SA if variables <= params.max_variables else SolverName.HYBRID


@dataclass
class _Run:
    """One solve: the best placement so far, and the log of how it came about."""

    problem: Problem
    weights: Weights
    params: SolverParams
    outer: Watch
    started: float = field(default_factory=time.monotonic)
    stages: list[Stage] = field(default_factory=list)
    trace: list[tuple[float, float]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    qubo: QuboFacts | None = None
    proposed: float | None = None
    stopped_by: StopReason = StopReason.WORK
    bound: float = -math.inf
    fewest: bool = False
    warm: bool = False
    _annealed: tuple[Model, Drawn] | None = None

    def __post_init__(self) -> None:
        self.watch = self.outer.within(time_given(self.params))
        self.rule = rule_of(self.problem, self.params)
        self.params = with_effort(self.problem, self.params)
        self.beyond = beyond_quadratic(self.problem)
        if self.beyond:
            asked = ", ".join(self.beyond)
            self.messages.append(
                said(
                    f"What is asked for cannot all be written as a QUBO ({asked}): no sampler "
                    "anneals; refinement, search and cp-sat count it exactly."
                )
            )
            self.params = self.params.with_hybrid(blocks=0)
        self.best = self.problem.current
        self.start_energy = energy(self.problem, self.weights, self.best)
        self.best_energy = self.start_energy
        self.best_rank = rank(self.problem, self.weights, self.best, self.best_energy)
        self.trace.append((0.0, self.best_energy.total))

    def begin(self, placement: Ints) -> None:
        """Take what is known already where it is better than the start."""
        if not feasible(self.problem, placement):
            raise ValueError("what is begun with breaks a rule; repair it first")
        self._offer(placement)
        self.trace.append((0.0, self.best_energy.total))

    def go_on_from(self, last: Ints) -> None:
        """Begin with a plan made before, repaired, and do less work."""
        with self._stage(WARM_STAGE):
            self._offer(repair(self.problem, self.weights, last, self.watch))
        self.warm = True
        self.params = warmed(self.problem, self.params)

    def sample(self, sampler: Sampler) -> None:
        """Anneal the part with most to gain and keep the best read, repaired."""
        if self.beyond:
            return
        with self._stage("build"):
            scope = Scope(*focus(self.problem, self.params.max_variables))
            model = build_model(
                self.problem,
                scope=scope,
                encoding=self.params.encoding,
                capacity=self.params.capacity,
            )
            if not model.assignments:
                self.messages.append(
                    said("No pod may go anywhere else: there is nothing to anneal.")
                )
                return
        with self._stage("sample"):
            draw = draw_at_once if sampler.name.traits.paid else draw_in_rounds
            drawn = draw(
                model,
                partial(self._build, model),
                sampler,
                self.params,
                self.watch.share(SAMPLING_SHARE),
            )
        if not len(drawn.bits):
            self.messages.append(said("Stopped before the first read."))
            return
        with self._stage(said("decode and repair")):
            self._decode(model, scope, drawn)

    def refine_and_prove(self, refine: Callable[[], None]) -> None:
        """Refine and prove; where that often settles it, with little work first."""
        whole, watch = self.params, self.watch
        little = first_try(self.problem, whole)
        if little is not None:
            self.params, self.watch = little, watch.share(FIRST_TRY_SHARE)
            refine()
            self.prove()
            self.params, self.watch = whole, watch
            if self.stopped_by in _SETTLED:
                return
        self.watch = watch.share(refinement_share(self.problem, whole))
        refine()
        self.watch = watch
        self.prove()

    def refine(self) -> None:
        """Improve the best placement on the exact energy, over the whole problem."""
        if self.watch.reason is not None and self.proposed is not None:
            self.stopped_by = self.watch.reason
            return
        proposals = self.params.refine_proposals
        if proposals is None:
            proposals = default_proposals(self.problem)
        with self._stage("refine"):
            offset = time.monotonic() - self.started
            refined = refine(
                self.problem, self.weights, self.best, proposals, self.params.seed, self.watch
            )
            self.trace.extend((offset + point.seconds, point.energy) for point in refined.trace)
            self._offer(refined.placement)
        self.stopped_by = refined.stopped_by

    def improve(self, improver: Improver) -> None:
        """Let an improver work on the start; what it returns is checked like any other answer."""
        improved = self._improved(improver, self.params, self.watch)
        self.proposed = self.best_energy.total
        self.qubo = improved.qubo
        self.stopped_by = improved.stopped_by

    def prove(self) -> None:
        """Let the exact solver prove how good the best placement is, or better it."""
        work = proof_by_effort(self.problem, self.params)
        if not work or self.watch.reason is not None or self.stopped_by in _SETTLED:
            return
        cp_sat = find_solver(SolverName.CP_SAT)
        assert isinstance(cp_sat, Improver)
        params = self.params.model_copy(update={"proof_work": work})
        timed = not isinstance(self.params.effort, Effort)
        watch = self.watch.share(PROOF_SHARE) if timed else self.watch
        improved = self._improved(cp_sat, params, watch)
        cut = improved.stopped_by is StopReason.CLOCK and self.watch.reason is None
        if improved.stopped_by is not StopReason.WORK and not cut:
            self.stopped_by = improved.stopped_by

    def search(self) -> None:
        """Go on by a portfolio of searches, as far as the effort asked for goes."""
        if not self.rule.rounds or self.watch.reason is not None or self.stopped_by in _SETTLED:
            return
        bound = self.bound
        # No bound here knows of headroom, so none would tell that there is nothing left to gain.
        if self.problem.allowed.size <= BOUNDED_PAIRS and not self.problem.keeps_headroom:
            options = pairs_with_room(self.problem)
            placed = surely_placed(self.problem, self.best, options)
            proven = lower_bound(self.problem, self.weights, placed, options)
            bound = max(bound, proven.value)
        offset = time.monotonic() - self.started
        with runner_of(self.params) as runner:
            searched = search_on(
                self.problem,
                self.weights,
                self.best,
                self.params,
                self.watch,
                runner,
                self.rule,
                bound,
                probe=self.warm,
            )
        self._offer(searched.placement)
        self.stages.extend(searched.stages)
        self.trace.extend((offset + seconds, reached) for seconds, reached in searched.trace)
        if searched.stopped_by is not StopReason.WORK:
            self.stopped_by = searched.stopped_by

    def settle_ties(self) -> None:
        """Of plans of equal energy take one whose fullest node is less full."""
        if self.watch.reason is None:
            self._offer(lower_peak(self.problem, self.weights, self.best, self.watch))

    def _improved(self, improver: Improver, params: SolverParams, watch: Watch) -> Improvement:
        """Let an improver work on the best placement, and log what it did."""
        offset = time.monotonic() - self.started
        improved = improver.improve(self.problem, self.weights, self.best, params, watch)
        self._check(improver.name, improved.placement)
        self._offer(improved.placement)
        # A bound is one on placements that leave out as few.
        if self.problem.left_out(improved.placement) == self.problem.left_out(self.best):
            self.bound = max(self.bound, improved.bound)
            self.fewest |= improved.fewest
        self.stages.extend(improved.stages)
        self.trace.extend((offset + seconds, reached) for seconds, reached in improved.trace)
        self.messages.extend(improved.messages)
        return improved

    def place(self, placer: Placer) -> None:
        """Take a placer's answer where it breaks nothing and is not worse than the start."""
        with self._stage("place"):
            placement = placer.place(self.problem, self.weights, self.params, self.watch)
        self._check(placer.name, placement)
        reached = energy(self.problem, self.weights, placement)
        self.proposed = reached.total
        if not self._offer(placement) and fall(self.weights, self.start_energy, reached) < 0:
            self.messages.append(
                said(
                    f"{placer.name.value} itself reaches {self.proposed:.4g}, worse than doing "
                    f"nothing ({self.start_energy.total:.4g}); nothing is moved."
                )
            )
        self.stopped_by = self.watch.reason or StopReason.WORK

    def solution(self, solver: SolverName) -> Solution:
        """Return the best placement with the report of the run."""
        return Solution(
            placement=self.best,
            energy=self.best_energy,
            start_energy=self.start_energy,
            report=SolverReport(
                name=solver,
                seed=self.params.seed,
                num_reads=self.params.num_reads,
                num_sweeps=self.params.num_sweeps,
                seconds=time.monotonic() - self.started,
                stages=tuple(self.stages),
                stopped_by=self.stopped_by,
                proposed_energy=self.proposed,
                refined_energy=self.best_energy.total,
                qubo=self.qubo
                and self.qubo.model_copy(update={"answer_energy": self._answer_energy()}),
                trace=tuple(self.trace),
                messages=tuple(self.messages),
            ),
            bound=self.bound,
            fewest=self.fewest,
        )

    def _build(self, model: Model, strength: Floats | None) -> dimod.BinaryQuadraticModel:
        # From arrays, not from PyQUBO, which leaks 3 to 46 MiB with each new shape it compiles.
        return model.bqm(self.weights, strength=strength)

    def _decode(self, model: Model, scope: Scope, drawn: Drawn) -> None:
        decoded = model.decode(drawn.bits)
        broken = broken_constraints(self.problem, decoded)
        lowest = np.argsort(drawn.energies, kind="stable")[:READS_REPAIRED]
        reached = {}
        for read in np.union1d(np.arange(len(drawn.bits))[:READS_REPORTED], lowest):
            repaired = repair(self.problem, self.weights, decoded.placements[read])
            reached[int(read)] = energy(self.problem, self.weights, repaired)
            self._offer(repaired)
        reported = [reached[read] for read in sorted(reached)][:READS_REPORTED]
        self.proposed = min(repaired_energy.total for repaired_energy in reached.values())
        layout, strength = model.layout, drawn.strength.tolist()
        self.qubo = QuboFacts(
            assignment_variables=len(model.assignments),
            slack_variables=len(model.slacks),
            node_variables=len(model.uses),
            couplers=drawn.bqm.num_interactions,
            pods=len(scope.pods),
            pods_total=len(self.problem.pods),
            nodes=len(scope.nodes),
            nodes_total=len(self.problem.nodes),
            reads=len(drawn.bits),
            rounds=drawn.rounds,
            rows=len(layout.rows),
            strength={
                row.name: value
                for row, value in zip(layout.rows, strength, strict=True)
                if value > 0
            },
            feasible_share=float(np.mean([not names for names in broken])),
            broken=dict(Counter(name for names in broken for name in names).most_common()),
            sampler_energy=float(drawn.energies.min()),
            sample_energies=tuple(drawn.energies[:ENERGIES_KEPT].tolist()),
            read_objectives=tuple(repaired_energy.total for repaired_energy in reported),
            read_left_out=tuple(
                self.weights.A * repaired_energy.constraint for repaired_energy in reported
            ),
            sampler_objective=self.proposed,
            info=drawn.info,
        )
        self._annealed = model, drawn

    def _answer_energy(self) -> float | None:
        """Sampler energy of the answer, where the QUBO can hold it."""
        if self._annealed is None:
            return None
        model, drawn = self._annealed
        try:
            bits = model.encode(self.best)
        except ValueError:  # A pod outside the QUBO moved.
            return None
        return float(drawn.bqm.energies((bits, list(model.variables)))[0])

    def _check(self, name: SolverName, placement: Ints) -> None:
        if not feasible(self.problem, placement):
            raise AssertionError(f"{name.value} broke a rule; please report this problem")

    def _offer(self, placement: Ints) -> bool:
        """Keep a feasible placement where it is better; fewer unplaced pods always are.

        Where energies tie, the lower peak wins, then fewer moves (`kytos.referee.energy.rank`).
        """
        offered = energy(self.problem, self.weights, placement)
        ranked = rank(self.problem, self.weights, placement, offered)
        better = ranked < self.best_rank
        if better:
            if ranked[0] < self.best_rank[0]:
                self.bound, self.fewest = -math.inf, False
            self.best, self.best_energy, self.best_rank = placement, offered, ranked
        return better

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        began, before = time.monotonic(), self.best_energy
        self.watch.report(name, 0.0, before.total)
        yield
        now = time.monotonic()
        reached = self.best_energy.total
        gained = fall(self.weights, before, self.best_energy)
        self.stages.append(Stage(name=name, seconds=now - began, energy=reached, gained=gained))
        self.trace.append((now - self.started, reached))
        self.watch.report(name, 1.0, reached)
