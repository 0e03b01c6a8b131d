"""A Prometheus asked from the page: progress, refusals, and where the operator's token goes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from kytos.ui.session import clusters
from tests.pages.conftest import ROOT, button, words


class _Prometheus(BaseHTTPRequestHandler):
    """Answers every query with one pod: half a core, 1 GB, a tenth throttled, two kills."""

    tokens: list[str | None]
    pod: str

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.tokens.append(self.headers.get("Authorization"))
        query = asked["query"][0]
        value = (
            "2" if "oom" in query else "0.1" if "throttled" in query else
            "1e9" if "memory" in query else "0.5"
        )  # fmt: skip
        namespace, _, name = self.pod.partition("/")
        labels = {"namespace": namespace, "pod": name, "container": "app"}
        if self.path.endswith("/query"):
            series = {"metric": labels, "value": [float(asked["time"][0]), value]}
            data = {"resultType": "vector", "result": [series]}
        else:
            times = (float(asked["start"][0]), float(asked["end"][0]))
            series = {"metric": labels, "values": [[time, value] for time in times]}
            data = {"resultType": "matrix", "result": [series]}
        body = json.dumps({"status": "success", "data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    """A server that tells of a pod of the first sample, and notes the tokens it is sent."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    running = ThreadingHTTPServer(("127.0.0.1", 0), _Prometheus)
    _Prometheus.tokens = []
    _Prometheus.pod = clusters.load(clusters.FIRST_SAMPLE).cluster.pods[0].id
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


def address(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def app() -> AppTest:
    """The app at its first page."""
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()


def test_what_it_tells_is_of_the_cluster_on_screen(
    app: AppTest, server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its samples stand beside requests; a typed address is sent no token, the operator's is."""
    monkeypatch.setenv("KYTOS_PROMETHEUS_TOKEN", "s3cret")
    app.text_input(key="prometheus url").input("not an address")
    button(app, "Ask Prometheus").click().run()
    assert "is no address of a server" in words(app)
    app.text_input(key="prometheus url").input(address(server))
    app.number_input(key="prometheus days").set_value(1.0)
    button(app, "Ask Prometheus").click().run()
    assert not app.exception
    assert "could not be read" not in words(app)
    assert app.session_state["cluster"] == "upload"
    assert any("CPU used" in metric.label for metric in app.metric)
    assert set(_Prometheus.tokens) == {None}
    assert "KYTOS_PROMETHEUS_URL alone" in words(app)
    _Prometheus.tokens.clear()
    monkeypatch.setenv("KYTOS_PROMETHEUS_URL", address(server))
    app.run()
    button(app, "Ask Prometheus").click().run()
    assert set(_Prometheus.tokens) == {"Bearer s3cret"}


def test_a_prometheus_of_another_cluster_is_refused(
    app: AppTest, server: ThreadingHTTPServer
) -> None:
    """The cluster stays as it was, and the page says whose pods it tells of."""
    _Prometheus.pod = "elsewhere/other-0"
    app.text_input(key="prometheus url").input(address(server))
    button(app, "Ask Prometheus").click().run()
    assert "elsewhere/other-0" in words(app).replace("\\", "")
    assert "the cluster stays as it was" in words(app)
    assert app.session_state["cluster"] == clusters.FIRST_SAMPLE
