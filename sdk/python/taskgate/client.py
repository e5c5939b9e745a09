from __future__ import annotations

import time
import urllib.parse
import uuid
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional

from .errors import ConnectionLost
from .http import Backoff, Http, Key
from .names import camel
from .schedules import Schedules
from .watch import Watch

Job = Dict[str, Any]
"""As in contract/openapi.yaml, with the names of the wire: `id`, `type`, `status`, `data`, `result`, `progress`, …"""

WAIT_MS = 25_000
BATCH_ANSWER_MS = 120_000
EMPTY: Any = {}


class Client:
    """
    Submits jobs and reads them, as one user. `key` is an API key (`tg_…`) or an access token, or a function that returns one. Refusals
    are TaskgateErrors, a lost connection is a ConnectionLost. May be used from several threads.
    """

    def __init__(self, url: str, key: Key) -> None:
        self._http = Http(url, key)
        self.schedules = Schedules(self._http)

    def close(self) -> None:
        """Closes idle connections; the client may still be used."""
        self._http.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, type: str, data: Any = EMPTY, *, idempotency_key: Optional[str] = None, **options: Any) -> Job:
        """
        Adds a job; when this returns, the job is on the server's disk. Options are those of docs/jobs.md in snake case: `priority=5`,
        `delay_ms=1000`, `max_retries=0`. Each call has an idempotency key, under which a submit whose answer was lost is repeated
        without adding a second job; give your own to be safe across restarts, too.
        """
        body = new_job(type, data, options)
        headers = {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
        return self._http.post("/api/jobs/submit", body, headers, repeat="always")["data"]

    def submit_batch(self, jobs: Iterable[Mapping[str, Any]], *, idempotency_key: Optional[str] = None) -> List[Dict[str, Any]]:
        """
        Adds up to 10,000 jobs at once, each a dict with `type`, `data` and options in snake case. The answer has one item for each, in
        order: the job, or why it was refused (see `is_refusal`). Safe to repeat as `submit` is.
        """
        items = []
        for job in jobs:
            options = dict(job)
            items.append(new_job(options.pop("type", ""), options.pop("data", EMPTY), options))
        headers = {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
        answer = self._http.post("/api/jobs/batch", {"jobs": items}, headers, timeout_ms=BATCH_ANSWER_MS, repeat="always")
        return answer["data"]

    def get(self, id: str) -> Job:
        """With its attempts in `attemptsLog`."""
        return self._http.get(_path(id))["data"]

    def list(self, **filters: Any) -> Iterator[Job]:
        """
        One's jobs, newest first, fetched page by page while they are iterated over. Filters: `status` (one or a list), `type`, `tag`,
        `queue`, `text`, `created_after`, `created_before`; `limit` is the size of a page, at most 1000.
        """
        query = {
            camel(name): ",".join(value) if isinstance(value, (list, tuple)) else value for name, value in filters.items()
        }
        cursor: Optional[str] = None
        while True:
            page = self._http.get("/api/jobs", {**query, "cursor": cursor})
            yield from page["data"]
            cursor = page.get("nextCursor")
            if cursor is None:
                return

    def wait(self, id: str, timeout_ms: Optional[float] = None) -> Job:
        """The job once it is completed, failed or cancelled: look at its `status`. Raises ConnectionLost after `timeout_ms`."""
        deadline = None if timeout_ms is None else time.monotonic() + timeout_ms / 1000
        backoff = Backoff(100, 2_000)
        while True:
            begin = time.monotonic()
            left_ms = WAIT_MS if deadline is None else max(0.0, (deadline - begin) * 1000)
            wait_ms = int(min(WAIT_MS, left_ms))
            job = self._http.get(_path(id), {"waitMs": wait_ms}, timeout_ms=wait_ms + 10_000)["data"]
            if is_finished(job):
                return job
            now = time.monotonic()
            if deadline is not None and now >= deadline:
                raise ConnectionLost(f"job {id} has not finished within {timeout_ms} ms")
            if (now - begin) * 1000 < wait_ms / 2:  # the server has answered at once
                time.sleep(backoff.next() if deadline is None else min(backoff.next(), deadline - now))

    def cancel(self, id: str) -> Job:
        """Ends a pending or running job. 409 `already_finished` when there is nothing to end."""
        return self._http.post(f"{_path(id)}/cancel", repeat="refused")["data"]

    def retry(self, id: str) -> Job:
        """Runs a failed or cancelled job again, from the start, with all its retries."""
        return self._http.post(f"{_path(id)}/retry", repeat="refused")["data"]

    def cancel_many(self, ids: Optional[Iterable[str]] = None, **filters: Any) -> Dict[str, Any]:
        """
        Cancels the jobs of these ids (at most 1,000), or all of one's own that match the filters (as of `list`; none of them: all), as
        often as it takes until none is left. Returns `matched`, `done` and `refused`. Safe to repeat.
        """
        return self._act("cancel", ids, filters)

    def retry_many(self, ids: Optional[Iterable[str]] = None, **filters: Any) -> Dict[str, Any]:
        """Runs failed and cancelled jobs again; as `cancel_many`."""
        return self._act("retry", ids, filters)

    def _act(self, action: str, ids: Optional[Iterable[str]], filters: Mapping[str, Any]) -> Dict[str, Any]:
        if ids is not None and filters:
            raise ValueError("give ids or filters, not both")
        body: Dict[str, Any] = {"action": action}
        if ids is not None:
            body["ids"] = [*ids]
        else:
            body["filter"] = {camel(name): value for name, value in filters.items()}
        total: Dict[str, Any] = {"matched": 0, "done": 0, "refused": []}
        while True:
            part = self._http.post("/api/jobs/actions", body, repeat="refused")["data"]
            for name in total:
                total[name] += part[name]
            if part.get("nextCursor") is None:
                return total
            body["cursor"] = part["nextCursor"]

    def watch(
        self,
        on_update: Callable[[Dict[str, Any]], None],
        job_id: Optional[str] = None,
        poll_ms: float = 2_000,
        on_error: Optional[Callable[[Exception], None]] = None,
    ) -> Watch:
        """
        Calls back, in a thread of its own, on each change of one's jobs, or of one job, until `close()`. Found by asking every
        `poll_ms` (the live channel is Socket.IO, which the standard library has not): states in between may be skipped.
        """
        return Watch(self._http, on_update, job_id, poll_ms, on_error)


def is_finished(job: Mapping[str, Any]) -> bool:
    return job["status"] in ("completed", "failed", "cancelled")


def is_refusal(item: Mapping[str, Any]) -> bool:
    """An item of a batch that was not accepted: it has `code` and `message`."""
    return "code" in item and "id" not in item


def new_job(type: str, data: Any, options: Mapping[str, Any]) -> Dict[str, Any]:
    given = {camel(name): value for name, value in options.items() if value is not None}
    return {"type": type, "data": data, **given}


def _path(id: str) -> str:
    return f"/api/jobs/{urllib.parse.quote(id, safe='')}"
