"""How much breaking each constraint must cost, computed from the other terms.

Leaving a pod out, or putting it where it may not be, saves at most what its place can change in
the rest of the energy, at the weights in force: its *stake*. A pod in no place or in two costs
just above its own stake, an excluded pair just above the largest among its members, a row just
above the largest when it is exceeded by the largest request in it.

Two things can still pay, and repair mends both: a row exceeded by less than a request, and a
chain of moves that ends in one broken constraint. With `sure` neither can: everything costs the
sum of all stakes for the first unit. Annealers do not cross such barriers (measured in
docs/decisions/0021-encoding-and-penalties.md), so that is for proofs and tiny models.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kytos.contract.weights import Weights, exchange_rates
from kytos.hamiltonian.layout import Layout
from kytos.problem import Floats, Ints, LoadMode, Tally

MARGIN = 1.05
"""Just above: enough to decide a tie for the side that keeps the constraint."""

LINK = 1.5
"""A node's price times this is what each pod on it costs while y says it is not in use; above 1,
so that y = 1 is always cheaper than one pod beside y = 0."""


@dataclass(frozen=True)
class Penalties:
    """What one unit of breaking costs, before the slider A.

    Attributes
    ----------
    pods
        ``(pods,)`` a pod in no place or in two.
    rows
        ``(rows,)`` one unit beyond a row of the layout, squared.
    exclusions
        ``(exclusions,)`` one pair.
    """

    pods: Floats
    rows: Floats
    exclusions: Floats


def penalties(
    layout: Layout, weights: Weights, *, sure: bool = False, strength: Floats | None = None
) -> Penalties:
    """Return the penalties of a layout at some weights.

    Parameters
    ----------
    strength
        ``(rows,)`` multiples of what each row would cost, 1 when left out; at 0 a row is ignored.
    """
    problem = layout.problem
    reach = _reach(layout, weights, sure=sure)
    stake = np.where(layout.free, reach, 0.0)
    stake = stake + np.where(layout.may_wait, problem.desire, 0.0)
    together = float(stake.sum())
    least = max(1e-3 * float(stake.max(initial=0.0)), 1e-6)

    def above(members: Floats) -> float:
        return MARGIN * max(together if sure else float(members.max(initial=0.0)), least)

    rows = np.array(
        [
            above(stake[layout.slot_pod[row.slots]]) / (1 if sure else row.largest**2)
            for row in layout.rows
        ]
    )
    rows = rows if strength is None else rows * strength
    exclusions = []
    # A pod in no place, or in two (where its reference counts -1), also frees room and partners
    # for others: what they would pay for that is theirs to save.
    freed = np.zeros(len(problem.pods))
    for row, penalty in zip(layout.rows, rows, strict=True):
        np.maximum.at(freed, layout.slot_pod[row.slots], penalty * row.coefficient**2)
    for exclusion in problem.exclusions:
        carriers = problem.tallies[exclusion.carriers]
        targets = problem.tallies[exclusion.targets]
        members = carriers.members | targets.members
        exclusions.append(above(stake[members]))
        partners = _partners(layout, carriers, targets)[members]
        if sure:
            fixed = int(carriers.fixed.sum() + targets.fixed.sum())
            partners = np.full_like(partners, 2 * int(members.sum()) + fixed)
        freed[members] += exclusions[-1] * partners
    pods = MARGIN * np.maximum(together if sure else stake, least)
    return Penalties(pods + stake * sure + freed, rows, np.array(exclusions))


def _partners(layout: Layout, carriers: Tally, targets: Tally) -> Ints:
    """``(pods,)`` how many pairs a pod that is somewhere -1 times can pay others for at the most.

    Of k pods that exclude one another, k(k - 1)/2 pairs are broken where k are paid for: never
    more than one is worth it. Those that exclude only the pod, and not each other, all are.
    """
    if carriers is targets:
        return np.ones(len(layout.free), dtype=np.int64)
    carrying, wanted = (tally.members & layout.free for tally in (carriers, targets))
    met = np.maximum(
        np.asarray(carriers.members) * int(wanted.sum()),
        np.asarray(targets.members) * int(carrying.sum()),
    )
    partners: Ints = np.maximum(met, 1)
    return partners


def _reach(layout: Layout, weights: Weights, *, sure: bool) -> Floats:
    """``(pods,)`` how far a pod's place moves the other terms: highest less lowest over places."""
    problem = layout.problem
    low, high = _load_range(layout, sure=sure)
    low, high = weights.B * low, weights.B * high
    rates = exchange_rates(problem)
    for weight, (least, most) in (
        (weights.C * rates.cost, _cost_range(layout)),
        (weights.D * rates.affinity, _affinity_range(layout)),
    ):
        low, high = low + weight * least, high + weight * most
    # Being nowhere contributes 0: it is an answer for some pods and a broken constraint for all.
    lowest, highest = np.zeros(len(problem.pods)), np.zeros(len(problem.pods))
    np.minimum.at(lowest, layout.slot_pod, low)
    np.maximum.at(highest, layout.slot_pod, high)
    return highest - lowest


def _load_range(layout: Layout, *, sure: bool) -> tuple[Floats, Floats]:
    """``(slots,)`` least and most that a pod adds to H_load where it is.

    Unless `sure`, the others are taken to keep the node within what it offers, or at what it
    holds in the reference.
    """
    problem, pods, nodes = layout.problem, layout.slot_pod, layout.slot_node
    if problem.mode is LoadMode.CONSOLIDATE:
        counted = np.isin(nodes, layout.counted_nodes)
        # A pod beside y = 0 costs LINK times the price: see `qubo`.
        return np.zeros(len(pods)), np.where(counted, (LINK + 1) * problem.price[nodes], 0.0)
    offered = problem.load_allocatable
    share = np.divide(
        problem.load_request[pods], offered[nodes], out=np.zeros((len(pods), problem.loads)),
        where=offered[nodes] > 0,
    )  # fmt: skip
    middle = np.zeros(problem.loads)
    if problem.mode is LoadMode.SPREAD:
        share[~problem.usable[nodes]] = 0.0
        middle = problem.mean_load
    emptiest = problem.utilisation(layout.settled)
    fullest = emptiest.copy()
    np.add.at(fullest, nodes, share)
    if not sure:
        usual = np.maximum(1.0, problem.utilisation(layout.reference))
        fullest = np.minimum(fullest, usual)
    low = share**2 + 2 * share * (emptiest[nodes] - middle)
    high = share**2 + 2 * share * (np.maximum(fullest[nodes] - share, emptiest[nodes]) - middle)
    return low.sum(axis=1), high.sum(axis=1)


def _cost_range(layout: Layout) -> tuple[Floats, Floats]:
    """``(slots,)`` least and most that a pod adds to H_cost, in moves."""
    problem, pods, nodes = layout.problem, layout.slot_pod, layout.slot_node
    cost = np.where(layout.slot_stays, -problem.move_cost[pods], 0.0)
    if problem.node_cost is not None:
        cost = cost + problem.node_cost[pods, nodes]
    if problem.traffic is None or not len(problem.traffic.pairs):
        return cost, cost
    traffic = problem.traffic
    talk = np.zeros(len(problem.pods))
    np.add.at(talk, traffic.pairs.ravel(), np.repeat(traffic.weight, 2))
    return cost, cost + talk[pods] * traffic.latency.max(axis=1)[nodes]


def _affinity_range(layout: Layout) -> tuple[Floats, Floats]:
    """``(slots,)`` least and most that a pod adds to H_affinity, in pairs."""
    problem, pods, nodes = layout.problem, layout.slot_pod, layout.slot_node
    low = np.zeros(len(pods))
    if problem.preference is not None:
        low = low + problem.preference[pods, nodes]
    high = low.copy()
    sizes = np.bincount(problem.service[problem.service >= 0], minlength=len(problem.services))
    sizes = sizes + problem.service_fixed.sum(axis=1)
    serving = problem.service[pods] >= 0
    mates = np.where(serving, _take(sizes, problem.service[pods]) - 1, 0)
    high += mates * (2 if problem.zone_pairs else 1)
    for pairing in problem.pairings:
        carriers, targets = problem.tallies[pairing.carriers], problem.tallies[pairing.targets]
        most = (
            carriers.members[pods] * (targets.members.sum() + targets.fixed.max(initial=0))
            + targets.members[pods] * (carriers.members.sum() + carriers.fixed.max(initial=0))
        )  # fmt: skip
        low += min(pairing.weight, 0.0) * most
        high += max(pairing.weight, 0.0) * most
    return low, high


def _take(values: Floats, positions: Ints) -> Floats:
    return values[positions] if len(values) else np.zeros(len(positions))
