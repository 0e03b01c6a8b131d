"""The hybrid: never worse, feasible, the same for the same seed, each part under its own name."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from kytos.contract.paid import ConsentRequiredError, Estimate, SolverUnavailableError
from kytos.contract.params import Capacity, SolverName, SolverParams
from kytos.contract.solver import Improvement
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights
from kytos.problem import LoadMode, Problem
from kytos.referee.energy import energy
from kytos.referee.feasible import feasible
from kytos.refine import repair
from kytos.solve.blocks import choose_blocks
from kytos.solve.hybrid import HYBRID, _for_all_blocks
from kytos.solve.solve import default_solver, solve
from tests.problems import problems, random_problem
from tests.solvers import stand_ins

QUICK = SolverParams(refine_proposals=2_000, num_reads=2, num_sweeps=30).with_hybrid(blocks=2)
BLOCKS_ONLY = QUICK.model_copy(update={"refine_proposals": 0, "num_sweeps": 200}).with_hybrid(
    blocks=4, rounds=3
)
ENDLESS = SolverParams(refine_proposals=10_000_000_000, num_sweeps=100).with_hybrid(rounds=100_000)
FLOOR_S = 2.5
"""Past the 20 per cent: two cores shared with other tests, and one piece of work."""


@pytest.fixture
def uneven() -> Problem:
    """60 pods, all on three of twelve nodes that could share them."""
    problem = random_problem(3, pods=60, nodes=12, rules=False, room=4.0, waiting=0.0)
    return replace(
        problem,
        current=np.arange(60) % 3,
        allowed=np.ones((60, 12), dtype=np.bool_),
        usable=np.ones(12, dtype=np.bool_),
    )


def improved(problem: Problem, params: SolverParams, watch: Watch = Watch()) -> Improvement:
    return HYBRID.improve(problem, Weights(), problem.current, params, watch)


def reached(problem: Problem, found: Improvement) -> float:
    return energy(problem, Weights(), found.placement).total


@settings(max_examples=25, deadline=None)
@given(problem=problems())
def test_never_worse_and_feasible(problem: Problem) -> None:
    """Whatever the rules, the answer breaks none and loses nothing."""
    start = repair(problem, Weights(), problem.current)
    found = HYBRID.improve(problem, Weights(), start, QUICK, Watch())
    assert feasible(problem, found.placement)
    before = problem.left_out(start), energy(problem, Weights(), start).total
    after = problem.left_out(found.placement), reached(problem, found)
    assert after <= before


def test_blocks_alone_improve(uneven: Problem) -> None:
    """With no refinement at all, blocks on a sampler lower the energy, and are credited with it."""
    found = improved(uneven, BLOCKS_ONLY)
    start = energy(uneven, Weights(), uneven.current).total
    assert feasible(uneven, found.placement)
    assert reached(uneven, found) < 0.8 * start
    assert [stage.name for stage in found.stages] == ["blocks by openjij-sa"]
    assert found.stages[0].gained == pytest.approx(start - reached(uneven, found))
    assert found.qubo is not None
    assert found.qubo.info["blocks_kept"] >= 1


def test_gains_add_up(uneven: Problem) -> None:
    """What the parts gained, each under its own name, is the whole improvement."""
    found = improved(uneven, QUICK)
    start = energy(uneven, Weights(), uneven.current).total
    assert [stage.name for stage in found.stages] == ["refine", "blocks by openjij-sa"]
    gained = sum(stage.gained or 0.0 for stage in found.stages)
    assert gained == pytest.approx(start - reached(uneven, found))


def test_refinement_is_not_credited_to_the_sampler(uneven: Problem) -> None:
    """Blocks that find nothing after a thorough refinement are booked with nothing."""
    thorough = QUICK.model_copy(update={"refine_proposals": 500_000, "num_sweeps": 1})
    found = improved(uneven, thorough)
    gained = {stage.name: stage.gained for stage in found.stages}
    start = energy(uneven, Weights(), uneven.current).total
    assert gained["refine"] == pytest.approx(start - reached(uneven, found), rel=1e-6)
    assert gained["blocks by openjij-sa"] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("mode", LoadMode)
def test_same_seed_same_answer(uneven: Problem, mode: LoadMode) -> None:
    """Threads finish in any order; the answer does not depend on it."""
    problem = replace(uneven, mode=mode)
    params = QUICK.model_copy(update={"time_limit_s": 300}).with_hybrid(blocks=4, rounds=2)
    first, again = improved(problem, params), improved(problem, params)
    assert first.stopped_by is StopReason.WORK
    assert np.array_equal(first.placement, again.placement)


def test_energy_over_time_never_rises(uneven: Problem) -> None:
    """The trace begins at the start's energy, falls only, and ends at the answer's."""
    found = improved(uneven, QUICK)
    times, energies = zip(*found.trace, strict=True)
    assert energies[0] == pytest.approx(energy(uneven, Weights(), uneven.current).total)
    assert energies[-1] == pytest.approx(reached(uneven, found))
    assert list(times) == sorted(times)
    assert np.all(np.diff(energies) <= 1e-12)


def test_blocks_that_gain_nothing_have_a_short_run(uneven: Problem) -> None:
    """After a refinement that left nothing one block shows its reads, and the others are left."""
    params = SolverParams(num_reads=6, num_sweeps=30, refine_proposals=400_000)
    qubo = improved(uneven, params).qubo
    assert qubo is not None
    assert (qubo.info["blocks"], qubo.info["blocks_kept"], qubo.reads) == (1, 0, 2)
    assert len(qubo.sample_energies) == 2


def test_blocks_that_gain_have_all_of_theirs(uneven: Problem) -> None:
    """Where the short run betters the plan the others follow; a number asked for is annealed."""
    params = SolverParams(num_reads=2, num_sweeps=200, refine_proposals=0)
    qubo = improved(uneven, params).qubo
    assert qubo is not None
    assert qubo.info["blocks"] > 1
    assert qubo.info["blocks_kept"] > 0
    asked = improved(uneven, QUICK.model_copy(update={"refine_proposals": 400_000})).qubo
    assert asked is not None
    assert asked.info["blocks"] == 2


def test_ends_with_its_time(uneven: Problem) -> None:
    """With more work than time it ends within 20 per cent of the cap and says why."""
    began = time.monotonic()
    found = improved(uneven, ENDLESS.model_copy(update={"time_limit_s": 2.0}))
    assert time.monotonic() - began <= 1.2 * 2.0 + FLOOR_S
    assert found.stopped_by is StopReason.CLOCK
    assert feasible(uneven, found.placement)


def test_ends_when_told(uneven: Problem) -> None:
    """The stop button ends a run that would take hours."""
    end = time.monotonic() + 0.5
    found = improved(uneven, ENDLESS, Watch(stopped=lambda: time.monotonic() > end))
    assert time.monotonic() < end + FLOOR_S
    assert found.stopped_by is StopReason.USER
    assert feasible(uneven, found.placement)


def test_ends_at_its_target(uneven: Problem) -> None:
    """An energy asked for ends the run once it is reached."""
    start = energy(uneven, Weights(), uneven.current).total
    found = improved(uneven, ENDLESS.with_hybrid(target_energy=0.9 * start))
    assert found.stopped_by is StopReason.TARGET
    assert reached(uneven, found) <= 0.9 * start


def test_blocks_are_disjoint_and_small(uneven: Problem) -> None:
    """Blocks share no node, hold the pods on their nodes, and keep to their size."""
    params = SolverParams().with_hybrid(block_variables=100, blocks=10)
    blocks = choose_blocks(uneven, uneven.current, params, np.random.SeedSequence(1))
    nodes = np.concatenate([block.nodes for block in blocks])
    assert len(nodes) == len(np.unique(nodes))
    for block in blocks:
        assert np.isin(uneven.current[block.pods], block.nodes).all()
        assert len(block.pods) * (len(block.nodes) - 1) <= 100


def test_qpu_blocks_fit_a_qpu(uneven: Problem) -> None:
    """Unless told otherwise, blocks for a QPU have at most 150 assignment variables."""
    params = SolverParams().with_hybrid(block_sampler=SolverName.DWAVE_QPU)
    for block in choose_blocks(uneven, uneven.current, params, np.random.SeedSequence(1)):
        assert len(block.pods) * (len(block.nodes) - 1) <= 150


def test_blocks_run_on_a_processor(uneven: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    """On D-Wave's mock, which draws by chance, blocks of the size it holds embed and lose nothing,
    and the largest's chains, marked as a mock's, are reported."""
    monkeypatch.setattr("kytos.solve.blocks.find_solver", lambda _: stand_ins.QPU)
    params = BLOCKS_ONLY.model_copy(
        update={
            "capacity": Capacity.UNBALANCED,
            "consent": True,
            "num_reads": 20,
            "time_limit_s": 120,
        }
    ).with_hybrid(block_sampler=SolverName.DWAVE_QPU, block_variables=60, blocks=2, rounds=2)
    found = improved(uneven, params)
    assert feasible(uneven, found.placement)
    assert reached(uneven, found) <= energy(uneven, Weights(), uneven.current).total
    assert [stage.name for stage in found.stages] == ["blocks by dwave-qpu"]
    assert found.qubo is not None
    assert found.qubo.assignment_variables <= 60
    assert found.qubo.info["mock"] is True
    lengths = found.qubo.info["chain_lengths"]
    assert isinstance(lengths, list)
    assert len(lengths) == found.qubo.variables


def test_blocks_are_not_sent_without_consent(
    uneven: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The charge of all blocks is named before the first is sent."""
    monkeypatch.setattr("kytos.solve.blocks.find_solver", lambda _: stand_ins.QPU)
    params = BLOCKS_ONLY.with_hybrid(
        block_sampler=SolverName.DWAVE_QPU, block_variables=30, blocks=2
    )
    with pytest.raises(ConsentRequiredError, match="up to 6 such blocks"):
        improved(uneven, params)


def test_block_sampler_must_be_a_sampler(uneven: Problem) -> None:
    """A solver that draws no samples is refused by name."""
    params = QUICK.with_hybrid(block_sampler=SolverName.CP_SAT)
    with pytest.raises(SolverUnavailableError, match="block_sampler is cp-sat"):
        improved(uneven, params)


def test_charge_names_all_blocks() -> None:
    """Consent is asked for what the whole run may cost, not for its first block."""
    one = ConsentRequiredError(Estimate("qpu", 150, 11_175, 0.1, "0.1 s of QPU time"))
    whole = _for_all_blocks(one, 8).estimate
    assert whole.minimum_time_s == pytest.approx(0.8)
    assert "8 such blocks" in whole.charge


def test_hybrid_is_the_default_above_one_qubo() -> None:
    """A problem that one QUBO holds goes to openjij-sa, a larger one to hybrid."""
    problem = random_problem(1, pods=6, nodes=4, waiting=0.0)
    variables = sum(
        int(problem.allowed[pod, node]) for pod in range(6) for node in range(4)
        if node != problem.current[pod]
    )  # fmt: skip
    fits = SolverParams(max_variables=variables)
    assert default_solver(problem, fits) is SolverName.OPENJIJ_SA
    small = SolverParams(max_variables=variables - 1)
    assert default_solver(problem, small) is SolverName.HYBRID


def test_solved_without_a_name_reports_the_solver_chosen(uneven: Problem) -> None:
    """The report names hybrid where size chose it."""
    params = QUICK.model_copy(update={"max_variables": 10})
    assert solve(uneven, Weights(), params=params).report.name is SolverName.HYBRID
