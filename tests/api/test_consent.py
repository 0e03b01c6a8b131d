"""Nobody who calls the service spends its operator's money without the operator's leave."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from fastapi.testclient import TestClient

from kytos.api import Settings, create_app
from kytos.calls.catalogue import Options
from kytos.contract.paid import ConsentRequiredError, Estimate
from kytos.contract.watch import Watch

ESTIMATE = Estimate(
    solver="Advantage_9", variables=12, couplers=30, minimum_time_s=0.1, charge="about 0.1 s"
)

Body = dict[str, Any]


def options_of(arguments: tuple[Any, ...]) -> Options:
    """The options among what a worker is handed: the call's name, and the rest pickled."""
    _, packed = arguments
    _, options = pickle.loads(packed)
    assert isinstance(options, Options)
    return options


def paid_solver(*arguments: Any, request_id: str | None, due: float, watch: Watch) -> bytes:
    """Stands for a paid solver in a worker: asks for consent, as the real ones do."""
    if not options_of(arguments).solver.consent:
        raise ConsentRequiredError(ESTIMATE)
    return b'{"charged": true}'


class PoolOfNone:
    """Runs what is submitted at once, in place, and keeps what came of it."""

    workers, busy, ready = 1, 0, True

    def wait_until_ready(self, *_: object, **__: object) -> bool:
        return True

    def submit(
        self,
        function: Callable[..., Any],
        *args: Any,
        expected_s: float,
        may_repeat: bool,
        **named: Any,
    ) -> Any:
        # What a caller consented to pay for is not run a second time by itself.
        assert may_repeat != options_of(args).solver.consent
        ended: Future[Any] = Future()
        try:
            ended.set_result(function(*args, watch=Watch(), **named))
        except ConsentRequiredError as error:
            ended.set_exception(error)
        return ended

    def close(self) -> None:
        pass


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, two_lists: Body) -> Callable[[bool, bool], Any]:
    """Ask a service whose every solve is paid, with or without leave and consent."""
    monkeypatch.setattr("kytos.api.service.answer_call", paid_solver)

    def ask(allowed: bool, consent: bool) -> Any:
        settings = Settings(allow_paid_solvers=allowed)
        client = TestClient(create_app(settings, make_pool=PoolOfNone))  # type: ignore[arg-type]
        body = two_lists | {"solver": {"name": "dwave-qpu", "consent": consent}}
        return client.post("/optimize/rebalance", json=body)

    return ask


def test_consent_without_the_operators_leave_is_a_403(asked: Callable[[bool, bool], Any]) -> None:
    """The estimate is told, the setting is named, nothing is charged."""
    response = asked(False, True)
    assert response.status_code == 403
    assert "12 variables" in response.json()["detail"]
    assert "KYTOS_ALLOW_PAID_SOLVERS" in response.json()["detail"]
    assert response.json()["errors"][0]["field"] == "solver.consent"


def test_leave_alone_charges_nothing(asked: Callable[[bool, bool], Any]) -> None:
    """With the operator's leave the caller still has to accept the charge."""
    response = asked(True, False)
    assert response.status_code == 403
    assert "solver.consent: true" in response.json()["detail"]


def test_leave_and_consent_together_run(asked: Callable[[bool, bool], Any]) -> None:
    """Both given, the solve runs."""
    response = asked(True, True)
    assert (response.status_code, response.json()) == (200, {"charged": True})


def test_the_estimate_survives_the_way_from_the_worker() -> None:
    """The error a worker raises arrives with its estimate and its sentence."""
    error = pickle.loads(pickle.dumps(ConsentRequiredError(ESTIMATE)))
    assert error.estimate == ESTIMATE
    assert "Advantage_9" in str(error)
