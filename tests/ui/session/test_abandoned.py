"""Runs of sessions that are gone are ended within ten seconds; others are left alone."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from kytos.ui.session.abandoned import GRACE_S, LOOK_S, Abandoned


@dataclass
class FakeJob:
    """A run that ends when it is cancelled."""

    done: bool = False

    def cancel(self) -> None:
        self.done = True


class World:
    """A clock, the sessions whose browser is there, and what looks after their runs."""

    def __init__(self) -> None:
        self.now = 0.0
        self.there = {"one", "two"}
        self.abandoned = Abandoned(self.there.__contains__, lambda: self.now)
        self.job = FakeJob()
        self.abandoned.keep("one", self.job)  # type: ignore[arg-type]

    def go_on(self, seconds: float) -> None:
        for _ in range(int(seconds / LOOK_S)):
            self.now += LOOK_S
            self.abandoned.look()


@pytest.fixture
def world() -> World:
    return World()


def test_a_run_ends_with_its_session(world: World) -> None:
    """Ten browsers closed leave the workers free within ten seconds; the eleventh keeps its run."""
    jobs = [FakeJob() for _ in range(10)]
    for job in jobs:
        world.abandoned.keep("two", job)  # type: ignore[arg-type]
    world.go_on(30)
    assert not any(job.done for job in (*jobs, world.job))
    world.there.remove("two")
    world.go_on(10 - LOOK_S)
    assert all(job.done for job in jobs)
    assert not world.job.done


def test_a_browser_that_comes_back_keeps_its_run(world: World) -> None:
    """A connection lost for a moment, again and again, ends nothing."""
    for _ in range(4):
        world.there.discard("one")
        world.go_on(GRACE_S - LOOK_S)
        world.there.add("one")
        world.go_on(LOOK_S)
    assert not world.job.done


def test_ended_runs_are_forgotten(world: World) -> None:
    """What looks after runs does not keep their results."""
    world.job.done = True
    world.go_on(LOOK_S)
    assert world.abandoned._kept == []
