"""Builds the service from its settings: paths, middleware and the workers' lifetime."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from kytos.api import operation
from kytos.api.access import Access, is_api_path, routed_path
from kytos.api.body_limit import BodyLimit
from kytos.api.ending import told_of_signals
from kytos.api.problems import as_problems, on_http_exception, on_invalid
from kytos.api.routes import router
from kytos.api.service import Service
from kytos.api.settings import Settings
from kytos.api.slow_body import SlowBody
from kytos.api.trace import Trace
from kytos.jobs import Pool
from kytos.logs import configure_logs
from kytos.questions.warm_up import warm_up
from kytos.sources.prices import default_prices

DESCRIPTION = """What-if questions about a Kubernetes cluster, answered by annealing one energy.

Nothing is changed anywhere: an answer is a plan. CPU is in millicores, memory in MiB."""

PRELOAD = ("kytos.calls.in_worker", warm_up.__module__)

WAITING_TO_BE_READ = 32
"""Large bodies, each in a file meanwhile."""

READ_BY_ONE = 20
"""Bodies after which the process that reads is replaced: it keeps what memory it needed once."""

Lifespan = Callable[[Any], AbstractAsyncContextManager[None]]


@dataclass(frozen=True)
class Dashboard:
    """What is served on every path that is not the service's.

    Attributes
    ----------
    app
        An ASGI application.
    lifespan
        Its start and end, run within the service's.
    asks_for_login
        Whether visitors log in, so that it may be reached from elsewhere without a token.
    """

    app: ASGIApp
    lifespan: Lifespan
    asks_for_login: bool


def own_readers() -> Pool:
    """Start a process that reads large bodies, one after another."""
    return Pool(1, WAITING_TO_BE_READ, preload=PRELOAD, tasks_per_worker=READ_BY_ONE)


def create_app(
    settings: Settings,
    *,
    make_pool: Callable[[], Pool] | None = None,
    make_readers: Callable[[], Pool] = own_readers,
    dashboard: Dashboard | None = None,
) -> FastAPI:
    """Return the service.

    Parameters
    ----------
    settings
        Access and limits.
    make_pool
        Starts the workers; by default a pool of its own. A pool that is handed in this way is
        closed with the service.
    make_readers
        Starts the process that reads large bodies, which is closed with the service too.
    dashboard
        What to serve beside it, if anything.

    Raises
    ------
    kytos.errors.SourceError
        When the operator's price table cannot be read: better now than at every request.
    """
    default_prices()
    service = Service(settings, make_pool or (lambda: _own_pool(settings)), make_readers)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        configure_logs()
        await run_in_threadpool(lambda: service.warm)
        try:
            with told_of_signals(service.wind_down):
                if dashboard is None:
                    yield
                else:
                    async with dashboard.lifespan(app):
                        yield
        finally:
            await run_in_threadpool(service.close)

    app = _Documented(
        title="Kytos",
        description=DESCRIPTION,
        version=version("kytos-orchestration"),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        # The interactive pages load scripts from another site; the document itself is enough.
        docs_url=None,
        redoc_url=None,
        exception_handlers={
            HTTPException: on_http_exception,
            RequestValidationError: on_invalid,
        },
        middleware=[
            Middleware(Trace),
            Middleware(
                Access,
                settings=settings,
                refused=service.metrics.refused,
                dashboard=dashboard is not None,
                dashboard_login=dashboard is not None and dashboard.asks_for_login,
            ),
            Middleware(SlowBody, seconds=settings.body_seconds),
            Middleware(BodyLimit, most_bytes=settings.max_body_mib * 2**20),
        ],
    )
    app.state.service = service
    app.include_router(router)
    app.include_router(operation.router)
    if dashboard is not None:
        # Not mounted: a mount at the top takes paths of the service asked with another method.
        app.router.default = _unless_ours(dashboard.app, app.router.default)
    return app


class _Documented(FastAPI):
    """FastAPI, which knows no media type of an error's model but plain JSON."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        return as_problems(super().openapi())


def _unless_ours(dashboard: ASGIApp, not_found: ASGIApp) -> ASGIApp:
    """Return what answers where no route does: the dashboard, but for the service's own paths."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        app = not_found if is_api_path(routed_path(scope)) else dashboard
        await app(scope, receive, send)

    return answer


def _own_pool(settings: Settings) -> Pool:
    return Pool(settings.workers, settings.queue, warm_up=warm_up, preload=PRELOAD)
