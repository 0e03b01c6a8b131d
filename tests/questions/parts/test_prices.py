"""Prices: one that is not known is estimated from the known ones, and said; none known counts 1."""

from __future__ import annotations

from pathlib import Path

import pytest

from kytos.cluster import NoteKind
from kytos.contract.params import SolverParams
from kytos.questions.parts.prices import price_notes, prices_by_size
from kytos.questions.rebalance import rebalance
from kytos.sources.manifests import read_cluster
from tests.questions.small import node

CASE = Path(__file__).parents[2] / "data" / "cases" / "partial-price.json"
GIB = 2**30


def priced(name: str, cores: int, price: float | None):  # type: ignore[no-untyped-def]
    return node(name, 1000 * cores, 4 * cores * GIB).model_copy(update={"price_per_hour": price})


def test_one_unknown_price_does_not_turn_money_into_counting() -> None:
    """The dear m5.4xlarge is freed, not the node whose price nobody knows; the estimate is said."""
    cluster = read_cluster([(CASE.name, CASE.read_bytes())])
    outcome = rebalance(cluster, params=SolverParams(num_reads=1, num_sweeps=50))
    assert outcome.freed_nodes == ("c",)
    assert outcome.metrics.after.price_per_hour == pytest.approx(0.192 + 0.142, abs=1e-3)
    (note,) = outcome.notes
    assert note.kind is NoteKind.ASSUMED
    assert note.subjects == ("a (weird.metal): $0.1419/h",)


def test_an_estimate_is_what_the_known_ones_cost_for_their_size() -> None:
    """Twice the size at the known ones' rate; known prices stay as they are."""
    nodes = [priced("a", 2, 0.1), priced("b", 2, 0.3), priced("c", 4, None)]
    assert prices_by_size(nodes).tolist() == pytest.approx([0.1, 0.3, 0.4])
    assert price_notes(nodes)[0].subjects == ("c: $0.4/h",)


def test_where_no_price_is_known_that_is_said() -> None:
    """No money is told then, and every node counts as one whatever its size."""
    nodes = [priced("a", 2, None), priced("b", 8, None)]
    assert prices_by_size(nodes).tolist() == [1.0, 1.0]
    (note,) = price_notes(nodes)
    assert "no price is told" in note.message


def test_all_prices_known_assumes_nothing() -> None:
    """Free nodes are known as well."""
    nodes = [priced("a", 2, 0.0), priced("b", 2, 0.1)]
    assert prices_by_size(nodes).tolist() == [0.0, 0.1]
    assert price_notes(nodes) == ()
