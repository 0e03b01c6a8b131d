"""One call as a worker process runs it, with the request's id on its log lines."""

from __future__ import annotations

import time

import structlog

from kytos.calls import CALLS, Options
from kytos.cluster import Cluster
from kytos.logs import configure_logs
from kytos.outcome import Question
from kytos.solvers.base import Watch

_log = structlog.get_logger("kytos.worker")


def answer_call(
    question: Question,
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
            question=question.value,
            solver=options.solver.shown_name,
            nodes=len(cluster.nodes),
            pods=len(cluster.pods),
            seed=options.solver.seed,
        )
        outcome = CALLS[question].answer(cluster, options, watch)
        _log.info(
            "solve ended",
            seconds=round(time.monotonic() - started, 4),
            stopped_by=outcome.solver.stopped_by.value,
        )
        return outcome.model_dump_json(by_alias=True).encode()


def greet(*, watch: Watch) -> None:
    """Do nothing: a worker that has done it is warm."""
    watch.report("greet", 1.0, None)
