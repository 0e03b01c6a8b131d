"""Whether the service answers, and keeps its memory, while it is sent large bodies.

``uv run python -m benchmarks.large_bodies --bodies 3 --pods 210000`` posts so many bodies at once
(36 MiB each by default), asks for ``/healthz`` meanwhile, and prints the longest that took and the
most memory the service's own process held. Exit code 1 where it took a second or more.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2

from benchmarks.load import memory_mib, service

LONGEST_SECONDS = 1.0
NODES = 1_000


def main() -> None:
    """Post the bodies and print what came of the service."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bodies", type=int, default=3)
    parser.add_argument("--pods", type=int, default=210_000)
    asked = parser.parse_args()
    content = body(asked.pods)
    headers = {"Content-Type": "application/json"}
    with (
        service(workers=2) as (address, process),
        httpx2.Client(base_url=address, timeout=300) as client,
        ThreadPoolExecutor(asked.bodies) as threads,
    ):
        before = peak = memory_mib(process)[0]
        posts = [
            threads.submit(client.post, "/optimize/rebalance", content=content, headers=headers)
            for _ in range(asked.bodies)
        ]
        longest = 0.0
        while not all(post.done() for post in posts):
            began = time.monotonic()
            assert client.get("/healthz").status_code == 200
            longest = max(longest, time.monotonic() - began)
            peak = max(peak, memory_mib(process)[0])
            time.sleep(0.05)
        statuses = sorted(post.result().status_code for post in posts)
    print(f"{asked.bodies} bodies of {len(content) / 2**20:.0f} MiB: {statuses}")
    print(f"/healthz took {longest:.2f} s at the most")
    print(f"the service's own process held {before} MiB before, {peak} MiB at the most")
    sys.exit(0 if longest < LONGEST_SECONDS else 1)


def body(pods: int, *, named_twice: bool = False) -> bytes:
    """Return a rebalance of so many small pods; the last named as the first, where asked for."""
    asked = {
        "nodes": [
            {"id": f"n{node}", "cpu_capacity": 64_000, "mem_capacity": 256_000}
            for node in range(NODES)
        ],
        "pods": [
            {
                "id": f"pod-{pod}",
                "cpu_request": 10,
                "mem_request": 10,
                "service": f"service-{pod % 50}",
                "current_node": f"n{pod % NODES}",
                "node_selector": {f"k{key}": "v" * 8 for key in range(3)},
            }
            for pod in range(pods)
        ],
    }
    if named_twice:
        asked["pods"][-1]["id"] = asked["pods"][0]["id"]
    return json.dumps(asked).encode()


if __name__ == "__main__":
    main()
