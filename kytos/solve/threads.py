"""Independent pieces of work side by side on this machine, answered in the order asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from kytos.contract.watch import Watch

Item = TypeVar("Item")
Result = TypeVar("Result")


class Runner(Protocol):
    """Runs a pure function over items."""

    def __call__(
        self,
        function: Callable[..., Result],
        shared: tuple[Any, ...],
        items: Sequence[Item],
        watch: Watch,
    ) -> Iterator[Result]:
        """Yield ``function(*shared, item, watch)`` of each item, in order.

        Once the watch has a reason to end, items not yet begun are left out.
        """


def threads(
    function: Callable[..., Result],
    shared: tuple[Any, ...],
    items: Sequence[Item],
    watch: Watch,
) -> Iterator[Result]:
    """Run on threads, one a core: what takes long (OpenJij, NumPy, Numba) releases the GIL."""
    silent = Watch(watch.deadline, watch.stopped)  # who reports progress is the caller
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        futures = [pool.submit(function, *shared, item, silent) for item in items]
        try:
            for future in futures:
                if watch.reason is not None and not future.done():
                    return
                yield future.result()
        finally:
            for future in futures:
                future.cancel()
