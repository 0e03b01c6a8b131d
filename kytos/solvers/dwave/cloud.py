"""What the solvers in D-Wave's cloud share: the account, consent, and faults in plain words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests
from dwave.cloud import config
from dwave.cloud import exceptions as faults
from dwave.cloud.api import exceptions as api_faults
from dwave.cloud.solver import BaseSolver

from kytos.contract.paid import ConsentRequiredError, Estimate, SolverUnavailableError
from kytos.contract.params import SolverParams
from kytos.contract.solver import Availability
from kytos.contract.watch import StopReason, Watch
from kytos.extras import DWAVE, how_to_install, there
from kytos.language import said

POLL_S = 0.05
"""Between two looks at an answer on its way."""

HOW_TO_SET = said(
    "Set DWAVE_API_TOKEN, or write the token into dwave.conf with 'dwave config create'; "
    "the token is on the dashboard of your Leap account."
)

UNREACHABLE = (
    requests.Timeout,
    requests.ConnectionError,
    # The client's own timeouts are not those of `requests`.
    api_faults.RequestTimeout,
    faults.Timeout,
    faults.PollingTimeout,
)
"""What is raised where there is no network, or no answer in time."""


def account() -> Availability:
    """Say whether a token for D-Wave's cloud is configured; asks no network."""
    try:
        settings = config.load_config()
    except (config.exceptions.ConfigFileError, ValueError) as error:
        return Availability(False, said(f"dwave.conf cannot be read: {error}. {HOW_TO_SET}"))
    token = settings.get("token")
    if not token:
        return Availability(False, HOW_TO_SET)
    # Such a token is never sent: what refuses to send it would quote it.
    if not (token.isascii() and token.isprintable()) or " " in token:
        odd = said("The token holds a space, a line break or a letter that no token has.")
        return Availability(False, f"{odd} {HOW_TO_SET}")
    return Availability(True)


def nonlinear_account() -> Availability:
    """Say the same for the nonlinear solver, whose models need a library of their own."""
    if not there("dwave.optimization"):
        return Availability(False, how_to_install("The model of dwave-leap-nl", DWAVE))
    return account()


def require_consent(estimate: Estimate, params: SolverParams) -> None:
    """Stop before anything is sent, unless the charge was accepted and the cap allows it.

    Raises
    ------
    SolverUnavailableError
        When the run takes more solver time than `time_limit_s`.
    ConsentRequiredError
        When `params.consent` is not set.
    """
    if estimate.minimum_time_s > params.time_limit_s:
        raise SolverUnavailableError(
            said(
                f"{estimate.solver} needs at least {estimate.minimum_time_s:.3g} s for this "
                f"problem and the cap is {params.time_limit_s:.3g} s: raise the time limit or "
                "solve less."
            )
        )
    if not params.consent:
        raise ConsentRequiredError(estimate)


def is_mock(sampler: Any) -> bool:
    """Whether answers come from anything but D-Wave's own service."""
    return not isinstance(getattr(sampler, "solver", None), BaseSolver)


def name_of(sampler: Any) -> str:
    """The service's name of the solver behind a sampler."""
    chip = sampler.properties.get("chip_id")
    return str(chip or getattr(getattr(sampler, "solver", None), "name", "") or "a mock solver")


def charge(seconds: float, properties: dict[str, Any]) -> str:
    """Solver time in words, with the rate at which it counts against the account's quota."""
    rate = properties.get("quota_conversion_rate")
    counted = (
        "" if rate in (None, 1) else said(f", of which {rate:g} s count as one second of quota")
    )
    return said(f"about {seconds:.3g} s of solver time{counted}")


@contextmanager
def plain_faults() -> Iterator[None]:
    """Turn what D-Wave's client raises into one sentence with the local solver to fall back on.

    Raises
    ------
    SolverUnavailableError
        For every fault of the network, the account or the service.
    """
    try:
        yield
    except (faults.SolverNotFoundError, faults.SolverOfflineError) as error:
        raise SolverUnavailableError(
            said("No D-Wave solver of this kind is online for this account; try again later.")
        ) from error
    except (
        faults.SolverAuthenticationError,
        api_faults.ResourceAuthenticationError,
        api_faults.ResourceAccessForbiddenError,
    ) as error:
        raise SolverUnavailableError(said(f"D-Wave refused the token. {HOW_TO_SET}")) from error
    except UNREACHABLE as error:
        raise SolverUnavailableError(
            said("D-Wave's cloud cannot be reached; check the network or a proxy.")
        ) from error
    except (requests.RequestException, faults.ProblemUploadError, ValueError) as error:
        # A ValueError is the client's own refusal, before anything is sent: a model above the
        # service's limits, or an answer that is not the service's.
        raise SolverUnavailableError(_refusal(error)) from error
    except faults.CanceledFutureError as error:
        raise SolverUnavailableError(said("D-Wave cancelled the run.")) from error


def _refusal(error: Exception) -> str:
    words = " ".join(_without_token(str(error)).split()).rstrip(".")
    if any(word in words.lower() for word in ("quota", "remaining solver access")):
        return said(
            "The D-Wave account has no solver time left; add time to it or wait for its renewal."
        )
    if isinstance(error, api_faults.ResourceLimitsExceededError):
        return said(
            "The D-Wave account has no solver time left or asks too often; wait, or add time to it."
        )
    if isinstance(error, api_faults.InternalServerError):
        return said("D-Wave's service failed on its side; try again later.")
    # An answer without a message of its own reads "{}".
    told = words if any(map(str.isalpha, words)) else type(error).__name__
    return said(f"D-Wave did not run the problem: {told}.")


def _without_token(words: str) -> str:
    """What the client says, fit to be shown: a refused request may quote its headers."""
    token = config.load_config().get("token")
    return words.replace(token, "[token]") if token else words


def opened(ready: Callable[[], Availability], connect: Callable[[], Any]) -> Any:
    """Return the service, where there is an account for it.

    Raises
    ------
    SolverUnavailableError
        When there is none, or the service cannot be reached.
    """
    account = ready()
    if not account.ok:
        raise SolverUnavailableError(said(f"No D-Wave account is set up here. {account.how}"))
    with plain_faults():
        return connect()


def wait(answer: Any, settle: Callable[[], Any], watch: Watch) -> StopReason | None:
    """Wait for an answer on its way, and settle it; with a reason where the watch ended first.

    What was sent is not called back: it is charged, and its answer dropped.
    """
    watch.report("sample", 0.0, None)
    while not answer.done():
        if watch.reason is not None:
            return watch.reason
        time.sleep(POLL_S)
    settle()
    return None
