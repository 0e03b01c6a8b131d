"""The anneal: random moves and swaps, taken or left by temperature."""

from __future__ import annotations

import math

import numpy as np

from kytos.refine.kernels.chains import try_chain
from kytos.refine.kernels.compiled import called_from_kernels, called_from_python, inlined
from kytos.refine.kernels.counts import NOWHERE
from kytos.refine.kernels.energy import change_by
from kytos.refine.kernels.moves import carry_out
from kytos.refine.kernels.randomness import accepts, near, random_below, random_unit, random_word
from kytos.refine.kernels.rearranging import MOST, try_rearrangement
from kytos.refine.kernels.rules import clashes, fits, may_leave, swap_fits

JOURNAL = 1 << 12
"""Accepted moves remembered since the best placement, before it is copied out instead."""
STAY = 1 << 12
"""Proposals for which it stays with them."""
NONE = -1
"""Neither a rearrangement nor a chain was drawn."""
LEGS = MOST
"""Pods that any proposal moves at the most."""


@called_from_python
def anneal(T, S, pods, nodes, rng, count, hot, cold, mix, energies, best, journal, marks, chain):
    """Propose `count` moves, swaps and chains of `pods` among `nodes`, cooling geometrically.

    `mix` are the shares of rearrangements, of chains, of swaps among the rest, and among these of
    swaps with one that a pod excludes; `chain` ``(LEGS, 3)`` is a workspace.
    `energies` are the present and the best energy, `best` is overwritten with the best placement
    if a better one was found, or `marks` says that the present one is as good. Returns the number
    accepted.
    """
    accepted = 0
    step = 0.0 if hot <= 0.0 or cold <= 0.0 else math.log(cold / hot) / max(count, 1)
    temperature = hot
    first, second = NOWHERE, NOWHERE
    for proposal in range(count):
        if proposal & 63 == 0 and hot > 0.0:
            temperature = hot * math.exp(step * proposal)
        if proposal & (STAY - 1) == 0:
            first, second = random_below(rng, len(pods)), random_below(rng, len(pods))
        legs, cost = NONE, 0.0
        if mix[0] > 0.0 and random_unit(rng) < mix[0]:
            legs, cost = try_rearrangement(T, S, pods, nodes, rng, temperature, chain)
        elif mix[1] > 0.0 and random_unit(rng) < mix[1]:
            legs, cost = try_chain(T, S, pods, nodes, first, second, rng, temperature, chain)
        if legs != NONE:
            if legs > 0:
                accepted += 1
                energies[0] += cost
                for leg in range(legs):
                    _note(journal, marks, chain[leg, 0], chain[leg, 2])
                _judge(S, energies, best, journal, marks, False)
            continue
        pod = near(pods, first, rng)
        other = NOWHERE
        here = S.place[pod]
        if here < 0:
            there = nodes[random_below(rng, len(nodes))]
        elif random_unit(rng) < mix[2]:
            other = near(pods, second, rng)
            if mix[3] > 0.0 and random_unit(rng) < mix[3]:
                other = _apart_from(T, pod, other, rng)
            there = S.place[other]
        else:
            pick = random_word(rng) >> np.uint64(60)
            if pick < 2:
                there = T.pod[pod].home
            elif pick < 7:
                there = S.place[near(pods, second, rng)]
            else:
                there = nodes[random_below(rng, len(nodes))]
        if there < 0 or there == here:
            continue
        if other >= 0:
            if not swap_fits(T, S, pod, other):
                continue
        elif not fits(T, S, pod, there) or not may_leave(T, S, pod, there):
            continue
        if T.setting[0].has_rules and clashes(T, S, pod, other, here, there):
            continue
        cost, guide = change_by(T, S, pod, other, here, there)
        if here >= 0 and not accepts(rng, cost + guide, temperature):
            continue
        if not carry_out(T, S, pod, other, here, there):
            continue
        accepted += 1
        energies[0] += cost
        _note(journal, marks, pod, here)
        if other >= 0:
            _note(journal, marks, other, there)
        _judge(S, energies, best, journal, marks, here < 0)
    _copy_out(S, best, journal, marks)
    return accepted


@called_from_python
def sample_changes(T, S, pods, nodes, rng, changes):
    """Write sizes of what random moves that fit would change; return how many were found.

    Where a move does not fit, as hardly any does in a full cluster, a swap is looked at instead.
    """
    drawn = 0
    for _ in range(len(changes)):
        pod = pods[random_below(rng, len(pods))]
        there = nodes[random_below(rng, len(nodes))]
        here = S.place[pod]
        if here < 0 or there == here:
            continue
        other = NOWHERE
        if not fits(T, S, pod, there):
            other = pods[random_below(rng, len(pods))]
            there = S.place[other]
            if there < 0 or there == here or not swap_fits(T, S, pod, other):
                continue
        cost, guide = change_by(T, S, pod, other, here, there)
        change = abs(cost + guide)
        if change > 0.0:
            changes[drawn] = change
            drawn += 1
    return drawn


@inlined
def _apart_from(T, pod, other, rng):
    """One of those that a pod excludes, `other` where it excludes none.

    Where such pods are on nearly all nodes, hardly any can move but by a swap with one of them.
    """
    first = T.pod[pod].apart_from
    count = T.pod[pod].apart_to - first
    return T.apart[first + random_below(rng, count)] if count > 0 else other


@inlined
def _note(journal, marks, pod, old):
    """Write down that a pod left `old`; `marks` are the journal's length and whether it is used.

    While it is, the best placement is the present one with the journal undone.
    """
    if marks[1] == 0:
        return
    journal[marks[0], 0] = pod
    journal[marks[0], 1] = old
    marks[0] += 1


@inlined
def _judge(S, energies, best, journal, marks, placed):
    """After a proposal was carried out: see whether the placement is the best so far."""
    if marks[0] > len(journal) - LEGS:
        # Only between two proposals: undone in part, one is no placement that there was.
        _copy_out(S, best, journal, marks)
    # One pod more that is placed is always better.
    if placed or energies[0] < energies[1] - 1e-12 * abs(energies[1]) - 1e-15:
        energies[1] = energies[0]
        marks[0], marks[1] = 0, 1


@called_from_kernels
def _copy_out(S, best, journal, marks):
    """Copy the best placement out and stop writing the journal until there is a better one."""
    if marks[1] == 0:
        return
    for pod in range(len(best)):
        best[pod] = S.place[pod]
    for at in range(marks[0] - 1, -1, -1):
        best[journal[at, 0]] = journal[at, 1]
    marks[0] = 0
    marks[1] = 0
