"""What the answers of all four questions are made of: measures, moves and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from kytos.bounds import Certificate, certificate, ended_by
from kytos.cluster import LOAD_RESOURCES, Cluster
from kytos.contract.shares import shares_of
from kytos.contract.weights import Weights
from kytos.language import said
from kytos.problem import Floats, Ints, Problem
from kytos.questions.outcome import Energy, EnergyChange, MetricsChange, Move, Question, measure
from kytos.questions.parts.move_cost import MoveCosts
from kytos.questions.parts.notes import answer_notes
from kytos.questions.parts.prices import prices_known
from kytos.referee.feasible import has_left
from kytos.solve.result import Solution


def shared_answer(
    question: Question,
    cluster: Cluster,
    problem: Problem,
    weights: Weights,
    solution: Solution,
    certified: Problem | None = None,
    proven: Certificate | None = None,
) -> dict[str, Any]:
    """Return the fields of `kytos.questions.outcome.Outcome`.

    Parameters
    ----------
    certified
        The problem the certificate is about, where `problem` forbids more than was asked.
    proven
        What is proven of the placement where that is more, or less, than a problem itself tells.
    """
    known = prices_known(cluster)
    if proven is None:
        proven = certificate(
            certified or problem, weights, solution.placement, solution.bound, solution.fewest
        )
    ended = ended_by(solution.report.stopped_by, proven)
    return {
        "question": question,
        "weights": weights,
        "energy": EnergyChange(
            before=Energy(**asdict(solution.start_energy)), after=Energy(**asdict(solution.energy))
        ),
        "metrics": MetricsChange(
            before=measure(problem, problem.current, known),
            after=measure(problem, solution.placement, known),
        ),
        "solver": solution.report.model_copy(update={"stopped_by": ended}),
        "certificate": proven,
        "nothing_to_do": bool((solution.placement == problem.current).all()),
        "notes": answer_notes(cluster),
        "shares": shares_of(solution.report.stages, solution.start_energy.total, proven.bound),
    }


def moves(problem: Problem, placement: Ints, cluster: Cluster | None = None) -> tuple[Move, ...]:
    """Return the running pods that would change their node, by origin, and why each does.

    Parameters
    ----------
    cluster
        Of the problem; with it moves say what makes them cost more than an ordinary one.
    """
    costs = None if cluster is None else MoveCosts.of(cluster)
    changed = np.flatnonzero(has_left(problem, placement) & (placement >= 0))
    freed = set(freed_nodes(problem, placement))
    before = problem.utilisation(problem.current)
    rows = [
        Move(
            pod=problem.pods[pod],
            origin=problem.nodes[problem.current[pod]],
            target=problem.nodes[placement[pod]],
            why=_why(problem, before, freed, int(problem.current[pod]), int(placement[pod])),
            cost=round(float(problem.move_cost[pod]), 3),
            cost_because=""
            if costs is None or cluster is None
            else ", ".join(costs.why(cluster.pods[cluster.pod_index[problem.pods[pod]]])),
        )
        for pod in changed
    ]
    return tuple(sorted(rows, key=lambda move: (move.origin, move.target, move.pod)))


def freed_nodes(problem: Problem, placement: Ints) -> tuple[str, ...]:
    """Return the nodes in use at the start and no longer."""
    gone = problem.in_use(problem.current) & ~problem.in_use(placement)
    return tuple(problem.nodes[node] for node in np.flatnonzero(gone))


def _why(problem: Problem, utilisation: Floats, freed: set[str], origin: int, target: int) -> str:
    if problem.nodes[origin] in freed:
        return said(f"empties {problem.nodes[origin]}")
    if not problem.usable[origin]:
        return said(f"{problem.nodes[origin]} takes no new pods")
    resource = int((utilisation[origin] - utilisation[target]).argmax())
    high, low = utilisation[origin, resource], utilisation[target, resource]
    if high > low:
        return said(f"{LOAD_RESOURCES[resource % 2]} {high:.0%} here, {low:.0%} there")
    return said("makes room for another move")
