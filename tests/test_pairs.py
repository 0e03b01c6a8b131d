"""Rows that pods share, held against the arrays they stand for."""

from __future__ import annotations

import numpy as np
import pytest

from kytos.pairs import MaskBuilder, PairRows
from kytos.pod_sets import PodSet
from kytos.replica_counts import ReplicaCounts

SEEDS = range(20)


def shapes(seed: int) -> tuple[np.random.Generator, int, int]:
    rng = np.random.default_rng(seed)
    return rng, int(rng.integers(0, 9)), int(rng.integers(1, 6))


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_read_like_the_array(seed: int) -> None:
    """Every way the code looks at pairs gives what the array would."""
    rng, pods, nodes = shapes(seed)
    dense = rng.random((pods, nodes)) < rng.choice([0.2, 0.8, 1.0])
    rows = PairRows.of(dense)
    np.testing.assert_array_equal(rows, dense)
    assert len(rows.rows) == len(np.unique(dense, axis=0))
    assert (rows.shape, rows.size, len(rows)) == (dense.shape, dense.size, pods)
    assert (rows.sum(), rows.all()) == (dense.sum(), dense.all())
    for axis in (0, 1):
        np.testing.assert_array_equal(rows.any(axis=axis), dense.any(axis=axis))
        np.testing.assert_array_equal(rows.sum(axis=axis), dense.sum(axis=axis))
    some, others = rng.random(pods) < 0.5, rng.random(nodes) < 0.5
    at = np.flatnonzero(some)
    there = rng.integers(0, nodes, len(at))
    np.testing.assert_array_equal(rows[some], dense[some])
    np.testing.assert_array_equal(rows[at, there], dense[at, there])
    np.testing.assert_array_equal(rows[:, others], dense[:, others])
    np.testing.assert_array_equal(rows[np.ix_(some, others)], dense[np.ix_(some, others)])
    np.testing.assert_array_equal(rows & others, dense & others)
    np.testing.assert_array_equal(~rows, ~dense)
    np.testing.assert_array_equal(rows.narrowed(at, others), dense[np.ix_(some, others)])
    np.testing.assert_array_equal(rows.reached(at), dense[some].any(axis=0))


def test_costs_are_held_by_row_too() -> None:
    """Floats that are equal share a row, others do not."""
    dense = np.array([[0.5, 1.0], [0.25, 1.0], [0.5, 1.0]])
    costs = PairRows.of(dense)
    assert len(costs.rows) == 2
    np.testing.assert_array_equal(costs, dense)
    np.testing.assert_array_equal(costs.min(axis=1, initial=np.inf), dense.min(axis=1))


def test_no_row_is_written_to_by_accident() -> None:
    """A change of one pod's row would be one of all that share it."""
    rows = PairRows.of(np.ones((3, 2), dtype=np.bool_))
    with pytest.raises(ValueError, match="read-only"):
        rows[0][1] = False
    rows.copy()[:] = False
    assert rows.all()


@pytest.mark.parametrize("seed", SEEDS)
def test_narrowing_a_mask(seed: int) -> None:
    """Groups, kinds and single pairs, in any order, as the array would have it."""
    rng, pods, nodes = shapes(seed)
    dense = rng.random((pods, nodes)) < 0.9
    builder = MaskBuilder.on(PairRows.of(dense))
    for _ in range(6):
        some, refused = rng.random(pods) < 0.5, rng.random((3, nodes)) < 0.3
        builder.forbid(some, refused[0])
        dense[np.ix_(some, refused[0])] = False
        builder.forbid(np.flatnonzero(~some), refused[1])
        dense[np.ix_(~some, refused[1])] = False
        kind = rng.integers(-1, 3, pods)
        builder.forbid_by_kind(kind, lambda at, refused=refused: refused[at])
        dense[kind >= 0] &= ~refused[kind[kind >= 0]]
        opened, where = np.flatnonzero(some), rng.integers(0, nodes, int(some.sum()))
        builder.open(opened, where)
        dense[opened, where] = True
    np.testing.assert_array_equal(builder.mask(), dense)


@pytest.mark.parametrize("seed", SEEDS)
def test_sets_of_pods_read_like_the_array(seed: int) -> None:
    """A set can be used wherever the array of flags could."""
    rng, pods, _ = shapes(seed)
    one, two = rng.random((2, pods)) < rng.choice([0.0, 0.3, 1.0])
    first, second = PodSet.of(one), PodSet.of(two)
    np.testing.assert_array_equal(first, one)
    assert (first.any(), first.sum(), first.shape) == (one.any(), one.sum(), one.shape)
    assert first.tolist() == one.tolist()
    for made, expected in (
        (first & two, one & two),
        (one & second, one & two),
        (first | second, one | two),
        (~first, ~one),
        (first == second, one == two),
        (first.both(second), one & two),
        (first.either(second), one | two),
        (first[two], one[two]),
        (first[1:], one[1:]),
    ):
        np.testing.assert_array_equal(made, expected)
    picked = rng.integers(-pods, pods, 5) if pods else np.zeros(0, dtype=np.int64)
    np.testing.assert_array_equal(first[picked], one[picked])
    assert [bool(first[pod]) for pod in range(pods)] == one.tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_replicas_are_counted_without_the_zeros(seed: int) -> None:
    """Counts, sums, pairs and what replicas come to by zone."""
    rng, services, nodes = shapes(seed)
    dense = rng.integers(0, 3, (services, nodes))
    counts = ReplicaCounts.of(dense)
    more = rng.integers(0, services, 4 if services else 0), rng.integers(0, nodes, 4)
    more = more[0], more[1][: len(more[0])]
    np.testing.assert_array_equal(counts, dense)
    np.testing.assert_array_equal(counts.sum(axis=1), dense.sum(axis=1))
    np.testing.assert_array_equal(counts.sum(axis=0), dense.sum(axis=0))
    for service in range(services):
        np.testing.assert_array_equal(counts[service], dense[service])
    dense = dense.copy()
    np.add.at(dense, more, 1)
    fuller = counts.plus(*more)
    np.testing.assert_array_equal(fuller, dense)
    assert fuller.pairs() == (dense * (dense - 1) // 2).sum()
    zone = rng.integers(-1, 2, nodes)
    by_zone = np.column_stack([dense[:, zone == at].sum(axis=1) for at in range(2)])
    np.testing.assert_array_equal(fuller.by(zone, 2), by_zone)


def test_going_through_them_ends() -> None:
    """As of an array: where an index is past the end, IndexError says so."""
    flags, counts = np.array([True, False, True]), np.array([[0, 2], [1, 0], [0, 3]])
    members, replicas = PodSet.of(flags), ReplicaCounts.of(counts)
    assert [bool(flag) for flag in members] == flags.tolist()
    assert [row.tolist() for row in replicas] == counts.tolist()
    assert replicas[-1].tolist() == [0, 3]
    for held in (members, replicas):
        for past in (3, -4):
            with pytest.raises(IndexError):
                held[past]
