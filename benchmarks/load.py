"""How the service holds under load: many clients at once, on loopback, for a bounded time.

``uv run python -m benchmarks.load --clients 50 --seconds 60`` starts the service in a process of
its own, measures one client alone, then many at once, prints a table and writes
``benchmarks/results/load.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx2

RESULTS = Path(__file__).parent / "results"
SMALL, LARGE = (3, 6), (20, 150)
"""Nodes and pods of the two sizes asked for; four of five requests are small."""
MOST_SECONDS, MOST_CLIENTS = 600.0, 200


@dataclass(frozen=True)
class Answer:
    """One request: its size, status and seconds."""

    small: bool
    status: int
    seconds: float
    retry_after_s: float = 0.0


def main() -> None:
    """Run the load and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    clients = min(asked.clients, MOST_CLIENTS)
    seconds = min(asked.seconds, MOST_SECONDS)
    with service(asked.workers) as (address, process), http_client(address, clients) as client:
        alone = [ask(client, SMALL, seed).seconds for seed in range(10)]
        large = ask(client, LARGE, 0).seconds
        before = memory_mib(process)
        answers = load(client, clients, seconds / 2, asked.seed)
        halfway = memory_mib(process)
        answers += load(client, clients, seconds / 2, asked.seed + 1)
        after = memory_mib(process)
        again = [ask(client, SMALL, seed) for seed in range(10)]
    accepted = sorted(a.seconds for a in answers if a.small and a.status == 200)
    single = statistics.median(alone)
    result = {
        "clients": clients,
        "workers": asked.workers,
        "seconds": seconds,
        "statuses": dict(Counter(str(a.status) for a in answers)),
        "single_client_s": single,
        "single_large_s": large,
        "p95_small_s": accepted[int(0.95 * (len(accepted) - 1))] if accepted else None,
        "p95_allowed_s": 2 * single * clients / asked.workers,
        "memory_before_mib": before,
        "memory_halfway_mib": halfway,
        "memory_after_mib": after,
        "afterwards_statuses": dict(Counter(str(a.status) for a in again)),
        "afterwards_s": statistics.median(a.seconds for a in again),
    }
    for name, value in result.items():
        print(f"{name:20} {value}")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "load.json").write_text(json.dumps(result, indent=1), encoding="utf-8")


def http_client(address: str, clients: int) -> httpx2.Client:
    """Return one client for all threads: a new one for each request would outweigh the service."""
    # uvicorn closes what was idle for 5 s; a request sent into that moment would be lost.
    limits = httpx2.Limits(max_connections=clients, keepalive_expiry=2)
    return httpx2.Client(base_url=address, timeout=120, limits=limits)


def load(client: httpx2.Client, clients: int, seconds: float, seed: int) -> list[Answer]:
    """Let `clients` ask one request after the other until the time is over.

    Who is told to come again does, after the time it was told.
    """
    end = time.monotonic() + seconds

    def one_client(number: int) -> list[Answer]:
        random = Random(seed * 1000 + number)
        answers = []
        while (left := end - time.monotonic()) > 0:
            size = LARGE if random.random() < 0.2 else SMALL
            answers.append(ask(client, size, random.randrange(2**31)))
            if answers[-1].status == 429:
                time.sleep(min(answers[-1].retry_after_s * random.uniform(0.5, 1), left))
        return answers

    with ThreadPoolExecutor(clients) as threads:
        return [answer for answers in threads.map(one_client, range(clients)) for answer in answers]


def ask(client: httpx2.Client, size: tuple[int, int], seed: int) -> Answer:
    """Ask for one rebalance."""
    content = body(size, seed)
    began = time.monotonic()
    response = client.post("/optimize/rebalance", json=content)
    took = time.monotonic() - began
    retry_after = float(response.headers.get("Retry-After", 0))
    return Answer(size == SMALL, response.status_code, took, retry_after)


def body(size: tuple[int, int], seed: int) -> dict[str, Any]:
    """Return a cluster of that many nodes and pods, the pods spread at random."""
    random = Random(seed)
    nodes, pods = size
    return {
        "nodes": [
            {"id": f"node-{i}", "cpu_capacity": 8000, "mem_capacity": 32000} for i in range(nodes)
        ],
        "pods": [
            {
                "id": f"pod-{i}",
                "cpu_request": random.choice((100, 250, 500)),
                "mem_request": random.choice((256, 512, 1024)),
                "current_node": f"node-{i % nodes}",
            }
            for i in range(pods)
        ],
        "solver": {"num_reads": 1, "num_sweeps": 100, "refine_proposals": 100_000, "seed": seed},
    }


@contextmanager
def service(
    workers: int, served: str = "kytos.api:app"
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Serve on a free port of loopback until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "uvicorn", served, "--port", str(port)]
    environment = os.environ | {"KYTOS_WORKERS": str(workers)}
    with subprocess.Popen(
        [*command, "--no-access-log"], env=environment, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_until_ready(address)
            yield address, process
        finally:
            process.terminate()


def wait_until_ready(address: str) -> None:
    """Wait at most ten minutes for the first worker: it may have kernels to compile."""
    end = time.monotonic() + 600
    while time.monotonic() < end:
        try:
            if httpx2.get(f"{address}/readyz", timeout=10).status_code == 200:
                return
        except httpx2.HTTPError:
            pass
        time.sleep(0.5)
    raise TimeoutError("the service did not come up")


def memory_mib(process: subprocess.Popen[bytes]) -> list[int]:
    """Return the resident memory of the service and of each process below it, from Linux' /proc.

    The service first, then the server its workers are forked from and the workers, by process id.
    """
    parents = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(
                line.split(":\t", 1) for line in status.read_text(encoding="utf-8").splitlines()
            )
        except OSError:  # it has ended meanwhile
            continue
        parents[int(fields["Pid"])] = int(fields["PPid"]), fields.get("VmRSS", "0 kB")
    family = [process.pid]
    for member in family:
        family += sorted(pid for pid, (parent, _) in parents.items() if parent == member)
    return [int(parents[pid][1].split()[0]) // 1024 for pid in family]


if __name__ == "__main__":
    main()
