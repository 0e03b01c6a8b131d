"""A cluster read from its API server, by list requests through the local kubeconfig."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kubernetes.client import ApiClient
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from kytos.cluster import Note, NoteKind, note_about
from kytos.errors import SourceError
from kytos.kube.connection import (
    LiveError,
    blaming_the_kubeconfig,
    choose_context,
    connected,
    is_timeout,
    kind_of,
)
from kytos.sources.documents import read_documents
from kytos.sources.listings import LISTINGS, USE_LISTINGS, Listing
from kytos.sources.snapshot import Snapshot, trimmed

_STARTS = 3
"""How often one list is begun before it is given up; a continue token lives about 5 minutes."""

MAX_BYTES = 50 * 2**20
"""Of one page of an answer."""
_PIECE_BYTES = 1 << 20
"""Answers are read in pieces of this length, so that the clock is looked at between them."""

_JSON = "application/json"
_METADATA_ONLY = f"{_JSON};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,{_JSON}"
"""Kubernetes API concepts, "Metadata-only fetches"; a server that cannot sends the whole."""


@dataclass(frozen=True)
class Limits:
    """How long the server may take, and how much it is asked for at a time.

    Attributes
    ----------
    connect_s
        For a connection, each time.
    read_s
        Between two pieces of an answer.
    total_s
        For all lists together.
    page
        Objects in one answer; kubectl asks for as many.
    """

    connect_s: float = 5.0
    read_s: float = 30.0
    total_s: float = 300.0
    page: int = 500


def read_snapshot(
    context: str | None = None, limits: Limits | None = None, *, metrics: bool = False
) -> Snapshot:
    """List what Kytos needs of a cluster.

    Parameters
    ----------
    context
        One of `contexts`; by default the first of them.
    limits
        How long the server may take; by default `Limits`.
    metrics
        Whether to ask metrics-server too what pods use, and recommenders what they should request.

    Raises
    ------
    LiveError
        When the context is not there, the server cannot be reached in time or refuses the
        credentials, or pods or nodes cannot be listed.
    """
    name = choose_context(context)
    taken_at = datetime.now(UTC)
    listed: dict[str, list[dict[str, Any]]] = {}
    notes: list[Note] = []
    with connected(name) as client:
        server = _Server(client, name, limits or Limits())
        for listing in (*LISTINGS, *(USE_LISTINGS if metrics else ())):
            try:
                listed[listing.kind] = server.items_of(listing)
            except _RefusedError as refusal:
                if refusal.absent and listing.may_be_absent:
                    continue
                if listing.without is None:
                    raise LiveError(refusal.essential, server.where) from None
                lost = f"{refusal.why}: {listing.without}"
                notes.append(Note(message=lost, kind=NoteKind.LEFT_OUT))
    listed["Pod"], gone = _on_known_nodes(listed["Pod"], listed["Node"])
    objects = tuple(item for items in listed.values() for item in items)
    return Snapshot(name, taken_at, objects, (*notes, *gone))


class _RefusedError(Exception):
    """A list the server will not give, whoever asks how often."""

    def __init__(self, why: str, essential: str, *, absent: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.absent = absent
        self.essential = essential


class _ExpiredError(Exception):
    """The server no longer knows where a list was to go on."""


class _Server:
    """An API server, as far as it is asked: whole lists, page by page, while the clock runs."""

    def __init__(self, client: ApiClient, context: str, limits: Limits) -> None:
        self._client = client
        self._context = context
        self._limits = limits
        self._ends = time.monotonic() + limits.total_s
        # without the user and password that may stand in it
        scheme, _, place = client.configuration.host.partition("://")
        self._address = f"{scheme}://{place.rpartition('@')[2]}"
        self.where = f"context {context}"

    def items_of(self, listing: Listing) -> list[dict[str, Any]]:
        """Return all items of a kind, begun anew when a continue token expires on the way.

        Raises
        ------
        _RefusedError
            When they may not be listed or the server has no such kind.
        LiveError
            When the server fails or takes too long.
        """
        for _ in range(_STARTS):
            try:
                return [item for page in self._pages(listing) for item in page]
            except _ExpiredError:
                continue
        raise LiveError(
            f"the list of {listing.resource} expired before its end, {_STARTS} times; the "
            "connection is too slow for a cluster this large: read it nearer to its API server",
            self.where,
        )

    def _pages(self, listing: Listing) -> Iterator[list[dict[str, Any]]]:
        token, seen = "", {""}
        while True:
            page = self._page(listing, token)
            items, metadata = page.get("items"), page.get("metadata")
            if not isinstance(items, list | None) or not isinstance(metadata, dict | None):
                raise self._no_api_server(listing)
            yield [self._item(listing, item) for item in items or []]
            token = str((metadata or {}).get("continue") or "")
            if not token:
                return
            if token in seen:
                raise LiveError(
                    f"the API server begins the list of {listing.resource} again and again; "
                    "something between here and it answers from memory",
                    self.where,
                )
            seen.add(token)

    def _item(self, listing: Listing, item: Any) -> dict[str, Any]:
        if not isinstance(item, dict):
            raise self._no_api_server(listing)
        # Items of a typed list leave both out; those asked for by metadata alone name neither.
        return trimmed(item | {"kind": listing.kind, "apiVersion": listing.version})

    def _page(self, listing: Listing, token: str) -> dict[str, Any]:
        query: list[tuple[str, Any]] = [("limit", self._limits.page)]
        if token:
            query.append(("continue", token))
        status, body = self._get(
            listing.path, query, _METADATA_ONLY if listing.metadata_only else _JSON
        )
        if status == 410 or (status == 400 and token):
            raise _ExpiredError
        if status != 200:
            raise self._complaint(listing, status, body)
        if not body.strip():
            raise self._no_api_server(listing)
        documents = read_documents(body, f"{self.where}: {listing.resource}")
        if len(documents) != 1 or not isinstance(documents[0], dict):
            raise self._no_api_server(listing)
        return documents[0]

    def _get(self, path: str, query: list[tuple[str, Any]], accept: str) -> tuple[int, bytes]:
        """Send the one kind of request that is ever sent."""
        limits = self._limits
        if time.monotonic() > self._ends:
            raise self._too_slow()
        headers = {"Accept": accept, "Accept-Encoding": "gzip"}
        try:
            with blaming_the_kubeconfig():  # a credential may have to be fetched anew
                request = self._client.param_serialize(
                    "GET",
                    path,
                    query_params=query,
                    header_params=headers,
                    auth_settings=["BearerToken"],
                )
            answer = self._client.call_api(
                *request, _request_timeout=(limits.connect_s, limits.read_s)
            )
            return answer.status, self._body(answer.response)
        except (HTTPError, ApiException) as error:
            if is_timeout(error):
                raise self._too_slow() from error
            raise LiveError(
                f"the API server at {self._address} cannot be reached "
                f"({kind_of(error)}); see whether `kubectl --context {self._context} get nodes` "
                "can",
                self.where,
            ) from error

    def _body(self, response: Any) -> bytes:
        """Read an answer, but not for ever and not without end."""
        pieces = bytearray()
        while piece := response.read(_PIECE_BYTES, decode_content=True):
            pieces += piece
            if len(pieces) > MAX_BYTES:
                raise LiveError(
                    f"one page of an answer is longer than {MAX_BYTES >> 20} MiB", self.where
                )
            if time.monotonic() > self._ends:
                raise self._too_slow()
        response.release_conn()
        return bytes(pieces)

    def _complaint(self, listing: Listing, status: int, body: bytes) -> Exception:
        said = _message(body)
        if status == 401:
            return LiveError(
                "the API server does not accept the credentials (401 Unauthorized); they may have "
                f"expired: renew them, until `kubectl --context {self._context} get nodes` works",
                self.where,
            )
        if status == 403:
            return _RefusedError(
                f"{listing.resource} may not be listed (403)",
                f"{listing.resource} may not be listed, and nothing can be said without them "
                f"({said}); ask for the role in deploy/, which only reads",
            )
        if status == 404:
            return _RefusedError(
                f"the API server has no {listing.resource} of {listing.version} (404)",
                f"{self._address} answers, but not as a Kubernetes API server: "
                f"it has no {listing.resource}",
                absent=True,
            )
        return LiveError(
            f"the API server answered {status} when asked for {listing.resource}: {said}",
            self.where,
        )

    def _no_api_server(self, listing: Listing) -> LiveError:
        return LiveError(
            f"what {self._address} answered is no list of {listing.resource}; "
            "expected a Kubernetes API server",
            self.where,
        )

    def _too_slow(self) -> LiveError:
        limits = self._limits
        return LiveError(
            f"the API server at {self._address} took too long (more than "
            f"{limits.connect_s:g} s to connect, {limits.read_s:g} s silent, or "
            f"{limits.total_s:g} s in all)",
            self.where,
        )


def _on_known_nodes(
    pods: list[dict[str, Any]], nodes: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[Note]]:
    """Leave out pods whose node went away: the cluster is about to delete and replace them."""
    known = {_text(node, "metadata", "name") for node in nodes}
    kept = [pod for pod in pods if _text(pod, "spec", "nodeName") in known | {""}]
    if len(kept) == len(pods):
        return pods, []
    lost = [
        f"{_text(pod, 'metadata', 'namespace')}/{_text(pod, 'metadata', 'name')}"
        for pod in pods
        if _text(pod, "spec", "nodeName") not in known | {""}
    ]
    return kept, [note_about("pods left out because their node has just gone", lost)]


def _text(item: Mapping[str, Any], part: str, key: str) -> str:
    inside = item.get(part)
    value = inside.get(key) if isinstance(inside, dict) else None
    return value if isinstance(value, str) else ""


def _message(body: bytes) -> str:
    """What a Status says, shortened; nothing of an answer that is none."""
    try:
        (status,) = read_documents(body, "answer")
        said = status["message"]
    except (SourceError, ValueError, LookupError, TypeError):
        return "no reason given"
    return said[:300] if isinstance(said, str) else "no reason given"
