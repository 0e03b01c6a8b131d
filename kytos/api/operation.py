"""The paths for who operates the service: health, readiness, metrics, solvers and version."""

from __future__ import annotations

import platform
from dataclasses import asdict
from importlib.metadata import version

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from kytos.api.problems import Problem, Refusal
from kytos.api.responses import REFUSALS
from kytos.api.service import service_of
from kytos.contract.params import SolverName
from kytos.contract.registry import Kind
from kytos.solve.registry import availability


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


router = APIRouter()


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", tags=["operation"])
async def get_healthz() -> Answering:
    """Whether the process answers."""
    return Answering(status="ok")


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", responses={503: {"model": Problem}}, tags=["operation"])
async def get_readyz(request: Request) -> Answering:
    """Whether a worker has come up and still answers, so that a solve would be answered."""
    service = service_of(request)
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
        service_of(request).metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8"
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
