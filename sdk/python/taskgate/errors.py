from __future__ import annotations

from typing import Any, Optional, Sequence


class TaskgateError(Exception):
    """An answer of the server that is not a success. Program against `code` (contract/errors.md)."""

    def __init__(
        self,
        message: str,
        status: int,
        code: str,
        errors: Sequence[Any] = (),
        request_id: Optional[str] = None,
        retry_after_ms: Optional[float] = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.errors = list(errors)
        self.request_id = request_id
        self.retry_after_ms = retry_after_ms


class ConnectionLost(Exception):
    """No answer came: the server cannot be reached, or the connection broke. What was asked may or may not have happened."""


class NonRetryableError(Exception):
    """Raised by a handler: the job fails for good, whatever retries it has left."""


class RetryLater(Exception):
    """Raised by a handler: not now. The job waits `delay_ms` and runs again; neither an attempt nor a retry is spent."""

    def __init__(self, delay_ms: float) -> None:
        super().__init__(f"again in {delay_ms} ms")
        self.delay_ms = delay_ms


class Aborted(Exception):
    """Why a running job should end; what `Signal.raise_if_aborted` raises is one of its kinds."""


class JobCancelled(Aborted):
    """The job was cancelled at the server."""


class LeaseLost(Aborted):
    """The lease of the job ended, so another worker may be running it by now."""


class JobTimedOut(Aborted):
    """The attempt took longer than the job's `timeoutMs`."""


class WorkerStopped(Aborted):
    """The worker stops, and its time to finish is over."""
