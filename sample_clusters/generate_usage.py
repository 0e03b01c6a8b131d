"""Writes a made-up week of use for two sample clusters, the same every time.

Run ``python sample_clusters/generate_usage.py``. Each file is an answer of Prometheus'
``query_range``, packed with gzip: what each container used, hour by hour from Monday,
23 November 2026, 00:00 UTC. Levels are shares of what a container requests.
"""

from __future__ import annotations

import gzip
import json
import math
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SEED = 17
START_S = 1_795_392_000
"""Monday, 23 November 2026, 00:00 UTC."""
STEP_S = 3600
HOURS = 7 * 24
SAMPLES = ("web-shop", "lab")

CPU = "container_cpu_usage_cores"
"""What the first of the standard queries gives: the rate of container_cpu_usage_seconds_total."""
MEMORY = "container_memory_working_set_bytes"


@dataclass(frozen=True)
class Habit:
    """How a workload uses what it requests.

    Attributes
    ----------
    quiet, busy
        Share of the cpu request in the quietest and the busiest hour.
    peak_hour, width_h
        When it is busiest, and for how long around that.
    weekend
        What Saturday and Sunday are of a weekday.
    memory
        Share of the memory request; a tenth of it goes with the cpu.
    leak
        Share of the memory request that is added over the week and given back by nothing.
    """

    quiet: float
    busy: float
    peak_hour: float = 19.0
    width_h: float = 4.0
    weekend: float = 1.0
    memory: float = 0.6
    leak: float = 0.0


FLAT = Habit(0.3, 0.4, memory=0.6)
HABITS = {
    # people shop in the evening, most on Saturday and Sunday
    "web": Habit(0.06, 0.80, 20, weekend=1.2),
    "api": Habit(0.06, 0.85, 20, weekend=1.2),
    "ingress": Habit(0.05, 0.35, 20, weekend=1.2, memory=0.4),
    "checkout": Habit(0.03, 0.35, 20.5, weekend=1.25, memory=0.5),
    "cart": Habit(0.05, 0.45, 20, weekend=1.2, memory=0.5),
    "auth": Habit(0.05, 0.30, 19.5, weekend=1.1, memory=0.7),
    "search": Habit(0.08, 0.80, 19, weekend=1.1, memory=0.8),
    # recommendations ask for too little of both, and one of its caches only ever grows
    "recommend": Habit(0.30, 1.90, 20, weekend=1.1, memory=0.9, leak=0.3),
    "images": Habit(0.05, 0.40, 18, memory=0.5),
    "mail": Habit(0.05, 0.50, 9, 3, weekend=0.3, memory=0.5),
    "db": Habit(0.20, 0.55, 20, 5, memory=0.85),
    "cache": Habit(0.10, 0.30, 20, 5, memory=0.8),
    "kafka": Habit(0.20, 0.50, 15, 6, memory=0.8),
    # night work
    "reports": Habit(0.02, 1.60, 3, 2, weekend=0.4, memory=0.7),
    "crunch": Habit(0.05, 1.50, 2, 3, weekend=0.5, memory=0.7),
    "worker": Habit(0.10, 0.70, 3, 3, weekend=0.8, memory=0.6),
    "train": Habit(0.80, 0.95, 1, 12, memory=0.9),
    "besteffort": Habit(0.5, 2.0, 12, 4, memory=0.8),
    # agents of every node
    "prometheus": Habit(0.35, 0.50, 12, 8, memory=0.75),
    "debug-shell": Habit(0.0, 0.01, memory=0.1),
}
"""By the workload's name; others are `FLAT`."""

BARE = (100.0, 128.0 * 2**20)
"""Millicores and bytes that levels are shares of where a container requests nothing."""


def main() -> None:
    """Write a week of use for each sample that has one."""
    (HERE / "usage").mkdir(exist_ok=True)
    for name in SAMPLES:
        text = week(json.loads((HERE / f"{name}.json").read_text(encoding="utf-8")))
        packed = gzip.compress(text.encode(), mtime=0)
        (HERE / "usage" / f"{name}.json.gz").write_bytes(packed)


def week(cluster: dict[str, Any]) -> str:
    """Return Prometheus' answer for the running pods of a List."""
    result = [
        series
        for item in cluster["items"]
        if item["kind"] == "Pod" and item["status"]["phase"] == "Running"
        for series in _of_pod(item)
    ]
    answer = {"status": "success", "data": {"resultType": "matrix", "result": result}}
    return json.dumps(answer, separators=(",", ":")) + "\n"


def _of_pod(pod: dict[str, Any]) -> Iterator[dict[str, Any]]:
    metadata = pod["metadata"]
    namespace, name = metadata.get("namespace", "default"), metadata["name"]
    habit = HABITS.get(_workload(metadata), FLAT)
    for container in pod["spec"]["containers"]:
        labels = {"namespace": namespace, "pod": name, "container": container["name"]}
        # A stream of its own for each container: another pod in the sample changes no other's.
        seed = zlib.crc32(f"{SEED}/{namespace}/{name}/{container['name']}".encode())
        own = random.Random(seed)  # noqa: S311
        requests = container.get("resources", {}).get("requests", {})
        cores = _quantity(requests["cpu"]) if "cpu" in requests else BARE[0] / 1000
        memory = _quantity(requests["memory"]) if "memory" in requests else BARE[1]
        cpu_share, memory_share = _shares(habit, own)
        yield _series(CPU, labels, [f"{cores * share:.4g}" for share in cpu_share])
        yield _series(MEMORY, labels, [f"{2**20 * round(memory * share / 2**20)}"
                                       for share in memory_share])  # fmt: skip


def _shares(habit: Habit, own: random.Random) -> tuple[list[float], list[float]]:
    """Hour by hour, the shares of the cpu and the memory request that one container uses."""
    replica = own.uniform(0.9, 1.1)
    cpu, memory = [], []
    for hour in range(HOURS):
        apart = abs((hour % 24 - habit.peak_hour + 12) % 24 - 12)
        bump = math.exp(-0.5 * (apart / habit.width_h) ** 2)
        day = habit.weekend if hour // 24 >= 5 else 1.0
        level = (habit.quiet + (habit.busy - habit.quiet) * bump) * day
        level *= replica * own.uniform(0.9, 1.1)
        cpu.append(max(level, 0.001))
        leaked = habit.leak * hour / HOURS
        memory.append(habit.memory * (0.9 + 0.1 * bump) * own.uniform(0.97, 1.03) + leaked)
    return cpu, memory


def _series(metric: str, labels: dict[str, str], values: list[str]) -> dict[str, Any]:
    samples = [[START_S + STEP_S * hour, value] for hour, value in enumerate(values)]
    return {"metric": {"__name__": metric, **labels}, "values": samples}


def _workload(metadata: dict[str, Any]) -> str:
    owners = metadata.get("ownerReferences") or [{"kind": "", "name": metadata["name"]}]
    name = str(owners[0]["name"])
    return name.rpartition("-")[0] if owners[0]["kind"] == "ReplicaSet" else name


def _quantity(text: str) -> float:
    """Cores or bytes of the few ways in which samples write them."""
    for suffix, factor in (("m", 0.001), ("Ki", 2**10), ("Mi", 2**20), ("Gi", 2**30)):
        if text.endswith(suffix):
            return float(text.removesuffix(suffix)) * factor
    return float(text)


if __name__ == "__main__":
    main()
