"""How much work a solve does: by the effort asked for, and by what is known already."""

from __future__ import annotations

from kytos.contract.params import Effort, SolverParams
from kytos.problem import LoadMode, Problem
from kytos.refine import default_proposals

PROOF_WORK = {
    LoadMode.CONSOLIDATE: ((1_000, 2.0), (5_000, 0.5)),
    LoadMode.SPREAD: ((300, 1.0),),
    LoadMode.SQUARES: ((300, 1.0),),
}
"""CP-SAT's deterministic seconds on a plan where nothing else was asked for, by pairs of a pod and
a node: often enough to prove the plan, or to better it, in a second or two. The relaxation of
squares bounds next to nothing (docs/decisions/0095)."""

QUICK_PART = 4
"""*Quick* has this part of a refinement's proposals."""
PROOF_BY_EFFORT = {Effort.QUICK: 0.0, Effort.THOROUGH: 5.0}
"""Times the work on the proof."""

FIRST_TRY_PART = 8
"""A first try has this part of a refinement's proposals."""
FIRST_PROOF = 0.5
"""Of the work on the proof, spent on a first try (docs/decisions/0258)."""

REFINEMENT_SHARE = 0.1
"""Of the time, where the searches after it begin anew anyway."""

WARM_PART = 10
"""From a plan made before the refinement has this part of its proposals: what it found is there."""
WARM_PROOF = 0.1
"""Of the work on the proof."""


def proof_work(problem: Problem, params: SolverParams) -> float:
    """Return the work cp-sat is given over another solver's plan: what was asked for, or a little.

    A little is given where that often settles it; 0 is for none.
    """
    if params.proof_work is not None:
        return params.proof_work
    pairs = int(problem.allowed.sum())
    return next((work for most, work in PROOF_WORK[problem.mode] if pairs <= most), 0.0)


def proof_by_effort(problem: Problem, params: SolverParams) -> float:
    """Return the same as far as the effort goes: a quick solve proves nothing.

    It is of the proof of other solvers' plans; cp-sat, asked for by name, is not cut by it.
    """
    if params.proof_work is not None or not isinstance(params.effort, Effort):
        return proof_work(problem, params)
    return PROOF_BY_EFFORT.get(params.effort, 1.0) * proof_work(problem, params)


def time_given(params: SolverParams) -> float:
    """Return the seconds a solve may take: its cap, or the time it is to use where that is less."""
    if isinstance(params.effort, Effort):
        return params.time_limit_s
    return min(params.time_limit_s, params.effort)


def with_effort(problem: Problem, params: SolverParams) -> SolverParams:
    """Return the proposals that an effort stands for, where none were given.

    Where headroom is kept and a time is given, the coolings of the search want it.
    """
    timed = problem.keeps_headroom and not isinstance(params.effort, Effort)
    quick = params.effort is Effort.QUICK or timed
    if not quick or params.refine_proposals is not None:
        return params
    few = default_proposals(problem) // QUICK_PART
    return params.model_copy(update={"refine_proposals": few})


def refinement_share(problem: Problem, params: SolverParams) -> float:
    """Return the share of the time left that the refinement may take: it uses one core.

    Where headroom is kept and a time is given, what follows makes more of it on all of them.
    """
    timed = problem.keeps_headroom and not isinstance(params.effort, Effort)
    return REFINEMENT_SHARE if timed else 1.0


def first_try(problem: Problem, params: SolverParams) -> SolverParams | None:
    """Return little work that a proof often settles at once; None where the whole is done straight.

    It is made where nothing was said of how much is to be done, and nothing is paid for twice.
    """
    work = proof_by_effort(problem, params)
    said = params.refine_proposals is not None or params.proof_work is not None
    if said or not work or (params.hybrid.most_blocks and params.hybrid.block_sampler.traits.paid):
        return None
    few = default_proposals(problem) // FIRST_TRY_PART
    return params.model_copy(update={"refine_proposals": few, "proof_work": FIRST_PROOF * work})


def warmed(problem: Problem, params: SolverParams) -> SolverParams:
    """Return less work for a start from a plan made before; work given as counted stays.

    The annealed QUBO keeps one read: a plan always shows what the sampler makes of it.
    """
    changes: dict[str, object] = {"num_reads": 1}
    if params.refine_proposals is None:
        changes["refine_proposals"] = default_proposals(problem) // WARM_PART
    if params.proof_work is None:
        changes["proof_work"] = WARM_PROOF * proof_by_effort(problem, params)
    return params.with_hybrid(blocks=min(1, params.hybrid.most_blocks)).model_copy(update=changes)
