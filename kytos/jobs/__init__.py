"""A solve as a job in a worker process: its progress, its stop button and its result.

One bounded `Pool` serves pages and API. Workers are separate processes because a solve holds the
interpreter for seconds and because only a process can be killed. They are forked from a clean,
single-threaded server (or spawned where that does not exist), never from the caller: Streamlit
and uvicorn run threads, and a fork of a threaded process may deadlock.

Starting such a worker imports the caller's main module again under the name ``__mp_main__``:
whatever a main module does when run belongs under ``if __name__ == "__main__":``.
"""

from kytos.jobs.board import Progress
from kytos.jobs.errors import FunctionFailed, JobCancelled, JobError, QueueFull, WorkerDied
from kytos.jobs.job import Job
from kytos.jobs.pool import Pool

__all__ = [
    "FunctionFailed",
    "Job",
    "JobCancelled",
    "JobError",
    "Pool",
    "Progress",
    "QueueFull",
    "WorkerDied",
]
