"""Random numbers from one word of state, which the caller seeds."""

from __future__ import annotations

import numpy as np

from kytos.refine.kernels.compiled import inlined


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
