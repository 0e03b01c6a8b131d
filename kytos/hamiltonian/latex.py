"""The Hamiltonian of one QUBO as LaTeX, with the numbers in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kytos.contract.params import Capacity, Encoding
from kytos.contract.weights import Weights, exchange_rates
from kytos.hamiltonian.arrays import UNBALANCED
from kytos.hamiltonian.model import Model
from kytos.hamiltonian.penalties import LINK, penalties
from kytos.language import said
from kytos.problem import Floats, LoadMode


@dataclass(frozen=True)
class Formula:
    """One line of the Hamiltonian: what it says in words, and in LaTeX."""

    words: str
    latex: str


def formulas(model: Model, weights: Weights, strength: Floats) -> tuple[Formula, ...]:
    """Return the Hamiltonian term by term; `strength` ``(rows,)`` as in `penalties`."""
    return (
        whole(weights),
        _variables(model),
        _load(model),
        _cost(model),
        _affinity(model),
        *_constraints(model, weights, strength),
    )


def whole(weights: Weights) -> Formula:
    """The energy as the sum of its four terms."""
    terms = ("constraint", "load", "cost", "affinity")
    sliders = (weights.A, weights.B, weights.C, weights.D)
    return Formula(
        said("The energy: four terms, each times its slider."),
        "H = "
        + " + ".join(
            rf"{number(slider)}\,H_\text{{{term}}}"
            for slider, term in zip(sliders, terms, strict=True)
        ),
    )


def number(value: float) -> str:
    """A number in LaTeX, three digits."""
    digits = f"{value:.3g}"
    mantissa, exponent, power = digits.partition("e")
    return rf"{mantissa}\cdot 10^{{{int(power)}}}" if exponent else digits


def _variables(model: Model) -> Formula:
    pods = int(model.layout.free.sum())
    nodes = len(np.unique(model.layout.slot_node))
    if model.layout.encoding is Encoding.ONE_HOT:
        return Formula(
            said(
                f"One variable for each of {pods:,} pods and each node it may be on, of {nodes:,}."
            ),
            r"X_{p,n} = x_{p,n} \in \{0, 1\}",
        )
    return Formula(
        said(
            f"One variable for each move: {pods:,} pods, {nodes:,} nodes. All 0 is the reference, "
            "where everything stays."
        ),
        r"X_{p,n} = x_{p,n} \in \{0, 1\}, \qquad "
        r"X_{p,\text{ref}(p)} = 1 - \sum_{n \neq \text{ref}(p)} x_{p,n}",
    )


def _load(model: Model) -> Formula:
    problem = model.layout.problem
    if problem.mode is LoadMode.CONSOLIDATE:
        sure = float(problem.price[problem.in_use(model.layout.settled)].sum())
        price = problem.price[model.layout.counted_nodes]
        return Formula(
            said(
                f"The price of nodes in use: {number(sure)} for those that stay in use anyway, and "
                f"{len(price):,} that may be emptied ({spanned(price)} each). A pod on a node "
                f"said to be empty costs {LINK} of its price."
            ),
            rf"H_\text{{load}} = {number(sure)} + \sum_n c_n \left( y_n + {LINK}\,(1 - y_n) "
            r"\sum_p X_{p,n} \right)",
        )
    mean = problem.mean_load
    utilisation = (
        r"u_{n,r} = \frac{\text{held}_{n,r} + \sum_p \text{asks}_{p,r}\,X_{p,n}}"
        r"{\text{allocatable}_{n,r}}"
    )
    if problem.mode is LoadMode.SQUARES:
        return Formula(
            said("Squared utilisation of every node."),
            rf"H_\text{{load}} = \sum_n \sum_r u_{{n,r}}^2, \qquad {utilisation}",
        )
    return Formula(
        said(
            f"Squared distance from the mean utilisation: cpu {mean[0]:.3g}, memory {mean[1]:.3g}."
        ),
        rf"H_\text{{load}} = \sum_n \left[ (u_{{n,\text{{cpu}}}} - {number(mean[0])})^2"
        rf" + (u_{{n,\text{{mem}}}} - {number(mean[1])})^2 \right], \qquad {utilisation}",
    )


def _cost(model: Model) -> Formula:
    problem = model.layout.problem
    rate = exchange_rates(problem).cost
    costs = problem.move_cost[model.layout.free]
    latex = rf"H_\text{{cost}} = {number(rate)} \left( \sum_p m_p\,(1 - X_{{p,\text{{now}}(p)}})"
    words = said(f"Each move, {spanned(costs)} ordinary moves, each worth {number(rate)}")
    if problem.node_cost is not None:
        latex += r" + \sum_{p,n} c_{p,n} X_{p,n}"
        words += said("; running where it costs")
    if problem.traffic is not None:
        latex += r" + \sum_{(p,q)} w_{p,q} \sum_{n,m} \ell_{n,m} X_{p,n} X_{q,m}"
        words += said(f"; {len(problem.traffic.pairs):,} pairs that talk")
    return Formula(words + ".", latex + r" \right)")


def _affinity(model: Model) -> Formula:
    problem = model.layout.problem
    rate = exchange_rates(problem).affinity
    latex = (
        rf"H_\text{{affinity}} = {number(rate)} \left( \sum_n \sum_{{p<q,\ s(p)=s(q)}} "
        r"X_{p,n} X_{q,n}"
    )
    words = said(f"Pairs of replicas of {len(problem.services):,} services on one node")
    where = ""
    if problem.zone_pairs:
        latex += r" + \sum_z \sum_{p<q,\ s(p)=s(q)} X_{p,z} X_{q,z}"
        words += said(" and in one zone")
    if problem.pairings:
        latex += r" + \sum_k w_k \sum_{d} \text{pairs}_{k,d}"
        where = (
            r", \qquad \text{pairs}_{k,d} = "
            r"\sum_{\{p,q\}:\ p \in C_k,\ q \in T_k} X_{p,d} X_{q,d}"
        )
        weights = np.array([pairing.weight for pairing in problem.pairings])
        words += said(
            f"; preferences between pods and soft spreads ({len(problem.pairings):,}, each pair "
            f"in one domain {spanned(weights)} pairs)"
        )
    if problem.preference is not None:
        latex += r" + \sum_{p,n} a_{p,n} X_{p,n}"
        words += said("; preferences for nodes")
    return Formula(said(f"{words}, each worth {number(rate)}."), latex + r" \right)" + where)


def _constraints(model: Model, weights: Weights, strength: Floats) -> list[Formula]:
    layout = model.layout
    applied = penalties(layout, weights, strength=strength)
    place = applied.pods[layout.free]
    broken = r"\sum_{n<m} x_{p,n} x_{p,m}"
    if layout.encoding is Encoding.ONE_HOT:
        broken = r"\left(1 - \sum_n x_{p,n}\right)^2"
    lines = [
        Formula(
            said(f"One place for each pod; a pod in two costs {spanned(place)}."),
            rf"H_\text{{constraint}} = \sum_p \lambda_p {broken} + \dots",
        )
    ]
    if layout.rows:
        force = applied.rows[applied.rows > 0]
        words = said(
            f"Rows (capacities, bounds on moves): {len(layout.rows):,}, {len(force):,} in force"
        )
        words += said(f", at {spanned(force)} a squared unit.") if len(force) else "."
        over = r"\sum_p a_{k,p} X_{p,n(k)} - b_k"
        latex = rf"\dots + \sum_k \mu_k \left( {over} + \sum_j c_{{k,j}} s_{{k,j}} \right)^2"
        if model.capacity is Capacity.UNBALANCED:
            linear, quadratic = UNBALANCED
            latex = (
                rf"\dots + \sum_k \mu_k \left( {linear}\,g_k + {quadratic}\,g_k^2 \right), "
                rf"\qquad g_k \propto {over}"
            )
        lines.append(Formula(words, latex))
    if len(applied.exclusions):
        lines.append(
            Formula(
                said(
                    f"Pairs that exclude each other ({len(applied.exclusions):,} such rules in "
                    f"all), {spanned(applied.exclusions)} a pair."
                ),
                r"\dots + \sum_e \nu_e \sum_d \text{pairs}_{e,d}",
            )
        )
    return lines


def spanned(values: Floats) -> str:
    """Numbers in words: the one they all are, or the least and the most."""
    if not len(values):
        return "0"
    least, most = _in_words(float(values.min())), _in_words(float(values.max()))
    return least if least == most else said(f"{least} to {most}")


def _in_words(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
