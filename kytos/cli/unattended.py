"""Runs carried out without being asked: when, for how much, and how far."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from kytos.cli.applying import exit_of
from kytos.contract.runbook import Action, Runbook, RunbookRequest, Way
from kytos.errors import InputError
from kytos.extras import LIVE, require

if TYPE_CHECKING:  # loads the solvers
    from kytos.questions.outcome import Outcome

MOST_EVICTIONS = 20
"""Unless told otherwise; what nobody watches should be small."""

_DIGITS = 9
"""Of a share: 10 less 2 saves 20%, whatever floats make of it."""

_PERCENT = r"([0-9]+(?:\.[0-9]+)?)%"
_WINDOW = r"([0-9]{1,2}):([0-9]{2})-([0-9]{1,2}):([0-9]{2})"


@dataclass(frozen=True)
class Unattended:
    """What an answer has to be like for its runbook to be carried out.

    Attributes
    ----------
    min_saving
        Share of the price, of the nodes where a price is unknown, that the forecast must save.
    window
        From when to when, in local time; it may go over midnight. None is always.
    max_evictions
        Of one run.
    """

    way: Way
    min_saving: float = 0.0
    window: tuple[time, time] | None = None
    max_evictions: int = MOST_EVICTIONS

    def is_open(self, now: datetime) -> bool:
        """Whether it is time.

        >>> night = Unattended(Way.DRAIN, window=(time(23), time(4)))
        >>> [night.is_open(datetime(2026, 1, 1, hour)) for hour in (22, 23, 3, 4)]
        [False, True, True, False]
        """
        if self.window is None:
            return True
        begins, ends = self.window
        at = now.time()
        return begins <= at < ends if begins < ends else at >= begins or at < ends

    def asking(self, options: Any) -> Any:
        """Return a question's options, asking for a runbook with no more evictions than this.

        Raises
        ------
        InputError
            When it is no question that has one.
        """
        if not hasattr(options, "runbook"):
            raise InputError("--apply goes with a question that is answered by a runbook")
        asked = options.runbook if isinstance(options.runbook, RunbookRequest) else None
        told = (asked or RunbookRequest()).model_copy(update={"way": self.way})
        changed: dict[str, Any] = {"runbook": told}
        if hasattr(options, "max_moves"):
            most = options.max_moves
            changed["max_moves"] = (
                self.max_evictions if most is None else min(most, self.max_evictions)
            )
        return options.model_copy(update=changed)

    def why_not(self, outcome: Outcome, now: datetime) -> str | None:
        """Say why an answer is not carried out; None where it is."""
        runbook = outcome.runbook
        if runbook is None or not runbook.steps:
            return "there is nothing to do"
        if not self.is_open(now):
            return "it is not within the window"
        if runbook.falls_short is not None:
            return f"its forecast falls short: {runbook.falls_short}"
        evictions = sum(step.action is Action.EVICT for step in runbook.steps)
        if evictions > self.max_evictions:
            return f"it takes {evictions} evictions, more than {self.max_evictions}"
        saved = self._saved(outcome, runbook)
        if saved <= 0 or saved < self.min_saving:
            return f"its forecast saves {saved:.1%}, less than {self.min_saving:.1%}"
        return None

    def _saved(self, outcome: Outcome, runbook: Runbook) -> float:
        before, after = outcome.metrics.before, getattr(runbook.forecast, self.way.value)
        price, later = before.price_per_hour, after.price_per_hour
        if price and later is not None:
            return round((price - float(later)) / price, _DIGITS)
        nodes: int = before.nodes_in_use
        return round((nodes - after.nodes_in_use) / nodes, _DIGITS) if nodes else 0.0

    def carried_out(self, outcome: Outcome, context: str) -> dict[str, Any]:
        """Carry an answer out if it is worth it, and say for a run's line what came of it."""
        reason = self.why_not(outcome, datetime.now())
        if reason is not None or outcome.runbook is None:
            return {"apply": {"skipped": reason}}
        from kytos.execution.live import apply_runbook
        from kytos.execution.means import How

        how = How(stopped=lambda: not self.is_open(datetime.now()))
        report = apply_runbook(outcome.runbook, context, how)
        told = report.model_dump(
            mode="json",
            include={"ending", "why", "evictions", "moves", "landed_as_planned", "nodes_in_use"},
        )
        ended: dict[str, Any] = {"apply": told | {"cordoned": list(report.cordoned)}}
        code = exit_of(report)
        return ended | ({"exit": code, "error": report.why} if code else {})


def unattended_of(
    way: Way | None,
    min_saving: str | None,
    window: str | None,
    max_evictions: int | None,
    context: str | None,
) -> Unattended | None:
    """Read what the command line says of it; None where nothing is to be carried out.

    Raises
    ------
    InputError
        Naming the option.
    """
    if way is None:
        given = {
            "--min-saving": min_saving,
            "--window": window,
            "--max-evictions": max_evictions,
        }
        for name, value in given.items():
            if value is not None:
                raise InputError(f"{name} goes with --apply; say drain or steer")
        return None
    if context is None:
        raise InputError("--apply writes to a live cluster: name it with --context, not by files")
    require("--apply", LIVE)
    return Unattended(
        way=way,
        min_saving=0.0 if min_saving is None else _share(min_saving),
        window=None if window is None else _window(window),
        max_evictions=MOST_EVICTIONS if max_evictions is None else max_evictions,
    )


def _share(text: str) -> float:
    read = re.fullmatch(_PERCENT, text.strip())
    if read is None or float(read[1]) > 100:
        raise InputError(f"--min-saving is {text!r}; give a percentage such as 10%")
    return float(read[1]) / 100


def _window(text: str) -> tuple[time, time]:
    read = re.fullmatch(_WINDOW, text.strip())
    try:
        if read is None:
            raise ValueError
        begins, ends = time(int(read[1]), int(read[2])), time(int(read[3]), int(read[4]))
    except ValueError:
        raise InputError(f"--window is {text!r}; give hours such as 02:00-04:00") from None
    if begins == ends:
        raise InputError(f"--window is {text!r}, which is no time at all; leave it out for always")
    return begins, ends
