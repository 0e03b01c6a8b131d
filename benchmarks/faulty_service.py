"""The service with a dispatcher that fails when a signal says so, for ``benchmarks.mixed_load``.

``SIGUSR1`` makes every look after the workers fail for `FAILS_S`; ``SIGUSR2`` ends the dispatcher's
thread at its next look, as an error that no handler catches would.
"""

from __future__ import annotations

import signal
import time
from typing import Any

from kytos.api import app as app  # what uvicorn serves
from kytos.jobs.slot import Slot

FAILS_S = 8.0

_fails_until = 0.0
_ends = False
_mend = Slot.mend


def _fail(*_: Any) -> None:
    global _fails_until
    _fails_until = time.monotonic() + FAILS_S


def _end(*_: Any) -> None:
    global _ends
    _ends = True


def _failing(slot: Slot[Any]) -> None:
    global _ends
    if time.monotonic() < _fails_until:
        raise RuntimeError("made to fail")
    if _ends:
        _ends = False
        raise SystemExit
    _mend(slot)


setattr(Slot, "mend", _failing)  # noqa: B010  (a method is replaced on purpose)
signal.signal(signal.SIGUSR1, _fail)
signal.signal(signal.SIGUSR2, _end)
