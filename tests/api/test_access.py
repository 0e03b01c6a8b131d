"""Who may call."""

from __future__ import annotations

import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from starlette._utils import get_route_path
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from benchmarks import guarded
from kytos.api import Dashboard, Settings, create_app
from kytos.api.access import OPEN_PATHS, is_api_path, routed_path
from kytos.settings import SettingsError

TOKEN = "correct-horse-battery"
API = ("/optimize/rebalance", "/manifests/compare", "/compare", "/jobs/x", "/version", "/metrics")


def client_at(address: str, settings: Settings, **headers: str) -> TestClient:
    """A client whose connection arrives at `address`."""
    return TestClient(create_app(settings), base_url=f"http://{address}", headers=headers)


def test_token_is_asked_for_on_every_path() -> None:
    """With a token set, no path but the probes answers without it."""
    client = client_at("127.0.0.1", Settings(api_token=TOKEN))
    schema = TestClient(create_app(Settings())).get("/openapi.json").json()
    for path, methods in schema["paths"].items():
        for method in methods:
            status = client.request(method, path.replace("{job_id}", "x")).status_code
            assert (status == 401) == (path not in OPEN_PATHS), f"{method} {path}: {status}"


def test_every_documented_path_counts_as_the_services() -> None:
    """No path of the service is mistaken for the dashboard's, which has another guard."""
    schema = TestClient(create_app(Settings())).get("/openapi.json").json()
    assert [path for path in schema["paths"] if not is_api_path(path)] == []


@pytest.mark.parametrize("beside_a_dashboard", [False, True])
@pytest.mark.parametrize("prefix", ["", "/kytos", "/kytos/", "/a/b", "/version", "/healthz"])
def test_token_is_asked_for_behind_every_prefix(prefix: str, beside_a_dashboard: bool) -> None:
    """A server's --root-path, with its prefix kept or taken off by a proxy, opens nothing."""
    dashboard = Dashboard(app=page, lifespan=no_lifespan, asks_for_login=True)
    app = create_app(
        Settings(api_token=TOKEN, allow_anonymous=True),
        dashboard=dashboard if beside_a_dashboard else None,
    )
    client = TestClient(app, base_url="http://203.0.113.5", root_path=prefix)
    for sent in (prefix, prefix.rstrip("/"), ""):
        for path in API:
            answer = client.post(f"{sent}{path}", json={})
            assert answer.status_code == 401 or (
                # Not the service's path there: the dashboard's, which answers with its page.
                beside_a_dashboard and sent != prefix and answer.text == "page"
            ), f"{sent}{path}: {answer.status_code}"
        assert client.get(f"{sent}{prefix}/healthz").status_code in (200, 401, 404)
    assert client.get(f"{prefix}/healthz").status_code == 200
    opened = {"Authorization": f"Bearer {TOKEN}"}
    assert client.get(f"{prefix}/version", headers=opened).status_code == 200


@pytest.mark.parametrize("place", ["/kytos", "/a/b"])
def test_token_is_asked_for_in_every_mount(place: str) -> None:
    """A service that stands inside another application is guarded as one that stands alone."""
    inner = create_app(Settings(api_token=TOKEN, allow_anonymous=True))
    client = TestClient(Starlette(routes=[Mount(place, inner)]), base_url="http://203.0.113.5")
    for path in API:
        assert client.post(f"{place}{path}", json={}).status_code == 401
    assert client.get(f"{place}/healthz").status_code == 200
    opened = {"Authorization": f"Bearer {TOKEN}"}
    assert client.get(f"{place}/version", headers=opened).status_code == 200


@pytest.mark.parametrize(("place", "mounted"), [("/kytos", False), ("/kytos", True), ("", False)])
def test_however_a_path_is_written_the_token_is_asked_for(place: str, mounted: bool) -> None:
    """Slashes, dots, encoded letters and absolute form, as uvicorn reads them; a sample of all."""
    sample = Random(0).sample(sorted(guarded.targets(place)), 100)
    with guarded.served(place, mounted=mounted) as port:
        for target in sample:
            for method in ("GET", "HEAD", "OPTIONS", "POST"):
                told = guarded.status(port, method, target)
                # 0: the application around the mount has no such path.
                assert told == 401 or (mounted and told == 0), f"{method} {target}: {told}"
        reached = place if mounted else ""  # uvicorn puts its --root-path before what it is sent
        assert guarded.status(port, "GET", f"{reached}/healthz") == 200
        assert guarded.status(port, "GET", f"{reached}/version", guarded.TOKEN) == 200


def test_what_no_route_knows_is_closed_too() -> None:
    """Where no dashboard stands beside the service, a path must be open by name to be open."""
    client = client_at("203.0.113.5", Settings(api_token=TOKEN, allow_anonymous=True))
    for path in ("/", "/nowhere", "/optimize", "//version", "/healthz/x", "/Healthz"):
        assert client.get(path).status_code == 401, path


@given(
    prefix=st.sampled_from(["", "/", "/k", "/k/", "/k/v", "k", "//"]),
    path=st.text("/kv", max_size=8),
)
def test_the_routed_path_is_what_routes_are_matched_with(prefix: str, path: str) -> None:
    """The guard and the router may not see two paths in one request."""
    scope = {"path": path, "root_path": prefix}
    assert routed_path(scope) == get_route_path(scope)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        (f"Bearer {TOKEN[:-1]}", 401),
        (f"Basic {TOKEN}", 401),
        ("Bearer", 401),
        ("", 401),
    ],
)
def test_only_the_token_opens(sent: str, status: int) -> None:
    """The token opens from anywhere; nothing else does, and the refusal does not repeat it."""
    client = client_at("203.0.113.5", Settings(api_token=TOKEN), Authorization=sent)
    response = client.get("/version")
    assert response.status_code == status
    assert TOKEN not in response.text


@pytest.mark.parametrize(
    ("address", "host", "status"),
    [
        ("127.0.0.1", "127.0.0.1:8000", 200),
        ("127.0.0.1", "localhost", 200),
        ("[::1]", "[::1]:8000", 200),
        ("127.0.0.1", "attacker.example", 403),
        ("127.0.0.1", "[::bad", 403),
        ("10.1.2.3", "10.1.2.3", 403),
        ("10.1.2.3", "localhost", 403),
    ],
)
def test_without_a_token_only_this_machine_is_answered(
    address: str, host: str, status: int
) -> None:
    """Connections to other addresses, and pages that point their name at this one, are refused."""
    assert client_at(address, Settings(), Host=host).get("/version").status_code == status


def test_other_sites_pages_are_refused() -> None:
    """A browser that calls for another site is turned away even on this machine."""
    client = client_at("127.0.0.1", Settings(), **{"Sec-Fetch-Site": "cross-site"})
    assert client.get("/version").status_code == 403


@pytest.mark.parametrize(
    ("origin", "let_in"),
    [
        ("http://127.0.0.1", True),
        ("https://127.0.0.1", True),
        ("http://localhost:8501", False),
        ("http://127.0.0.1:3000", False),
        ("https://attacker.example", False),
        ("http://localhost.attacker.example", False),
        ("null", False),
        ("", False),
    ],
)
def test_a_foreign_origin_is_refused(origin: str, let_in: bool) -> None:
    """Calls and sockets say which page made them; only the service's own are answered."""
    dashboard = Dashboard(app=page, lifespan=no_lifespan, asks_for_login=False)
    app = create_app(Settings(), dashboard=dashboard)
    client = TestClient(app, base_url="http://127.0.0.1", headers={"Origin": origin})
    assert (client.get("/version").status_code == 200) == let_in
    try:
        with client.websocket_connect("ws://127.0.0.1/_stcore/stream"):
            connected = True
    except WebSocketDisconnect:
        connected = False
    assert connected == let_in


def test_a_page_of_another_port_starts_no_solve() -> None:
    """Same site is not same origin: whatever else listens on this machine is not let in."""
    client = client_at("127.0.0.1", Settings(), Host="localhost:8501")
    sent = {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:3000"}
    refused = client.post("/optimize/rebalance", json={}, headers=sent)
    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        "calls from other web sites' pages are not answered",
    )
    for own in (
        {},  # curl
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:8501"},
        {"Origin": "http://LOCALHOST:8501"},
    ):
        assert client.post("/optimize/rebalance", json={}, headers=own).status_code == 422
    link = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/version", headers=link).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/version"])
def test_head_answers_as_get_does(path: str) -> None:
    """What watches a service may ask for the headers alone."""
    with client_at("127.0.0.1", Settings(workers=1)) as client:
        got, head = client.get(path), client.head(path)
        assert (head.status_code, head.text) == (got.status_code, "")
        assert head.headers["Content-Type"] == got.headers["Content-Type"]
    assert client_at("203.0.113.5", Settings(api_token=TOKEN)).head(path).status_code in (
        (200, 503) if path in OPEN_PATHS else (401,)
    )


def test_anonymous_access_is_an_explicit_choice() -> None:
    """With the flag, anyone is answered."""
    settings = Settings(allow_anonymous=True)
    assert client_at("10.1.2.3", settings).get("/version").status_code == 200


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    """A dashboard of one page and one socket."""
    if scope["type"] == "websocket":
        await WebSocket(scope, receive, send).accept()
    else:
        await PlainTextResponse("page")(scope, receive, send)


@asynccontextmanager
async def no_lifespan(_: object) -> AsyncIterator[None]:
    yield


@pytest.mark.parametrize(
    ("address", "login", "token", "let_in"),
    [
        ("127.0.0.1", False, None, True),
        ("127.0.0.1", False, TOKEN, True),
        ("10.1.2.3", False, None, False),
        ("10.1.2.3", False, TOKEN, False),
        ("10.1.2.3", True, TOKEN, True),
    ],
)
def test_the_dashboard_is_shown_elsewhere_only_with_a_login(
    address: str, login: bool, token: str | None, let_in: bool
) -> None:
    """The service's token does not open the dashboard; its own login does; sockets alike."""
    dashboard = Dashboard(app=page, lifespan=no_lifespan, asks_for_login=login)
    app = create_app(Settings(api_token=token), dashboard=dashboard)
    client = TestClient(app, base_url=f"http://{address}")
    assert (client.get("/Rebalance").status_code == 200) == let_in
    try:
        with client.websocket_connect(f"ws://{address}/_stcore/stream"):
            connected = True
    except WebSocketDisconnect:
        connected = False
    assert connected == let_in


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/optimize/rebalance", 405),
        ("PUT", "/optimize/rebalance", 405),
        ("GET", "/optimize/nothing", 404),
        ("POST", "/jobs/x", 405),
        ("POST", "/healthz", 405),
    ],
)
def test_the_dashboard_does_not_answer_for_the_service(method: str, path: str, status: int) -> None:
    """A call with the wrong method or name is refused in JSON, as without a dashboard."""
    dashboard = Dashboard(app=page, lifespan=no_lifespan, asks_for_login=False)
    app = create_app(Settings(), dashboard=dashboard)
    response = TestClient(app, base_url="http://127.0.0.1").request(method, path)
    assert response.status_code == status
    assert response.json()["request_id"] == response.headers["X-Request-ID"]


def test_answers_carry_safe_headers_and_an_id() -> None:
    """Every answer, refusals included, forbids sniffing and framing and names the request."""
    client = client_at("127.0.0.1", Settings())
    for path in ("/version", "/nowhere"):
        response = client.get(path, headers={"X-Request-ID": "mine-1"})
        assert response.headers["X-Request-ID"] == "mine-1"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["X-Frame-Options"] == "DENY"
        assert "access-control-allow-origin" not in response.headers
    forged = client.get("/version", headers={"X-Request-ID": "a b"})
    assert forged.headers["X-Request-ID"] != "a b"


def test_a_token_of_any_letters_opens() -> None:
    """What a client sends as UTF-8 is compared as it was sent."""
    token = "pa\u00dfwort-\u65e5\u672c-lang-genug"
    client = client_at("203.0.113.5", Settings(api_token=token))
    sent = {b"Authorization": f"Bearer {token}".encode()}
    assert client.get("/version", headers=sent).status_code == 200


def test_settings_read_from_the_environment() -> None:
    """Variables become settings, line breaks of files at their end or not; a token is not shown."""
    found = Settings.from_environment({"KYTOS_API_TOKEN": f"{TOKEN}\n", "KYTOS_QUEUE": "3\n"})
    assert found.queue == 3
    assert found.api_token is not None
    assert found.api_token.get_secret_value() == TOKEN
    assert TOKEN not in repr(found)


def test_a_setting_that_will_not_do_is_named_but_not_repeated() -> None:
    """Too short a token is refused without being written to a log."""
    given = {"KYTOS_QUEUE": "many", "KYTOS_API_TOKEN": "s3cr3t"}
    with pytest.raises(SettingsError, match=r"KYTOS_QUEUE: .*integer") as refused:
        Settings.from_environment(given)
    told = "".join(traceback.format_exception(refused.value))
    assert "KYTOS_API_TOKEN: " in told
    assert "s3cr3t" not in told
