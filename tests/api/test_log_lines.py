"""What the service logs, in its own process and in the worker's."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

# A process of its own: workers write to the standard error they were started with.
SERVICE = """
import json, sys
from fastapi.testclient import TestClient
from kytos.api import Settings, create_app
from kytos.jobs import Pool
make_pool = lambda: Pool(1, 1, preload=("kytos.calls.in_worker",))
with TestClient(create_app(Settings(workers=1), make_pool=make_pool)) as client:
    sent = {"X-Request-ID": "mine-1"}
    assert client.post("/optimize/rebalance", json=json.loads(sys.argv[1]), headers=sent).is_success
"""


def test_a_request_s_id_is_on_its_lines_in_the_worker_too(two_lists: dict[str, Any]) -> None:
    """One search finds all of a request: that it came, was solved and was answered, and no pod."""
    run = subprocess.run(
        [sys.executable, "-c", SERVICE, json.dumps(two_lists)],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [json.loads(line) for line in run.stderr.splitlines() if line.startswith("{")]
    found = {line["event"]: line for line in lines if line["request_id"] == "mine-1"}
    assert {"solve started", "solve ended", "request"} <= set(found)
    assert (found["solve started"]["question"], found["request"]["status"]) == ("rebalance", 200)
    assert "pod-1" not in run.stderr
