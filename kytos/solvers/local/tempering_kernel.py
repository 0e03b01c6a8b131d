"""The sweeps of parallel tempering, compiled: flips and exchanges of bits, and of replicas."""

from __future__ import annotations

import math

from numba import njit

from kytos.refine.kernels.compiled import kept_on_disk
from kytos.refine.kernels.randomness import random_below, random_unit


@kept_on_disk
@njit(nogil=True, error_model="numpy")
def sweep_replicas(  # type: ignore[no-untyped-def]
    bits,
    field,
    energy,
    betas,
    dense,
    start,
    column,
    value,
    partners,
    apart,
    sweeps,
    rng,
    best,
    best_energy,
    order,
):
    """Sweep all replicas and let neighbours in temperature trade places, in place.

    Parameters
    ----------
    bits, field
        ``(replicas, variables)`` 0 or 1, and what setting each bit would add: its linear bias and
        the couplings to bits that are set.
    energy
        ``(replicas,)`` of each, less the offset.
    betas
        ``(replicas,)`` inverse temperatures, hot to cold.
    dense
        ``(variables, variables)`` couplings, or ``(0, 0)`` where `start`, `column`, `value` have
        them by rows.
    partners
        ``(variables, partners)`` of each, those it is most strongly kept apart from, -1 for none.
    apart
        ``(variables, partners)`` the couplings to them.
    sweeps
        How often every replica is swept.
    best, best_energy
        ``(variables,)`` and ``(1,)`` the lowest state met so far.
    order
        ``(replicas,)`` which row has each temperature.
    """
    replicas, count = bits.shape
    whole = dense.shape[0] > 0
    for _ in range(sweeps):
        for place in range(replicas):
            row, beta = order[place], betas[place]
            for step in range(count):
                other = -1
                change = field[row, step] if bits[row, step] == 0 else -field[row, step]
                if random_unit(rng) < 0.5:
                    # A bit trades places with one it is kept apart from: one move in the space of
                    # placements, where two flips would cross a penalty.
                    choice = random_below(rng, partners.shape[1])
                    other = partners[step, choice]
                    if other < 0 or bits[row, other] == bits[row, step]:
                        continue
                    change += field[row, other] if bits[row, other] == 0 else -field[row, other]
                    change -= apart[step, choice]
                if change > 0.0 and random_unit(rng) >= math.exp(-beta * change):
                    continue
                energy[row] += change
                flipped = step
                while flipped >= 0:
                    sign = 1.0 - 2.0 * bits[row, flipped]
                    bits[row, flipped] = 1 - bits[row, flipped]
                    if whole:
                        for at in range(count):
                            field[row, at] += sign * dense[flipped, at]
                    else:
                        for at in range(start[flipped], start[flipped + 1]):
                            field[row, column[at]] += sign * value[at]
                    flipped = other
                    other = -1
                if energy[row] < best_energy[0] - 1e-12:
                    best_energy[0] = energy[row]
                    for at in range(count):
                        best[at] = bits[row, at]
        for place in range(replicas - 1):
            hot, cold = order[place], order[place + 1]
            gain = (betas[place + 1] - betas[place]) * (energy[cold] - energy[hot])
            if gain >= 0.0 or random_unit(rng) < math.exp(gain):
                order[place], order[place + 1] = cold, hot
