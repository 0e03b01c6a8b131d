"""The command that serves the dashboard and the HTTP service."""

from __future__ import annotations

import ipaddress
import os
from typing import Annotated

import typer

from kytos.cli.ending import bad_input_ends, fail
from kytos.extras import DASHBOARD, SERVICE, require
from kytos.settings import AccessSettings

SHUTDOWN_SECONDS = 25
"""Longest a served call goes on after a SIGTERM, whatever holds it up: Kubernetes waits for 30."""


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, metavar="N", help="Port to listen on.")
    ] = 8501,
    api_only: Annotated[
        bool, typer.Option("--api-only", help="The service without the dashboard.")
    ] = False,
    allow_anonymous: Annotated[
        bool,
        typer.Option(
            "--allow-anonymous", help="Let anyone who can reach it call it, without a token."
        ),
    ] = False,
) -> None:
    """Serve dashboard and HTTP service in one process."""
    parts = (SERVICE,) if api_only else (DASHBOARD, SERVICE)
    require("kytos serve --api-only" if api_only else "kytos serve", *parts)
    import uvicorn

    if allow_anonymous:
        os.environ["KYTOS_ALLOW_ANONYMOUS"] = "1"
    served = "kytos.api:app" if api_only else "kytos.ui.serve:app"
    with bad_input_ends():
        if not AccessSettings.from_environment().may_be_reached and not _is_loopback(host):
            fail(
                f"{host} can be reached from elsewhere: set KYTOS_API_TOKEN, or say "
                "--allow-anonymous to let anyone call it"
            )
        uvicorn.run(
            served,
            host=host,
            port=port,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
