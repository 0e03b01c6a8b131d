"""One deadline, shared out by rules that compose, on a clock the test turns."""

from __future__ import annotations

import pytest

from kytos.contract.watch import StopReason, Watch


class Clock:
    """A clock that stands until it is turned."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ten_seconds(clock: Clock) -> Watch:
    return Watch(clock=clock).within(10)


def test_it_ends_on_time(clock: Clock, ten_seconds: Watch) -> None:
    """Within ten seconds means from now."""
    assert ten_seconds.remaining_s == 10
    assert ten_seconds.reason is None
    clock.now += 10
    assert ten_seconds.remaining_s == 0
    assert ten_seconds.reason is StopReason.CLOCK


def test_no_rule_makes_it_end_later(ten_seconds: Watch) -> None:
    """However rules are put together, the first deadline holds."""
    later = ten_seconds.within(50).share(2.0).reserve(-30)
    assert later.deadline == ten_seconds.deadline


def test_shares_are_of_what_is_left(clock: Clock, ten_seconds: Watch) -> None:
    """Half of half; and half of what is left once some has gone."""
    assert ten_seconds.share(0.5).share(0.5).remaining_s == 2.5
    clock.now += 4
    assert ten_seconds.share(0.5).remaining_s == 3


def test_what_follows_has_its_reserve_but_for_the_least(ten_seconds: Watch) -> None:
    """Three seconds are kept back; of ten asked for in vain a fifth is worked all the same."""
    assert ten_seconds.reserve(3).remaining_s == 7
    assert ten_seconds.reserve(20).remaining_s == 0
    assert ten_seconds.reserve(20, least=0.2).remaining_s == 2


def test_what_has_no_end_shares_without_end(clock: Clock) -> None:
    """Without a deadline there is nothing to share."""
    assert Watch(clock=clock).share(0.5).remaining_s == float("inf")
    assert Watch(clock=clock).share(0.0).remaining_s == 0


def test_the_stop_button_goes_before_the_clock(clock: Clock, ten_seconds: Watch) -> None:
    """Who pressed it is told so, by every watch made from the one."""
    stopped = Watch(stopped=lambda: True, clock=clock).within(0).share(0.5)
    assert stopped.reason is StopReason.USER
