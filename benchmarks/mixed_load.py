"""How the service holds with clients that cancel, delete and go away among those that wait.

``uv run python -m benchmarks.mixed_load --clients 50 --seconds 600`` prints what was answered, what
was lost, and the memory of the service's processes along the way, then kills its parts (a worker,
all workers, the server that forks them) and prints how soon it was ready again. Exit code 1 where
anything but 200, 202, 204, 404 of a deleted job and 429 was answered, or an answer was lost.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from subprocess import Popen

import httpx2

from benchmarks.load import LARGE, SMALL, body, http_client, memory_mib, service

LOOKS = 6
"""How often memory is looked at."""
EXPECTED = {200, 202, 204, 404, 429}
"""404 is the answer of a job that was deleted, 429 what a full queue says."""
READY_FALLS_S, READY_RISES_S = 5.0, 60.0
LOST = 0
"""Counted as a status: no answer at all."""

Statuses = Counter[int]


def main() -> None:
    """Run the load, then the kills, and print what came of both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    with (
        service(asked.workers) as (address, process),
        http_client(address, asked.clients) as client,
        ThreadPoolExecutor(asked.clients) as threads,
    ):
        end = time.monotonic() + asked.seconds
        running = [threads.submit(one_client, client, Random(n), end) for n in range(asked.clients)]
        for look in range(1, LOOKS + 1):
            time.sleep(asked.seconds / LOOKS)
            held = memory_mib(process)
            print(
                f"{look * asked.seconds / LOOKS:5.0f} s: {sum(held)} MiB in all, {held}", flush=True
            )
        statuses: Statuses = Counter()
        for one in running:
            statuses.update(one.result())
        print(f"statuses: {dict(sorted(statuses.items()))} ({LOST}: no answer at all)", flush=True)
        survived = {name: kill(name, process, client, asked.workers) for name in KILLED}
    sys.exit(0 if set(statuses) <= EXPECTED and all(survived.values()) else 1)


def one_client(client: httpx2.Client, random: Random, end: float) -> Statuses:
    """Ask one thing after another: mostly to wait for it, now and then to leave it."""
    seen: Statuses = Counter()
    while time.monotonic() < end:
        content = body(LARGE if random.random() < 0.2 else SMALL, random.randrange(2**31))
        way = random.random()
        try:
            if way < 0.7:
                seen[status_of(client, content, random)] += 1
            elif way < 0.9:
                seen.update(as_job(client, content, deletes=way < 0.8))
            else:  # goes away before the answer can be there
                client.post("/optimize/rebalance", json=content, timeout=0.05)
        except httpx2.TimeoutException:
            if way < 0.9:
                seen[LOST] += 1
        except httpx2.HTTPError:
            seen[LOST] += 1
    return seen


def status_of(client: httpx2.Client, content: object, random: Random) -> int:
    """Ask and wait; who is told to come again does so later."""
    answer = client.post("/optimize/rebalance", json=content)
    if answer.status_code == 429:
        time.sleep(float(answer.headers["Retry-After"]) * random.uniform(0.3, 1))
    return answer.status_code


def as_job(client: httpx2.Client, content: object, *, deletes: bool) -> list[int]:
    """Ask for a job, and delete it at once or wait for its result."""
    headers = {"Prefer": "respond-async"}
    answer = client.post("/optimize/rebalance", json=content, headers=headers)
    seen = [answer.status_code]
    if answer.status_code != 202:
        time.sleep(1)
        return seen
    place = answer.headers["Location"]
    if deletes:
        return [*seen, client.delete(place).status_code, client.get(place).status_code]
    while (told := client.get(f"{place}/result").status_code) == 202:
        time.sleep(0.1)
    return [*seen, told]


KILLED = ("a worker", "all workers", "the server that forks")


def kill(name: str, process: Popen[bytes], client: httpx2.Client, workers: int) -> bool:
    """Kill a part, say how readiness went, and whether a solve is answered afterwards."""
    family = children(process.pid)
    servers = [pid for pid in family if children(pid)]
    busy = [pid for server in servers for pid in children(server)][:workers]
    victims = {"a worker": busy[:1], "all workers": busy}.get(name, servers)
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    began, fell, rose = time.monotonic(), None, None
    while time.monotonic() - began < READY_RISES_S:
        is_ready = client.get("/readyz").status_code == 200
        passed = time.monotonic() - began
        if not is_ready and fell is None:
            fell = passed
        elif is_ready and (fell is not None or passed > READY_FALLS_S):
            rose = passed
            break
        time.sleep(0.02)
    status = client.post("/optimize/rebalance", json=body(SMALL, 1)).status_code
    told = (
        "stayed" if fell is None else f"false after {fell:.1f} s and true after {rose or -1:.1f} s"
    )
    print(f"{name} killed ({len(victims)}): readiness {told}; then {status}", flush=True)
    must_fall = name == "all workers"
    return status == 200 and rose is not None and (not must_fall or fell is not None)


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


if __name__ == "__main__":
    main()
