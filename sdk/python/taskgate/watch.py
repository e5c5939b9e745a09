from __future__ import annotations

import threading
import urllib.parse
from typing import Any, Callable, Dict, List, Optional, Tuple

from .errors import ConnectionLost, TaskgateError
from .http import Http

PAGE = 100
KNOWN_MAX = 10_000
ASKED_SINGLY_MAX = 50


class Watch:
    """See `Client.watch`. A context manager that closes itself."""

    def __init__(
        self,
        http: Http,
        on_update: Callable[[Dict[str, Any]], None],
        job_id: Optional[str],
        poll_ms: float,
        on_error: Optional[Callable[[Exception], None]],
    ) -> None:
        self._http = http
        self._on_update = on_update
        self._job_id = job_id
        self._poll_s = poll_ms / 1000
        self._on_error = on_error
        self._known: Dict[str, Tuple[str, float]] = {}
        self._is_baseline = True
        self._closed = threading.Event()
        self.ready = threading.Event()
        """Set once changes from now on are noticed."""
        self._thread = threading.Thread(target=self._poll, name="taskgate-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _poll(self) -> None:
        while not self._closed.is_set():
            try:
                for job in self._current():
                    self._compare(job)
                self._is_baseline = False
                self.ready.set()
            except (TaskgateError, ConnectionLost) as error:
                if self._on_error is not None:
                    self._on_error(error)
            self._closed.wait(self._poll_s)

    def _current(self) -> List[Dict[str, Any]]:
        """The newest jobs, the running ones, and those that were unfinished when last heard of."""
        if self._job_id is not None:
            return [self._one(self._job_id)]
        found: Dict[str, Dict[str, Any]] = {}
        for status in ("processing", None):
            for job in self._http.get("/api/jobs", {"limit": PAGE, "status": status})["data"]:
                found[job["id"]] = job
        unfinished = [id for id, (status, _) in self._known.items() if status in ("pending", "processing") and id not in found]
        for id in unfinished[:ASKED_SINGLY_MAX]:
            try:
                found[id] = self._one(id)
            except TaskgateError:
                del self._known[id]
        return list(reversed(list(found.values())))

    def _one(self, id: str) -> Dict[str, Any]:
        return self._http.get(f"/api/jobs/{urllib.parse.quote(id, safe='')}")["data"]

    def _compare(self, job: Dict[str, Any]) -> None:
        known = self._known.pop(job["id"], None)
        state = (job["status"], job["progress"])
        self._known[job["id"]] = state
        if len(self._known) > KNOWN_MAX:
            del self._known[next(iter(self._known))]
        is_news = not self._is_baseline if known is None else known != state
        if not is_news or self._closed.is_set():
            return
        update = {name: job[name] for name in ("status", "userId", "type", "progress", "error") if name in job}
        self._on_update({"jobId": job["id"], **update})
