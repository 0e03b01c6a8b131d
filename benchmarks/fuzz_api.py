"""Generated requests against every path of the service: which statuses come back, what is wrong.

``uv run python -m benchmarks.fuzz_api`` sends at least 2,000 requests that Schemathesis makes from
the OpenAPI document, good and bad, to a service in this process with a worker of its own, prints a
table of statuses by path and exits with 1 when a path answered 5xx for a reason of its own, gave a
status it does not document or an answer unlike its schema. ``tests/api/test_openapi.py`` runs a
small number of the same.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from kytos.api import Settings, create_app
from kytos.jobs import Pool
from kytos.questions.warm_up import warm_up

NOT_CHECKED = [
    # Every 5xx but 504 is looked at here: a solve that is given this little time may not end.
    schemathesis.checks.not_a_server_error,
    # A body that the schema allows may still name a pod twice.
    positive_data_acceptance,
]


@dataclass(frozen=True)
class Found:
    """What came of the requests.

    Attributes
    ----------
    statuses
        ``(path, status)`` and how often.
    faults
        One sentence each.
    """

    statuses: Counter[tuple[str, int]]
    faults: tuple[str, ...]


def main() -> None:
    """Send the requests and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000, help="at least so many")
    asked = parser.parse_args()
    began = time.monotonic()
    with hasty_service() as app:
        operations = sum(len(methods) for methods in app.openapi()["paths"].values())
        # Some paths take no request that is bad, and Hypothesis stops when it has tried them all.
        examples = -(-asked.requests // operations)
        tallies = [fuzz(app, mode, examples) for mode in GenerationMode]
        while sum(sum(part.statuses.values()) for part in tallies) < asked.requests:
            examples *= 2
            tallies += [fuzz(app, mode, examples) for mode in GenerationMode]
    statuses: Counter[tuple[str, int]] = sum((part.statuses for part in tallies), Counter())
    paths = sorted({path for path, _ in statuses})
    codes = sorted({status for _, status in statuses})
    print(f"{'':44}" + "".join(f"{code:>7}" for code in codes))
    for path in paths:
        print(f"{path:44}" + "".join(f"{statuses[path, code]:>7}" for code in codes))
    faults = [fault for part in tallies for fault in part.faults]
    print(f"{statuses.total()} requests in {time.monotonic() - began:.0f} s, {len(faults)} faults")
    for fault in faults:
        print(fault)
    sys.exit(bool(faults))


@contextmanager
def hasty_service() -> Iterator[FastAPI]:
    """A service that gives each request little time and room."""
    app = create_app(
        Settings(workers=1, queue=1, request_seconds=0.1, job_seconds=0.1, max_body_mib=1),
        make_pool=lambda: Pool(1, 1, warm_up=warm_up, preload=(warm_up.__module__,)),
    )
    with TestClient(app):
        while not app.state.service.warm:
            time.sleep(0.1)
        yield app


def fuzz(app: FastAPI, mode: GenerationMode, examples: int) -> Found:
    """Send each operation at most `examples` requests, good ones or bad; the same each time."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    statuses: Counter[tuple[str, int]] = Counter()
    faults: list[str] = []
    for listed in schema.get_all_operations():
        operation = listed.ok()
        try:
            _checked(operation, mode, examples, statuses)()
        except Unsatisfiable:
            if mode is GenerationMode.POSITIVE:
                faults.append(f"{operation.label} takes no request at all")
        except Exception as error:
            faults.append(f"{operation.label}: {error}")
    return Found(statuses, tuple(faults))


def _checked(
    operation: Any, mode: GenerationMode, examples: int, statuses: Counter[tuple[str, int]]
) -> Any:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def check(case: Any) -> None:
        response = case.call()
        statuses[operation.label, response.status_code] += 1
        assert response.status_code < 500 or response.status_code == 504
        case.validate_response(response, excluded_checks=NOT_CHECKED)

    return check


if __name__ == "__main__":
    main()
