"""Nothing reaches D-Wave but what was confirmed, once; D-Wave's mocks stand for its service."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests
from dwave.cloud import exceptions as faults
from dwave.cloud.api import exceptions as api_faults
from streamlit.testing.v1 import AppTest

from kytos.contract.params import SolverName
from kytos.contract.registry import REGISTERED
from kytos.contract.solver import Availability
from kytos.contract.watch import Watch
from kytos.jobs import Progress
from kytos.solvers.dwave.leap import LeapBqm, LeapCqm
from kytos.solvers.dwave.leap_nl import LeapNl
from kytos.solvers.dwave.qpu import Qpu
from kytos.ui.parts.text import plain
from tests.pages.conftest import ROOT, button, page, words
from tests.solvers import stand_ins

TOKEN = "DEV-0123456789abcdef-a-secret"
SERVICES = {
    "dwave-qpu": SolverName.DWAVE_QPU,
    "dwave-leap-bqm": SolverName.DWAVE_LEAP_BQM,
    "dwave-leap-cqm": SolverName.DWAVE_LEAP_CQM,
    "dwave-leap-nl": SolverName.DWAVE_LEAP_NL,
}


class Service:
    """What D-Wave's cloud would be: counts what is submitted, and fails when told to."""

    submitted = 0
    fault: Exception | None = None
    ready = Availability(True)

    def of(self, mock: Callable[[], Any]) -> Callable[[], Any]:
        def connect() -> Any:
            if self.fault is not None:
                raise self.fault
            return Counting(self, mock())

        return connect


class Counting:
    """One of D-Wave's samplers, telling the service what is submitted to it."""

    def __init__(self, service: Service, inner: Any) -> None:
        self.service, self.inner = service, inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def sample(self, *arguments: Any, **options: Any) -> Any:
        self.service.submitted += 1
        return self.inner.sample(*arguments, **options)

    def sample_cqm(self, *arguments: Any, **options: Any) -> Any:
        self.service.submitted += 1
        return self.inner.sample_cqm(*arguments, **options)


class Done:
    """A job that is over."""

    done, place, progress = True, 0, Progress()

    def __init__(self, outcome: Any = None, error: Exception | None = None) -> None:
        self.outcome, self.error = outcome, error

    def result(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.outcome

    def cancel(self) -> None:
        pass


class InPlace:
    """A pool whose worker is this process, so that a stand-in for D-Wave's cloud reaches it."""

    def submit(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        may_repeat: bool = True,
        **settings: Any,
    ) -> Done:
        try:
            return Done(function(*arguments, watch=Watch(), **settings))
        except Exception as error:
            return Done(error=error)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    """D-Wave's cloud, mocked, behind the names of its solvers."""
    service = Service()
    ready = lambda: service.ready  # noqa: E731
    cloud = {
        SolverName.DWAVE_QPU: Qpu(service.of(stand_ins.mock_processor), ready),
        SolverName.DWAVE_LEAP_BQM: LeapBqm(service.of(stand_ins.mock_leap), ready),
        SolverName.DWAVE_LEAP_CQM: LeapCqm(service.of(stand_ins.CheapCqm), ready),
        SolverName.DWAVE_LEAP_NL: LeapNl(service.of(stand_ins.ExactNl), ready),
    }
    for name, solver in cloud.items():
        attribute = f"REGISTERED_{name.upper().replace('-', '_')}"
        monkeypatch.setattr(stand_ins, attribute, solver, raising=False)
        line = replace(
            REGISTERED[name], module=stand_ins.__name__, attribute=attribute, account=None
        )
        monkeypatch.setitem(REGISTERED, name, line)
    return service


@pytest.fixture
def pages(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that ask this process, and hold a token."""
    monkeypatch.setattr("kytos.ui.session.runs.workers", InPlace)
    monkeypatch.setattr("kytos.ui.session.pool.workers", InPlace)
    monkeypatch.setenv("DWAVE_API_TOKEN", TOKEN)


@pytest.fixture
def answered(pages: None) -> AppTest:
    """The Rebalance page with a local answer to a sample of ten pods."""
    return locally_answered("two-lists")


@pytest.fixture
def shop(pages: None) -> AppTest:
    """The same with the default sample of 155 pods."""
    return locally_answered("web-shop")


def locally_answered(sample: str) -> AppTest:
    app = opened()
    app.selectbox(key="cluster").set_value(sample).run()
    app.selectbox(key="solver").set_value("openjij-sa")
    app.number_input(key="qubo").set_value(60)
    app.number_input(key="refine").set_value(10_000)
    app.number_input(key="sweeps").set_value(100)
    button(app, "Rebalance").click().run()
    # The job is over when it is submitted; the next run of the script draws its result.
    app.run()
    app.number_input(key="qpu variables").set_value(20)
    app.number_input(key="qpu reads").set_value(20)
    return app.run()


def opened() -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.session_state["expert on"] = True
    app.session_state["rebalance tabs open"] = "QUBO"
    return page(app.run(), "1_Rebalance")


def estimated(app: AppTest, label: str = "dwave-qpu") -> AppTest:
    button(app, f"What would {label} take?").click().run()
    return app.run()


def send(app: AppTest) -> AppTest:
    app.checkbox(key="accept charge").check().run()
    button(app, "Send").click().run()
    return app.run()


def test_an_estimate_sends_nothing(answered: AppTest, service: Service) -> None:
    """Variables, couplers, time and charge are told; Send waits for the box to be ticked."""
    app = estimated(answered)
    assert not app.exception
    told = next(info.value for info in app.info if "variables" in info.value)
    for word in ("couplers", "at least", "solver time", "The run ends after"):
        assert word in told
    assert button(app, "Send").disabled
    assert service.submitted == 0


def test_send_submits_once_whatever_is_touched_next(answered: AppTest, service: Service) -> None:
    """Reruns, sliders and a second look send nothing more; a new run needs a new estimate."""
    app = send(estimated(answered))
    assert not app.exception
    assert service.submitted == 1
    assert app.session_state["answer rebalance"].outcome.solver.name is SolverName.DWAVE_QPU
    assert not [found for found in app.button if found.label == "Send"]
    app.run()
    app.slider(key="B").set_value(2.0).run()
    app.number_input(key="qpu reads").set_value(30).run()
    page(app, "2_Recovery")
    page(app, "1_Rebalance")
    assert service.submitted == 1


def test_an_estimate_is_for_what_was_estimated(answered: AppTest, service: Service) -> None:
    """With another number of reads the charge is another: Send is gone until asked again."""
    app = estimated(answered)
    app.checkbox(key="accept charge").check().run()
    app.number_input(key="qpu reads").set_value(500).run()
    assert not [found for found in app.button if found.label == "Send"]
    estimated(app)
    assert button(app, "Send").disabled
    assert service.submitted == 0


def test_a_reload_sends_nothing(answered: AppTest, service: Service) -> None:
    """A new session begins without estimate, box or answer."""
    app = estimated(answered)
    app.checkbox(key="accept charge").check().run()
    again = opened()
    assert not [found for found in again.button if found.label == "Send"]
    assert service.submitted == 0


def test_a_mocks_answer_is_said_to_be_one_with_its_chains(answered: AppTest) -> None:
    """Chains, their strength and breaks and the picture are shown, and no time to solution."""
    app = send(estimated(answered))
    shown = words(app)
    assert "A mock processor" in shown
    assert "Time to solution" not in shown
    assert "chain strength" in shown
    assert "of chains broken" in shown
    qubo = app.session_state["answer rebalance"].outcome.solver.qubo
    lengths = qubo.info["chain_lengths"]
    assert f"{sum(lengths):,} qubits in {len(lengths):,} chains" in shown
    assert "timing" not in qubo.info
    names = [chart.proto.id for chart in app.get("plotly_chart")]
    assert any("chains" in name for name in names)
    assert any("embedding" in name for name in names)


def test_strengths_gauges_and_a_schedule_are_asked_for_and_told(
    answered: AppTest, service: Service
) -> None:
    """Their charge is of all submissions; afterwards a row says what each of them did."""
    app = answered
    app.text_input(key="qpu scan").set_value("0.7, 1.4")
    app.number_input(key="qpu gauges").set_value(2)
    app.text_input(key="qpu schedule").set_value("0 0, 10 0.4, 60 0.4, 70 1")
    app = estimated(app.run())
    assert any("in 4 submissions" in info.value for info in app.info)
    assert service.submitted == 0
    app = send(app)
    assert not app.exception
    assert service.submitted == 4
    shown = words(app)
    assert plain("s = 0 at 0 µs, 0.4 at 10 µs, 0.4 at 60 µs, 1 at 70 µs") in shown
    assert plain("Chain strengths of 0.7, 1.4 torques were tried, 10 reads in all") in shown
    assert plain("Spin reversals: 2, in which") in shown
    table = next(t.value for t in app.dataframe if "Chains broken" in t.value)
    assert list(table["Submission"]) == ["strength tried"] * 2 + ["run"] * 2
    assert list(table["Reads"]) == ["5"] * 4


def test_a_schedule_that_cannot_be_is_told_where_it_is_entered(
    answered: AppTest, service: Service
) -> None:
    """In words, and nothing can be sent meanwhile."""
    app = answered
    app.text_input(key="qpu schedule").set_value("0 0, 10 0.4").run()
    assert not app.exception
    assert any("every anneal ends at 1" in error.value for error in app.error)
    assert not [found for found in app.button if found.label.endswith("take?")]
    app.text_input(key="qpu schedule").set_value("0 0, ten 0.4").run()
    assert not app.exception
    assert app.error


@pytest.mark.parametrize("label", ["dwave-leap-bqm", "dwave-leap-cqm", "dwave-leap-nl"])
def test_leap_answers_once_confirmed(answered: AppTest, service: Service, label: str) -> None:
    """Each of Leap's solvers is sent one problem, and its answer is on the page."""
    app = estimated(answered, label)
    assert button(app, "Send").disabled
    assert service.submitted == 0
    app = send(app)
    assert not app.exception
    assert not app.error
    assert service.submitted == 1
    assert app.session_state["answer rebalance"].outcome.solver.name is SERVICES[label]


def test_blocks_of_hybrid_go_to_the_processor(shop: AppTest, service: Service) -> None:
    """The charge is named for all blocks; each confirmed block is one submission."""
    app = estimated(shop, "hybrid with blocks on dwave-qpu")
    assert any("2 such blocks" in info.value for info in app.info)
    assert service.submitted == 0
    app = send(app)
    assert not app.exception
    assert not app.error
    assert 1 <= service.submitted <= 2
    outcome = app.session_state["answer rebalance"].outcome
    assert "blocks by dwave-qpu" in [stage.name for stage in outcome.solver.stages]


FAULTS = [
    (requests.ConnectionError("no route"), "cannot be reached"),
    (faults.SolverNotFoundError("none"), "No D-Wave solver of this kind is online"),
    (api_faults.ResourceLimitsExceededError("limit"), "no solver time left"),
    (faults.SolverAuthenticationError(f"bad token {TOKEN}"), "refused the token"),
    (faults.SolverFailureError(f"request with X-Auth-Token: {TOKEN} failed"), "did not run"),
]


def test_faults_are_told_without_the_token(
    answered: AppTest, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """One sentence for each, a button for the solver of this machine, and the token nowhere."""
    caplog.set_level(logging.DEBUG)
    app = answered
    for fault, said in FAULTS:
        service.fault = fault
        app = estimated(app)
        assert any(plain(said) in error.value for error in app.error)
        assert button(app, "Use openjij-sa on this machine instead")
        assert TOKEN not in words(app)
        assert plain(TOKEN) not in words(app)
    assert TOKEN not in caplog.text
    button(app, "Use openjij-sa on this machine instead").click().run()
    app.run()
    assert not app.error
    assert app.session_state["answer rebalance"].outcome.solver.name is SolverName.OPENJIJ_SA


def test_a_fault_after_send_offers_the_local_solver(answered: AppTest, service: Service) -> None:
    """The network may fail between estimate and run: the same question, asked here."""
    app = estimated(answered)
    service.fault = requests.ConnectionError("no route")
    app = send(app)
    assert any("cannot be reached" in error.value for error in app.error)
    assert service.submitted == 0
    button(app, "Use openjij-sa on this machine instead").click().run()
    app.run()
    assert not app.error
    assert app.session_state["answer rebalance"].outcome.solver.name is SolverName.OPENJIJ_SA


def test_what_does_not_fit_is_told_with_its_size(shop: AppTest) -> None:
    """A QUBO larger than the chip: both sizes and what to do."""
    app = shop
    # The search for chains ends with the cap.
    app.number_input(key="cap").set_value(2)
    button(app, "Rebalance").click().run()
    app.run()
    app.number_input(key="qpu variables").set_value(1000).run()
    app = estimated(app)
    said = next(error.value for error in app.error if "No embedding of" in error.value)
    assert re.search(r"[1-9]\d\d variables and \d{5,} couplers", said)
    assert "(1248 qubits): use fewer pods or nodes in one block" in said.replace("\\", "")


def test_a_run_beyond_the_cap_is_refused(answered: AppTest, service: Service) -> None:
    """Four thousand long anneals take longer than the page's time cap of one second."""
    app = answered
    app.number_input(key="qpu reads").set_value(4_000)
    app.number_input(key="qpu anneal").set_value(2000.0)
    app.number_input(key="cap").set_value(1)
    button(app, "Rebalance").click().run()
    app = estimated(app.run())
    assert any(plain("the cap is 1 s") in error.value for error in app.error)
    assert service.submitted == 0


def test_without_an_account_nothing_can_be_pressed(answered: AppTest, service: Service) -> None:
    """Every service is shown, disabled, with how to set an account up."""
    service.ready = Availability(False, "Set DWAVE_API_TOKEN.")
    app = answered.run()
    for label in (*SERVICES, "hybrid with blocks on dwave-qpu"):
        assert button(app, f"What would {label} take?").disabled
    assert plain("DWAVE_API_TOKEN") in words(app)


def test_whether_it_fits_needs_no_account(answered: AppTest, service: Service) -> None:
    """An embedding on the ideal graph, with its chains, and nothing sent."""
    service.ready = Availability(False, "no account")
    app = answered.run()
    button(app, "Does it fit?").click().run()
    shown = words(app.run())
    assert "on an ideal Advantage2" in shown
    assert "nothing was annealed" in shown
    assert service.submitted == 0
