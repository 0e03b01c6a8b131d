"""The same question again and again: when to ask, one at a time, and where the news goes."""

from __future__ import annotations

import fcntl
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

from kytos.destinations import FORBIDDEN, HANDLERS, ForbiddenAddressError, is_forbidden
from kytos.errors import InputError

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
JITTER_SHARE = 0.1
"""Each wait varies by this share of the period, so that many instances do not ask at once."""
WEBHOOK_SECONDS = 10.0
WEBHOOK_PAUSES = (1.0, 5.0)
"""Seconds between one try and the next; a webhook that is down for longer misses a run."""


def seconds_of(text: str) -> float:
    """Return ``90s``, ``5m``, ``1h`` or ``1d`` in seconds.

    Raises
    ------
    InputError
        When it is none of these, or zero.
    """
    interval = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smhd])", text.strip())
    if interval is None or float(interval[1]) == 0:
        raise InputError(f"{text!r} is not a period; give a number and s, m, h or d, such as 1h")
    return float(interval[1]) * UNITS[interval[2]]


def repeat(
    run: Callable[[], None],
    every_s: float,
    *,
    times: int | None,
    randomness: Random,
    wait: Callable[[float], bool],
    now: Callable[[], float] = time.monotonic,
) -> None:
    """Call `run` every `every_s` seconds, give or take the jitter.

    Runs never overlap: one that takes longer than the period makes the ones it covers fall out.

    Parameters
    ----------
    times
        How often; None for without end.
    wait
        Waits so many seconds; True ends the repetition.
    now
        A clock that only goes forward.
    """
    due = now()
    done = 0
    while times is None or done < times:
        run()
        done += 1
        if done == times:
            return
        periods = max(1, -int(-(now() - due) // every_s))
        due += periods * every_s
        spread = JITTER_SHARE * every_s * randomness.uniform(-1.0, 1.0)
        if wait(max(0.0, due + spread - now())):
            return


@contextmanager
def only_one(lock: Path | None) -> Iterator[bool]:
    """Hold a lock file while in the block; False when another process holds it.

    The operating system lets go of it when the process ends, however it ends.

    Raises
    ------
    InputError
        When it is no file that can be written.
    """
    if lock is None:
        yield True
        return
    try:
        opened = lock.open("a")
    except OSError as error:
        raise InputError(f"the lock file cannot be opened: {error.strerror}", str(lock)) from error
    with opened as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def notify(
    webhook: str, news: dict[str, Any], *, wait: Callable[[float], object] = time.sleep
) -> str | None:
    """Post one run's news as JSON; return what went wrong, if anything did.

    What may pass (no connection, 429, 5xx) is tried again, `WEBHOOK_PAUSES` apart. The address may
    hold a secret, so it is not part of the message.
    """
    for pause in WEBHOOK_PAUSES:
        trouble, may_pass = _post(webhook, news)
        if trouble is None or not may_pass:
            return trouble
        wait(pause)
    return _post(webhook, news)[0]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows nobody: urllib would ask the other address with GET, without what was to be told."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect, *HANDLERS)


def _post(webhook: str, news: dict[str, Any]) -> tuple[str | None, bool]:
    """Post once: what went wrong, and whether it may pass."""
    request = urllib.request.Request(  # noqa: S310  (the scheme was checked by `webhook_of`)
        webhook,
        data=json.dumps(news).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    try:
        with _OPENER.open(request, timeout=WEBHOOK_SECONDS):
            return None, False
    except urllib.error.HTTPError as error:
        if 300 <= error.code < 400:
            return (
                f"the webhook answered {error.code}, a redirect, which is not followed: the news "
                "would be lost on the way; give the address it leads to"
            ), False
        return f"the webhook answered {error.code}", error.code == 429 or error.code >= 500
    except (OSError, HTTPException) as error:  # the latter: what answers does not speak HTTP
        if isinstance(getattr(error, "reason", None), ForbiddenAddressError):
            return f"the webhook was not asked: {FORBIDDEN}", False
        return f"the webhook could not be reached: {type(error).__name__}", True


def webhook_of(address: str) -> str:
    """Return a webhook's address if it is one.

    Raises
    ------
    InputError
        When nothing can be posted there; the address may hold a secret and is not repeated.
    """
    if not address.startswith(("https://", "http://")):
        raise InputError("a webhook's address begins with https:// or http://")
    try:
        parts = urlsplit(address)
        named = parts.port != 0 and bool((parts.hostname or "").encode("idna"))
        credentials = "@" in parts.netloc
    except ValueError:
        named = credentials = False
    if not named or not (address.isascii() and address.isprintable()) or " " in address:
        raise InputError(
            "that is no webhook's address: expected one such as https://example.org/hook, with "
            "what is not ASCII, and spaces, percent-encoded"
        )
    if credentials:
        raise InputError(
            "a webhook's address takes no user and password before its host: they would be in the "
            "process list and in logs on the way; put a token in its path or query"
        )
    if is_forbidden(parts.hostname or ""):
        raise InputError(f"that is no webhook's address: {FORBIDDEN}")
    return address
