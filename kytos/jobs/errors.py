"""What may become of a job but a result of its own."""

from __future__ import annotations


class JobError(RuntimeError):
    """A job that did not come to a result of its own."""


class FunctionFailed(JobError):  # noqa: N818  (what happened, as a caller reads it)
    """The job's function raised an error that cannot travel between processes; holds its words."""


class QueueFull(JobError):  # noqa: N818  (what happened, as a caller reads it)
    """No worker is free and the queue holds all it may; try again later."""


class WorkerDied(JobError):  # noqa: N818  (what happened, as a caller reads it)
    """The worker process ended under the job: killed, or out of memory."""


class JobCancelled(JobError):  # noqa: N818  (what happened, as a caller reads it)
    """The job was cancelled before it had a result."""
