"""Which nodes to buy, by patterns: how many pods of each kind fill one node of each kind."""

from kytos.solvers.patterns.packing import OfferRow, Packing, PatternPlan
from kytos.solvers.patterns.plan import cheapest_plan

__all__ = ["OfferRow", "Packing", "PatternPlan", "cheapest_plan"]
