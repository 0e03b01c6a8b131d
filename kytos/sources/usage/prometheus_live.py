"""What pods really use, asked of a Prometheus server with four standard queries."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kytos.destinations import look_up
from kytos.errors import SourceError
from kytos.extras import LIVE, require
from kytos.language import said
from kytos.sources.usage.grid import MOST_SAMPLES
from kytos.sources.usage.read import read_usage
from kytos.usage import Usage

if TYPE_CHECKING:
    import httpx2

DAY_S = 86_400.0
"""One request asks for at most so much time, which keeps answers small and progress visible."""

MOST_POINTS = 10_000
"""Of one series in one answer; Prometheus itself refuses 11,000."""

TIMEOUT_S = 120.0

Progress = Callable[[str, float], None]

_OF = 'container!="",container!="POD"'
_BY = "sum by (namespace, pod, container)"
_ONCE = "max by (namespace, pod, container, id, cpu)"
"""Of each cgroup one series, though two jobs or two replicas scrape it."""

UNREADABLE = 200
"""So many letters of Prometheus' own error are shown."""


def range_queries(rate_s: float) -> dict[str, str]:
    """PromQL by what it tells, of cAdvisor's metrics as the kubelet exposes them."""
    over = f"{{{_OF}}}[{rate_s:g}s]"
    return {
        "cpu": f"{_BY} ({_ONCE} (rate(container_cpu_usage_seconds_total{over})))",
        "memory": f"max by (namespace, pod, container) "
        f"(container_memory_working_set_bytes{{{_OF}}})",
        "throttled": f"{_BY} ({_ONCE} (rate(container_cpu_cfs_throttled_periods_total{over}))) / "
        f"{_BY} ({_ONCE} (rate(container_cpu_cfs_periods_total{over})))",
    }


def oom_query(window_s: float) -> str:
    """PromQL of how often each container was killed for lack of memory."""
    return f"{_BY} ({_ONCE} (increase(container_oom_events_total{{{_OF}}}[{window_s:.0f}s])))"


@dataclass(frozen=True)
class Window:
    """The time to ask for.

    Attributes
    ----------
    seconds, step_s
        How far back, and between samples.
    rate_s
        Over which rates are taken: at least two scrapes must lie in it. Prometheus divides by all
        of it, so that a new container's samples tell too little until it has run for as long.
    end_s
        Seconds since 1970; None is now.
    """

    seconds: float = 7 * DAY_S
    step_s: float = 900.0
    rate_s: float = 300.0
    end_s: float | None = None

    def __post_init__(self) -> None:
        """Refuse what no series can have.

        Raises
        ------
        SourceError
            Naming the window or the step.
        """
        if not 0 < self.step_s <= self.seconds < inf:
            raise SourceError(
                said(
                    f"a step of {self.step_s:g} s in {self.seconds:g} s; expected one above 0 and "
                    "no longer than the window"
                ),
                "step",
            )
        if self.seconds / self.step_s > MOST_SAMPLES:
            raise SourceError(
                said(
                    f"{self.seconds / self.step_s:,.0f} samples a series; at most "
                    f"{MOST_SAMPLES:,} are "
                    "read. Ask for a larger step or a shorter window"
                ),
                "step",
            )


def window_of(days: float | None = None, step_s: float | None = None) -> Window:
    """Return the time to ask for as people say it; what is left out is as usual.

    Raises
    ------
    SourceError
        Naming the days or the step.
    """
    if days is not None and not 0 < days < inf:
        raise SourceError(said(f"{days:g} days; expected more than 0"), "days")
    usual = Window()
    return Window(
        usual.seconds if days is None else days * DAY_S, usual.step_s if step_s is None else step_s
    )


def read_prometheus(
    url: str,
    window: Window = Window(),
    *,
    token: str | None = None,
    progress: Progress = lambda _, __: None,
    transport: httpx2.BaseTransport | None = None,
) -> Usage:
    """Ask a Prometheus server for what containers use.

    Parameters
    ----------
    url
        Of the server, such as ``http://localhost:9090``; a path before ``/api`` is kept.
    token
        Sent as a bearer token.
    progress
        Told what is asked for, and the share of all that is there.
    transport
        Carries requests, instead of the network.

    Raises
    ------
    SourceError
        When the server cannot be reached, refuses a query (the message is its own), or knows no
        container in that time.
    """
    require("Reading a Prometheus server", LIVE)
    import httpx2

    url = url.strip().rstrip("/")
    if not _is_address(url):
        raise SourceError(
            said(f"{url!r} is no address of a server; expected one such as http://localhost:9090"),
            "url",
        )
    if transport is None:
        _refuse_forbidden(url)
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    end = time.time() if window.end_s is None else window.end_s
    end = end // window.step_s * window.step_s
    parts = list(_parts(window, end))
    queries = range_queries(max(window.rate_s, window.step_s))
    total = len(queries) * len(parts) + 1
    shown = _without_secret(url)
    answers: list[tuple[str, bytes]] = []
    with httpx2.Client(
        base_url=url, headers=headers, timeout=TIMEOUT_S, transport=transport
    ) as client:
        for name, query in queries.items():
            for first, last in parts:
                progress(name, len(answers) / total)
                asked = {
                    "query": query,
                    "start": f"{first:.3f}",
                    "end": f"{last:.3f}",
                    "step": f"{window.step_s:g}",
                }
                answers.append((f"{name} of Prometheus", _ask(client, "query_range", asked, shown)))
        progress("oom", len(answers) / total)
        asked = {"query": oom_query(window.seconds), "time": f"{end:.3f}"}
        answers.append(("oom of Prometheus", _ask(client, "query", asked, shown)))
    usage = read_usage(answers)
    progress("read", 1.0)
    if not usage.containers:
        raise SourceError(
            said(
                f"knows no container in the last {window.seconds / DAY_S:g} days; it has to "
                "scrape the "
                "kubelets' cAdvisor (container_cpu_usage_seconds_total with namespace, pod and "
                "container)"
            ),
            shown,
        )
    return usage


def _is_address(url: str) -> bool:
    try:
        split = urlsplit(url)
        return split.scheme in ("http", "https") and bool(split.hostname) and split.port != 0
    except ValueError:  # a port that is none, brackets that do not close
        return False


def _refuse_forbidden(url: str) -> None:
    """A visitor of the dashboard may name the address, but not one that hands out credentials."""
    split = urlsplit(url)
    try:
        look_up(split.hostname or "", split.port or 80)
    except socket.gaierror:
        return  # A proxy may know the name; else the client says that it does not answer.
    except OSError as error:
        raise SourceError(said(f"is not asked: {error}"), _without_secret(url)) from error


def _without_secret(url: str) -> str:
    """The address without the name and password that it may hold: errors are read by others."""
    split = urlsplit(url)
    return split._replace(netloc=split.netloc.rpartition("@")[2]).geturl()


def _parts(window: Window, end: float) -> Iterator[tuple[float, float]]:
    """The window in parts that one request can ask for; no sample is in two."""
    steps = int(window.seconds // window.step_s)
    most = max(1, min(MOST_POINTS, int(DAY_S // window.step_s)))
    at = end - steps * window.step_s
    for first in range(0, steps + 1, most):
        last = min(first + most - 1, steps)
        yield at + first * window.step_s, at + last * window.step_s


def _ask(client: httpx2.Client, call: str, asked: dict[str, str], url: str) -> bytes:
    import httpx2

    try:
        answer = client.post(f"/api/v1/{call}", data=asked)
    except httpx2.TimeoutException as error:
        raise SourceError(
            said(
                f"did not answer within {TIMEOUT_S:g} s; ask for a shorter window or a larger step"
            ),
            url,
        ) from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise SourceError(said(f"cannot be reached: {error}"), url) from error
    if answer.status_code in (401, 403):
        raise SourceError(
            said(
                f"refuses ({answer.status_code}); a bearer token is taken from "
                "KYTOS_PROMETHEUS_TOKEN"
            ),
            url,
        )
    try:
        told = answer.json()
        status = told["status"]
        fault = str(told.get("error", ""))[:UNREADABLE]
    except (ValueError, KeyError, TypeError, AttributeError):
        # not shown: whoever may name an address is not to read what another server says
        raise SourceError(
            said(f"answered {answer.status_code}, but not as Prometheus does; is it its address?"),
            url,
        ) from None
    if answer.status_code != 200 or status != "success":
        raise SourceError(said(f"answered {answer.status_code}: {fault}"), url)
    return answer.content
