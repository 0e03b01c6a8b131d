"""A few of the random clusters whose plans the benchmark checks for what they promise."""

from __future__ import annotations

import pytest

from benchmarks.promises import App, Replica, Room, World, broken_promises, fatal


@pytest.mark.parametrize("seed", range(12))
def test_no_plan_breaks_what_it_promises(seed: int) -> None:
    """Taints, selectors, anti-affinity and spread as written apart: failures, headroom, reasons."""
    assert list(broken_promises(seed)) == []


def test_the_check_tells_what_is_broken() -> None:
    """Two replicas that may not share a zone: without one of three zones both still find one."""
    app = App(name="db", disk=None, tolerates=False, apart="topology.kubernetes.io/zone", skew=None)
    rooms = {
        f"n{at}": Room(f"n{at}", 1000, 1000, f"z{at}", "ssd", tainted=at == 2, price=0.1)
        for at in range(3)
    }
    pods = {f"p{at}": Replica(f"p{at}", app, 100, 100, stays=False) for at in range(2)}
    world = World(rooms, pods, {"p0": "n0", "p1": "n1"})
    assert fatal(world, world.where, set(rooms), "node") == {"n0", "n1"}
    rooms["n2"] = Room("n2", 1000, 1000, "z2", "ssd", tainted=False, price=0.1)
    assert fatal(world, world.where, set(rooms), "zone") == set()
