"""JSON over HTTP with the server's errors as exceptions. Connections are kept and used again, by any thread."""

from __future__ import annotations

import email.utils
import http.client
import json
import random
import select
import socket
import threading
import time
import urllib.parse
from typing import Any, Callable, Dict, List, Mapping, Optional, Union

from .errors import ConnectionLost, TaskgateError

Key = Union[str, Callable[[], str]]

TIMEOUT_MS = 30_000
TRIES_MAX = 5
IDLE_CONNECTIONS_MAX = 8


class Backoff:
    """Waits between tries, in seconds: doubling, each a random half to the whole of it, so that clients do not come in step."""

    def __init__(self, first_ms: float, max_ms: float) -> None:
        self._first_ms = first_ms
        self._max_ms = max_ms
        self._tries = 0

    def next(self, at_least_ms: Optional[float] = None) -> float:
        ms = min(self._max_ms, self._first_ms * 2 ** min(self._tries, 30))
        self._tries += 1
        return max(at_least_ms or 0, random.uniform(ms / 2, ms)) / 1000

    def reset(self) -> None:
        self._tries = 0


class Interruption:
    """Lets one thread end the request that another is waiting in."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: Optional[http.client.HTTPConnection] = None
        self.is_set = False

    def set(self) -> None:
        with self._lock:
            self.is_set = True
            # Read once: the thread that waits may be closing it right now.
            sock = None if self._connection is None else self._connection.sock
            if sock is not None:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # it has just ended by itself

    def watch(self, connection: Optional[http.client.HTTPConnection]) -> None:
        with self._lock:
            if self.is_set and connection is not None:
                raise ConnectionLost("interrupted")
            self._connection = connection


class Http:
    def __init__(self, url: str, key: Key) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname is None:
            raise ValueError(f"not the address of a server: {url!r}")
        self._is_tls = parts.scheme == "https"
        self._host = parts.hostname
        self._port = parts.port
        self._prefix = parts.path.rstrip("/")
        self._key = key
        self._idle: List[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def get(self, path: str, query: Optional[Mapping[str, Any]] = None, timeout_ms: float = TIMEOUT_MS) -> Any:
        return self.send("GET", path, query=query, timeout_ms=timeout_ms, repeat="always")

    def post(
        self,
        path: str,
        body: Any = None,
        headers: Optional[Mapping[str, str]] = None,
        timeout_ms: float = TIMEOUT_MS,
        repeat: str = "never",
        interruption: Optional[Interruption] = None,
    ) -> Any:
        return self.send("POST", path, body, headers, None, timeout_ms, repeat, interruption)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Optional[Mapping[str, str]] = None,
        query: Optional[Mapping[str, Any]] = None,
        timeout_ms: float = TIMEOUT_MS,
        repeat: str = "never",
        interruption: Optional[Interruption] = None,
    ) -> Any:
        """
        `repeat` says when the request is sent again by itself: "always" (also when no answer came: only for what may safely happen
        twice), "refused" (only when the server says that it did nothing: 429), "never".
        """
        given = {name: value for name, value in (query or {}).items() if value is not None}
        target = self._prefix + path + (f"?{urllib.parse.urlencode(given)}" if given else "")
        data = None if body is None else json.dumps(body, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
        backoff = Backoff(200, 5_000)
        tries = 0
        while True:
            tries += 1
            try:
                return self._once(method, target, data, dict(headers or {}), timeout_ms, interruption)
            except (TaskgateError, ConnectionLost) as error:
                if tries >= TRIES_MAX or not _may_repeat(error, repeat):
                    raise
                time.sleep(backoff.next(getattr(error, "retry_after_ms", None)))

    def _once(
        self,
        method: str,
        target: str,
        data: Optional[bytes],
        headers: Dict[str, str],
        timeout_ms: float,
        interruption: Optional[Interruption],
    ) -> Any:
        headers["Authorization"] = f"Bearer {self._key() if callable(self._key) else self._key}"
        if data is not None:
            headers["Content-Type"] = "application/json"
        connection = self._connection(timeout_ms / 1000)
        is_whole = False
        try:
            if connection.sock is None:
                connection.connect()
            if interruption is not None:
                interruption.watch(connection)
            connection.request(method, target, data, headers)
            response = connection.getresponse()
            text = response.read()
            is_whole = not response.will_close
        except (OSError, http.client.HTTPException) as error:
            raise ConnectionLost(f"{method} {target}: {error or type(error).__name__}") from error
        finally:
            if interruption is not None:
                interruption.watch(None)
            self._put_back(connection, is_whole)
        if response.status >= 400:
            raise _refusal(response, text)
        try:
            return json.loads(text)
        except ValueError:
            raise ConnectionLost(f"{method} {target}: the answer is not JSON") from None

    def _connection(self, timeout_s: float) -> http.client.HTTPConnection:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                kind = http.client.HTTPSConnection if self._is_tls else http.client.HTTPConnection
                return kind(self._host, self._port, timeout=timeout_s)
            # Readable while nothing was asked: the server has closed it in the meantime.
            if connection.sock is not None and not select.select([connection.sock], [], [], 0)[0]:
                connection.timeout = timeout_s
                connection.sock.settimeout(timeout_s)
                return connection
            connection.close()

    def _put_back(self, connection: http.client.HTTPConnection, is_whole: bool) -> None:
        with self._lock:
            if is_whole and len(self._idle) < IDLE_CONNECTIONS_MAX:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


def is_passing(error: BaseException) -> bool:
    """Trouble that passes by itself: no answer, a limit, an overload, a restart."""
    if isinstance(error, ConnectionLost):
        return True
    return isinstance(error, TaskgateError) and (error.status in (408, 429) or error.status >= 500)


def _may_repeat(error: BaseException, repeat: str) -> bool:
    if repeat == "never":
        return False
    if isinstance(error, TaskgateError) and error.status == 429:
        return True
    return repeat == "always" and is_passing(error)


def _refusal(response: http.client.HTTPResponse, text: bytes) -> TaskgateError:
    try:
        body = json.loads(text)
    except ValueError:
        body = None  # it comes from something in between, such as a proxy
    if not isinstance(body, dict):
        body = {}
    message = body.get("message") or f"{response.status} {response.reason}"
    fields = "; ".join(str(error.get("message")) for error in body.get("errors", []))
    return TaskgateError(
        f"{message}: {fields}" if fields else message,
        status=response.status,
        code=body.get("code", "unknown"),
        errors=body.get("errors", []),
        request_id=body.get("requestId") or response.getheader("X-Request-Id"),
        retry_after_ms=_retry_after_ms(response.getheader("Retry-After")),
    )


def _retry_after_ms(value: Optional[str]) -> Optional[float]:
    """Seconds or a date (RFC 9110, 10.2.3)."""
    if not value:
        return None
    try:
        return max(0.0, float(value) * 1000)
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time()) * 1000
    except (TypeError, ValueError):
        return None
