"""The paths of the service."""

from __future__ import annotations

import asyncio
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Body, File, Form, Header, Path, Request, Response, UploadFile
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from structlog.contextvars import get_contextvars

from kytos.api.json_body import Arrived, BodyOf, JsonRoute, is_job
from kytos.api.problems import Problem, Refusal, answer_problem
from kytos.api.service import Run, Service
from kytos.calls.catalogue import (
    AUTOSCALE,
    COMPARE,
    FLEET,
    PLACEMENT,
    REBALANCE,
    RECOVERY,
    Call,
)
from kytos.compare import Comparison
from kytos.contract.params import SolverName
from kytos.contract.registry import Kind
from kytos.questions.autoscale.autoscale import AutoscaleOutcome
from kytos.questions.fleet.fleet import FleetOutcome
from kytos.questions.placement.placement import PlacementOutcome
from kytos.questions.rebalance import RebalanceOutcome
from kytos.questions.recovery.recovery import RecoveryOutcome
from kytos.solve.registry import availability

LOOK_SECONDS = 0.2
"""How often a waiting call looks whether its client is still there."""

REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The body cannot be read"},
    401: {"model": Problem, "description": "The token is missing or wrong"},
    403: {"model": Problem, "description": "Not from there, or a charge was not accepted"},
}
SOLVE_REFUSALS = REFUSALS | {
    408: {"model": Problem, "description": "The body came too slowly"},
    413: {"model": Problem, "description": "The body is too large"},
    415: {"model": Problem, "description": "The body is no JSON, or is compressed"},
    422: {"model": Problem, "description": "A field is not accepted; it is named"},
    429: {
        "model": Problem,
        "description": "The queue is full",
        "headers": {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}},
    },
    500: {"model": Problem, "description": "A fault of the service; its log has the details"},
    503: {
        "model": Problem,
        "description": "The solve's worker was killed or had no memory",
    },
    504: {"model": Problem, "description": "No answer within the time a call may take"},
}
JOB_REFUSALS = REFUSALS | {
    404: {"model": Problem, "description": "No job of that id, or no longer"},
    422: {"model": Problem, "description": "No id at all"},
}


class JobStatus(BaseModel):
    """A solve that was asked for as a job."""

    id: str
    question: str
    status: str = Field(description="queued, running, done, failed or cancelled")
    place: int = Field(description="its place in the queue, 1 being the next; 0 once it runs")
    stage: str = Field(description="what it is at")
    share: float = Field(description="progress of the stage, 0..1")
    energy: float | None = Field(description="best energy so far")
    result: str = Field(description="where the answer is once it is done")


class Answering(BaseModel):
    """That the service is up."""

    status: str


class SolverStatus(BaseModel):
    """A solver, and whether it can be used here."""

    name: SolverName
    available: bool
    how: str = Field(description="what to do to make it available")
    kind: Kind = Field(description="sampler of a QUBO, placer, or improver of a placement")
    description: str = Field(description="what it is, in a line")
    paid: bool = Field(description="each call is charged for, and needs consent")
    local: bool = Field(description="it runs in this service; otherwise problems are sent away")
    needs_account: bool
    quantum: bool
    baseline: bool = Field(description="a usual tool, shown as it is")
    largest_problem: int | None = Field(
        description="binary variables of one call that make sense; null: limited by time alone"
    )
    parameters: tuple[str, ...] = Field(description="of `solver`, those of its own")


class Version(BaseModel):
    """What is running."""

    kytos: str
    python: str


ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {
        "model": JobStatus,
        "description": "Accepted as a job (`Prefer: respond-async`)",
        "headers": {"Location": {"schema": {"type": "string"}, "description": "The job"}},
    }
}
SOLVE_RESPONSES = ACCEPTED | SOLVE_REFUSALS

Prefer = Annotated[
    str | None,
    Header(description="`respond-async` answers 202 with the job's place (RFC 7240)"),
]
Files = Annotated[
    list[UploadFile],
    File(description="What `kubectl get ... -A -o json` printed, one or several files"),
]
NewPodFiles = Annotated[
    list[UploadFile] | None, File(description="Manifests of new pods, one or several files")
]
OptionsText = Annotated[
    str, Form(description="JSON: all that the plain call takes beside `nodes` and `pods`")
]
RebalanceSent = Annotated[Arrived, Body(), BodyOf(REBALANCE)]
RecoverySent = Annotated[Arrived, Body(), BodyOf(RECOVERY)]
PlacementSent = Annotated[Arrived, Body(), BodyOf(PLACEMENT)]
AutoscaleSent = Annotated[Arrived, Body(), BodyOf(AUTOSCALE)]
FleetSent = Annotated[Arrived, Body(), BodyOf(FLEET)]
CompareSent = Annotated[Arrived, Body(), BodyOf(COMPARE)]
JobId = Annotated[str, Path(description="From the 202's Location")]

router = APIRouter(route_class=JsonRoute)


@router.post(
    "/optimize/rebalance",
    response_model=RebalanceOutcome,
    responses=SOLVE_RESPONSES,
    tags=["questions"],
)
async def post_rebalance(request: Request, body: RebalanceSent, prefer: Prefer = None) -> Response:
    """Which running pods to move, and where, so that fewer nodes are needed or load is even."""
    return await _answer(request, body, prefer)


@router.post(
    "/manifests/optimize/rebalance",
    response_model=RebalanceOutcome,
    responses=SOLVE_RESPONSES,
    tags=["questions over manifests"],
)
async def post_rebalance_manifests(
    request: Request, cluster: Files, options: OptionsText = "{}", prefer: Prefer = None
) -> Response:
    """Rebalance the cluster in the uploaded kubectl output."""
    return await _answer_files(request, REBALANCE, cluster, options, prefer)


@router.post(
    "/optimize/recovery",
    response_model=RecoveryOutcome,
    responses=SOLVE_RESPONSES,
    tags=["questions"],
)
async def post_recovery(request: Request, body: RecoverySent, prefer: Prefer = None) -> Response:
    """Where the pods of failed nodes go, the important first, and which are given up."""
    return await _answer(request, body, prefer)


@router.post(
    "/manifests/optimize/recovery",
    response_model=RecoveryOutcome,
    responses=SOLVE_RESPONSES,
    tags=["questions over manifests"],
)
async def post_recovery_manifests(
    request: Request, cluster: Files, options: OptionsText = "{}", prefer: Prefer = None
) -> Response:
    """Recover the cluster in the uploaded kubectl output from a failure."""
    return await _answer_files(request, RECOVERY, cluster, options, prefer)


@router.post(
    "/optimize/placement",
    response_model=PlacementOutcome,
    responses=SOLVE_RESPONSES,
    tags=["questions"],
)
async def post_placement(request: Request, body: PlacementSent, prefer: Prefer = None) -> Response:
    """The node for each new pod, near those it talks to and where it starts soonest."""
    return await _answer(request, body, prefer)


@router.post(
    "/manifests/optimize/placement",
    response_model=PlacementOutcome,
    responses=SOLVE_RESPONSES,
    tags=["questions over manifests"],
)
async def post_placement_manifests(
    request: Request,
    cluster: Files,
    pods: NewPodFiles = None,
    options: OptionsText = "{}",
    prefer: Prefer = None,
) -> Response:
    """Place new pods, said in the options or as manifests, in the uploaded kubectl output."""
    return await _answer_files(request, PLACEMENT, cluster, options, prefer, new_pods=pods or [])


@router.post(
    "/optimize/auto_scale",
    response_model=AutoscaleOutcome,
    responses=SOLVE_RESPONSES,
    tags=["questions"],
)
async def post_auto_scale(request: Request, body: AutoscaleSent, prefer: Prefer = None) -> Response:
    """Replicas per service from request rates, held back when spare capacity is short."""
    return await _answer(request, body, prefer)


@router.post(
    "/manifests/optimize/auto_scale",
    response_model=AutoscaleOutcome,
    responses=SOLVE_RESPONSES,
    tags=["questions over manifests"],
)
async def post_auto_scale_manifests(
    request: Request, cluster: Files, options: OptionsText = "{}", prefer: Prefer = None
) -> Response:
    """Scale services of the cluster in the uploaded kubectl output."""
    return await _answer_files(request, AUTOSCALE, cluster, options, prefer)


@router.post(
    "/optimize/fleet",
    response_model=FleetOutcome,
    responses=SOLVE_RESPONSES,
    tags=["questions"],
)
async def post_fleet(request: Request, body: FleetSent, prefer: Prefer = None) -> Response:
    """Which nodes to buy, keep and release, and where each pod then runs."""
    return await _answer(request, body, prefer)


@router.post(
    "/manifests/optimize/fleet",
    response_model=FleetOutcome,
    responses=SOLVE_RESPONSES,
    tags=["questions over manifests"],
)
async def post_fleet_manifests(
    request: Request, cluster: Files, options: OptionsText = "{}", prefer: Prefer = None
) -> Response:
    """Choose the fleet of the cluster in the uploaded kubectl output."""
    return await _answer_files(request, FLEET, cluster, options, prefer)


@router.post("/compare", response_model=Comparison, responses=SOLVE_RESPONSES, tags=["questions"])
async def post_compare(request: Request, body: CompareSent, prefer: Prefer = None) -> Response:
    """The same rebalance through several solvers, each judged against one proven bound."""
    return await _answer(request, body, prefer)


@router.post(
    "/manifests/compare",
    response_model=Comparison,
    responses=SOLVE_RESPONSES,
    tags=["questions over manifests"],
)
async def post_compare_manifests(
    request: Request, cluster: Files, options: OptionsText = "{}", prefer: Prefer = None
) -> Response:
    """Compare solvers on the cluster in the uploaded kubectl output."""
    return await _answer_files(request, COMPARE, cluster, options, prefer)


@router.get("/jobs/{job_id}", responses=JOB_REFUSALS, tags=["jobs"])
async def get_job(request: Request, job_id: JobId) -> JobStatus:
    """How far a job is."""
    return _job_status(_service(request).find(job_id), _prefix(request))


@router.get(
    "/jobs/{job_id}/result",
    responses=SOLVE_RESPONSES
    | JOB_REFUSALS
    | {
        200: {"description": "The answer, as the call itself would have given it"},
    },
    tags=["jobs"],
)
async def get_job_result(request: Request, job_id: JobId) -> Response:
    """The answer of a job that is done; its status while it is not."""
    run = _service(request).find(job_id)
    return _ended(run) if run.ending.done() else _accepted(request, run)


@router.delete(
    "/jobs/{job_id}",
    status_code=204,
    responses=JOB_REFUSALS,
    tags=["jobs"],
)
async def delete_job(request: Request, job_id: JobId) -> None:
    """End a job, free its worker and forget its answer."""
    service = _service(request)
    await run_in_threadpool(service.drop, service.find(job_id))


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", tags=["operation"])
async def get_healthz() -> Answering:
    """Whether the process answers."""
    return Answering(status="ok")


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", responses={503: {"model": Problem}}, tags=["operation"])
async def get_readyz(request: Request) -> Answering:
    """Whether a worker has come up and still answers, so that a solve would be answered."""
    service = _service(request)
    if not await run_in_threadpool(lambda: service.warm):
        raise Refusal(503, "no worker answers; they are starting", headers={"Retry-After": "2"})
    return Answering(status="ready")


@router.head("/metrics", include_in_schema=False)
@router.get(
    "/metrics",
    responses=REFUSALS | {200: {"content": {"text/plain": {}}}},
    response_class=Response,
    tags=["operation"],
)
async def get_metrics(request: Request) -> Response:
    """Counts and times in Prometheus' text format."""
    return Response(
        _service(request).metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8"
    )


@router.get("/solvers", responses=REFUSALS, tags=["operation"])
def get_solvers() -> list[SolverStatus]:
    """The solvers, what each of them is, and which can be used here."""
    statuses = []
    for name in SolverName:
        told = availability(name)
        statuses.append(
            SolverStatus(name=name, available=told.ok, how=told.how, **asdict(name.traits))
        )
    return statuses


@router.head("/version", include_in_schema=False)
@router.get("/version", responses=REFUSALS, tags=["operation"])
async def get_version() -> Version:
    """What is running."""
    return Version(kytos=version("kytos-orchestration"), python=platform.python_version())


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


async def _answer_files(
    request: Request,
    call: Call,
    files: Sequence[UploadFile],
    options: str,
    prefer: str | None,
    *,
    new_pods: Sequence[UploadFile] = (),
) -> Response:
    service = _service(request)
    limits = service.limits(is_job=is_job(prefer))
    due = time.monotonic() + limits.seconds
    async with service.bodies.keeping() as kept:
        source = await service.bodies.uploaded(kept, files, options, new_pods)
        asked = await service.bodies.read(call.name, source, kept, limits, request)
    return await _answer(request, Arrived(asked, due), prefer)


async def _answer(request: Request, arrived: Arrived, prefer: str | None) -> Response:
    service = _service(request)
    run = await run_in_threadpool(
        service.submit,
        arrived.asked,
        due=arrived.due,
        request_id=get_contextvars().get("request_id"),
    )
    if is_job(prefer):
        service.remember(run)
        return _accepted(request, run)
    return await _wait(request, run)


async def _wait(request: Request, run: Run) -> Response:
    """Wait for a run's ending; a client that goes away frees its worker."""
    ending = asyncio.wrap_future(run.ending)
    try:
        while not ending.done():
            await asyncio.wait({ending}, timeout=LOOK_SECONDS)
            if not ending.done() and await request.is_disconnected():
                return Response(status_code=499)
    finally:
        if not run.ending.done():
            run.job.cancel()
    return _ended(run)


def _ended(run: Run) -> Response:
    ending = run.ending.result()
    if ending.status == 200:
        return Response(ending.answer, media_type="application/json")
    return answer_problem(ending.status, ending.detail, ending.errors)


def _accepted(request: Request, run: Run) -> Response:
    prefix = _prefix(request)
    return Response(
        _job_status(run, prefix).model_dump_json(),
        status_code=202,
        media_type="application/json",
        headers={
            "Location": f"{prefix}/jobs/{run.id}",
            "Preference-Applied": "respond-async",
            "Retry-After": "1",
        },
    )


def _prefix(request: Request) -> str:
    """What callers put before the service's paths, where it stands behind a prefix."""
    prefix: str = request.scope.get("root_path", "")
    return prefix.rstrip("/")


def _job_status(run: Run, prefix: str) -> JobStatus:
    progress = run.progress
    return JobStatus(
        id=run.id,
        question=run.question,
        status=run.status,
        place=run.place,
        stage=progress.stage,
        share=progress.share,
        energy=progress.energy,
        result=f"{prefix}/jobs/{run.id}/result",
    )
