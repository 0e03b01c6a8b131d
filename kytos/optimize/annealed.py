"""The QUBO behind an answer, built again from what was asked: for looking at and for export."""

from __future__ import annotations

from dataclasses import dataclass

import dimod
import numpy as np

from kytos.cluster import Cluster
from kytos.focus import focus
from kytos.hamiltonian.arrays import Coefficients
from kytos.hamiltonian.facts import ModelFacts, PenaltyFacts, model_facts, penalty_facts
from kytos.hamiltonian.latex import Formula, formulas
from kytos.hamiltonian.layout import Scope
from kytos.hamiltonian.model import Model, build_model
from kytos.hamiltonian.picture import MatrixPicture, matrix_picture
from kytos.hamiltonian.weights import Weights
from kytos.optimize.rebalance import RebalanceRequest, pinned_pods, rebalance_problem
from kytos.outcome import Outcome
from kytos.problem import Floats
from kytos.solvers.base import SolverParams


@dataclass(frozen=True)
class QuboView:
    """What is shown of a QUBO."""

    facts: ModelFacts
    formulas: tuple[Formula, ...]
    penalties: tuple[PenaltyFacts, ...]
    picture: MatrixPicture


def qubo_of(cluster: Cluster, request: RebalanceRequest, params: SolverParams) -> Model:
    """Return the QUBO that a sampler is given for a rebalance."""
    problem = rebalance_problem(cluster, request, pinned_pods(cluster, request))
    scope = Scope(*focus(problem, params.max_variables))
    return build_model(problem, None, scope, params.encoding, params.capacity)


def strength_of(model: Model, outcome: Outcome) -> Floats:
    """Return ``(rows,)`` what the rows carried in the last round of an answer's reads.

    All 1 where the answer has no reads of this QUBO (a placer, or blocks of a hybrid).
    """
    qubo = outcome.solver.qubo
    rows = model.layout.rows
    if qubo is None or qubo.rows != len(rows) or qubo.pods_total != len(model.layout.problem.pods):
        return np.ones(len(rows))
    return np.array([qubo.strength.get(row.name, 0.0) for row in rows])


def view_of(model: Model, weights: Weights, strength: Floats) -> QuboView:
    """Return what is shown of a QUBO."""
    coefficients = model.coefficients(weights, strength=strength)
    return QuboView(
        facts=model_facts(model, coefficients),
        formulas=formulas(model, weights, strength),
        penalties=penalty_facts(model, weights, strength),
        picture=matrix_picture(model, coefficients),
    )


def bqm_of(model: Model, weights: Weights, strength: Floats) -> dimod.BinaryQuadraticModel:
    """Return the QUBO as a dimod model."""
    found: Coefficients = model.coefficients(weights, strength=strength)
    return found.bqm()
