"""A dashboard in a process of its own, and what Linux tells of a process and those it began."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
START_S = 120.0
STANDS = "[data-testid=stApp][data-test-script-state=notRunning]"
"""A page whose script has ended: what it shows is its own."""


@contextmanager
def dashboard(workers: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Serve the dashboard on a free port of loopback until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    command += ["--server.port", str(port)]
    address = f"http://localhost:{port}"
    with tempfile.TemporaryDirectory() as store:
        environment = os.environ | {"KYTOS_WORKERS": str(workers), "KYTOS_STORE": f"{store}/kept"}
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as server:
            try:
                wait_for(f"{address}/_stcore/health")
                yield address, server
            finally:
                server.terminate()


def wait_for(address: str) -> None:
    """Wait until an address answers."""
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310  (our own)
                return
        except OSError:
            time.sleep(0.3)
    raise TimeoutError(f"{address} did not answer within {START_S:g} s")


def children(pid: int) -> list[int]:
    """Return the processes that a process began (Linux)."""
    below = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(after_name[1]) == pid:
            below.append(int(stat.parent.name))
    return sorted(below)


def forked(pid: int) -> list[int]:
    """Return a process's workers: what its servers that fork have begun."""
    return [worker for server in children(pid) for worker in children(server)]


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used; 0 for one that has ended (Linux)."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int) -> float:
    """Return what a process holds, in MiB (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
