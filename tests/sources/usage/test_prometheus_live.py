"""A Prometheus server asked for use: recorded answers, and a real server where there is one."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import httpx2
import numpy as np
import pytest

from kytos.cli.reading import read_live_use
from kytos.errors import SourceError
from kytos.sources.usage.prometheus_live import Window, read_prometheus, window_of
from kytos.usage import Usage

LABELS = {"namespace": "shop", "pod": "web-0", "container": "app"}
PROMETHEUS = shutil.which("prometheus")


def recorded(request: httpx2.Request) -> httpx2.Response:
    """As Prometheus answers: a sample at each step asked for."""
    asked = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
    value = "1e9" if "memory" in asked["query"] else "0.25"
    if request.url.path.endswith("/query"):
        result = [{"metric": LABELS, "value": [float(asked["time"]), "2"]}]
        data = {"resultType": "vector", "result": result}
    else:
        start, end, step = (float(asked[name]) for name in ("start", "end", "step"))
        times = np.arange(start, end + step / 2, step)
        result = [{"metric": LABELS, "values": [[at, value] for at in times]}]
        data = {"resultType": "matrix", "result": result}
    return httpx2.Response(200, json={"status": "success", "data": data})


def test_a_week_is_asked_for_day_by_day() -> None:
    """Four queries fill one grid without gaps, and progress is told on the way."""
    told: list[float] = []
    usage = read_prometheus(
        "http://prometheus:9090/base",
        Window(7 * 86_400, 900, end_s=1_800_000_000),
        progress=lambda _, share: told.append(share),
        transport=httpx2.MockTransport(recorded),
    )
    assert usage.samples == 7 * 96 + 1
    assert not np.isnan(usage.cpu).any()
    assert usage.cpu[0, 0] == 250
    assert usage.memory[0, 0] == 1e9
    assert usage.throttled[0, 0] == 0.25
    assert usage.oom_kills == {("shop/web-0", "app"): 2}
    assert told == sorted(told)
    assert told[-1] == 1


def test_refusals_are_the_servers_own_words() -> None:
    """A query that is refused, and an address that is none, are told as what they are."""

    def refuse(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(422, json={"status": "error", "error": "too many samples"})

    with pytest.raises(SourceError, match="too many samples"):
        read_prometheus("http://prometheus", transport=httpx2.MockTransport(refuse))
    for wrong in ("prometheus:9090", "", "http://", "ftp://prometheus", "http://[prometheus"):
        with pytest.raises(SourceError, match="no address"):
            read_prometheus(wrong)
    with pytest.raises(SourceError, match="step"):
        Window(60, 120)


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (200, "<html>secret of another server</html>", "not as Prometheus does"),
        (302, "", "not as Prometheus does"),
        (403, "no", "KYTOS_PROMETHEUS_TOKEN"),
        (200, '{"status": "error", "error": "boom"}', "boom"),
        (
            200,
            '{"status": "success", "data": {"resultType": "matrix", "result": []}}',
            "knows no container in the last 1 days",
        ),
    ],
)
def test_answers_that_are_none(status: int, body: str, says: str) -> None:
    """Each is told as what it is, and neither a stranger's answer nor a password is shown."""

    def odd(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(status, text=body)

    with pytest.raises(SourceError, match=says) as refused:
        read_prometheus(
            "http://me:pass@prometheus/",
            window_of(1),
            transport=httpx2.MockTransport(odd),
        )
    assert "secret" not in str(refused.value)
    assert "pass@" not in str(refused.value)


@pytest.mark.parametrize("host", ["169.254.169.254", "[fd00:ec2::254]", "0xa9fea9fe"])
def test_a_metadata_service_is_not_asked(host: str) -> None:
    """However it is spelled; who may type an address is not who may read the machine's keys."""
    with pytest.raises(SourceError, match="is not asked: it is link-local") as refused:
        read_prometheus(f"http://user:hidden@{host}/")
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("host", ["a..b", "a" * 70])
def test_what_cannot_be_a_name_is_refused(host: str) -> None:
    """Python cannot even look it up; the page says so instead of failing."""
    with pytest.raises(SourceError, match="cannot be a machine's name"):
        read_prometheus(f"http://{host}/")


def test_the_window_as_people_say_it() -> None:
    """Days and seconds; what no series can have is refused."""
    assert (window_of(2, 60).seconds, window_of(2, 60).step_s) == (172_800, 60)
    for days, step in ((0, 60), (-1, 60), (float("nan"), 60), (float("inf"), 60), (60, 1)):
        with pytest.raises(SourceError):
            window_of(days, step)


def test_the_token_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is sent as a bearer token, and stands on no command line."""
    sent: list[str | None] = []

    def ask(*_: object, token: str | None, **__: object) -> Usage:
        sent.append(token)
        return Usage()

    monkeypatch.setattr("kytos.sources.usage.prometheus_live.read_prometheus", ask)
    read_live_use("http://prometheus")
    monkeypatch.setenv("KYTOS_PROMETHEUS_TOKEN", "s3cret\n")
    read_live_use("http://prometheus")
    assert sent == [None, "s3cret"]


class _Exporter(BaseHTTPRequestHandler):
    """What a kubelet would expose: a container that takes half a core."""

    began = time.monotonic()

    def do_GET(self) -> None:
        labels = ",".join(f'{name}="{value}"' for name, value in LABELS.items())
        spent = 0.5 * (time.monotonic() - self.began)
        lines = [
            f"container_cpu_usage_seconds_total{{{labels}}} {spent}",
            f"container_memory_working_set_bytes{{{labels}}} 123000000",
        ]
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(("\n".join(lines) + "\n").encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A real Prometheus that scrapes a small exporter."""
    exporter = ThreadingHTTPServer(("127.0.0.1", 0), _Exporter)
    threading.Thread(target=exporter.serve_forever, daemon=True).start()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    target = f"127.0.0.1:{exporter.server_port}"
    config = tmp_path / "prometheus.yml"
    config.write_text(
        "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\n"
        "scrape_configs:\n"
        "- job_name: kubelet\n"
        "  honor_labels: true\n"
        f"  static_configs: [{{targets: ['{target}']}}]\n"
    )
    assert PROMETHEUS is not None
    process = subprocess.Popen(
        [
            PROMETHEUS,
            f"--config.file={config}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)
        exporter.shutdown()
        exporter.server_close()


@pytest.mark.skipif(PROMETHEUS is None, reason="there is no prometheus binary")
def test_a_real_server(server: str) -> None:
    """What the exporter tells is what is read: half a core, and its memory.

    Prometheus divides by the whole of `Window.rate_s` however little of it has been scraped, so
    the first samples of a new container tell too little: only those after them are compared.
    """
    rate_s = 3
    deadline = time.monotonic() + 60
    cpu = np.empty(0)
    while time.monotonic() < deadline and len(cpu) < rate_s + 3:
        time.sleep(1)
        try:
            usage = read_prometheus(server, Window(12, 1, rate_s=rate_s))
        except SourceError:
            continue
        cpu = usage.cpu[~np.isnan(usage.cpu)]
    assert usage.pods == ("shop/web-0",)
    assert len(cpu) >= rate_s + 3
    assert np.median(cpu[rate_s:]) == pytest.approx(500, rel=0.3)
    assert np.nanmax(usage.memory) == 123_000_000
