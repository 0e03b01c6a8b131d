"""Repair and refinement: from what a sampler or a rule returned to a feasible, better placement."""

from kytos.refine.anneal import (
    Refined,
    TracePoint,
    refine,
    refine_block,
)
from kytos.refine.compiling import compile_first, warm_up
from kytos.refine.node_sets import swap_node_sets
from kytos.refine.regions import Regions, cool_again, cool_regions, cool_rising
from kytos.refine.repair import repair
from kytos.refine.runners_up import cheapest_other_nodes
from kytos.refine.schedule import default_proposals

__all__ = [
    "Refined",
    "Regions",
    "TracePoint",
    "cheapest_other_nodes",
    "compile_first",
    "cool_again",
    "cool_regions",
    "cool_rising",
    "default_proposals",
    "refine",
    "refine_block",
    "repair",
    "swap_node_sets",
    "warm_up",
]
