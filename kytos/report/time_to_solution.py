"""How long a sampler needs to be sure of an energy: time to solution, with its confidence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kytos.language import N_

SURE = 0.99
"""The usual target: at least one success with this probability."""
Z = 1.96
"""Standard normal quantile of a two-sided 95 % interval."""

_TARGETS = ((N_("refined answer"), 0.0), (N_("within 1 % of it"), 0.01), (N_("within 5 %"), 0.05),
            (N_("within 10 %"), 0.1), (N_("better than doing nothing"), None))  # fmt: skip
"""Names of what a read may aim at, and the share of the answer's energy it may lie above it."""


@dataclass(frozen=True)
class TimeToSolution:
    """Seconds of reads until one succeeds with 99 % probability.

    Attributes
    ----------
    successes, reads
        What was seen.
    seconds
        The estimate; None where no read succeeded.
    low, high
        95 % interval; `high` is None where no upper end can be given. Where no read succeeded,
        `low` is all that is known: it takes longer than that.
    """

    successes: int
    reads: int
    seconds: float | None
    low: float
    high: float | None


def targets(start: float, answer: float) -> dict[str, float]:
    """Energies a read may aim at, by name, from the energy of doing nothing and of the answer."""
    return {
        name: start if share is None else answer + share * abs(answer) for name, share in _TARGETS
    }


def time_to_solution(
    objectives: Sequence[float], target: float, seconds_a_read: float
) -> TimeToSolution:
    """Return the time until a read reaches `target`, from reads that each took the same time.

    TTS = t · ln(1 - 0.99) / ln(1 - p), one read at least (Rønnow et al., *Defining and detecting
    quantum speedup*, Science 345, 2014). p is the share of reads that reached the target; its
    interval is Wilson's, which is honest at 0 and at 1 and for few reads.

    Raises
    ------
    ValueError
        When there are no reads.
    """
    reads = len(objectives)
    if not reads:
        raise ValueError("no reads: a share of successes needs at least one")
    slack = 1e-9 * max(1.0, abs(target))
    successes = sum(value <= target + slack for value in objectives)
    low, high = wilson(successes, reads)
    return TimeToSolution(
        successes=successes,
        reads=reads,
        seconds=_seconds(successes / reads, seconds_a_read) if successes else None,
        low=_seconds(high, seconds_a_read),
        high=_seconds(low, seconds_a_read) if successes else None,
    )


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share (Wilson, 1927)."""
    share, square = successes / trials, Z * Z / trials
    middle = share + square / 2
    half = Z * math.sqrt(share * (1 - share) / trials + square / (4 * trials))
    low = 0.0 if successes == 0 else (middle - half) / (1 + square)
    high = 1.0 if successes == trials else (middle + half) / (1 + square)
    return max(0.0, low), min(1.0, high)


def _seconds(share: float, seconds_a_read: float) -> float:
    if share >= SURE:
        return seconds_a_read
    return seconds_a_read * math.log(1 - SURE) / math.log1p(-share)
