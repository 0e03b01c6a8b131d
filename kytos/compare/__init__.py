"""The same problem several times over: through several solvers, or under several weights."""

from kytos.compare.baselines import Proposal, proposals
from kytos.compare.contenders import CompareRequest, Comparison, Row, compare_solvers
from kytos.compare.frontier import Frontier, FrontierPoint, FrontierRequest, frontier
from kytos.compare.plan import Plan

__all__ = [
    "CompareRequest",
    "Comparison",
    "Frontier",
    "FrontierPoint",
    "FrontierRequest",
    "Plan",
    "Proposal",
    "Row",
    "compare_solvers",
    "frontier",
    "proposals",
]
