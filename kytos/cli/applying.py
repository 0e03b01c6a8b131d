"""``kytos apply``: a runbook carried out on a live cluster, released or rolled back."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from kytos.cli.groups import grouped
from kytos.cli.printing import (
    print_json,
    print_sentence,
    print_table,
    shown,
    standard_output,
)
from kytos.cli.reading import content_of
from kytos.cli.runbooks import print_runbook
from kytos.cli.solving import Exit
from kytos.cli.writing import check_writable
from kytos.contract.runbook import Action, Runbook, Way
from kytos.errors import InputError, SourceError, first_problem
from kytos.sources.documents import read_documents

if TYPE_CHECKING:  # an extra
    from kytos.execution.endings import Report
    from kytos.kube.api import Pace

INTERRUPTED = 130
"""As a shell says it of what Ctrl-C ended."""

Answer = Annotated[
    Path | None,
    typer.Argument(metavar="[ANSWER]", help="An answer with a runbook, as --output writes it."),
]
ContextName = Annotated[
    str | None, typer.Option("--context", help="The kubeconfig context of the cluster.")
]
WayName = Annotated[
    Way | None, typer.Option("--way", metavar="WAY", help="drain or steer, not as the answer has.")
]
Surge = Annotated[
    bool, typer.Option("--surge", help="Move an owner's only replica by one more for a while.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Have the API server judge each write and keep none.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
JournalFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Note each step there; the same again goes on from it."),
]
New = Annotated[
    list[Path] | None, typer.Option(metavar="FILE", help="Pods that the answer has as new.")
]
Release = Annotated[
    bool, typer.Option("--release", help="Let all pods go that a killed execution left gated.")
]
RemovePolicy = Annotated[
    bool, typer.Option("--remove-policy", help="With --release: remove the policy too.")
]
Rollback = Annotated[
    bool, typer.Option("--rollback", help="Take back the cordons that --journal tells of.")
]
Timeout = Annotated[
    float | None, typer.Option(metavar="S", min=0, help="Seconds waited for one thing, 900.")
]
Poll = Annotated[
    float | None, typer.Option(metavar="S", min=0, help="Seconds between two looks, 1.")
]
Namespace = Annotated[
    str | None, typer.Option(help="Where steering keeps its ConfigMap, kube-system.")
]
ReportJson = Annotated[bool, typer.Option("--json", help="Print a report as JSON at the end.")]


@dataclass(frozen=True)
class Applied:
    """What an execution is told on the command line."""

    context: ContextName = None
    way: WayName = None
    surge: Surge = False
    dry_run: DryRun = False
    yes: Yes = False
    journal: JournalFile = None
    new: New = None
    release: Release = False
    remove_policy: RemovePolicy = False
    rollback: Rollback = False
    timeout: Timeout = None
    poll: Poll = None
    namespace: Namespace = None
    as_json: ReportJson = False

    def check(self, answer: Path | None) -> str:
        """Refuse, before anything is done, what does not go together; return the context.

        Raises
        ------
        InputError
            Naming the option.
        """
        if self.context is None:
            raise InputError("name the cluster: --context, as kubectl config get-contexts lists it")
        if self.remove_policy and not self.release:
            raise InputError("--remove-policy goes with --release")
        if self.release and self.rollback:
            raise InputError("--rollback lets gated pods go too: leave --release out")
        if self.rollback and self.journal is None:
            raise InputError("--rollback goes with --journal, which tells what to take back")
        if answer is None and not (self.release or self.rollback):
            raise InputError("name the answer to carry out: a file that --runbook --output wrote")
        if answer is not None and self.release:
            raise InputError("--release carries nothing out: leave the answer out")
        if self.journal is not None and not self.rollback:
            check_writable(self.journal)
        return self.context

    def pace(self) -> Pace:
        """Return how often to look, and how long to wait."""
        from kytos.kube.api import Pace

        told: dict[str, float] = {}
        if self.timeout is not None:
            told["patience_s"] = self.timeout
        if self.poll is not None:
            told["poll_s"] = self.poll
        return Pace(**told)

    def where(self) -> dict[str, Any]:
        """Return what all executions are told."""
        from kytos.kube.steering import NAMESPACE

        return {
            "dry_run": self.dry_run,
            "pace": self.pace(),
            "namespace": self.namespace or NAMESPACE,
        }


@grouped
def apply(answer: Answer = None, *, given: Applied) -> None:
    """Carry an answer's runbook out on a live cluster, step by step; stop at the first surprise."""
    context = given.check(answer)
    if given.release:
        _release(context, given)
    elif given.rollback and given.journal is not None:
        _roll_back(context, given.journal, given)
    elif answer is not None:
        _carry_out(context, runbook_in(answer), given)


def runbook_in(path: Path) -> Runbook:
    """Read the runbook of an answer, or one by itself.

    Raises
    ------
    SourceError
        When the file holds none.
    """
    documents = read_documents(content_of(path), str(path))
    whole = documents[0] if len(documents) == 1 else None
    if not isinstance(whole, dict):
        raise SourceError("expected an answer: one JSON object", str(path))
    held = whole if "steps" in whole and "seen" in whole else whole.get("runbook")
    if held is None:
        raise SourceError(
            "the answer has no runbook; ask again with --runbook, and --output to save it",
            str(path),
        )
    try:
        return Runbook.model_validate(held)
    except ValidationError as error:
        problem = first_problem(error)
        raise SourceError(problem.message, f"{path}: runbook.{problem.where}") from error


def exit_of(report: Report) -> int:
    """Return the exit code of an execution."""
    from kytos.execution.endings import Ending

    return {
        Ending.DONE: int(Exit.PLAN),
        Ending.DRIFT: int(Exit.DRIFT),
        Ending.INCOMPLETE: int(Exit.INCOMPLETE),
        Ending.REFUSED: int(Exit.REFUSED),
        Ending.STOPPED: INTERRUPTED,
    }[report.ending]


def _carry_out(context: str, runbook: Runbook, given: Applied) -> None:
    from kytos.execution.live import apply_runbook
    from kytos.execution.means import How

    if not runbook.steps:
        typer.echo("There is nothing to carry out.", err=True)
        raise typer.Exit(Exit.NOTHING_TO_DO)
    if not given.as_json:
        print_runbook(runbook, standard_output())
    if not given.dry_run and not given.yes and not _agreed(context, runbook, given):
        typer.echo("Nothing was done.", err=True)
        raise typer.Exit(Exit.REFUSED)
    with interrupts() as stopped:
        how = How(
            way=given.way,
            surge=given.surge,
            manifests=_manifests(given.new or ()),
            tell=lambda line: typer.echo(shown(line), err=given.as_json),
            stopped=stopped.is_set,
        )
        report = apply_runbook(runbook, context, how, journal=given.journal, **given.where())
    if given.as_json:
        print_json(report.model_dump_json())
    else:
        _print_report(report, runbook)
    raise typer.Exit(exit_of(report))


def _agreed(context: str, runbook: Runbook, given: Applied) -> bool:
    way = given.way or runbook.way
    evictions = sum(step.action is Action.EVICT for step in runbook.steps)
    question = shown(
        f"Carry out {len(runbook.steps)} steps on context {context} by way of {way.value}, "
        f"evicting {evictions} pods?"
    )
    try:
        return typer.confirm(question, default=False, err=True)
    except typer.Abort:  # nobody is there to be asked
        typer.echo("Nobody answered: give --yes to go on without being asked.", err=True)
        return False


@contextmanager
def interrupts() -> Iterator[threading.Event]:
    """Let the first Ctrl-C stop between steps, and the second at once."""
    stopping = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def on_interrupt(_: int, __: FrameType | None) -> None:
        stopping.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield stopping
    finally:
        signal.signal(signal.SIGINT, before)


def _print_report(report: Report, runbook: Runbook) -> None:
    console = standard_output()
    print_table(
        console,
        ("landed elsewhere", "planned", "landed on"),
        [(one.pod, one.to, one.node or "-") for one in report.landings if not one.as_planned],
    )
    if report.dry_run:
        print_sentence(console, "A dry run: the API server judged each write and kept none.")
    else:
        print_sentence(
            console,
            f"{report.evictions} pods evicted; {report.landed_as_planned} of {report.moves} that "
            f"landed did so as planned.",
        )
    if report.nodes_in_use is not None and not report.dry_run:
        forecast = getattr(runbook.forecast, report.way.value).nodes_in_use
        print_sentence(
            console,
            f"Nodes in use: {report.nodes_in_use} (promised {runbook.promised.nodes_in_use}, "
            f"forecast {forecast}).",
        )
    if report.cordoned:
        print_sentence(console, f"Cordoned: {', '.join(report.cordoned)}")
    if report.why:
        print_sentence(
            console,
            f"Ended after {report.steps_done} of {report.steps} steps ({report.ending.value}): "
            f"{report.why}",
        )


def _release(context: str, given: Applied) -> None:
    from kytos.execution.live import release_gates

    with _refusals_end():
        released = release_gates(context, remove=given.remove_policy, **given.where())
    if given.as_json:
        print_json(released.model_dump_json())
        return
    policy = "removed" if released.removed else "gates nobody now"
    state = policy if released.steered else "is not installed"
    typer.echo(f"{released.let_go} gated pods were let go; the policy kytos-steer {state}.")


def _roll_back(context: str, journal: Path, given: Applied) -> None:
    from kytos.execution.live import roll_back_journal

    with _refusals_end():
        back = roll_back_journal(journal, context, **given.where())
    if given.as_json:
        print_json(back.model_dump_json())
        return
    typer.echo(
        shown(
            f"Uncordoned: {', '.join(back.uncordoned) or 'none'}. "
            f"Scaled back: {', '.join(back.scaled_back) or 'none'}. "
            f"Gated pods let go: {back.let_go}. Pods that moved stay where they are."
        )
    )


@contextmanager
def _refusals_end() -> Iterator[None]:
    from kytos.kube.api import RefusedError, UnreachableError

    try:
        yield
    except (RefusedError, UnreachableError) as error:
        typer.echo(shown(str(error)), err=True)
        refused = isinstance(error, RefusedError)
        raise typer.Exit(Exit.REFUSED if refused else Exit.INCOMPLETE) from None


def _manifests(paths: list[Path] | tuple[Path, ...]) -> dict[str, dict[str, Any]]:
    """Pods by id, as the files hold them."""
    pods: dict[str, dict[str, Any]] = {}
    for path in paths:
        for document in read_documents(content_of(path), str(path)):
            items = document.get("items", [document]) if isinstance(document, dict) else [document]
            for item in items:
                if not isinstance(item, dict) or item.get("kind") != "Pod":
                    raise SourceError("expected Pods, as kubectl writes them", str(path))
                metadata = item.get("metadata") or {}
                space = metadata.get("namespace") or "default"
                pods[f"{space}/{metadata.get('name')}"] = item
    return pods
