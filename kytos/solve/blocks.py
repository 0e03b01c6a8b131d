"""Blocks of nodes as QUBOs: chosen around a placement, annealed alone, disjoint from each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from kytos.contract.paid import SolverUnavailableError
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.solver import Sampler
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.hamiltonian.decode import NOT_ONE_PLACE, broken_constraints
from kytos.hamiltonian.layout import Scope
from kytos.hamiltonian.model import Model, build_model
from kytos.language import said
from kytos.problem import Bools, Ints, LoadMode, Problem
from kytos.referee.energy import score
from kytos.referee.feasible import feasible
from kytos.referee.incremental import PlacementState
from kytos.solve.registry import find_solver
from kytos.solve.rounds import Drawn, draw_at_once, draw_in_rounds

LOCAL_VARIABLES = 300
"""For samplers that run here: 0.1 s to build and as much to anneal four times."""

READS_TRIED = 4
"""Reads of a block that are decoded and scored, the best first."""


@dataclass(frozen=True)
class Block:
    """Nodes whose pods choose among them anew, everything else as it is.

    Attributes
    ----------
    nodes, pods
        Positions in the problem, ascending.
    seed
        Of its anneal.
    """

    nodes: Ints
    pods: Ints
    seed: int


@dataclass(frozen=True)
class Annealed:
    """What annealing one block came to.

    Attributes
    ----------
    pods, placement
        ``(moved,)`` pods of the block that should go elsewhere, and where.
    assignment_variables, slack_variables, node_variables, couplers
        Of its QUBO; 0 when no pod of it may go anywhere else.
    energies
        ``(reads,)`` sampler energies.
    broken
        For each read looked at, the names of what it breaks.
    info
        What the sampler itself reports.
    """

    pods: Ints
    placement: Ints
    assignment_variables: int = 0
    slack_variables: int = 0
    node_variables: int = 0
    couplers: int = 0
    energies: tuple[float, ...] = ()
    broken: tuple[frozenset[str], ...] = ()
    info: Mapping[str, Any] = field(default_factory=dict)

    @property
    def variables(self) -> int:
        """All variables of its QUBO."""
        return self.assignment_variables + self.slack_variables + self.node_variables


def block_sampler(params: SolverParams) -> Sampler:
    """Return the sampler that anneals the blocks.

    Raises
    ------
    SolverUnavailableError
        When `params.hybrid.block_sampler` is no sampler, or cannot be used here.
    """
    sampler = find_solver(params.hybrid.block_sampler)
    if not isinstance(sampler, Sampler):
        raise SolverUnavailableError(
            said(
                f"block_sampler is {params.hybrid.block_sampler.value}, which draws no samples "
                f"of a QUBO; choose a sampler, for example {SolverName.OPENJIJ_SA.value}"
            )
        )
    available = sampler.available()
    if not available.ok:
        raise SolverUnavailableError(
            said(
                f"{params.hybrid.block_sampler.value} cannot be used for blocks here: "
                f"{available.how}"
            )
        )
    return sampler


def choose_blocks(
    problem: Problem, placement: Ints, params: SolverParams, seeds: np.random.SeedSequence
) -> list[Block]:
    """Return disjoint blocks around a placement, most to gain first, `most_blocks` at the most.

    Each grows from a node with much to gain by others drawn at random, until its assignment
    variables reach `params.hybrid.block_variables`.
    """
    size = (
        params.hybrid.block_variables
        or params.hybrid.block_sampler.traits.largest_problem
        or LOCAL_VARIABLES
    )
    rng = np.random.default_rng(seeds)
    residents = _residents(problem, placement)
    open_ = np.flatnonzero(_worth_trying(problem, placement))
    left = dict.fromkeys(_most_to_gain(problem, placement, open_).tolist())
    blocks: list[Block] = []
    while len(left) > 1 and len(blocks) < params.hybrid.most_blocks:
        first = next(iter(left))
        nodes, variables = [first], _may_stay_out(problem, residents[first])
        for other in rng.permutation(np.array([node for node in left if node != first])).tolist():
            added = _variables(problem, residents, nodes, other)
            added += _may_stay_out(problem, residents[other])
            if variables + added > size:
                break
            nodes.append(other)
            variables += added
        for node in nodes:
            del left[node]
        if len(nodes) > 1 and variables:
            pods = np.sort(np.concatenate([residents[node] for node in nodes]))
            blocks.append(Block(np.sort(np.array(nodes)), pods, int(rng.integers(2**31))))
    return blocks


def anneal_block(
    problem: Problem,
    weights: Weights,
    placement: Ints,
    params: SolverParams,
    block: Block,
    watch: Watch,
) -> Annealed:
    """Anneal one block around `placement` and return the moves of its best read.

    The read is decoded, and its moves that do not fit are taken back; whether the rest is kept
    is for the caller to decide, who knows what the other blocks did.
    """
    sampler = block_sampler(params)
    model = build_model(
        problem,
        reference=placement,
        scope=Scope(block.pods, block.nodes),
        encoding=params.encoding,
        capacity=params.capacity,
    )
    nothing = np.zeros(0, dtype=np.int64)
    if not model.assignments:
        return Annealed(nothing, nothing)
    draw = draw_at_once if sampler.name.traits.paid else draw_in_rounds
    drawn = draw(
        model,
        lambda strength: model.bqm(weights, strength=strength),
        sampler,
        params.model_copy(update={"seed": block.seed}),
        watch,
    )
    best, broken = _best_read(problem, weights, placement, model, drawn)
    moved = np.flatnonzero(best != placement)
    return Annealed(
        pods=moved,
        placement=best[moved],
        assignment_variables=len(model.assignments),
        slack_variables=len(model.slacks),
        node_variables=len(model.uses),
        couplers=drawn.bqm.num_interactions,
        energies=tuple(float(value) for value in drawn.energies),
        broken=broken,
        info=drawn.info,
    )


def _best_read(
    problem: Problem, weights: Weights, placement: Ints, model: Model, drawn: Drawn
) -> tuple[Ints, tuple[frozenset[str], ...]]:
    """The best placement among the reads tried, and what each of those breaks as drawn."""
    order = np.argsort(drawn.energies, kind="stable")[:READS_TRIED]
    decoded = model.decode(drawn.bits[order])
    broken = broken_constraints(problem, decoded)
    best, least = placement, score(problem, weights, placement)
    for read, names in zip(decoded.placements, broken, strict=True):
        # A pod in two places was given one of them.
        fits = not names - {NOT_ONE_PLACE}
        offered = read if fits else _as_far_as_it_fits(problem, placement, read)
        if offered is None:
            continue
        reached = score(problem, weights, offered)
        if reached < least:
            best, least = offered, reached
    return best, tuple(broken)


def _as_far_as_it_fits(problem: Problem, placement: Ints, wanted: Ints) -> Ints | None:
    """Move pods to where they are wanted, the biggest first, or back; None when that breaks too."""
    state = PlacementState(problem, placement)
    moved = np.flatnonzero((placement != wanted) & (placement >= 0) & (wanted >= 0))
    for pod in moved.tolist():
        state.remove(pod)
    share = (problem.request[moved] / np.maximum(problem.allocatable.max(axis=0), 1)).max(axis=1)
    for pod in moved[np.argsort(-share, kind="stable")].tolist():
        fits = state.fits(pod)
        target = next((n for n in (wanted[pod], placement[pod]) if fits[n]), None)
        if target is None:
            return None
        state.place(pod, int(target))
    return state.placement if feasible(problem, state.placement) else None


def _residents(problem: Problem, placement: Ints) -> list[Ints]:
    """Pods on each node."""
    order = np.argsort(placement, kind="stable")
    bounds = np.searchsorted(placement[order], np.arange(len(problem.nodes) + 1))
    return [order[start:end] for start, end in pairwise(bounds)]


def _worth_trying(problem: Problem, placement: Ints) -> Bools:
    """``(nodes,)`` nodes a block may hold.

    When consolidating, an empty node helps only where it is cheaper than one in use.
    """
    worth: Bools = problem.allowed.any(axis=0) | np.isin(np.arange(len(problem.nodes)), placement)
    if problem.mode is LoadMode.CONSOLIDATE:
        used = problem.in_use(placement)
        worth &= used | (problem.price < problem.price[used].max(initial=0.0))
    return worth


def _most_to_gain(problem: Problem, placement: Ints, nodes: Ints) -> Ints:
    """`nodes` by what they promise: farthest from the mean, or least loaded of those in use."""
    load = problem.utilisation(placement)
    if problem.mode is LoadMode.CONSOLIDATE:
        fixed = problem.held_open | ~problem.in_use(placement)
        return nodes[np.argsort((load.max(axis=1) + fixed)[nodes], kind="stable")]
    apart = ((load - problem.mean_load) ** 2).sum(axis=1)
    return nodes[np.argsort(-apart[nodes], kind="stable")]


def _variables(
    problem: Problem, residents: Sequence[Ints], nodes: Sequence[int], other: int
) -> int:
    """Assignment variables that a further node adds to a block, stay-put."""
    inside = np.concatenate([residents[node] for node in nodes])
    towards = int(problem.allowed[inside, other].sum())
    back = np.ix_(residents[other], np.asarray(nodes, dtype=np.int64))
    return towards + int(problem.allowed[back].sum())


def _may_stay_out(problem: Problem, pods: Ints) -> int:
    """Pods ``(pods,)`` with a variable more: that they have no node at all."""
    return int((~problem.must_place[pods]).sum())
