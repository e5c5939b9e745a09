"""Client and worker for Taskgate; standard library only."""

from .attempt import ClaimedJob, JobContext, Signal
from .client import Client, is_finished, is_refusal
from .errors import (
    ConnectionLost,
    JobCancelled,
    JobTimedOut,
    LeaseLost,
    NonRetryableError,
    RetryLater,
    TaskgateError,
    WorkerStopped,
)
from .watch import Watch
from .worker import Worker, WorkerEvent

__all__ = [
    "ClaimedJob",
    "Client",
    "ConnectionLost",
    "JobCancelled",
    "JobContext",
    "JobTimedOut",
    "LeaseLost",
    "NonRetryableError",
    "RetryLater",
    "Signal",
    "TaskgateError",
    "Watch",
    "Worker",
    "WorkerEvent",
    "WorkerStopped",
    "is_finished",
    "is_refusal",
]
