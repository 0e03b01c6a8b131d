"""Tells the service of the signal that ends its process, before its server waits for it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def told_of_signals(wind_down: Callable[[], object]) -> Iterator[None]:
    """Call a function, in a thread of its own, on the first SIGTERM or Ctrl-C.

    A server answers what it has begun before it ends the application, and would wait for the
    whole of a solve: longer than the grace of whoever sent the signal. Its own handler is called
    as well. Nothing is done outside a main thread, where no signals are heard.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    begun = threading.Event()
    before: dict[int, Any] = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}

    def handle(number: int, frame: FrameType | None) -> None:
        if not begun.is_set():
            begun.set()
            # A thread, because whom the signal interrupts may hold the locks it takes.
            threading.Thread(target=wind_down, name="wind down", daemon=True).start()
        servers = before[number]
        if callable(servers):
            servers(number, frame)

    for one, servers in before.items():
        if callable(servers):  # otherwise no server waits for anything
            signal.signal(one, handle)
    try:
        yield
    finally:
        for one, servers in before.items():
            if signal.getsignal(one) is handle:
                signal.signal(one, servers)
