from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Dict, List

from .attempt import Attempt, plain
from .errors import JobTimedOut, NonRetryableError, RetryLater, WorkerStopped

RESULT_BYTES_MAX = 256 * 1024
"""Of a result, as JSON in UTF-8; the server's limit."""
ERROR_CHARACTERS_MAX = 2_000


@dataclass
class Settlement:
    attempt: Attempt
    wire: Dict[str, Any]
    bytes: int
    alone: bool = False  # the server has refused a request with it in: it goes alone now


def settlement_of(attempt: Attempt, verdict: Dict[str, Any], alone: bool = False) -> Settlement:
    wire = {"id": attempt.job.id, "lease": attempt.job.lease, **verdict}
    return Settlement(attempt, wire, len(json.dumps(wire, ensure_ascii=False).encode()), alone)


def completion(result: Any) -> Dict[str, Any]:
    """What a handler's return means."""
    if result is None:
        return {"op": "complete"}
    try:
        size = len(json.dumps(result, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode())
    except (TypeError, ValueError, RecursionError) as error:
        return {"op": "fail", "error": f"the result cannot be written as JSON: {error}", "retryable": False}
    if size > RESULT_BYTES_MAX:
        return {"op": "fail", "error": f"the result has {size} bytes, more than {RESULT_BYTES_MAX}", "retryable": False}
    return {"op": "complete", "result": result}


def failure(attempt: Attempt, error: BaseException) -> Dict[str, Any]:
    """What a handler's exception means."""
    if isinstance(error, RetryLater):
        return {"op": "snooze", "delayMs": max(0, round(error.delay_ms))}
    if isinstance(error, NonRetryableError):
        return {"op": "fail", "error": message_of(error), "retryable": False}
    reason = attempt.signal.reason
    if isinstance(reason, WorkerStopped):
        return {"op": "release"}
    return {"op": "fail", "error": message_of(reason if isinstance(reason, JobTimedOut) else error), "retryable": True}


def take_batch(queue: List[Settlement], items_max: int, bytes_max: int) -> List[Settlement]:
    """As much of the front of the queue as goes into one request: one at least, and nothing together with one that goes alone."""
    batch: List[Settlement] = []
    size = 0
    for item in queue:
        if len(batch) >= items_max or (batch and (item.alone or size + item.bytes > bytes_max)):
            break
        batch.append(item)
        size += item.bytes
        if item.alone:
            break
    del queue[: len(batch)]
    return batch


def message_of(error: BaseException) -> str:
    text = plain(str(error)) or type(error).__name__
    return text if len(text) <= ERROR_CHARACTERS_MAX else text[: ERROR_CHARACTERS_MAX - 1] + "…"
