"""The QUBO behind an answer, built again from what was asked: for looking at and for export."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kytos.cluster import Cluster
from kytos.contract.params import SolverParams
from kytos.contract.run_report import QuboFacts
from kytos.contract.weights import Weights
from kytos.hamiltonian.arrays import Coefficients, Parts
from kytos.hamiltonian.facts import ModelFacts, PenaltyFacts, model_facts, penalty_facts
from kytos.hamiltonian.latex import Formula, formulas
from kytos.hamiltonian.layout import Scope, beyond_quadratic
from kytos.hamiltonian.model import Model, build_model
from kytos.hamiltonian.picture import MatrixPicture, matrix_picture
from kytos.hamiltonian.replicas import replica_model, replica_penalties
from kytos.hamiltonian.replicas_latex import replica_formulas
from kytos.hamiltonian.scale_out import ScaleOut
from kytos.problem import Floats
from kytos.questions.autoscale.sampling import scope
from kytos.questions.qubo.problem_of import problem_of
from kytos.solve.focus import focus


@dataclass(frozen=True)
class QuboView:
    """A QUBO, and what is shown of it."""

    coefficients: Coefficients
    facts: ModelFacts
    formulas: tuple[Formula, ...]
    penalties: tuple[PenaltyFacts, ...]
    picture: MatrixPicture


def qubo_of(
    cluster: Cluster,
    request: object,
    weights: Weights,
    params: SolverParams,
    annealed: QuboFacts | None = None,
) -> QuboView | None:
    """Return the QUBO that a sampler is given for a question; None where it is given none.

    There is none where no pod has a choice, or where the question asks for what no QUBO holds.

    Parameters
    ----------
    request
        One of the questions that `kytos.questions.qubo.problem_of` knows.
    annealed
        What an answer says of its reads: rows carry the penalties of the last round. Left out,
        every row carries its computed one, as samplers that charge for each call are given it.
    """
    problem = problem_of(request, cluster)
    if isinstance(problem, ScaleOut):
        return _of_replicas(problem, weights, params)
    if beyond_quadratic(problem):
        return None
    part = Scope(*focus(problem, params.max_variables))
    model = build_model(problem, None, part, params.encoding, params.capacity)
    return _of_placement(model, weights, annealed)


def _of_placement(model: Model, weights: Weights, annealed: QuboFacts | None) -> QuboView | None:
    if not model.assignments:
        return None
    strength = _strength(model, annealed)
    return _view(
        model.parts,
        model.coefficients(weights, strength=strength),
        model.coefficients(_unconstrained(weights), strength=strength),
        formulas(model, weights, strength),
        penalty_facts(model, weights, strength),
    )


def _of_replicas(problem: ScaleOut, weights: Weights, params: SolverParams) -> QuboView | None:
    if not problem.most.any():
        return None
    model = replica_model(scope(problem, params.max_variables))
    return _view(
        model.parts,
        model.coefficients(weights),
        model.coefficients(_unconstrained(weights)),
        replica_formulas(model, weights),
        replica_penalties(model, weights),
    )


def _view(
    parts: Parts,
    coefficients: Coefficients,
    objective: Coefficients,
    formulas: tuple[Formula, ...],
    penalties: tuple[PenaltyFacts, ...],
) -> QuboView:
    return QuboView(
        coefficients=coefficients,
        facts=model_facts(parts, coefficients, objective),
        formulas=formulas,
        penalties=penalties,
        picture=matrix_picture(parts, coefficients),
    )


def _unconstrained(weights: Weights) -> Weights:
    return weights.model_copy(update={"A": 0.0})


def _strength(model: Model, annealed: QuboFacts | None) -> Floats:
    """``(rows,)`` what the rows carried in the last round of an answer's reads.

    All 1 where the reads were not of this QUBO (a placer has none, a hybrid's are of blocks).
    """
    rows, pods = model.layout.rows, len(model.layout.problem.pods)
    if annealed is None or annealed.rows != len(rows) or annealed.pods_total != pods:
        return np.ones(len(rows))
    return np.array([annealed.strength.get(row.name, 0.0) for row in rows])
