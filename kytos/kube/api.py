"""An API server as an execution meets it: single requests, tried again, whose writes may be dry."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kubernetes.client import ApiClient
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from kytos.kube.connection import LiveError, blaming_the_kubeconfig, is_timeout, kind_of

Object = dict[str, Any]
Query = Sequence[tuple[str, Any]]

JSON = "application/json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"

_PAGE = 500
_PASSING = frozenset({502, 503, 504})
"""Answers of a server that is not there for the moment."""


@dataclass(frozen=True)
class Pace:
    """How often an execution looks, and how long it waits.

    Attributes
    ----------
    poll_s
        Between two looks, and the first pause before something is tried again.
    longest_pause_s
        Pauses double up to this.
    patience_s
        For one thing: a budget that allows an eviction, a wave whose pods are ready.
    request_patience_s
        For a server that does not answer.
    connect_s, read_s
        For a connection, and between two pieces of an answer.
    """

    poll_s: float = 1.0
    longest_pause_s: float = 15.0
    patience_s: float = 900.0
    request_patience_s: float = 60.0
    connect_s: float = 5.0
    read_s: float = 30.0


class RefusedError(LiveError):
    """The API server refuses a request; asking again would not help."""

    def __init__(self, message: str, where: str, status: int, said: str) -> None:
        """Keep the status and the server's own words."""
        super().__init__(message, where)
        self.status = status
        self.said = said


class ConflictError(RefusedError):
    """The object is there already, or is not the one that was meant (409)."""


class BusyError(RefusedError):
    """Not now (429); `retry_after_s` is what the server asks for, 0 where it does not say."""

    retry_after_s: float = 0.0


class UnreachableError(LiveError):
    """The API server did not answer, as often as it was asked."""


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: Object

    @property
    def said(self) -> str:
        said = self.body.get("message")
        details = self.body.get("details")
        causes = details.get("causes") if isinstance(details, dict) else None
        words = [said] if isinstance(said, str) else []
        told = (cause.get("message") for cause in causes or () if isinstance(cause, dict))
        words += [word for word in told if isinstance(word, str)]
        return " ".join(words)[:500] or "no reason given"

    @property
    def retry_after_s(self) -> float:
        details = self.body.get("details")
        told = details.get("retryAfterSeconds") if isinstance(details, dict) else None
        try:
            return max(0.0, float(self.headers.get("Retry-After") or told or 0))
        except (TypeError, ValueError):
            return 0.0


class ApiServer:
    """One API server, asked through a context.

    Parameters
    ----------
    dry_run
        Send every write with ``dryRun=All``: judged as always, admission included, and not kept.
    pause
        How time is let pass.
    """

    def __init__(
        self,
        client: ApiClient,
        context: str,
        pace: Pace,
        *,
        dry_run: bool = False,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Nothing is asked yet."""
        self._client = client
        self.pace, self.dry_run, self.pause = pace, dry_run, pause
        self.where = f"context {context}"

    def get(self, path: str, query: Query = ()) -> Object | None:
        """Return an object, None where there is none.

        Raises
        ------
        RefusedError
            When it may not be read.
        UnreachableError
            When the server does not answer.
        """
        answer = self._send("GET", path, query, None, JSON)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise self._refusal("GET", path, answer)
        return answer.body

    def items(self, path: str, query: Query = ()) -> list[Object]:
        """Return all items of a list, page by page; errors as in `get`, 404 among them."""
        token, items = "", list[Object]()
        while True:
            page = [*query, ("limit", _PAGE)] + ([("continue", token)] if token else [])
            answer = self._send("GET", path, page, None, JSON)
            if token and answer.status in (400, 410):  # the token expired: begin anew
                token, items = "", []
                continue
            if answer.status != 200:
                raise self._refusal("GET", path, answer)
            items += answer.body.get("items") or []
            token = str((answer.body.get("metadata") or {}).get("continue") or "")
            if not token:
                return items

    def write(
        self,
        method: str,
        path: str,
        body: Object,
        kind: str = JSON,
        *,
        waits: bool = True,
        insists: bool = False,
    ) -> Object:
        """Send a write, dry where this is a dry run, and return the answer.

        All that is sent may be sent twice: an answer that does not come says nothing about
        whether the write was made.

        Parameters
        ----------
        waits
            Whether a 429 is waited out here.
        insists
            Whether a 409 only means that somebody else wrote at the same time.

        Raises
        ------
        ConflictError, BusyError, RefusedError, UnreachableError
            As the server answers, or does not.
        """
        query = [("dryRun", "All")] if self.dry_run else []
        answer = self._send(method, path, query, body, kind, waits=waits, insists=insists)
        if 200 <= answer.status < 300:
            return answer.body
        raise self._refusal(method, path, answer)

    def try_out(self, method: str, path: str, body: Object, kind: str = JSON) -> Object:
        """Send a write with ``dryRun=All``, dry run or not; errors as in `write`."""
        answer = self._send(method, path, [("dryRun", "All")], body, kind, insists=True)
        if 200 <= answer.status < 300:
            return answer.body
        raise self._refusal(method, path, answer)

    def _send(
        self,
        method: str,
        path: str,
        query: Query,
        body: Object | None,
        kind: str,
        *,
        waits: bool = True,
        insists: bool = False,
    ) -> _Answer:
        """Send until there is an answer that would not change by asking again."""
        pause, ends = self.pace.poll_s, time.monotonic() + self.pace.request_patience_s
        while True:
            asked_for = 0.0
            try:
                answer = self._once(method, path, query, body, kind)
            except (HTTPError, ApiException) as error:
                trouble = "took too long" if is_timeout(error) else f"is gone ({kind_of(error)})"
            else:
                asked_for = answer.retry_after_s
                passes = answer.status in _PASSING or (answer.status == 500 and asked_for > 0)
                passes = passes or (answer.status == 429 and waits)
                if not passes and not (answer.status == 409 and insists):
                    return answer
                trouble = f"answers {answer.status} ({answer.said})"
            wait = max(pause, asked_for)
            if time.monotonic() + wait > ends:
                raise UnreachableError(
                    f"the API server {trouble} at {method} {path}; nothing more was tried, see "
                    "whether kubectl reaches it and run the same again",
                    self.where,
                )
            self.pause(wait)
            pause = min(2 * pause, self.pace.longest_pause_s)

    def _once(
        self, method: str, path: str, query: Query, body: Object | None, kind: str
    ) -> _Answer:
        headers = {"Accept": JSON}
        if body is not None:
            headers["Content-Type"] = kind
        with blaming_the_kubeconfig():  # a credential may have to be fetched anew
            request = self._client.param_serialize(
                method,
                path,
                query_params=list(query),
                header_params=headers,
                body=body,
                auth_settings=["BearerToken"],
            )
        pace = self.pace
        answer = self._client.call_api(*request, _request_timeout=(pace.connect_s, pace.read_s))
        text = answer.response.read(decode_content=True)
        answer.response.release_conn()
        try:
            read = json.loads(text or b"{}")
        except ValueError:
            read = {}
        return _Answer(
            answer.status, answer.response.headers, read if isinstance(read, dict) else {}
        )

    def _refusal(self, method: str, path: str, answer: _Answer) -> RefusedError:
        status, said = answer.status, answer.said
        if status == 401:
            said = "the credentials are not accepted; they may have expired"
        kind = {409: ConflictError, 429: BusyError}.get(status, RefusedError)
        error = kind(
            f"the API server refuses {method} {path} ({status}): {said}", self.where, status, said
        )
        if isinstance(error, BusyError):
            error.retry_after_s = answer.retry_after_s
        return error
