"""Nothing is sent without consent, and every fault is one sentence with a way on."""

from __future__ import annotations

import time
from concurrent.futures import Future
from pathlib import Path

import dimod
import pytest
import requests
from dwave.cloud import exceptions as faults
from dwave.cloud.api import exceptions as api_faults

from kytos.contract.paid import ConsentRequiredError, SolverUnavailableError
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.solver import Availability
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights
from kytos.solvers.dwave import cloud
from kytos.solvers.dwave.leap import LeapBqm, LeapCqm
from kytos.solvers.dwave.qpu import Qpu
from tests.problems import random_problem
from tests.solvers import stand_ins
from tests.solvers.models import random_model

CONSENT = SolverParams(consent=True, num_reads=5)


class Recording:
    """Any solver, noting what is submitted to it."""

    def __init__(self, inner) -> None:
        self.inner = inner
        self.submitted = 0

    def __getattr__(self, name: str):
        return getattr(self.inner, name)

    def sample_cqm(self, *arguments, **options):
        self.submitted += 1
        return self.inner.sample_cqm(*arguments, **options)

    def sample(self, *arguments, **options):
        self.submitted += 1
        return self.inner.sample(*arguments, **options)


class Silent(Recording):
    """A service that takes what it is sent and never answers."""

    def sample(self, *arguments, **options):
        self.submitted += 1
        return dimod.SampleSet.from_future(Future(), Future.result)

    sample_cqm = sample


def failing(error: Exception):
    def connect():
        raise error

    return connect


@pytest.fixture
def model() -> dimod.BinaryQuadraticModel:
    return random_model(10, 0.5, seed=0)


@pytest.fixture
def no_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DWAVE_API_TOKEN", "DWAVE_CONFIG_FILE", "DWAVE_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(cloud.config, "load_config", lambda: {"token": None})


@pytest.mark.usefixtures("no_account")
@pytest.mark.parametrize("solver", [Qpu(), LeapBqm(), LeapCqm()], ids=lambda solver: solver.name)
def test_without_a_token_it_says_how_to_set_one(solver) -> None:
    """The choice is shown disabled with what to do, and nothing is connected to."""
    found = solver.available()
    assert not found.ok
    assert "DWAVE_API_TOKEN" in found.how
    assert "`" not in found.how  # pages and terminals show it as it stands
    assert "dwave.conf" in found.how


def test_a_token_in_the_environment_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """`DWAVE_API_TOKEN` alone makes the cloud solvers available."""
    monkeypatch.setenv("DWAVE_API_TOKEN", "XXX-not-a-token")
    assert cloud.account() == Availability(True)


@pytest.mark.parametrize("token", ["DEV-secret\n", "DEV-sec\nret", " DEV-secret", "DEV-s€cret"])
def test_a_token_that_cannot_be_sent_is_refused_and_not_shown(
    token: str, model: dimod.BinaryQuadraticModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line break at its end, as secrets often have, is told of; the token itself never is."""
    monkeypatch.setenv("DWAVE_API_TOKEN", token)
    with pytest.raises(SolverUnavailableError, match="line break") as caught:
        Qpu(connect=failing(AssertionError("connected"))).sample(model, CONSENT, Watch())
    assert "cret" not in caught.value.message


@pytest.mark.usefixtures("no_account")
def test_sampling_without_a_token_is_refused_in_words(model) -> None:
    """Asking all the same names the setting and the local stand-in."""
    with pytest.raises(SolverUnavailableError, match="DWAVE_API_TOKEN") as caught:
        Qpu().sample(model, CONSENT, Watch())
    assert caught.value.fallback is SolverName.OPENJIJ_SA


@pytest.mark.parametrize(
    ("kind", "mock"), [(Qpu, stand_ins.mock_processor), (LeapBqm, stand_ins.mock_leap)]
)
def test_nothing_is_submitted_without_consent(kind, mock, model) -> None:
    """Without consent the run stops at the estimate; with it, exactly one problem is sent."""
    service = Recording(mock())
    solver = kind(connect=lambda: service, ready=stand_ins.ready)
    with pytest.raises(ConsentRequiredError, match="10 variables") as caught:
        solver.sample(model, SolverParams(num_reads=5), Watch())
    assert service.submitted == 0
    assert caught.value.estimate == solver.estimate(model, SolverParams(num_reads=5))
    assert caught.value.estimate.couplers == model.num_interactions


def test_a_constrained_model_is_not_submitted_without_consent() -> None:
    """The same for the solver that takes the problem itself, which states its conversion rate."""
    service = Recording(stand_ins.ExactCqm())
    solver = LeapCqm(connect=lambda: service, ready=stand_ins.ready)
    problem = random_problem(3, pods=3, nodes=2, room=2.5, rules=False)
    with pytest.raises(ConsentRequiredError, match="20 s count as one second") as caught:
        solver.place(problem, Weights(), SolverParams(), Watch())
    assert service.submitted == 0
    assert caught.value.estimate.minimum_time_s == 5.0
    solver.place(problem, Weights(), CONSENT, Watch())
    assert service.submitted == 1


def test_a_run_above_the_cap_is_refused(model) -> None:
    """Consent does not lift the cap: a second of solver time does not fit half a second."""
    capped = CONSENT.model_copy(update={"time_limit_s": 0.5})
    with pytest.raises(SolverUnavailableError, match=r"at least 1 s .* cap is 0\.5 s"):
        stand_ins.LEAP_BQM.sample(model, capped, Watch())


@pytest.mark.parametrize(("cap_s", "reason"), [(60.0, StopReason.USER), (1.5, StopReason.CLOCK)])
@pytest.mark.parametrize(
    ("kind", "mock"), [(Qpu, stand_ins.mock_processor), (LeapBqm, stand_ins.mock_leap)]
)
def test_a_service_that_never_answers_is_not_waited_for(kind, mock, cap_s, reason, model) -> None:
    """The stop button and the cap end the wait: no read, the reason told, nothing sent again."""
    service = Silent(mock())
    watch = Watch(stopped=lambda: reason is StopReason.USER and service.submitted > 0)
    began = time.monotonic()
    params = CONSENT.model_copy(update={"time_limit_s": cap_s})
    drawn = kind(connect=lambda: service, ready=stand_ins.ready).sample(model, params, watch)
    assert time.monotonic() - began < 10
    assert len(drawn) == 0
    assert drawn.info["ended_by"] is reason
    assert service.submitted == 1


def test_a_constrained_model_that_is_never_answered_leaves_everything_where_it_is() -> None:
    """What D-Wave does not answer in time is answered by staying."""
    service = Silent(stand_ins.ExactCqm())
    problem = random_problem(24, pods=4, nodes=3, room=2.5, waiting=0.0)
    solver = LeapCqm(connect=lambda: service, ready=stand_ins.ready)
    found = solver.place(problem, Weights(), CONSENT, Watch(stopped=lambda: service.submitted > 0))
    assert (found == problem.current).all()
    assert service.submitted == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (requests.ConnectionError("no route"), "cannot be reached"),
        (requests.Timeout("slow"), "cannot be reached"),
        (faults.PollingTimeout("slow"), "cannot be reached"),
        (faults.Timeout("slow"), "cannot be reached"),
        (api_faults.RequestTimeout("API request timed out"), "cannot be reached"),
        (faults.SolverNotFoundError("none"), "No D-Wave solver of this kind is online"),
        (faults.SolverOfflineError("down"), "No D-Wave solver of this kind is online"),
        (faults.SolverAuthenticationError("bad"), "refused the token"),
        (api_faults.ResourceAuthenticationError("bad"), "refused the token"),
        (api_faults.ResourceLimitsExceededError("limit"), "no solver time left"),
        (
            faults.SolverFailureError("insufficient remaining solver access time in project"),
            "no solver time left",
        ),
        (api_faults.ResourceLimitsExceededError("429"), "asks too often"),
        (faults.SolverFailureError("Internal SAPI Error"), "Internal SAPI Error"),
        (api_faults.InternalServerError("{}"), "failed on its side"),
        (api_faults.ResourceNotFoundError("{}"), "run the problem: ResourceNotFoundError"),
        (faults.ProblemStructureError("qubit 5 is not there"), "qubit 5 is not there"),
        (ValueError("no more than 5000 variables"), "no more than 5000 variables"),
        (ValueError("two\n  lines"), "two lines"),
        (faults.ProblemUploadError("broken pipe"), "broken pipe"),
        (faults.CanceledFutureError(), "cancelled"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
@pytest.mark.parametrize("kind", [Qpu, LeapBqm])
def test_faults_are_one_sentence_and_a_stand_in(kind, fault, words, model) -> None:
    """Whatever the client raises, the user reads what happened and what else would answer."""
    solver = kind(connect=failing(fault), ready=stand_ins.ready)
    with pytest.raises(SolverUnavailableError, match=words) as caught:
        solver.sample(model, CONSENT, Watch())
    assert caught.value.fallback is SolverName.OPENJIJ_SA
    assert caught.value.__cause__ is fault
    assert "\n" not in caught.value.message
