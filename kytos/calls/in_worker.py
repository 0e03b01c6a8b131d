"""One call as a worker process runs it, with the request's id on its log lines."""

from __future__ import annotations

import pickle
import time
from pathlib import Path

import structlog
from pydantic import BaseModel

from kytos.calls.catalogue import CALLS, Options
from kytos.cluster import Cluster
from kytos.contract.watch import READING, Watch
from kytos.logs import configure_logs
from kytos.questions.outcome import Outcome

LEAST_SECONDS = 0.1
"""However long it waited, a solve looks for a plan."""

_log = structlog.get_logger("kytos.worker")


def answer_call(
    name: str,
    packed: bytes | Path,
    *,
    request_id: str | None,
    due: float,
    watch: Watch,
) -> bytes:
    """Return the answer as JSON, so that the service's own process need not write it.

    Parameters
    ----------
    packed
        Its cluster and options, pickled by the service; in a file where they are large.
    due
        When there must be one, in `time.monotonic` seconds, which all processes of a machine share:
        a solve that has waited takes less time, and is not cut off without an answer.
    """
    configure_logs()
    started = time.monotonic()
    watch.report(READING, 0.0, None)
    content = packed.read_bytes() if isinstance(packed, Path) else packed
    cluster: Cluster
    options: Options
    cluster, options = pickle.loads(content)  # noqa: S301  (the service's own)
    options = options.within(max(due - started, LEAST_SECONDS))
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
