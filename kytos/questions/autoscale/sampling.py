"""From a sampler's integers to placed replicas: drawn, settled exactly, levelled."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import dimod
import numpy as np

from kytos.contract.given import Given
from kytos.contract.paid import SolverUnavailableError
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.run_report import (
    ENERGIES_KEPT,
    READS_REPORTED,
    QuboFacts,
    SolverReport,
    Stage,
)
from kytos.contract.solver import Availability, Sampler
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights
from kytos.hamiltonian.integers import bits_needed
from kytos.hamiltonian.replicas import ReplicaModel, replica_model
from kytos.hamiltonian.scale_out import ScaleOut, broken
from kytos.language import said
from kytos.problem import Floats, Ints
from kytos.questions.autoscale.grants import Grants
from kytos.questions.autoscale.reads import SAMPLED, SETTLED
from kytos.questions.autoscale.wanted import Step, granted
from kytos.questions.parts.most_placed import place_as_many_as_possible
from kytos.referee.energy import energy
from kytos.refine import default_proposals, refine
from kytos.solve.registry import find_solver
from kytos.solve.result import Solution
from kytos.solve.solve import solve

SAMPLING_SHARE = 0.5
"""Of the time cap; the exact stage has the rest."""


@dataclass(frozen=True)
class Draw:
    """The best read of a sampler, as counts ``(services, nodes)``, and what was annealed.

    Attributes
    ----------
    reads
        Counts of the first `READS_REPORTED` reads, in the order drawn.
    """

    counts: Ints
    reads: tuple[Ints, ...]
    facts: QuboFacts
    model: ReplicaModel
    bqm: dimod.BinaryQuadraticModel

    def told_of(self, answer: Ints) -> QuboFacts:
        """The facts with the sampler energy of an answer ``(services, nodes)``, where it fits."""
        try:
            sample = self.model.encode(answer)
        except ValueError:  # More replicas somewhere than the QUBO knows of.
            return self.facts
        return self.facts.model_copy(update={"answer_energy": float(self.bqm.energy(sample))})


def place_granted(
    problem: ScaleOut,
    step: Step,
    *,
    weights: Weights,
    solver: SolverName,
    params: SolverParams,
    watch: Watch,
) -> tuple[Draw | None, Grants, Solution]:
    """Return what the sampler drew, what is granted in the end, and where it runs.

    A sampler proposes how many go where; what it proposes is tried first wherever the exact stage
    has a choice of nodes. A placer is only asked to place what the exact stage granted.

    Raises
    ------
    kytos.contract.paid.SolverUnavailableError
        When the solver cannot be used here.
    """
    chosen = None if isinstance(params, Given) else find_solver(solver)
    available = Availability(True) if chosen is None else chosen.available()
    if not available.ok:
        raise SolverUnavailableError(said(f"{solver.value} cannot be used here: {available.how}"))
    run = _Run(params, watch)
    draw = None
    if isinstance(chosen, Sampler) and problem.most.any():
        draw = run.draw(problem, chosen, weights)
    hints = {} if draw is None else _hints(problem, draw.counts)
    with run.stage(SETTLED):
        grants = granted(step, run.watch, hints, serve_demand=weights.C > 0)
    if isinstance(chosen, Sampler):
        solution = run.levelled(grants, draw, weights, solver)
    else:
        solution = solve(grants.problem, weights, solver, params, watch)
        solution = place_as_many_as_possible(grants.problem, weights, solution, params, watch)
        if (solution.placement < 0).any():
            reached = energy(grants.problem, weights, grants.placement)
            told = said(
                f"{solution.report.name} did not place all that fits; the rest of the plan is the "
                "exact stage's."
            )
            report = solution.report.model_copy(
                update={"messages": (*solution.report.messages, told)}
            )
            solution = replace(solution, placement=grants.placement, energy=reached, report=report)
    return draw, grants, solution


@dataclass
class _Run:
    """The log of one run."""

    params: SolverParams
    outer: Watch
    started: float = field(default_factory=time.monotonic)
    stages: list[Stage] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.watch = self.outer.within(self.params.time_limit_s)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Log how long something takes."""
        began = time.monotonic()
        self.watch.report(name, 0.0, None)
        yield
        self.stages.append(Stage(name=name, seconds=time.monotonic() - began))
        self.watch.report(name, 1.0, None)

    def draw(self, problem: ScaleOut, sampler: Sampler, weights: Weights) -> Draw | None:
        """Anneal the integers and return the read that breaks least."""
        with self.stage("build"):
            scoped = scope(problem, self.params.max_variables)
            model = replica_model(scoped)
            bqm = model.bqm(weights)
        with self.stage(SAMPLED):
            samples = sampler.sample(bqm, self.params, self.watch.share(SAMPLING_SHARE))
        if not len(samples):
            self.messages.append(said("Stopped before the first read."))
            return None
        order = np.argsort(samples.record.energy, kind="stable")
        names = list(samples.variables)
        drawn = [
            model.decode(dict(zip(names, bits, strict=True))) for bits in samples.record.sample
        ]
        reads = [drawn[row] for row in order]
        breaks = [broken(scoped, read) for read in reads]
        best = reads[breaks.index(frozenset()) if frozenset() in breaks else 0]
        energies = samples.record.energy
        self.messages.append(
            said(
                f"Replica counts are integers of up to {len(model.assignments)} bits in all; "
                f"the best read asks for {int(best.sum())} of {int(problem.wanted.sum())} replicas."
            )
        )
        facts = _facts(model, bqm.num_interactions, breaks, energies, samples.info, problem)
        return Draw(best, tuple(drawn[:READS_REPORTED]), facts, model, bqm)

    def levelled(
        self, grants: Grants, draw: Draw | None, weights: Weights, solver: SolverName
    ) -> Solution:
        """Refine the placement of what is granted and write the report."""
        problem, start = grants.problem, grants.placement
        before = energy(problem, weights, start)
        stopped, placement = self.watch.reason or StopReason.WORK, start
        if len(problem.pods) and self.watch.reason is None:
            proposals = self.params.refine_proposals
            with self.stage("refine"):
                refined = refine(
                    problem,
                    weights,
                    start,
                    default_proposals(problem) if proposals is None else proposals,
                    self.params.seed,
                    self.watch,
                )
            stopped, placement = refined.stopped_by, refined.placement
        reached = energy(problem, weights, placement)
        if draw is not None:
            self._tell_difference(grants, draw)
        return Solution(
            placement=placement,
            energy=reached,
            start_energy=energy(problem, weights, problem.current),
            report=SolverReport(
                name=solver,
                seed=self.params.seed,
                num_reads=self.params.num_reads,
                num_sweeps=self.params.num_sweeps,
                seconds=time.monotonic() - self.started,
                stages=tuple(self.stages),
                stopped_by=stopped,
                proposed_energy=None if draw is None else before.total,
                refined_energy=reached.total,
                qubo=None if draw is None else draw.told_of(_counts(grants, placement)),
                messages=tuple(self.messages),
            ),
        )

    def _tell_difference(self, grants: Grants, draw: Draw) -> None:
        sampled = draw.counts.sum(axis=1).tolist()
        changed = sum(
            count != granted
            for count, granted in zip(sampled, grants.granted.values(), strict=True)
        )
        self.messages.append(
            said(f"The exact stage changed the count of {changed} of {len(sampled)} services.")
            if changed
            else said("The exact stage confirmed every count.")
        )


def scope(problem: ScaleOut, max_variables: int) -> ScaleOut:
    """The scale-out on the nodes with most room, as many as the variables allow.

    Where one node takes too many, only the first of its services are annealed.
    """
    free = (problem.room[:, :2] / np.maximum(problem.offered, 1)).min(axis=1)
    order = np.argsort(-free, kind="stable")
    needed = bits_needed(problem.most)[:, order]
    nodes = int(np.searchsorted(np.cumsum(needed.sum(axis=0)), max_variables, side="right"))
    most = np.zeros_like(problem.most)
    most[:, order[:nodes]] = problem.most[:, order[:nodes]]
    if not nodes:
        services = max(1, int((np.cumsum(needed[:, 0]) <= max_variables).sum()))
        most[:services, order[0]] = problem.most[:services, order[0]]
    return replace(problem, most=most)


def _hints(problem: ScaleOut, counts: Ints) -> dict[str, list[int]]:
    """By service, the nodes of its replicas in turn."""
    return {
        service: np.repeat(np.arange(len(problem.nodes)), counts[row]).tolist()
        for row, service in enumerate(problem.services)
    }


def _counts(grants: Grants, placement: Ints) -> Ints:
    """``(services, nodes)`` the granted replicas of a placement."""
    service = np.repeat(np.arange(len(grants.granted)), list(grants.granted.values()))
    counts = np.zeros((len(grants.granted), len(grants.problem.nodes)), dtype=np.int64)
    np.add.at(counts, (service, placement), 1)
    return counts


def _facts(
    model: ReplicaModel,
    couplers: int,
    breaks: list[frozenset[str]],
    energies: Floats,
    info: Mapping[str, Any],
    problem: ScaleOut,
) -> QuboFacts:
    scoped = model.problem
    return QuboFacts(
        assignment_variables=len(model.assignments),
        slack_variables=len(model.slacks),
        node_variables=0,
        couplers=couplers,
        pods=int(scoped.wanted.sum()),
        pods_total=int(problem.wanted.sum()),
        nodes=int((scoped.most > 0).any(axis=0).sum()),
        nodes_total=len(problem.nodes),
        reads=len(energies),
        feasible_share=float(np.mean([not names for names in breaks])),
        rows=len(model.rows),
        broken=dict(Counter(name for names in breaks for name in names).most_common()),
        sampler_energy=float(energies.min()),
        sample_energies=tuple(float(value) for value in energies[:ENERGIES_KEPT]),
        sampler_objective=float(energies.min()),
        info={"integers": len(model.counts), **info},
    )
