"""The wheel, built and installed in an empty environment elsewhere, and asked: .ci/run does this.

``python -m tests.installed_wheel`` says what it tries and ends with an error at the first failure.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
CONSTRAINTS = ROOT / "deploy" / "constraints.txt"
PATIENCE_S = 240.0
"""For a first answer: its kernels are compiled before it, which takes one core half a minute."""

CLUSTER = {
    "nodes": [{"id": name, "cpu_capacity": 4000, "mem_capacity": 16000} for name in "ab"],
    "pods": [
        {"id": f"pod-{name}", "cpu_request": 500, "mem_request": 1024, "current_node": name}
        for name in "ab"
    ],
}
SETTINGS = """
import kytos.ui.serve
from streamlit import config
assert config.get_option("server.address") == "localhost"
assert config.get_option("browser.gatherUsageStats") is False
assert config.get_option("server.maxUploadSize") == 50
assert config.get_option("theme.light.primaryColor")
from kytos.ui.session.clusters import sample_names
assert "web-shop" in sample_names()
from kytos.language import _, use
with use("ja"):
    assert _("Cut cost") == "\u30b3\u30b9\u30c8\u524a\u6e1b"
"""


def main() -> None:
    """Build, install, ask."""
    # What is set for this checkout's environment must not reach into the other.
    apart = {"PYTHONPATH", "VIRTUAL_ENV", "UV_NO_SYNC"}
    environment = {name: value for name, value in os.environ.items() if name not in apart}
    with TemporaryDirectory() as folder:
        elsewhere = Path(folder)
        run(["uv", "build", "--quiet", "--out-dir", folder, str(ROOT)], elsewhere, environment)
        (wheel,) = elsewhere.glob("*.whl")
        run(["uv", "venv", "--quiet", "--python", sys.executable, "env"], elsewhere, environment)
        environment["VIRTUAL_ENV"] = str(elsewhere / "env")
        kytos, python = (str(elsewhere / "env" / "bin" / name) for name in ("kytos", "python"))
        install = ["uv", "pip", "install", "--quiet", "--constraints", str(CONSTRAINTS)]
        (elsewhere / "cluster.json").write_text(json.dumps(CLUSTER))

        run([*install, str(wheel)], elsewhere, environment)
        told = run([kytos, "serve"], elsewhere, environment, expect=2)
        assert "install kytos-orchestration[dashboard,service]" in told, told
        answer = run([kytos, "rebalance", "cluster.json", "--json"], elsewhere, environment)
        assert json.loads(answer)["metrics"]["after"]["nodes_in_use"] == 1, answer

        run([*install, f"{wheel}[dashboard,service]"], elsewhere, environment)
        run([python, "-c", SETTINGS], elsewhere, environment)
        with served(kytos, elsewhere, environment) as address:
            assert b"ok" in ask(f"{address}/healthz")
            assert b"<title>Streamlit</title>" in ask(f"{address}/")
            told = ask(f"{address}/optimize/rebalance", json.dumps(CLUSTER).encode())
            assert json.loads(told)["metrics"]["after"]["nodes_in_use"] == 1, told
    print("the wheel works where nothing else is installed")


def run(command: list[str], where: Path, environment: dict[str, str], expect: int = 0) -> str:
    """Run a command and return all that it said."""
    print("-", " ".join(command)[:120], flush=True)
    done = subprocess.run(
        command,
        cwd=where,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if expect == 0 else subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    assert done.returncode == expect, f"{command} ended with {done.returncode}: {done}"
    return done.stdout


@contextmanager
def served(kytos: str, where: Path, environment: dict[str, str]) -> Iterator[str]:
    """Serve on a free port of this machine until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [kytos, "serve", "--port", str(port)]
    print("-", *command, flush=True)
    with (where / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=where, env=environment, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}"
    except BaseException:
        print((where / "log").read_text()[-5000:])
        raise
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def ask(address: str, body: bytes | None = None) -> bytes:
    """Return an answer, asking again while the server starts or its workers are busy starting."""
    ends = time.monotonic() + PATIENCE_S
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    while True:
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                said: bytes = answer.read()
                return said
        except urllib.error.HTTPError as error:
            if error.code < 500 or time.monotonic() > ends:
                raise AssertionError(f"{address}: {error.code} {error.read()[:500]!r}") from error
        except OSError:
            if time.monotonic() > ends:
                raise
        time.sleep(0.5)


if __name__ == "__main__":
    main()
