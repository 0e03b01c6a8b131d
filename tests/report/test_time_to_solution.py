"""Time to solution against a simulation, and honest where nothing was found."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kytos.report.time_to_solution import targets, time_to_solution, wilson


def test_after_that_time_a_read_has_succeeded_99_times_in_100() -> None:
    """Reads drawn at a known share of successes keep the promise."""
    rng = np.random.default_rng(0)
    share = 0.2
    objectives = np.where(np.arange(1000) < 1000 * share, 1.0, 2.0)
    found = time_to_solution(objectives.tolist(), 1.0, seconds_a_read=1.0)
    assert found.seconds is not None
    reads = math.ceil(found.seconds)
    succeeded = (rng.random((20_000, reads)) < share).any(axis=1)
    assert succeeded.mean() == pytest.approx(0.99, abs=0.005)


def test_where_no_read_succeeds_there_is_only_a_lower_end() -> None:
    """Not infinity, not a guess: longer than what so many failures still allow."""
    few = time_to_solution([2.0] * 4, 1.0, 0.1)
    many = time_to_solution([2.0] * 400, 1.0, 0.1)
    assert few.seconds is None
    assert few.high is None
    assert 0 < few.low < many.low


def test_one_read_is_the_least() -> None:
    """A read that always succeeds takes one read's time; the interval says how sure that is."""
    found = time_to_solution([1.0] * 5, 1.0, 0.1)
    assert found.seconds == pytest.approx(0.1)
    assert found.low == pytest.approx(0.1)
    assert found.high is not None
    assert found.high > 0.1


def test_the_target_itself_is_a_success() -> None:
    """An energy equal but for rounding counts."""
    assert time_to_solution([1.0 + 1e-12], 1.0, 1.0).successes == 1


def test_interval_covers_what_it_should() -> None:
    """Of many experiments with ten reads about 95 in 100 cover the true share."""
    rng = np.random.default_rng(1)
    covered = 0
    for successes in rng.binomial(10, 0.3, 2000):
        low, high = wilson(int(successes), 10)
        covered += low <= 0.3 <= high
    assert covered / 2000 == pytest.approx(0.95, abs=0.03)


def test_without_reads_there_is_nothing_to_say() -> None:
    """Refused, not guessed."""
    with pytest.raises(ValueError, match="no reads"):
        time_to_solution([], 1.0, 1.0)


def test_targets_lie_between_the_answer_and_doing_nothing() -> None:
    """Shares are of the answer's magnitude, upwards, so that a negative energy works too."""
    assert targets(20.0, 10.0)["within 5 %"] == pytest.approx(10.5)
    assert targets(20.0, -10.0)["within 5 %"] == pytest.approx(-9.5)
    assert targets(20.0, 10.0)["refined answer"] == 10.0
    assert targets(20.0, 10.0)["better than doing nothing"] == 20.0
