"""The range of temperatures an anneal runs through, measured on the model itself.

Default ranges are the weak spot of both annealers used here: OpenJij's collapses as models grow,
dwave-samplers' is so wide that more sweeps do worse. What was measured stands in
docs/decisions/0012-annealing-temperatures.md.
"""

from __future__ import annotations

import numpy as np

from kytos.problem import Floats
from kytos.solvers.local.ising import Ising, random_spins

MINIMA = 3
"""Local minima looked at; the quantiles below hardly differ from one to the next."""
HOT_ACCEPTANCE = 0.9
"""At the start the median flip out of a local minimum is taken nine times in ten."""
COLD_QUANTILE = 0.05
"""The smallest flips are slack bits and near ties; freezing those too would waste sweeps."""
COLD_ACCEPTANCE = 1e-4
"""At the end a flip at the cold quantile is taken once in ten thousand proposals."""


def beta_range(ising: Ising, seed: int) -> tuple[float, float]:
    """Return the inverse temperatures to start and to end at, in 1 / energy.

    An annealer spends its time at local minima, so what matters is what the flips out of one
    cost, not the coefficients: in a QUBO with penalties the two differ by orders. The Metropolis
    rule takes a flip of cost d with probability exp(-beta d) (Kirkpatrick, Gelatt and Vecchi,
    *Optimization by Simulated Annealing*, 1983, set the start by this acceptance).
    """
    rng = np.random.default_rng(seed)
    count = len(ising.field)
    minima = [ising.descend(random_spins(count, rng)) for _ in range(MINIMA)]
    costs = np.concatenate([ising.flip_costs(minimum) for minimum in minima])
    costs = costs[costs > 1e-9 * costs.max(initial=0.0)]
    if len(costs) == 0:
        return 1.0, 1.0
    cold = -np.log(COLD_ACCEPTANCE) / np.quantile(costs, COLD_QUANTILE)
    hot = -np.log(HOT_ACCEPTANCE) / np.median(costs)
    return float(hot), float(cold)


def geometric(hot: float, cold: float, sweeps: int) -> Floats:
    """``(sweeps,)`` inverse temperatures from hot to cold, each a fixed factor above the last."""
    return np.asarray(np.geomspace(hot, cold, sweeps), dtype=np.float64)
