"""The solves under way: each a job in the pool, followed to its end, remembered if asked."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import ceil

import structlog
from fastapi import Request

from kytos.api.bodies import Bodies
from kytos.api.metrics import ServiceMetrics
from kytos.api.problems import FAULT, FieldError, Refusal
from kytos.api.reading import Asked, Limits
from kytos.api.settings import Settings
from kytos.calls.in_worker import answer_call
from kytos.contract.paid import ConsentRequiredError, SolverUnavailableError
from kytos.errors import InputError, fault_sentence
from kytos.jobs import Job, JobCancelled, JobError, Pool, Progress, QueueFull, WorkerDied

UNPACKED = 4
"""Times the longest body that an uploaded archive may unpack to."""

RECENT = 20
"""Solves that the answer to a full queue is made from."""

LONGEST_RETRY_SECONDS = 60
ENDING = "this service is being shut down; ask again, another may answer"

GRACE_SECONDS = 5.0
"""A solver looks at its clock between pieces of work; after this much more its worker is killed."""

WARM_UP_SECONDS = 300.0
"""Longest a call waits for a worker to come up beside its own time; it takes a tenth of this."""

_log = structlog.get_logger("kytos.api")


@dataclass(frozen=True)
class Ending:
    """How a solve ended: an answer (200) or why there is none."""

    status: int
    result: str
    at: float
    """In `time.monotonic` seconds."""
    answer: bytes = b""
    detail: str = ""
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True)
class Run:
    """One solve: its job in the pool and, later, its ending."""

    id: str
    question: str
    job: Job[bytes]
    ending: Future[Ending]

    @property
    def status(self) -> str:
        """`queued`, `running`, `done`, `failed` or `cancelled`."""
        if not self.ending.done():
            return "queued" if self.place else "running"
        result = self.ending.result().result
        return {"answered": "done", "cancelled": "cancelled"}.get(result, "failed")

    @property
    def place(self) -> int:
        """Its place in the queue, 1 being the next; 0 once it runs."""
        return self.job.place

    @property
    def progress(self) -> Progress:
        """The latest the worker reported."""
        return self.job.progress


class Service:
    """Submits solves to one bounded pool and follows them.

    Parameters
    ----------
    settings
        Limits.
    make_pool
        Starts the worker processes; called once, when they are first needed.
    make_readers
        Starts the process that reads large bodies, likewise.
    """

    def __init__(
        self,
        settings: Settings,
        make_pool: Callable[[], Pool],
        make_readers: Callable[[], Pool],
    ) -> None:
        """Prepare; no process is started yet."""
        self.settings = settings
        self.bodies = Bodies(settings.max_body_mib * 2**20, make_readers)
        self._make_pool = make_pool
        self._started: _Started | None = None
        self._lock = threading.Lock()
        self._under_way: set[Job[bytes]] = set()
        self._is_ending = False
        self._remembered: dict[str, Run] = {}
        self._recent_seconds: deque[float] = deque(maxlen=RECENT)
        self.metrics = ServiceMetrics(busy=self._busy, workers=self._workers)

    @property
    def pool(self) -> Pool:
        """The pool, started on first use."""
        return self._start().pool

    @property
    def warm(self) -> bool:
        """Whether a solve would be answered now; asking starts the workers."""
        return not self._is_ending and self._start().pool.ready

    def close(self) -> None:
        """End every solve and worker; the next use starts others."""
        with self._lock:
            started, self._started = self._started, None
        if started is not None:
            started.pool.close()
            started.followers.shutdown(cancel_futures=True)
        self.bodies.close()

    def wind_down(self) -> None:
        """Begin no solve any more, and have those under way end soon.

        Those that run are told to answer with the best they have, and are ended where they do not
        within the time set; those that wait are ended at once.
        """
        self._is_ending = True
        with self._lock:
            jobs = tuple(self._under_way)
        _log.info("winding down", solves=len(jobs))
        for job in jobs:
            if job.place:
                job.cancel()
            else:
                job.stop()
        ends = time.monotonic() + self.settings.shutdown_seconds
        while time.monotonic() < ends and not all(job.done for job in jobs):
            time.sleep(0.05)
        for job in jobs:
            job.cancel()
        self.bodies.close()

    def limits(self, *, is_job: bool) -> Limits:
        """Return what a call may ask for."""
        settings = self.settings
        return Limits(
            seconds=settings.job_seconds if is_job else settings.request_seconds,
            max_nodes=settings.max_nodes,
            max_pods=settings.max_pods,
            max_unpacked_bytes=UNPACKED * settings.max_body_mib * 2**20,
            block_runner=settings.block_runner,
            allow_paid=settings.allow_paid_solvers,
        )

    def submit(
        self,
        asked: Asked,
        *,
        due: float,
        request_id: str | None,
    ) -> Run:
        """Queue a solve.

        Parameters
        ----------
        due
            When it must have ended, its wait included, in `time.monotonic` seconds.

        Raises
        ------
        Refusal
            429 when the queue is full, 503 when no worker can be had.
        """
        if self._is_ending:
            asked.discard()
            raise Refusal(503, ENDING, headers={"Retry-After": "10"})
        started = self._start()
        try:
            job = started.pool.submit(
                answer_call,
                asked.question,
                asked.packed,
                request_id=request_id,
                due=due,
                expected_s=asked.expected_s,
                # A fresh worker would spend the caller's money again.
                may_repeat=not asked.consent,
            )
        except QueueFull as error:
            asked.discard()
            self.metrics.refused("queue full")
            headers = {"Retry-After": str(self._retry_seconds())}
            raise Refusal(429, str(error), headers=headers) from error
        except JobError as error:
            asked.discard()
            raise Refusal(503, str(error), headers={"Retry-After": "5"}) from error
        ending = started.followers.submit(self._follow, started, job, asked, due, request_id)
        with self._lock:
            self._under_way.add(job)

        def forget(_: Future[Ending]) -> None:
            asked.discard()
            with self._lock:
                self._under_way.discard(job)

        ending.add_done_callback(forget)
        return Run(secrets.token_urlsafe(16), asked.question, job, ending)

    def remember(self, run: Run) -> None:
        """Keep a run so that it can be asked for by its id.

        Raises
        ------
        Refusal
            429 when as many are kept as may be and none has ended; the run is ended then, since
            nobody could ask for its answer.
        """
        self._forget_old()
        with self._lock:
            if len(self._remembered) >= self.settings.jobs_kept:
                ended = [run for run in self._remembered.values() if run.ending.done()]
                if not ended:
                    run.job.cancel()
                    self.metrics.refused("too many jobs")
                    raise Refusal(429, "too many jobs are under way", headers={"Retry-After": "5"})
                oldest = min(ended, key=lambda run: run.ending.result().at)
                del self._remembered[oldest.id]
            self._remembered[run.id] = run

    def find(self, run_id: str) -> Run:
        """Return a remembered run.

        Raises
        ------
        Refusal
            404 when there is none of that id, or no longer.
        """
        self._forget_old()
        with self._lock:
            run = self._remembered.get(run_id)
        if run is None:
            raise Refusal(
                404,
                "there is no job of that id; results are kept for "
                f"{self.settings.job_kept_seconds:.0f} s after the solve ends",
            )
        return run

    def drop(self, run: Run) -> None:
        """Forget a run, ending it first if it is under way."""
        run.job.cancel()
        with self._lock:
            self._remembered.pop(run.id, None)

    def _start(self) -> _Started:
        with self._lock:
            if self._started is None:
                pool = self._make_pool()
                # One for each job that can be under way.
                most = pool.workers + self.settings.queue
                self._started = _Started(pool, ThreadPoolExecutor(most, "follow"))
            return self._started

    @property
    def _how_to_consent(self) -> str:
        if self.settings.allow_paid_solvers:
            return "To accept it, send solver.consent: true."
        return (
            "This service accepts no charge for its callers: its operator has not set "
            "KYTOS_ALLOW_PAID_SOLVERS=1."
        )

    def _retry_seconds(self) -> int:
        """As long as the latest solves took from submission to end: the queue has moved on then."""
        recent = tuple(self._recent_seconds)
        mean = sum(recent) / len(recent) if recent else 0.0
        return min(LONGEST_RETRY_SECONDS, max(1, ceil(mean)))

    def _busy(self) -> int:
        return self._started.pool.busy if self._started is not None else 0

    def _workers(self) -> int:
        return self._started.pool.workers if self._started is not None else 0

    def _forget_old(self) -> None:
        now = time.monotonic()
        with self._lock:
            for run in tuple(self._remembered.values()):
                kept = self.settings.job_kept_seconds
                if run.ending.done() and now - run.ending.result().at > kept:
                    del self._remembered[run.id]

    def _follow(
        self,
        workers: _Started,
        job: Job[bytes],
        asked: Asked,
        due: float,
        request_id: str | None,
    ) -> Ending:
        started = time.monotonic()
        # Until the first worker has come up: compiling is no part of a call's time.
        workers.pool.wait_until_ready(WARM_UP_SECONDS, unless=lambda: job.done)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            ending = _end_of(job, due - started, self._how_to_consent)
        if self._is_ending and ending.result == "cancelled":
            ending = replace(ending, detail=ENDING)
        self.metrics.solves.labels(
            question=asked.question, solver=asked.solver, result=ending.result
        ).inc()
        self.metrics.seconds.labels(question=asked.question).observe(ending.at - started)
        self._recent_seconds.append(ending.at - started)
        return ending


@dataclass
class _Started:
    """The workers of a service that is up, and the threads that wait for them."""

    pool: Pool
    followers: ThreadPoolExecutor


def _end_of(job: Job[bytes], seconds: float, how_to_consent: str) -> Ending:
    """Wait for a job at most `seconds` and a grace; kill it then."""

    def ending(status: int, result: str, detail: str, *errors: FieldError) -> Ending:
        return Ending(status, result, time.monotonic(), detail=detail, errors=errors)

    try:
        answer = job.result(seconds + GRACE_SECONDS)
    except TimeoutError:
        job.cancel()
        return ending(504, "too long", f"no answer within {seconds:.3g} s; its worker was stopped")
    except WorkerDied as error:
        return ending(503, "worker died", str(error))
    except JobCancelled as error:
        return ending(503, "cancelled", str(error))
    except SolverUnavailableError as error:
        return ending(
            422, "unavailable", str(error), FieldError(field="solver.name", message=str(error))
        )
    except ConsentRequiredError as error:
        told = f"{error} {how_to_consent}"
        return ending(403, "consent", told, FieldError(field="solver.consent", message=told))
    except InputError as error:
        field = FieldError(field=error.where or "body", message=error.message)
        return ending(422, "invalid", str(error), field)
    except MemoryError as error:
        _log.exception("out of memory")
        return ending(503, "out of memory", fault_sentence(error))
    except Exception:
        _log.exception("solve failed")
        return ending(500, "failed", FAULT)
    return Ending(200, "answered", time.monotonic(), answer=answer)


def service_of(request: Request) -> Service:
    """Return the service that a request came to."""
    service: Service = request.app.state.service
    return service
