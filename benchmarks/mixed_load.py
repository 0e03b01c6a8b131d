"""How the service holds with clients that cancel, delete and go away among those that wait.

``uv run python -m benchmarks.mixed_load --clients 50 --seconds 600`` prints what was answered, what
was lost, and the memory of the service's processes along the way, then kills its parts under solves
(a worker, all workers, the server that forks them, the thread that hands jobs out, the process that
reads bodies) and prints how soon it was ready again. Exit code 1 where anything but 200, 202, 204,
404 of a deleted job and 429 was answered, an answer was lost, memory grew by more than `MOST_MIB`
from the second minute on, or a kill was not survived.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random
from subprocess import Popen

import httpx2

from benchmarks import large_bodies
from benchmarks.dashboard import children, cpu_seconds, forked
from benchmarks.load import LARGE, SMALL, body, http_client, memory_mib, service

LOOKS = 10
"""How often memory is looked at."""
SETTLED_S, MOST_MIB = 120.0, 50
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
        service(asked.workers, "benchmarks.faulty_service:app") as (address, process),
        http_client(address, asked.clients) as client,
        ThreadPoolExecutor(asked.clients) as threads,
    ):
        end = time.monotonic() + asked.seconds
        running = [threads.submit(one_client, client, Random(n), end) for n in range(asked.clients)]
        settled: list[int] = []
        for look in range(1, LOOKS + 1):
            time.sleep(asked.seconds / LOOKS)
            held, passed = memory_mib(process), look * asked.seconds / LOOKS
            print(f"{passed:5.0f} s: {sum(held)} MiB in all, {held}", flush=True)
            if passed >= min(SETTLED_S, asked.seconds / 5):
                settled.append(sum(held))
        statuses: Statuses = Counter()
        for one in running:
            statuses.update(one.result())
        growth = settled[-1] - settled[0]
        print(f"memory grew by {growth} MiB from {SETTLED_S:g} s on")
        print(f"statuses: {dict(sorted(statuses.items()))} ({LOST}: no answer at all)", flush=True)
        survived = {name: kill(name, process, client, asked.workers) for name in KILLED}
    answered = set(statuses) <= EXPECTED
    sys.exit(0 if answered and growth <= MOST_MIB and all(survived.values()) else 1)


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


KILLED = (
    "a worker",
    "all workers",
    "the server that forks",
    "the dispatcher (made to fail)",
    "the dispatcher's thread (ended)",
    "the process that reads bodies",
)
MUST_FALL = ("all workers", "the dispatcher (made to fail)")
"""While these are gone no solve can be answered. The forking server's death is seen at once or, by
workers that live on, not at all; a thread that ended is started again by whoever looks."""
UNDER_WAY = 3
"""Solves that each kill interrupts; all are to be answered."""
READ_PODS = 100_000
"""Of a body that takes seconds to be read."""
READING_S = 0.1
"""CPU time from which on a reader is at work."""


def kill(name: str, process: Popen[bytes], client: httpx2.Client, workers: int) -> bool:
    """Kill a part under solves; say how readiness went, and whether they and others are answered.

    A large body whose reader is killed is read by another, which finds a pod named twice: 422.
    """
    with ThreadPoolExecutor(UNDER_WAY + 1) as threads:
        asked = [
            threads.submit(client.post, "/optimize/rebalance", json=body(LARGE, number))
            for number in range(UNDER_WAY)
        ]
        servers = [pid for pid in children(process.pid) if children(pid)]
        before = forked(process.pid)
        if name == "the process that reads bodies":
            content = large_bodies.body(READ_PODS, named_twice=True)
            headers = {"Content-Type": "application/json"}
            asked += [
                threads.submit(client.post, "/optimize/rebalance", content=content, headers=headers)
            ]
            victims = [a_reader(process.pid, before)]
        else:
            time.sleep(0.1)
            busy = before[:workers]
            parts = {"a worker": busy[:1], "all workers": busy, "the server that forks": servers}
            victims = parts.get(name, [process.pid])
        how = {"the dispatcher (made to fail)": signal.SIGUSR1}
        how["the dispatcher's thread (ended)"] = signal.SIGUSR2
        for pid in victims:
            os.kill(pid, how.get(name, signal.SIGKILL))
        fell, rose = readiness(client)
        statuses = sorted(one.result().status_code for one in asked)
    status = client.post("/optimize/rebalance", json=body(SMALL, 1)).status_code
    told = (
        "stayed" if fell is None else f"false after {fell:.1f} s and true after {rose or -1:.1f} s"
    )
    print(
        f"{name} killed ({len(victims)}): readiness {told}; under way {statuses}; then {status}",
        flush=True,
    )
    has_fallen = name not in MUST_FALL or (fell is not None and fell <= READY_FALLS_S)
    expected = [200] * UNDER_WAY + [422] * (len(statuses) - UNDER_WAY)
    return statuses == expected and status == 200 and rose is not None and has_fallen


def a_reader(pid: int, before: list[int]) -> int:
    """Wait until a process has begun to read a large body, and return it."""
    end = time.monotonic() + READY_RISES_S
    while time.monotonic() < end:
        for new in sorted(set(forked(pid)) - set(before)):
            if cpu_seconds(new) > READING_S:
                return new
        time.sleep(0.01)
    raise TimeoutError("nobody began to read the body")


def readiness(client: httpx2.Client) -> tuple[float | None, float | None]:
    """Return after how many seconds readiness fell and rose; None where it did not."""
    began, fell = time.monotonic(), None
    while (passed := time.monotonic() - began) < READY_RISES_S:
        is_ready = client.get("/readyz").status_code == 200
        if not is_ready and fell is None:
            fell = passed
        elif is_ready and (fell is not None or passed > READY_FALLS_S):
            return fell, passed
        time.sleep(0.02)
    return fell, None


if __name__ == "__main__":
    main()
