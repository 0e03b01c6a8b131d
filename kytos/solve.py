"""The only door to the solvers: a problem in, a checked and never worse placement out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache

import dimod
import numpy as np

from kytos.focus import focus
from kytos.hamiltonian.energy import EnergyTerms, energy
from kytos.hamiltonian.feasible import feasible
from kytos.hamiltonian.layout import Scope
from kytos.hamiltonian.model import CompileCache, Model, build_model
from kytos.hamiltonian.weights import Weights
from kytos.outcome import QuboFacts, SolverReport, Stage
from kytos.problem import Ints, Problem
from kytos.refine import default_proposals, refine, repair
from kytos.solvers.base import (
    Placer,
    Sampler,
    SolverName,
    SolverParams,
    SolverUnavailableError,
    StopReason,
    Watch,
)
from kytos.solvers.registry import find_solver

SAMPLING_SHARE = 0.5
"""Of the time cap: refinement has the rest, for it makes any sample a good answer."""

PYQUBO_VARIABLES = 1_000
"""Larger models are built from arrays: PyQUBO would take seconds (DESIGN, Scale)."""

READS_REPAIRED = 8
"""The best reads are repaired; further ones hardly ever win and repair is not free."""

ENERGIES_KEPT = 1_000


@dataclass(frozen=True)
class Solution:
    """A placement that breaks nothing and is never worse than the start."""

    placement: Ints
    energy: EnergyTerms
    start_energy: EnergyTerms
    report: SolverReport


@cache
def compile_cache() -> CompileCache:
    """Return this process's compiled models: a compile leaks memory, so none is done twice."""
    return CompileCache()


def solve(
    problem: Problem,
    weights: Weights,
    solver: SolverName = SolverName.OPENJIJ_SA,
    params: SolverParams = SolverParams(),
    watch: Watch = Watch(),
) -> Solution:
    """Return the best placement found; it is feasible and never worse than `problem.current`.

    A sampler's reads are decoded, repaired and refined on the same energy; a placer's answer is
    only checked. What each part contributed stands in the report under its own name.

    Raises
    ------
    kytos.solvers.base.SolverUnavailableError
        When the solver cannot be used here; the message says what to do.
    kytos.solvers.base.ConsentRequiredError
        When the solver is paid and the charge was not accepted; nothing was sent.
    """
    chosen = find_solver(solver)
    available = chosen.available()
    if not available.ok:
        raise SolverUnavailableError(f"{solver.value} cannot be used here: {available.how}")
    run = _Run(problem, weights, params, watch)
    if len(problem.pods):
        if isinstance(chosen, Sampler):
            run.sample(chosen)
            run.refine()
        else:
            run.place(chosen)
    return run.solution(solver)


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

    def __post_init__(self) -> None:
        deadline = self.started + self.params.time_limit_s
        self.watch = replace(self.outer, deadline=min(self.outer.deadline, deadline))
        self.best = self.problem.current
        self.start_energy = energy(self.problem, self.weights, self.best)
        self.best_energy = self.start_energy
        self.trace.append((0.0, self.best_energy.total))

    def sample(self, sampler: Sampler) -> None:
        """Anneal the part with most to gain and keep the best read, repaired."""
        with self._stage("build"):
            scope = Scope(*focus(self.problem, self.params.max_variables))
            model = build_model(
                self.problem,
                scope=scope,
                encoding=self.params.encoding,
                capacity=self.params.capacity,
            )
            if not model.assignments:
                self.messages.append("No pod may go anywhere else: there is nothing to anneal.")
                return
            bqm = self._bqm(model)
        with self._stage("sample"):
            half = time.monotonic() + SAMPLING_SHARE * self.watch.remaining_s
            samples = sampler.sample(bqm, self.params, replace(self.watch, deadline=half))
        if not len(samples):
            self.messages.append("Stopped before the first read.")
            return
        with self._stage("decode and repair"):
            self._decode(model, scope, bqm, samples)

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

    def place(self, placer: Placer) -> None:
        """Take a placer's answer where it breaks nothing and is not worse than the start."""
        with self._stage("place"):
            placement = placer.place(self.problem, self.weights, self.params, self.watch)
        if not feasible(self.problem, placement):
            raise AssertionError(f"{placer.name.value} broke a rule; please report this problem")
        self.proposed = energy(self.problem, self.weights, placement).total
        if not self._offer(placement) and self.proposed > self.start_energy.total:
            self.messages.append(
                f"{placer.name.value} itself reaches {self.proposed:.4g}, worse than doing "
                f"nothing ({self.start_energy.total:.4g}); nothing is moved."
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
                qubo=self.qubo,
                trace=tuple(self.trace),
                messages=tuple(self.messages),
            ),
        )

    def _bqm(self, model: Model) -> dimod.BinaryQuadraticModel:
        if len(model.variables) <= PYQUBO_VARIABLES:
            return compile_cache().compiled(model).bqm(self.weights)
        return model.bqm(self.weights)

    def _decode(
        self,
        model: Model,
        scope: Scope,
        bqm: dimod.BinaryQuadraticModel,
        samples: dimod.SampleSet,
    ) -> None:
        columns = [samples.variables.index(name) for name in model.variables]
        record = samples.record
        order = np.argsort(record.energy, kind="stable")
        decoded = model.decode(record.sample[order][:, columns])
        holds = [
            bool(whole) and feasible(self.problem, placement)
            for whole, placement in zip(decoded.whole, decoded.placements, strict=True)
        ]
        for placement in decoded.placements[:READS_REPAIRED]:
            repaired = repair(self.problem, self.weights, placement)
            reached = energy(self.problem, self.weights, repaired).total
            if self.proposed is None or reached < self.proposed:
                self.proposed = reached
            self._offer(repaired)
        if self.proposed is None:
            raise AssertionError("a sample set with samples decodes to at least one placement")
        self.qubo = QuboFacts(
            assignment_variables=len(model.assignments),
            slack_variables=len(model.slacks),
            node_variables=len(model.uses),
            couplers=bqm.num_interactions,
            pods=len(scope.pods),
            pods_total=len(self.problem.pods),
            nodes=len(scope.nodes),
            nodes_total=len(self.problem.nodes),
            reads=len(record),
            feasible_share=float(np.mean(holds)),
            sampler_energy=float(record.energy.min()),
            sample_energies=tuple(float(value) for value in record.energy[:ENERGIES_KEPT]),
            sampler_objective=self.proposed,
            info=dict(samples.info),
        )

    def _offer(self, placement: Ints) -> bool:
        """Keep a feasible placement where it is better; fewer unplaced pods always are."""
        found = energy(self.problem, self.weights, placement)
        left, left_so_far = self.problem.left_out(placement), self.problem.left_out(self.best)
        better = (left, found.total) < (left_so_far, self.best_energy.total)
        if better:
            self.best, self.best_energy = placement, found
        return better

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        self.watch.report(name, 0.0, self.best_energy.total)
        yield
        now = time.monotonic()
        reached = self.best_energy.total
        self.stages.append(Stage(name=name, seconds=now - began, energy=reached))
        self.trace.append((now - self.started, reached))
        self.watch.report(name, 1.0, reached)
