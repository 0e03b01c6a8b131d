"""Preferences as weights: they weigh and never filter."""

from __future__ import annotations

import numpy as np
import pytest

from kytos.cluster import (
    HOSTNAME,
    ZONE,
    Cluster,
    Effect,
    NodeTerm,
    PodTerm,
    PreferredNodeTerm,
    PreferredPodTerm,
    Requirement,
    SpreadConstraint,
    Taint,
)
from kytos.rules.compile import compile_rules
from tests.rules.small import TWO_ZONES, labelled, node, pod

WEB, DB = {"app": "web"}, {"app": "db"}


def beside(app: dict[str, str], weight: int) -> PreferredPodTerm:
    term = PodTerm(topology_key=ZONE, selector=labelled(**app))
    return PreferredPodTerm(term=term, weight=weight)


def test_node_preferences_and_soft_taints() -> None:
    """A matching term attracts by its share of 100, an untolerated soft taint repels by one."""
    in_a = NodeTerm(expressions=(Requirement(key=ZONE, operator="In", values=("a",)),))
    picky = pod("p", preferred_node_terms=(PreferredNodeTerm(term=in_a, weight=30),))
    soft = node("soft", taints=(Taint(key="k", effect=Effect.PREFER_NO_SCHEDULE),))
    pods = (picky, pod("q"))
    compiled = compile_rules(Cluster(nodes=(*TWO_ZONES, soft), pods=pods), pods)
    assert compiled.preference is not None
    assert compiled.preference.tolist() == [[-0.3, -0.3, 0, 1], [0, 0, 0, 1]]
    assert compiled.allowed.all()


def test_nobody_prefers_anything() -> None:
    """None rather than an array of zeros."""
    assert compile_rules(Cluster(nodes=TWO_ZONES, pods=(pod("p"),)), [pod("p")]).preference is None


@pytest.mark.parametrize("sign", [-1, 1])
def test_preferred_affinity_is_a_pairing(sign: int) -> None:
    """A pod that would be near (or far from) a database: one pairing over zones, either way."""
    field = "preferred_affinity" if sign < 0 else "preferred_anti_affinity"
    pods = (pod("p", labels=WEB, **{field: (beside(DB, 50),)}), pod("d", "b1", labels=DB))
    compiled = compile_rules(Cluster(nodes=TWO_ZONES, pods=pods), pods)
    (pairing,) = compiled.pairings
    assert pairing.weight == sign * 0.5
    carriers, targets = compiled.tallies[pairing.carriers], compiled.tallies[pairing.targets]
    assert carriers.members.tolist() == [True, False]
    assert targets.members.tolist() == [False, True]
    assert compiled.exclusions == ()


def test_what_only_fixed_pods_prefer_is_left_out() -> None:
    """No decision changes it."""
    pods = (pod("p", "a1", labels=WEB, preferred_affinity=(beside(DB, 50),)), pod("d", "b1"))
    free = pod("free")
    assert compile_rules(Cluster(nodes=TWO_ZONES, pods=(*pods, free)), [free]).pairings == ()


def test_soft_spread_prefers_the_even_placement() -> None:
    """Of all placements of four replicas on three nodes those with fewest pairs are the even."""
    even = SpreadConstraint(topology_key=HOSTNAME, hard=False, selector=labelled(**WEB))
    pods = tuple(pod(f"web-{number}", labels=WEB, spread=(even,)) for number in range(4))
    compiled = compile_rules(Cluster(nodes=TWO_ZONES, pods=pods), pods)
    (pairing,) = compiled.pairings
    tally = compiled.tallies[pairing.carriers]
    worth: dict[tuple[int, ...], float] = {}
    for code in range(3**4):
        placement = np.array([code // 3**digit % 3 for digit in range(4)])
        count = tally.counts(placement)
        pairs = (count * (count - 1) // 2).sum()
        worth[tuple(sorted(count.tolist()))] = pairing.weight * float(pairs)
    assert min(worth, key=lambda counts: worth[counts]) == (1, 1, 2)
    assert compiled.skews == ()


@pytest.mark.parametrize(("key", "pairs"), [(HOSTNAME, 1.0), (ZONE, 10.0)])
def test_a_soft_spread_over_zones_is_worth_ten_pairs(key: str, pairs: float) -> None:
    """Over hostnames a pair more; the scheduler's own score of it stays what it was."""
    even = SpreadConstraint(topology_key=key, hard=False, max_skew=2, selector=labelled(**WEB))
    pods = tuple(pod(f"web-{number}", labels=WEB, spread=(even,)) for number in range(3))
    (pairing,) = compile_rules(Cluster(nodes=TWO_ZONES, pods=pods), pods).pairings
    assert pairing.weight == pairs / 2
    assert pairing.scored == (None if key == HOSTNAME else 0.5)
