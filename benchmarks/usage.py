"""How long a week of use takes to read, and how much memory: 10,000 pods, every 15 minutes.

``uv run python -m benchmarks.usage`` writes Prometheus' two answers (CPU and working set) to a
folder that is removed again, reads them in a process of its own as the command line does, and
prints seconds by the clock, seconds of CPU and the highest resident memory. Exit code 1 where it
takes more than 60 s or 2 GB.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

MOST_SECONDS = 60.0
MOST_GB = 2.0
START_S = 1_795_392_000

_READ = """
import sys
from pathlib import Path
from kytos.sources.usage.read import read_usage
usage = read_usage((Path(name).name, Path(name).read_bytes()) for name in sys.argv[1:])
print(len(usage.pods), usage.samples)
"""


def main() -> None:
    """Write, read and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--step", type=int, default=900, help="seconds between samples")
    asked = parser.parse_args()
    samples = asked.days * 86_400 // asked.step
    with tempfile.TemporaryDirectory() as folder:
        files = [
            _write(Path(folder) / "cpu.json", asked.pods, samples, asked.step, 1.0, "{:.5f}"),
            _write(
                Path(folder) / "memory.json", asked.pods, samples, asked.step, 2.0**30, "{:.0f}"
            ),
        ]
        size = sum(path.stat().st_size for path in files) / 1e6
        began = time.monotonic()
        told = subprocess.run(
            [sys.executable, "-c", _READ, *map(str, files)],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()
        seconds = time.monotonic() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s, peak_gb = used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e9
    print(
        f"{told[0]} pods x {told[1]} samples ({size:.0f} MB): {seconds:.1f} s, {cpu_s:.1f} CPU s, "
        f"{peak_gb:.2f} GB"
    )
    sys.exit(0 if seconds <= MOST_SECONDS and peak_gb <= MOST_GB else 1)


def _write(path: Path, pods: int, samples: int, step_s: int, scale: float, as_: str) -> Path:
    """Write one answer of ``query_range``, series after series."""
    random = np.random.default_rng(0)
    times = [START_S + step_s * at for at in range(samples)]
    with path.open("w", encoding="utf-8") as file:
        file.write('{"status":"success","data":{"resultType":"matrix","result":[')
        for pod in range(pods):
            values = scale * random.uniform(0.05, 1.0, samples)
            pairs = ",".join(
                f'[{at},"{as_.format(value)}"]' for at, value in zip(times, values, strict=True)
            )
            labels = f'{{"namespace":"ns-{pod % 50}","pod":"pod-{pod}","container":"app"}}'
            file.write(f'{"," if pod else ""}{{"metric":{labels},"values":[{pairs}]}}')
        file.write("]}}")
    return path


if __name__ == "__main__":
    main()
