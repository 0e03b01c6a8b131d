"""What an operator sets of the service: who may call, and how much they may ask for."""

from __future__ import annotations

from pydantic import Field

from kytos.contract.params import BlockRunner
from kytos.settings import AccessSettings, PoolSettings


class Settings(AccessSettings, PoolSettings):
    """The service's settings and those of its pool, from variables named alike."""

    allow_paid_solvers: bool = Field(
        False, description="let callers accept a charge with solver.consent; they spend your money"
    )
    block_runner: BlockRunner = Field(
        BlockRunner.THREADS, description="where hybrid's blocks are annealed: threads or dask"
    )
    max_body_mib: int = Field(50, ge=1, le=1024, description="longest request body, MiB")
    body_seconds: float = Field(
        20.0,
        gt=0,
        le=3600,
        description="longest wait for a body, beside the time its bytes need at 64 KiB/s",
    )
    max_nodes: int = Field(5_000, ge=1, description="most nodes in one request")
    max_pods: int = Field(50_000, ge=1, description="most pods in one request")
    request_seconds: float = Field(
        55.0, gt=0, le=3600, description="longest a call may take, its wait in the queue included"
    )
    job_seconds: float = Field(3600.0, gt=0, le=86_400, description="longest a job may take")
    job_kept_seconds: float = Field(
        900.0, gt=0, le=86_400, description="how long a finished job's result is kept"
    )
    jobs_kept: int = Field(200, ge=1, le=100_000, description="most jobs remembered at a time")
    shutdown_seconds: float = Field(
        15.0,
        gt=0,
        le=3600,
        description="how long solves told of a SIGTERM may take to answer with the best so far",
    )
