"""Runbooks of random plans, replayed by a judge that shares no code with them."""

from __future__ import annotations

import pytest

from kytos.contract.runbook import Runbook, RunbookRequest
from kytos.runbook.making import make_runbook
from tests.runbook.small_plans import SmallPlan, broken_by, small_plan

SEEDS = 60


def runbook_of(small: SmallPlan, seed: int) -> Runbook:
    parallel = (1, 3, 10)[seed % 3]
    return make_runbook(small.plan, RunbookRequest(max_parallel=parallel))


@pytest.mark.parametrize("first", range(0, SEEDS, 20))
def test_no_step_breaks_capacity_rule_or_budget(first: int) -> None:
    """In whatever order the pods of a wave leave and land, each fits where it is meant to."""
    moved = left_out = 0
    for seed in range(first, first + 20):
        small = small_plan(seed)
        runbook = runbook_of(small, seed)
        for draw in range(3):
            assert broken_by(small, runbook.steps, runbook.remove_nodes, draw) == [], seed
        named = {left.pod for left in runbook.left_out}
        evicted = {step.pod for step in runbook.steps if step.action == "evict"}
        assert evicted | named == set(small.targets), seed
        assert not evicted & named, seed
        moved += len(evicted)
        left_out += len(named)
    assert moved > 20
    assert left_out < moved
