"""Random numbers from one word of state, which the caller seeds."""

from __future__ import annotations

import math

import numpy as np

from kytos.refine.kernels.compiled import inlined

WINDOW = 1 << 9
"""Pods that the anneal chooses among for a while, so that they stay in a core's cache."""


@inlined
def random_word(rng):
    """Next of xorshift64*. Source: Vigna, An experimental exploration of Marsaglia's xorshift."""
    x = rng[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    rng[0] = x
    return x * np.uint64(2685821657736338717)


@inlined
def random_below(rng, bound):
    """Uniform integer below `bound` (multiply-shift on the upper 32 bits)."""
    return np.int64(((random_word(rng) >> np.uint64(32)) * np.uint64(bound)) >> np.uint64(32))


@inlined
def random_unit(rng):
    """Uniform number in 0..1, without 1."""
    return float(random_word(rng) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@inlined
def near(pods, first, rng):
    """One of the `WINDOW` pods from a position on."""
    at = first + random_below(rng, min(WINDOW, len(pods)))
    return pods[at - len(pods) if at >= len(pods) else at]


@inlined
def accepts(rng, delta, temperature):
    """The Metropolis rule; what is taken less than once in 10^10 times is not drawn for."""
    if delta <= 0.0:
        return True
    if delta > 24.0 * temperature:
        return False
    return random_unit(rng) < math.exp(-delta / temperature)
