"""Independent pieces of work on the workers of a dask cluster, answered in the order asked.

`dask_runner` connects to the scheduler that ``DASK_SCHEDULER_ADDRESS`` names, or starts a local
cluster. Workers need Kytos installed; what they lose is done again, here if need be.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kytos.contract.paid import SolverUnavailableError
from kytos.contract.watch import Watch
from kytos.extras import DISTRIBUTED, how_to_install, installed
from kytos.solve.threads import Item, Result, Runner

if TYPE_CHECKING:
    from distributed import Client, Future

ADDRESS = "DASK_SCHEDULER_ADDRESS"

POLL_S = 0.1
"""Between two looks at the watch while a worker computes."""

CONNECT = "10s"


@contextmanager
def dask_runner(workers: int | None = None) -> Iterator[Runner]:
    """Connect for one solve and disconnect after it.

    Parameters
    ----------
    workers
        Processes of a local cluster, one a core when left out; not used with an address.

    Raises
    ------
    SolverUnavailableError
        When dask.distributed is not installed or the scheduler does not answer.
    """
    if not installed(DISTRIBUTED):
        raise SolverUnavailableError(
            f"{how_to_install('block_runner dask', DISTRIBUTED)}, or choose block_runner threads"
        )
    from distributed import Client, LocalCluster  # an extra, and slow to import

    address = os.environ.get(ADDRESS)
    if address:
        try:
            client = Client(address, timeout=CONNECT, set_as_default=False)
        except OSError as error:
            raise SolverUnavailableError(
                f"no dask scheduler answers at {address} ({ADDRESS}): {error}; start one, correct "
                "the address, or unset it to use this machine"
            ) from error
        with client:
            yield runner_on(client)
        return
    cores = workers or os.cpu_count() or 1
    with (
        LocalCluster(n_workers=cores, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield runner_on(client)


def runner_on(client: Client) -> Runner:
    """Return a runner on a connected client."""

    def run(
        function: Callable[..., Result],
        shared: tuple[Any, ...],
        items: Sequence[Item],
        watch: Watch,
    ) -> Iterator[Result]:
        # One copy a worker: with fewer, a worker that dies could take the only one with it.
        (common,) = client.scatter([shared], broadcast=True, hash=False)
        futures = [
            client.submit(_apply, function, common, item, watch.remaining_s, pure=False)
            for item in items
        ]
        try:
            for item, future in zip(items, futures, strict=True):
                while not future.done() and watch.reason is None:
                    time.sleep(POLL_S)
                if not future.done():
                    return
                yield _result(future, function, shared, item, watch)
        finally:
            client.cancel([future for future in futures if not future.done()])

    return run


def _result(
    future: Future[Result],
    function: Callable[..., Result],
    shared: tuple[Any, ...],
    item: Item,
    watch: Watch,
) -> Result:
    """A future's result; computed here when dask gave it up with its workers."""
    from distributed import KilledWorker
    from distributed.client import FutureCancelledError

    try:
        result: Result = future.result()
    except (KilledWorker, FutureCancelledError):
        silent = Watch(watch.deadline, watch.stopped)
        return function(*shared, item, silent)
    return result


def _apply(
    function: Callable[..., Result], shared: tuple[Any, ...], item: Item, seconds: float
) -> Result:
    """Run one item on a worker, whose clock is its own."""
    return function(*shared, item, Watch(deadline=time.monotonic() + seconds))
