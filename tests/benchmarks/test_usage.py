"""The benchmark of reading use writes what the reader reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.usage import _write
from kytos.sources.usage.read import read_usage


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Every pod, every sample, without gaps."""
    path = _write(tmp_path / "cpu.json", 3, 96, 900, 1.0, "{:.5f}")
    usage = read_usage([(path.name, path.read_bytes())])
    assert (len(usage.pods), usage.samples, usage.step_s) == (3, 96, 900)
    assert not np.isnan(usage.cpu).any()
