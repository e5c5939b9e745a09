"""
An honest small server of the protocol: leases that really run out, fencing, idempotent settlements, long polls with one waiter a job,
cancels, idempotency keys. Faults are injected by path.
"""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.parse
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, List, Optional, Tuple

KEY = "tg_test"
FINISHED = ("completed", "failed", "cancelled")


def until(what: str, probe: Callable[[], Any], within: float = 15.0) -> Any:
    """Asks until the answer is truthy, and returns it."""
    deadline = time.monotonic() + within
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s: {what}")
        time.sleep(0.005)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news here."""


class FakeServer:
    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.jobs: Dict[str, Dict[str, Any]] = {}
        self.requests: List[Tuple[str, Any, float]] = []
        self.faults: Dict[str, List[Optional[Dict[str, Any]]]] = defaultdict(list)
        self.settlements: Dict[str, str] = {}
        self.byes: List[str] = []
        self.directive = "run"
        self.directive_version = 0
        self.knows_wait_ms = True
        self.keeps_checkpoints = True
        self.body_bytes_max = 1_048_576
        self.key = KEY
        self.closed_after = False
        self._submits: Dict[str, Any] = {}
        self._cancels: Dict[str, List[Dict[str, str]]] = defaultdict(list)
        self._http = _Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        self.is_closing = False

    def close(self) -> None:
        with self.changed:
            self.is_closing = True
            self.changed.notify_all()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    # ---- what tests do

    def fault(self, path: str, *faults: Optional[Dict[str, Any]]) -> None:
        self.faults[path].extend(faults)

    def count(self, line: str) -> int:
        return sum(1 for request in self.requests if request[0] == line)

    def submit(self, type: str, data: Any = None, **more: Any) -> Dict[str, Any]:
        with self.changed:
            job = {
                "id": f"{len(self.jobs) + 1:016x}",
                "userId": "0" * 24,
                "type": type,
                "status": "pending",
                "data": {} if data is None else data,
                "retries": 0,
                "maxRetries": 3,
                "priority": 0,
                "progress": 0,
                "attempts": 0,
                "logs": [],
                "ready_at": 0.0,
                **more,
            }
            self.jobs[job["id"]] = job
            self.changed.notify_all()
            return job

    def cancel(self, id: str) -> None:
        with self.changed:
            job = self.jobs[id]
            if job.get("lease"):
                self.settlements[job["lease"]] = "cancelled"
                self._cancels[job["worker"]].append({"id": id, "reason": "cancelled"})
            job["status"] = "cancelled"
            job["lease"] = None
            self.changed.notify_all()

    def lose_lease(self, id: str) -> None:
        """As when another worker took over and has finished it."""
        with self.changed:
            self.jobs[id].update(status="completed", result="theirs", lease=None)

    def tell(self, directive: str) -> None:
        with self.changed:
            self.directive = directive
            self.directive_version += 1
            self.changed.notify_all()

    # ---- HTTP

    def _handler(self) -> type:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                self._serve()

            def do_POST(self) -> None:
                self._serve()

            def _serve(self) -> None:
                text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                body = json.loads(text) if text else None
                url = urllib.parse.urlsplit(self.path)
                query = dict(urllib.parse.parse_qsl(url.query))
                with fake.changed:
                    fake.requests.append((f"{self.command} {url.path}", body, time.monotonic()))
                    faults = fake.faults[url.path]
                    fault = (faults.pop(0) if faults else None) or {}
                    fake.changed.notify_all()
                if fault.get("kind") == "hang_up":
                    return self._hang_up()
                if fault.get("kind") == "refuse":
                    answer = (fault["status"], error(fault.get("code", "overloaded")))
                elif len(text) > fake.body_bytes_max:
                    answer = (413, error("payload_too_large"))
                elif self.headers.get("Authorization") != f"Bearer {fake.key}":
                    answer = (401, error("invalid_token"))
                else:
                    answer = fake.route(self.command, url.path, query, body, self.headers, self.connection)
                if fault.get("kind") == "lose_answer":
                    return self._hang_up()
                payload = json.dumps(answer[1]).encode()
                self.send_response(answer[0])
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                if "retry_after" in fault:
                    self.send_header("Retry-After", fault["retry_after"])
                self.end_headers()
                self.wfile.write(payload)
                if fault.get("kind") == "close_after":
                    self._hang_up()
                    fake.closed_after = True

            def _hang_up(self) -> None:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def route(self, method: str, path: str, query: Dict[str, str], body: Any, headers: Any, connection: socket.socket) -> Tuple[int, Any]:
        if path == "/api/worker/claim":
            return 200, self._claim(body, connection)
        with self.changed:
            if path == "/api/worker/settle":
                return 200, [self._settle(item) for item in body]
            if path == "/api/worker/beat":
                return 200, [self._beat(item) for item in body]
            if path == "/api/worker/bye":
                return 200, self._bye(body["worker"])
            if path in ("/api/jobs/submit", "/api/jobs/batch"):
                key = headers.get("Idempotency-Key")
                if key not in self._submits:
                    self._submits[key] = self._submitted(path, body)
                return 202, self._submits[key]
            if path == "/api/jobs":
                return 200, self._page(query)
            parts = path.split("/")
            job = self.jobs.get(parts[3])
            if job is None:
                return 404, error("not_found")
            act = parts[4] if len(parts) > 4 else None
            if act == "cancel":
                if job["status"] in FINISHED:
                    return 409, error("already_finished")
                self.cancel(job["id"])
            elif act == "retry":
                if job["status"] not in FINISHED:
                    return 409, error("not_finished")
                job["status"] = "pending"
                self.changed.notify_all()
            elif self.knows_wait_ms:
                wait_s = int(query.get("waitMs", 0)) / 1000
                self.changed.wait_for(lambda: job["status"] in FINISHED or self.is_closing, wait_s)
            return 200, {"status": "success", "data": {**job, "attemptsLog": []}}

    def _submitted(self, path: str, body: Any) -> Any:
        if path == "/api/jobs/submit":
            return {"status": "success", "data": self.submit(body["type"], body["data"], priority=body.get("priority", 0))}
        refused = {"code": "validation_failed", "message": "Job type is required"}
        items = [self.submit(job["type"], job["data"]) if job["type"] else refused for job in body["jobs"]]
        return {"status": "success", "results": len(items), "data": items}

    def _page(self, query: Dict[str, str]) -> Dict[str, Any]:
        wanted = [
            job
            for job in reversed(list(self.jobs.values()))
            if all(name not in query or job[name] == query[name] for name in ("status", "type"))
        ]
        begin = int(query.get("cursor", 0))
        end = begin + int(query.get("limit", 100))
        page = {"status": "success", "results": len(wanted[begin:end]), "data": wanted[begin:end]}
        return {**page, "nextCursor": str(end)} if end < len(wanted) else page

    # ---- the engine

    def _claim(self, request: Dict[str, Any], connection: socket.socket) -> Dict[str, Any]:
        with self.changed:
            answer: Dict[str, Any] = {
                "settled": [self._settle(item) for item in request.get("settle", [])],
                "beats": [self._beat(item) for item in request.get("beat", [])],
            }
            deadline = time.monotonic() + request["waitMs"] / 1000
            version = self.directive_version
            jobs: List[Dict[str, Any]] = []
            while True:
                self._expire_leases()
                cancels = self._cancels.pop(request["worker"], [])
                if self.directive == "run":
                    jobs = [self._lend(job, request) for job in self._ready(request["types"])[: request["max"]]]
                told = self.directive != "run" or version != self.directive_version
                if jobs or cancels or told or self.is_closing or time.monotonic() >= deadline or _is_closed(connection):
                    break
                self.changed.wait(0.01)
            return {"jobs": jobs, "cancels": cancels, "directive": self.directive, **answer}

    def _ready(self, types: List[str]) -> List[Dict[str, Any]]:
        now = time.monotonic()
        return [job for job in self.jobs.values() if job["status"] == "pending" and job["type"] in types and job["ready_at"] <= now]

    def _expire_leases(self) -> None:
        for job in self.jobs.values():
            if job["status"] == "processing" and job.get("lease") and time.monotonic() > job["lease_ends_at"]:
                job.update(status="pending", lease=None)

    def _lend(self, job: Dict[str, Any], request: Dict[str, Any]) -> Dict[str, Any]:
        job["attempts"] += 1
        lease = f"{job['id']}.{job['attempts']}.{time.monotonic_ns()}"
        ends = time.monotonic() + request["leaseMs"] / 1000
        job.update(status="processing", worker=request["worker"], lease=lease, lease_ends_at=ends)
        wire = {name: job[name] for name in ("id", "type", "data", "priority", "userId", "timeoutMs") if name in job}
        if self.keeps_checkpoints:
            wire["checkpoint"] = job.get("checkpoint")
        return {**wire, "attempt": job["attempts"], "lease": lease, "leaseMs": request["leaseMs"]}

    def _settle(self, item: Dict[str, Any]) -> Dict[str, str]:
        lease = item["lease"]
        job = self.jobs.get(item["id"])
        if lease in self.settlements:
            outcome = "cancelled" if self.settlements[lease] == "cancelled" else "already_settled"
        elif job is None or job.get("lease") != lease:
            outcome = "stale_lease"
        else:
            outcome = "ok"
            self.settlements[lease] = item["op"]
            self._apply(job, item)
        return {"id": item["id"], "outcome": outcome}

    def _apply(self, job: Dict[str, Any], item: Dict[str, Any]) -> None:
        job["lease"] = None
        job["status"] = "pending"
        if item["op"] == "complete":
            job.update(status="completed", result=item.get("result"))
        elif item["op"] == "fail":
            job["error"] = item["error"]
            if item.get("retryable") is False or job["retries"] >= job["maxRetries"]:
                job["status"] = "failed"
            else:
                job["retries"] += 1
        else:
            job["attempts"] -= 1
        job["ready_at"] = time.monotonic() + item.get("delayMs", 0) / 1000
        self.changed.notify_all()

    def _beat(self, item: Dict[str, Any]) -> Dict[str, str]:
        job = self.jobs.get(item["id"])
        if self.settlements.get(item["lease"]) == "cancelled":
            return {"id": item["id"], "outcome": "cancel"}
        if job is None or job.get("lease") != item["lease"]:
            return {"id": item["id"], "outcome": "stale_lease"}
        job["lease_ends_at"] = time.monotonic() + item["extendMs"] / 1000
        for wire, name in (("progress", "progress"), ("message", "progressMessage"), ("checkpoint", "checkpoint")):
            if wire in item:
                job[name] = item[wire]
        job["logs"].extend(item.get("log", []))
        return {"id": item["id"], "outcome": "ok"}

    def _bye(self, worker: str) -> Dict[str, str]:
        self.byes.append(worker)
        for job in self.jobs.values():
            if job.get("worker") == worker and job["status"] == "processing":
                job.update(status="pending", lease=None, attempts=job["attempts"] - 1)
        self.changed.notify_all()
        return {"status": "success"}


def error(code: str) -> Dict[str, str]:
    return {"status": "fail", "code": code, "message": f"refused: {code}", "requestId": "r1"}


def _is_closed(connection: socket.socket) -> bool:
    """The client has hung up: nobody waits for this answer."""
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except (BlockingIOError, InterruptedError):
        return False
    except OSError:
        return True
    finally:
        connection.setblocking(True)
