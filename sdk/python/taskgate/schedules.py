from __future__ import annotations

import urllib.parse
from typing import Any, Dict, Iterator, List, Optional

from .http import Http
from .names import camel

Schedule = Dict[str, Any]
"""As in contract/openapi.yaml, with the names of the wire: `id`, `name`, `type`, `cron`, `timeZone`, `nextRuns`, …"""


class Schedules:
    """One's schedules, which make jobs again and again; see docs/schedules.md. Options are given in snake case."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def create(self, name: str, type: str, **options: Any) -> Schedule:
        """
        `cron` with `time_zone`, or `every_ms`; `data`, `missed_fire`, `overlap`, `paused`, and options of the job. 409
        `schedule_name_taken` when there is one of this name.
        """
        body = {"name": name, "type": type, **_wire(options)}
        return self._http.post("/api/schedules", body, repeat="refused")["data"]

    def get(self, id: str) -> Schedule:
        return self._http.get(_path(id))["data"]

    def list(self) -> Iterator[Schedule]:
        """The newest first, fetched page by page while they are iterated over."""
        cursor: Optional[str] = None
        while True:
            page = self._http.get("/api/schedules", {"cursor": cursor})
            yield from page["data"]
            cursor = page.get("nextCursor")
            if cursor is None:
                return

    def change(self, id: str, **options: Any) -> Schedule:
        """What is not given stays; None takes an option of the job away."""
        return self._http.send("PATCH", _path(id), _wire(options), repeat="always")["data"]

    def delete(self, id: str) -> None:
        """Jobs that it made stay."""
        self._http.send("DELETE", _path(id), repeat="refused")

    def run(self, id: str) -> Dict[str, Any]:
        """Makes its job now; 409 `schedule_busy` when the job before has not finished and `overlap` is `skip`."""
        return self._http.post(f"{_path(id)}/run", repeat="refused")["data"]

    def preview(self, **timing: Any) -> List[str]:
        """When a timing would run next: `cron` with `time_zone`, or `every_ms`; `count` up to 100."""
        return self._http.post("/api/schedules/preview", _wire(timing), repeat="always")["data"]["nextRuns"]


def _wire(options: Dict[str, Any]) -> Dict[str, Any]:
    return {camel(name): value for name, value in options.items()}


def _path(id: str) -> str:
    return f"/api/schedules/{urllib.parse.quote(id, safe='')}"
