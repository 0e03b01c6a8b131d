"""What every solver holds to, whatever its method: one suite over the registry.

Solvers in D-Wave's cloud are replaced by D-Wave's own mocks.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import dimod
import numpy as np
import pytest

from kytos.contract.paid import SolverUnavailableError
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.registry import Kind
from kytos.contract.solver import Improver, Placer, Sampler, Solver
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights
from kytos.problem import Ints, Problem
from kytos.referee.energy import energy
from kytos.referee.feasible import feasible
from kytos.solve.registry import find_solver
from kytos.solve.result import Solution
from kytos.solve.solve import solve
from tests.problems import random_problem
from tests.solvers import stand_ins
from tests.solvers.models import random_model, spread_model

STAND_INS = {
    SolverName.DWAVE_QPU: stand_ins.QPU,
    SolverName.DWAVE_LEAP_BQM: stand_ins.LEAP_BQM,
    SolverName.DWAVE_LEAP_CQM: stand_ins.LEAP_CQM,
    SolverName.DWAVE_LEAP_NL: stand_ins.LEAP_NL,
}

QUICK = SolverParams(num_reads=3, num_sweeps=50, refine_proposals=20_000, consent=True)
ENDLESS = SolverParams(
    num_reads=1000,
    num_sweeps=1_000_000,
    refine_proposals=10_000_000_000,
    time_limit_s=1.5,
    consent=True,
)
FLOOR_S = 2.5
"""Past the 20 per cent: two cores shared with other tests, and one piece of work."""


def solver_of(name: SolverName) -> Solver:
    return STAND_INS[name] if name in STAND_INS else find_solver(name)


# By what they are, not by a list of names: whatever is registered next is judged by its kind.
SAMPLERS = [name for name in SolverName if isinstance(solver_of(name), Sampler)]
PLACERS = [name for name in SolverName if isinstance(solver_of(name), Placer | Improver)]
SEEDED = [name for name in SAMPLERS if name not in STAND_INS]
UNSEEDED = {SolverName.DWAVE_QPU, SolverName.DWAVE_LEAP_BQM}
"""A processor, or the service, draws by chance."""
SENT_AWAY = {SolverName.DWAVE_LEAP_CQM, SolverName.DWAVE_LEAP_NL}
"""Services that charge for five seconds at least; their mocks hold four pods."""
AT_ONCE = set(STAND_INS) | {
    SolverName.KUBE_SCHEDULER,
    SolverName.KUBE_SCHEDULER_MOST_ALLOCATED,
    SolverName.FIRST_FIT_DECREASING,
    SolverName.DESCHEDULER,
}
"""Done before any clock or button: each looks at every pod once, a mock answers at once."""


@dataclass
class Stopwatch:
    """Seconds of a piece of work: by the wall, or by what this process computed if that is less.

    Other work on the machine stretches the wall's seconds, never the computed ones. Who sleeps
    computes nothing: `attended` counts that, and leaves out only what the machine kept waiting.
    """

    wall: float = field(default_factory=time.monotonic)
    computed: float = field(default_factory=time.process_time)
    queued: float = field(default_factory=lambda: queued())

    @property
    def seconds(self) -> float:
        return min(time.monotonic() - self.wall, time.process_time() - self.computed)

    @property
    def attended(self) -> float:
        return time.monotonic() - self.wall - (queued() - self.queued)


def queued() -> float:
    """Seconds that this thread was ready to run while others ran; 0 where nobody counts them."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    except OSError:
        return 0.0


def stopped_after(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


@pytest.fixture
def model() -> dimod.BinaryQuadraticModel:
    return random_model(30, 0.4, seed=3)


@pytest.fixture
def problem() -> Problem:
    """Four pods that every solver of the contract can place better than they are."""
    return random_problem(24, pods=4, nodes=3, room=2.5, waiting=0.0)


@pytest.fixture(params=SAMPLERS)
def sampler(request: pytest.FixtureRequest) -> Sampler:
    found = solver_of(request.param)
    assert isinstance(found, Sampler)
    return found


@pytest.fixture(params=PLACERS)
def placer(request: pytest.FixtureRequest) -> Placer | Improver:
    found = solver_of(request.param)
    assert isinstance(found, Placer | Improver)
    return found


def placed(
    solver: Placer | Improver, problem: Problem, params: SolverParams, watch: Watch = Watch()
) -> Ints:
    """The placement of a solver that answers with one."""
    if isinstance(solver, Placer):
        return solver.place(problem, Weights(), params, watch)
    return solver.improve(problem, Weights(), problem.current, params, watch).placement


@pytest.mark.parametrize("name", SolverName)
def test_registry_holds_each_solver_under_its_own_name(name: SolverName) -> None:
    """Every name of the contract leads to a solver that goes by it, and is of exactly one kind."""
    assert solver_of(name).name is name
    assert find_solver(name).name is name
    assert (name in SAMPLERS) + (name in PLACERS) == 1


def test_no_solver_is_left_out() -> None:
    """Every registered name is of a kind that is judged here, and of the kind that it says."""
    assert set(SolverName) == set(SAMPLERS) | set(PLACERS)
    kinds = {Kind.SAMPLER: Sampler, Kind.PLACER: Placer, Kind.IMPROVER: Improver}
    for name in SolverName:
        assert isinstance(solver_of(name), kinds[name.traits.kind])


@pytest.mark.parametrize("vartype", ["BINARY", "SPIN"])
def test_energies_are_those_of_the_model(sampler: Sampler, vartype: str) -> None:
    """A sample set's energies, variables in their order and variable type are the model's."""
    model = random_model(20, 0.5, seed=1, vartype=vartype)
    drawn = sampler.sample(model, QUICK, Watch())
    assert len(drawn) >= 1
    assert drawn.vartype is model.vartype
    assert list(drawn.variables) == list(model.variables)
    for sample, reached in drawn.data(["sample", "energy"]):
        assert reached == pytest.approx(model.energy(sample), abs=1e-9)


@pytest.mark.parametrize("name", SEEDED)
def test_finds_the_ground_state_of_a_small_model(name: SolverName) -> None:
    """On twelve variables every real sampler reaches the energy that trying all states gives."""
    sampler = solver_of(name)
    assert isinstance(sampler, Sampler)
    model = random_model(12, 0.6, seed=5)
    drawn = sampler.sample(model, QUICK.model_copy(update={"num_reads": 20}), Watch())
    ground = dimod.ExactSolver().sample(model).first.energy
    assert drawn.first.energy == pytest.approx(ground)


@pytest.mark.parametrize("name", SEEDED)
def test_same_seed_same_samples(name: SolverName) -> None:
    """The seed decides: the same gives the same reads, another gives others."""
    sampler = solver_of(name)
    assert isinstance(sampler, Sampler)
    model = spread_model(20, 4, seed=2, penalty=0.1)
    short = SolverParams(num_reads=3, num_sweeps=5)
    first = sampler.sample(model, short, Watch())
    again = sampler.sample(model, short, Watch())
    other = sampler.sample(model, short.model_copy(update={"seed": 1}), Watch())
    assert np.array_equal(first.record.sample, again.record.sample)
    assert not np.array_equal(first.record.sample, other.record.sample)


@pytest.mark.parametrize("name", SEEDED)
def test_reads_differ_from_each_other(name: SolverName) -> None:
    """Each read has a seed of its own."""
    sampler = solver_of(name)
    assert isinstance(sampler, Sampler)
    model = spread_model(20, 4, seed=2, penalty=0.1)
    drawn = sampler.sample(model, SolverParams(num_reads=4, num_sweeps=5), Watch())
    assert len(np.unique(drawn.record.sample, axis=0)) == 4


def test_sampler_keeps_to_its_time(sampler: Sampler) -> None:
    """With more work than time it ends within 20 per cent of the cap, with an answer."""
    model = spread_model(40, 6, seed=0, penalty=0.1)
    if sampler.name is SolverName.DWAVE_QPU:
        model = random_model(20, 0.5, seed=0)
    began = time.monotonic()
    drawn = sampler.sample(model, ENDLESS, Watch())
    assert time.monotonic() - began <= 1.2 * ENDLESS.time_limit_s + FLOOR_S
    assert len(drawn) >= 1
    if sampler.name in SEEDED:
        assert drawn.info["ended_by"] is StopReason.CLOCK
        assert drawn.info["reads"] == len(drawn) < drawn.info["reads_asked"] == 1000


@pytest.mark.parametrize("name", SEEDED)
def test_sampler_stops_when_told(name: SolverName) -> None:
    """The stop button ends a run at the next piece of work, and the result says that it did."""
    sampler = solver_of(name)
    assert isinstance(sampler, Sampler)
    model = spread_model(40, 6, seed=0, penalty=0.1)
    patient = ENDLESS.model_copy(update={"time_limit_s": 60.0})
    began = time.monotonic()
    drawn = sampler.sample(model, patient, Watch(stopped=stopped_after(0.2)))
    assert time.monotonic() - began < 0.2 + FLOOR_S
    assert drawn.info["ended_by"] is StopReason.USER


def test_sampler_stopped_before_the_first_read_draws_nothing(
    sampler: Sampler, model: dimod.BinaryQuadraticModel
) -> None:
    """Nothing is computed, or submitted, after the stop button."""
    drawn = sampler.sample(model, QUICK, Watch(stopped=lambda: True))
    assert len(drawn) == 0
    assert drawn.info["ended_by"] is StopReason.USER


@pytest.mark.parametrize("seed", range(4))
def test_placement_is_feasible(placer: Placer | Improver, seed: int) -> None:
    """Whatever the rules and the capacities, what comes back breaks none."""
    problem = random_problem(seed, pods=4, nodes=3, room=2.5)
    found = placed(placer, problem, QUICK)
    assert feasible(problem, found)


def test_same_seed_same_placement(placer: Placer | Improver, problem: Problem) -> None:
    """A placer answers the same when asked the same."""
    first = placed(placer, problem, QUICK)
    assert np.array_equal(first, placed(placer, problem, QUICK))


def test_placer_keeps_to_its_time(placer: Placer | Improver) -> None:
    """With more work than time it ends within 20 per cent of the cap, feasible."""
    big = 4 if placer.name in SENT_AWAY else 60
    problem = random_problem(1, pods=big, nodes=3 if big == 4 else 12, room=2.5, waiting=0.0)
    cap = ENDLESS.model_copy(update={"time_limit_s": 6.0 if big == 4 else 1.5})
    began = time.monotonic()
    found = placed(placer, problem, cap)
    assert time.monotonic() - began <= 1.2 * cap.time_limit_s + FLOOR_S
    assert feasible(problem, found)


def test_placer_stopped_at_once_returns_something_feasible(
    placer: Placer | Improver, problem: Problem
) -> None:
    """The stop button leaves an answer that breaks nothing."""
    began = time.monotonic()
    found = placed(placer, problem, QUICK, Watch(stopped=lambda: True))
    assert time.monotonic() - began < FLOOR_S
    assert feasible(problem, found)


@pytest.fixture
def through_the_door(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Solution]:
    """`kytos.solve.solve.solve` with D-Wave's mocks behind the names of its cloud solvers."""
    monkeypatch.setattr("kytos.solve.solve.find_solver", solver_of)
    return solve


@pytest.fixture
def sized() -> Callable[[SolverName], Problem]:
    """A problem that keeps a solver busy; a mock gets one it can hold."""
    return lambda name: (
        random_problem(7, pods=4, nodes=3, room=2.5, waiting=0.0)
        if name in STAND_INS
        else random_problem(1, pods=60, nodes=12, room=2.5, waiting=0.0)
    )


@pytest.mark.parametrize("name", SolverName)
@pytest.mark.parametrize("seed", range(3))
def test_answer_is_feasible(
    name: SolverName, seed: int, through_the_door: Callable[..., Solution]
) -> None:
    """Whatever the rules, the capacities and the pods that wait, the answer breaks none."""
    problem = random_problem(seed, pods=4, nodes=3, room=2.5)
    solution = through_the_door(problem, Weights(), name, QUICK)
    assert feasible(problem, solution.placement)
    assert problem.left_out(solution.placement) <= problem.left_out(problem.current)


@pytest.mark.parametrize("name", STAND_INS)
def test_what_cannot_be_used_says_why(
    name: SolverName, problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an account: a sentence that names the setting, and nothing else happens."""
    monkeypatch.setattr("dwave.cloud.config.load_config", lambda: {"token": None})
    with pytest.raises(SolverUnavailableError, match="DWAVE_API_TOKEN"):
        solve(problem, Weights(), name, QUICK)


@pytest.mark.parametrize("name", [name for name in SolverName if name not in UNSEEDED])
def test_same_seed_same_answer(
    name: SolverName,
    sized: Callable[[SolverName], Problem],
    through_the_door: Callable[..., Solution],
) -> None:
    """Asked twice, with nobody's clock in between, a solver answers the same."""
    patient = QUICK.model_copy(update={"time_limit_s": 600, "max_variables": 100})
    first, again = (through_the_door(sized(name), Weights(), name, patient) for _ in range(2))
    assert np.array_equal(first.placement, again.placement)
    assert first.energy == again.energy


@pytest.mark.parametrize("name", SolverName)
def test_time_is_kept_to(
    name: SolverName,
    sized: Callable[[SolverName], Problem],
    through_the_door: Callable[..., Solution],
) -> None:
    """Building, sampling, repair and refinement together end within 20 per cent of the cap."""
    cap = 6.0 if name in SENT_AWAY else 2.0
    problem = sized(name)
    watch = Stopwatch()
    capped = ENDLESS.model_copy(update={"time_limit_s": cap})
    solution = through_the_door(problem, Weights(), name, capped)
    assert watch.seconds <= 1.2 * cap
    assert watch.attended <= 1.2 * cap + FLOOR_S
    assert feasible(problem, solution.placement)


@pytest.mark.parametrize("name", [name for name in SolverName if name not in AT_ONCE])
def test_stop_button_is_heard(
    name: SolverName,
    sized: Callable[[SolverName], Problem],
    through_the_door: Callable[..., Solution],
) -> None:
    """Told to stop in the middle of work for hours, it ends, says so and has an answer."""
    problem = sized(name)
    patient = ENDLESS.model_copy(update={"time_limit_s": 3600.0})
    watch = Stopwatch()
    solution = through_the_door(
        problem, Weights(), name, patient, Watch(stopped=stopped_after(0.5))
    )
    assert watch.seconds < 0.5 + 1.0
    assert watch.attended < 0.5 + FLOOR_S
    assert solution.report.stopped_by in {StopReason.USER, StopReason.OPTIMAL}
    assert feasible(problem, solution.placement)


@pytest.mark.parametrize("name", SolverName)
def test_energy_reported_is_the_referees(
    name: SolverName, problem: Problem, through_the_door: Callable[..., Solution]
) -> None:
    """What any solver is said to have reached is what the referee makes of its placement."""
    solution = through_the_door(problem, Weights(), name, QUICK)
    found = energy(problem, Weights(), solution.placement)
    assert feasible(problem, solution.placement)
    assert solution.energy == found
    assert solution.report.refined_energy == found.total
    assert found.total < energy(problem, Weights(), problem.current).total
    assert solution.start_energy == energy(problem, Weights(), problem.current)
    assert solution.report.name is name


@pytest.mark.parametrize("name", [name for name in SAMPLERS if name is not SolverName.DWAVE_QPU])
def test_sampler_energy_of_what_breaks_nothing_is_the_referees(
    name: SolverName, problem: Problem, through_the_door: Callable[..., Solution]
) -> None:
    """The answer, written into the QUBO that was annealed, has there its exact energy."""
    solution = through_the_door(problem, Weights(), name, QUICK)
    qubo = solution.report.qubo
    assert qubo is not None
    assert qubo.answer_energy == pytest.approx(solution.energy.total, rel=1e-6, abs=1e-9)
    assert qubo.reads == len(qubo.sample_energies) == len(qubo.read_objectives)
    assert min(qubo.read_objectives) == qubo.sampler_objective >= solution.energy.total
