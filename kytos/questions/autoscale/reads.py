"""What replica counts are worth in H: a sampler's reads, once trimmed to what fits, and the answer.

Before that a read has no energy H: it may fill a node twice over, or grant what no rule allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kytos.cluster import LOAD_RESOURCES
from kytos.contract.run_report import QuboFacts, SolverReport
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.hamiltonian.scale_out import ScaleOut, unserved_cost
from kytos.problem import UNPLACED, Ints, Problem
from kytos.questions.autoscale.grants import Grants
from kytos.questions.autoscale.wanted import Step, problem_of_all, scale_out
from kytos.questions.outcome import Energy
from kytos.referee.energy import energy
from kytos.referee.incremental import PlacementState
from kytos.rules.quotas import QuotaLedger

SAMPLED, SETTLED = "sample", "settle counts exactly"
"""Stages whose energies are counted here; what comes after them refines where replicas run."""


def energy_of(
    problem: Problem, whole: ScaleOut, weights: Weights, placement: Ints, served: Ints
) -> Energy:
    """Return the energy by term, with the demand left unserved as its cost.

    Parameters
    ----------
    served
        ``(services,)`` new replicas that run.
    """
    terms = energy(problem, weights, placement)
    cost = unserved_cost(whole, served)
    total = weights.B * terms.load + weights.C * cost + weights.D * terms.affinity
    return Energy(constraint=0.0, load=terms.load, cost=cost, affinity=terms.affinity, total=total)


@dataclass(frozen=True)
class Judge:
    """The energy H of counts, the same as the answer is told in.

    Attributes
    ----------
    problem
        Of every new replica that is wanted and every one that goes; load is levelled around the
        mean of what the answer runs.
    rows
        Of each service, the positions of its new replicas.
    """

    step: Step
    whole: ScaleOut
    problem: Problem
    rows: tuple[tuple[int, ...], ...]
    weights: Weights

    @classmethod
    def of(cls, step: Step, grants: Grants, weights: Weights) -> Judge:
        """Build it for an answer."""
        problem = problem_of_all(step)
        runs = set(grants.problem.pods)
        problem = replace(
            problem, leaves=np.array([pod not in runs for pod in problem.pods], dtype=np.bool_)
        )
        at = {pod: row for row, pod in enumerate(problem.pods)}
        rows = tuple(tuple(at[pod.id] for pod in wish.pods) for wish in step.wishes)
        return cls(step, scale_out(step), problem, rows, weights)

    def placed(self, grants: Grants, placement: Ints) -> float:
        """H with what is granted running as in `placement`, of `Grants.problem`."""
        where = dict(zip(grants.problem.pods, placement.tolist(), strict=True))
        after = [where.get(pod, UNPLACED) for pod in self.problem.pods]
        served = [grants.granted[wish.service] for wish in self.step.wishes]
        return self._total(np.array(after, dtype=np.int64), np.array(served, dtype=np.int64))

    def drawn(self, counts: Ints) -> float:
        """H of a read ``(services, nodes)``, less the replicas that fit nowhere it has them.

        They are taken in turn, highest priority first and then the services by turns, each to a
        node that the read has for it; one that breaks a rule there, the margin or a quota, and
        one beyond what is wanted, is left unserved.
        """
        state = PlacementState(self.problem, np.full(len(self.problem.pods), UNPLACED))
        quotas = QuotaLedger(self.step.original, self.step.removed)
        room = self.step.margin_room.copy()
        served = np.zeros(len(self.rows), dtype=np.int64)
        for service, node in self._turns(counts):
            if served[service] == len(self.rows[service]):
                continue
            pod = self.step.wishes[service].pods[served[service]]
            row = self.rows[service][served[service]]
            need = np.array([pod.requests.get(name, 0) for name in LOAD_RESOURCES])
            over = ((need > 0) & (need > room)).any()
            if over or quotas.refusal(pod) is not None or not state.fits(row)[node]:
                continue
            state.place(row, node)
            quotas.grant(pod)
            room -= need
            served[service] += 1
        return self._total(state.placement, served)

    def _turns(self, counts: Ints) -> list[tuple[int, int]]:
        """(service, node) of each replica that a read has, in the order they are taken."""
        turns = []
        for service, on in enumerate(counts):
            nodes = np.repeat(np.arange(len(on)), np.maximum(on, 0)).tolist()
            rank = -int(self.whole.rank[service])
            turns += [(rank, turn, service, node) for turn, node in enumerate(nodes)]
        return [(service, node) for _, _, service, node in sorted(turns)]

    def _total(self, placement: Ints, served: Ints) -> float:
        return energy_of(self.problem, self.whole, self.weights, placement, served).total


def with_energies(
    report: SolverReport,
    reads: Sequence[Ints],
    judge: Judge,
    grants: Grants,
    before: float,
    after: float,
    watch: Watch,
) -> SolverReport:
    """Return a sampler's report with H of its reads, and of each stage what it reached.

    Parameters
    ----------
    reads
        Counts ``(services, nodes)`` of reads, in the order drawn.
    before, after
        H of granting nothing and of the answer.
    """
    values: list[float] = []
    for counts in reads:
        if values and watch.reason is not None:
            break
        values.append(judge.drawn(counts))
    reached = {SETTLED: judge.placed(grants, grants.placement)}
    if values:
        reached[SAMPLED] = min(before, *values)
    best, stages = before, []
    for stage in report.stages:
        best, earlier = reached.get(stage.name, best), best
        if stage is report.stages[-1]:
            best = after
        stages.append(stage.model_copy(update={"energy": best, "gained": earlier - best}))
    told: dict[str, object] = {"stages": tuple(stages)}
    if values and report.qubo is not None:
        told["qubo"] = _facts(report.qubo, values)
    return report.model_copy(update=told)


def shifted(report: SolverReport, before: float, settled: float) -> SolverReport:
    """Return a placer's report with the energies of its stages as the answer counts them.

    Parameters
    ----------
    settled
        By how much H of the answer lies above H of the placer's own problem.
    """
    best, stages = before, []
    for stage in report.stages:
        if stage.energy is None:
            stages.append(stage)
            continue
        best, earlier = min(best, stage.energy + settled), best
        stages.append(stage.model_copy(update={"energy": best, "gained": earlier - best}))
    return report.model_copy(update={"stages": tuple(stages)})


def _facts(qubo: QuboFacts, values: Sequence[float]) -> QuboFacts:
    return qubo.model_copy(
        update={
            "read_objectives": tuple(values),
            "read_left_out": (0.0,) * len(values),
            "sampler_objective": min(values),
        }
    )
