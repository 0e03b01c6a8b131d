"""An execution through a context of the local kubeconfig: carried out, released or rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kytos.contract.runbook import Runbook
from kytos.errors import InputError
from kytos.execution.carry_out import carry_out
from kytos.execution.endings import Report
from kytos.execution.journal import Journal, digest_of
from kytos.execution.means import How
from kytos.execution.undo import Released, RolledBack, release, roll_back
from kytos.kube.api import ApiServer, Pace
from kytos.kube.connection import ONCE, choose_context, connected
from kytos.kube.control_plane import ControlPlane
from kytos.kube.steering import NAMESPACE, Steering


def apply_runbook(
    runbook: Runbook,
    context: str,
    how: How = How(),
    *,
    journal: Path | None = None,
    dry_run: bool = False,
    pace: Pace = Pace(),
    namespace: str = NAMESPACE,
) -> Report:
    """Carry a runbook out on the cluster of a kubeconfig context.

    Parameters
    ----------
    journal
        What was done so far is read from there, and all that is done written there; None resumes
        nothing and keeps nothing.
    dry_run
        Send each write with ``dryRun=All`` and change nothing; no journal is read or written.
    namespace
        Where the ConfigMap of steering is made, unless one is installed elsewhere.

    Raises
    ------
    InputError
        When the context or the journal will not do. How an execution ends otherwise is in the
        report.
    """
    with _plane(context, pace, dry_run) as plane, Journal(None if dry_run else journal) as kept:
        way = (how.way or runbook.way).value
        kept.head(runbook=digest_of(runbook), context=context, way=way, surge=how.surge)
        return carry_out(runbook, plane, Steering(plane.server, namespace), kept, how)


def release_gates(
    context: str,
    *,
    remove: bool = False,
    dry_run: bool = False,
    pace: Pace = Pace(),
    namespace: str = NAMESPACE,
) -> Released:
    """Let every gated pod of a cluster go; as `kytos.execution.undo.release`."""
    with _plane(context, pace, dry_run) as plane:
        return release(plane, Steering(plane.server, namespace), remove=remove)


def roll_back_journal(
    journal: Path,
    context: str,
    *,
    dry_run: bool = False,
    pace: Pace = Pace(),
    namespace: str = NAMESPACE,
) -> RolledBack:
    """Take back what a journal tells of; as `kytos.execution.undo.roll_back`.

    Raises
    ------
    InputError
        When it is of another cluster, or there is none.
    """
    if not journal.is_file():
        raise InputError("there is no such journal to roll back", str(journal))
    with _plane(context, pace, dry_run) as plane, Journal(journal) as kept:
        of = None if kept.header is None else kept.header.get("context")
        if of not in (None, context):
            raise InputError(f"it is of context {of}, not of {context}", str(journal))
        return roll_back(kept, plane, Steering(plane.server, namespace))


@contextmanager
def _plane(context: str, pace: Pace, dry_run: bool) -> Iterator[ControlPlane]:
    name = choose_context(context)
    with connected(name, ONCE) as client:
        yield ControlPlane(ApiServer(client, name, pace, dry_run=dry_run))
