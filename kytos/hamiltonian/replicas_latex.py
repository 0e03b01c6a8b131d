"""The Hamiltonian of one scale-out as LaTeX, with the numbers in it."""

from __future__ import annotations

import numpy as np

from kytos.contract.weights import PAIR_IN_SPREAD, Weights
from kytos.hamiltonian.facts import PenaltyFacts
from kytos.hamiltonian.latex import Formula, number, spanned, whole
from kytos.hamiltonian.replicas import ReplicaModel, replica_penalties
from kytos.hamiltonian.scale_out import DEMAND
from kytos.language import said


def replica_formulas(model: ReplicaModel, weights: Weights) -> tuple[Formula, ...]:
    """Return the Hamiltonian term by term."""
    return (
        whole(weights),
        _variables(model),
        _load(model),
        _cost(model),
        _affinity(),
        *_constraints(model, weights),
    )


def _variables(model: ReplicaModel) -> Formula:
    problem = model.problem
    nodes = len({node for _, node in model.counts})
    return Formula(
        said(
            f"{problem.wanted.sum():,} new replicas of {len(problem.services):,} services are "
            f"wanted. One integer says how many of a service a node gets, for {nodes:,} nodes "
            "with room; it is a sum of bits."
        ),
        r"k_{s,n} = \sum_j c_j\, x_{s,n,j}, \qquad c = 1, 2, 4, 8, 8, \dots, \qquad "
        r"w_s = \text{wanted}_s - \sum_n k_{s,n}",
    )


def _load(model: ReplicaModel) -> Formula:
    mean = model.problem.mean_load
    return Formula(
        said(
            "Squared distance from the mean utilisation once all is served: "
            f"cpu {mean[0]:.3g}, memory {mean[1]:.3g}."
        ),
        r"H_\text{load} = \sum_n \left[ "
        rf"(u_{{n,\text{{cpu}}}} - {number(mean[0])})^2 + (u_{{n,\text{{mem}}}} - "
        rf"{number(mean[1])})^2 \right], \qquad u_{{n,r}} = "
        r"\frac{\text{held}_{n,r} + \sum_s \text{asks}_{s,r}\,k_{s,n}}{\text{allocatable}_{n,r}}",
    )


def _cost(model: ReplicaModel) -> Formula:
    problem = model.problem
    weight = problem.worth / np.maximum(problem.desired, 1)
    return Formula(
        said(
            "Demand left unserved, squared, so that the service furthest from its desired count "
            f"gains most from the next replica; a weight of {spanned(weight)} by service."
        ),
        r"H_\text{cost} = \sum_s \frac{\text{worth}_s}{\text{desired}_s}\, w_s^2",
    )


def _affinity() -> Formula:
    return Formula(
        said(
            "Pairs of replicas of one service on one node, new ones among themselves and with "
            f"those that run there, each worth {number(PAIR_IN_SPREAD)}."
        ),
        rf"H_\text{{affinity}} = {number(PAIR_IN_SPREAD)} \sum_{{s,n}} \left( "
        r"\tfrac{1}{2} k_{s,n} (k_{s,n} - 1) + \text{running}_{s,n}\, k_{s,n} \right)",
    )


def _constraints(model: ReplicaModel, weights: Weights) -> list[Formula]:
    demand, *rows = replica_penalties(model, weights)
    assert demand.name == DEMAND
    lines = [
        Formula(
            said(
                "What is placed and what is left unserved make what was wanted; one replica too "
                f"many costs {_between([demand])}."
            ),
            r"H_\text{constraint} = \sum_s \lambda_s "
            r"\left( \sum_n k_{s,n} + w_s - \text{wanted}_s \right)^2 + \dots",
        )
    ]
    if rows:
        lines.append(
            Formula(
                said(
                    f"Rooms of nodes and what the margins leave: {len(model.rows):,} that could be "
                    f"broken, at {_between(rows)} for the smallest replica too many."
                ),
                r"\dots + \sum_i \mu_i \left( \sum_{s,n} a_{i,s}\, k_{s,n} "
                r"+ \sum_j c_{i,j} s_{i,j} - b_i \right)^2",
            )
        )
    return lines


def _between(families: list[PenaltyFacts]) -> str:
    return spanned(np.array([end for one in families for end in (one.least, one.most)]))
