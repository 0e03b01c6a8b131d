"""The compiled inner loops of refinement: exact incremental energy and checks, and the searches.

Every kernel takes the tuples of `kytos.refine.state`: `T` the tables, `S` the state. Numba infers
the types; `Tables` and `State` document them. Here are those that Python calls.
"""

from kytos.refine.kernels.annealing import JOURNAL, LEGS, anneal, sample_changes
from kytos.refine.kernels.counts import NOWHERE, load
from kytos.refine.kernels.descent import descend
from kytos.refine.kernels.ejection import fit_by_ejection, vacate
from kytos.refine.kernels.energy import change_of, energy_of
from kytos.refine.kernels.giving_up import fit_in
from kytos.refine.kernels.moves import approach, changes_of, try_shift
from kytos.refine.kernels.packing import fill_tightly, pack
from kytos.refine.kernels.rules import all_hold

__all__ = [
    "JOURNAL",
    "LEGS",
    "NOWHERE",
    "all_hold",
    "anneal",
    "approach",
    "change_of",
    "changes_of",
    "descend",
    "energy_of",
    "fill_tightly",
    "fit_by_ejection",
    "fit_in",
    "load",
    "pack",
    "sample_changes",
    "try_shift",
    "vacate",
]
