"""The paths of questions and jobs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Body, File, Form, Header, Path, Request, Response, UploadFile
from fastapi.concurrency import run_in_threadpool
from structlog.contextvars import get_contextvars

from kytos.api.json_body import Arrived, BodyOf, JsonRoute, is_job
from kytos.api.problems import answer_problem
from kytos.api.responses import JOB_REFUSALS, SOLVE_RESPONSES, JobStatus
from kytos.api.service import Run, service_of
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
from kytos.questions.autoscale.autoscale import AutoscaleOutcome
from kytos.questions.fleet.fleet import FleetOutcome
from kytos.questions.placement.request import PlacementOutcome
from kytos.questions.rebalance import RebalanceOutcome
from kytos.questions.recovery.recovery import RecoveryOutcome

LOOK_SECONDS = 0.2
"""How often a waiting call looks whether its client is still there."""

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
    return _job_status(service_of(request).find(job_id), _prefix(request))


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
    run = service_of(request).find(job_id)
    return _ended(run) if run.ending.done() else _accepted(request, run)


@router.delete(
    "/jobs/{job_id}",
    status_code=204,
    responses=JOB_REFUSALS,
    tags=["jobs"],
)
async def delete_job(request: Request, job_id: JobId) -> None:
    """End a job, free its worker and forget its answer."""
    service = service_of(request)
    await run_in_threadpool(service.drop, service.find(job_id))


async def _answer_files(
    request: Request,
    call: Call,
    files: Sequence[UploadFile],
    options: str,
    prefer: str | None,
    *,
    new_pods: Sequence[UploadFile] = (),
) -> Response:
    service = service_of(request)
    limits = service.limits(is_job=is_job(prefer))
    due = time.monotonic() + limits.seconds
    async with service.bodies.keeping() as kept:
        source = await service.bodies.uploaded(kept, files, options, new_pods)
        asked = await service.bodies.read(call.name, source, kept, limits, request)
    return await _answer(request, Arrived(asked, due), prefer)


async def _answer(request: Request, arrived: Arrived, prefer: str | None) -> Response:
    service = service_of(request)
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
