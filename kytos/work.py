"""One call as a worker process runs it, with the request's id on its log lines."""

from __future__ import annotations

import time

import structlog
from pydantic import BaseModel

from kytos.calls import CALLS, Options
from kytos.cluster import Cluster
from kytos.logs import configure_logs
from kytos.outcome import Outcome
from kytos.solvers.base import Watch

_log = structlog.get_logger("kytos.worker")


def answer_call(
    name: str,
    cluster: Cluster,
    options: Options,
    *,
    request_id: str | None,
    watch: Watch,
) -> bytes:
    """Return the answer as JSON, so that the service's own process need not write it."""
    configure_logs()
    started = time.monotonic()
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        _log.info(
            "solve started",
            question=name,
            solver=options.solver.shown_name,
            nodes=len(cluster.nodes),
            pods=len(cluster.pods),
            seed=options.solver.seed,
        )
        answer: BaseModel = CALLS[name].answer(cluster, options, watch)
        seconds = round(time.monotonic() - started, 4)
        stopped_by = answer.solver.stopped_by if isinstance(answer, Outcome) else watch.reason
        _log.info("solve ended", seconds=seconds, stopped_by=stopped_by)
        return answer.model_dump_json(by_alias=True).encode()


def greet(*, watch: Watch) -> None:
    """Do nothing: a worker that has done it is warm."""
    watch.report("greet", 1.0, None)
