"""A plan in money and nodes: what Karpenter would say to it, and how much better one could be."""

from __future__ import annotations

from math import floor

import numpy as np

from kytos.cluster import Cluster, Frozen
from kytos.contract.weights import Weights
from kytos.language import said
from kytos.problem import LoadMode, Problem
from kytos.questions.parts.move_cost import MoveCosts
from kytos.questions.parts.prices import prices_known
from kytos.referee.feasible import has_left
from kytos.solve.result import Solution

KARPENTER_THRESHOLD = 0.5
"""What the share saved must come to of the share disrupted, as Karpenter's balanced policy has it.

https://github.com/kubernetes-sigs/karpenter/blob/main/designs/balanced-consolidation.md
"""
HOURS_PER_MONTH = 730


class KarpenterScore(Frozen):
    """The plan as Karpenter's balanced consolidation would judge it as one change."""

    saved_share: float
    """Of the price of the nodes in use (by size, where prices are unknown)."""
    disrupted_share: float
    """Of what moving every pod would cost."""
    score: float | None
    """The one over the other; None where nothing is disrupted."""
    threshold: float = KARPENTER_THRESHOLD
    acts: bool
    """Whether it would."""
    acts_from_share: float
    """The least share of the price that would have to be saved for this disruption."""
    acts_from_per_hour: float | None
    """The same in money; None where no price is known."""
    sentence: str


class Possible(Frozen):
    """How much better a plan could be at these weights, net of the moves it would take."""

    price_per_hour: float | None
    """None where a price is unknown."""
    nodes: int
    """Whole nodes of the cheapest that are in use."""
    sentence: str


def karpenter_score(cluster: Cluster, problem: Problem, solution: Solution) -> KarpenterScore:
    """Return the share of the price saved against the share of all disruption."""
    before = float(problem.price[problem.in_use(problem.current)].sum())
    after = float(problem.price[problem.in_use(solution.placement)].sum())
    saved = (before - after) / before if before > 0 else 0.0
    decided = set(problem.pods)
    costs = MoveCosts.of(cluster)
    whole = float(problem.move_cost.sum()) + sum(
        costs(pod)
        for pod in cluster.pods
        if pod.holds_capacity and pod.keeps_node and pod.id not in decided
    )
    moved = float(problem.move_cost[has_left(problem, solution.placement)].sum())
    disrupted = moved / whole if whole > 0 else 0.0
    score = saved / disrupted if disrupted > 0 else None
    acts = score is not None and score >= KARPENTER_THRESHOLD
    least = KARPENTER_THRESHOLD * disrupted
    per_hour = least * before if prices_known(cluster) else None
    if score is None:
        told = said("Karpenter's balanced score has nothing to judge: no pod moves.")
    else:
        worth = "" if per_hour is None else f" (${per_hour:,.2f}/h)"
        does = said("it would" if acts else "it would not")
        told = said(
            f"Karpenter's balanced score: {saved:.1%} saved for {disrupted:.1%} disrupted is "
            f"{score:.2f}; it acts from {KARPENTER_THRESHOLD}, for this disruption from "
            f"{least:.1%}{worth} saved, so {does}."
        )
    return KarpenterScore(
        saved_share=saved,
        disrupted_share=disrupted,
        score=score,
        acts=acts,
        acts_from_share=least,
        acts_from_per_hour=per_hour,
        sentence=told,
    )


def possible(
    cluster: Cluster, problem: Problem, weights: Weights, solution: Solution, bound: float
) -> Possible | None:
    """Return a proven gap in the user's units; None where load is no price, or counts nothing.

    Parameters
    ----------
    bound
        No plan has a lower energy.
    """
    used = problem.in_use(solution.placement) & ~problem.held_open
    prices = problem.price[used & (problem.price > 0)]
    if problem.mode is not LoadMode.CONSOLIDATE or weights.B == 0 or not np.isfinite(bound):
        return None
    gap = max(0.0, solution.energy.total - bound) / weights.B
    nodes = floor(gap / float(prices.min()) + 1e-9) if len(prices) else 0
    per_hour = gap if prices_known(cluster) else None
    some = said("no whole node") if nodes == 0 else f"{nodes:,} node{'' if nodes == 1 else 's'}"
    told = said(f"At most {some} better is possible, net of the moves it would take.")
    if per_hour is not None:
        month = np.ceil(per_hour * HOURS_PER_MONTH)
        told = said(
            f"At most ${month:,.0f} a month or {some} better is possible, net of the moves it "
            "would take."
        )
    if gap < 1e-6 * max(1.0, abs(bound)):
        told = said("Nothing better is possible at these weights.")
    return Possible(price_per_hour=per_hour, nodes=nodes, sentence=told)
