"""The real program on a free port of the loopback, with a data folder of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, List, Optional

from .fake_server import until

ROOT = Path(__file__).parents[3]
BINARY = Path(os.environ.get("TASKGATE_BINARY") or ROOT / "build/release/taskgate").resolve()
CAN_RUN = "TASKGATE_BINARY" in os.environ or BINARY.exists()
"""Without a build there is nothing to test, unless one was named."""
PASSWORD = "violet tram 93 orchard"


class RealServer:
    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="taskgate-sdk-")
        self._output = ""
        self.url = ""
        self._launch(0)

    def _launch(self, port: int) -> None:
        arguments = ["serve", "--host", "127.0.0.1", "--port", str(port), "--data-dir", f"{self._folder}/data"]
        env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self._process = subprocess.Popen(
            [str(BINARY), *arguments],
            cwd=self._folder,
            env={**env, "RATE_LIMITS": "off", "SIMULATE_UNHANDLED": "off"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._output = ""
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()
        until("the server is ready", self._is_ready, 30)

    def _read(self, process: Any) -> None:
        for line in process.stdout:
            self._output += line

    def _is_ready(self) -> bool:
        if self._process.poll() is not None:
            raise AssertionError(f"the server ended:\n{self._output}")
        found = re.search(r"http://127\.0\.0\.1:\d+", self._output)
        if not found:
            return False
        self.url = found[0]
        try:
            self.call("GET", "/readyz")
            return True
        except OSError:
            return False

    def crash(self) -> None:
        """SIGKILL, and a new process on the same data at the same address."""
        self._end(kill=True)
        self._launch(int(self.url.rsplit(":", 1)[1]))

    def stop(self) -> None:
        self._end(kill=False)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self, kill: bool) -> None:
        if kill:
            self._process.kill()
        else:
            self._process.terminate()
        self._process.wait(30)
        self._reader.join(10)
        self._process.stdout.close()

    def new_user(self, email: str = "bob@example.com") -> str:
        """Signs somebody up, verifies with the printed link and signs in; returns an access token."""
        credentials = {"email": email, "password": PASSWORD}
        self.call("POST", "/api/auth/signup", credentials)
        link = until("the link is printed", lambda: re.search(r"/verify/([\w.~-]+)\s", self._output))
        self.call("POST", f"/api/auth/verify/{link[1]}")
        return self.call("POST", "/api/auth/login", credentials)["tokens"]["accessToken"]

    def new_key(self, token: str, scopes: Optional[List[str]] = None) -> Any:
        """An API key of that user: `id` and `key`."""
        wanted = {"name": "tests", "scopes": scopes or ["jobs:read", "jobs:write", "worker"]}
        return self.call("POST", "/api/auth/keys", wanted, token)["data"]

    def call(self, method: str, path: str, body: Any = None, token: Optional[str] = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        request.add_header("Content-Type", "application/json")
        if token is not None:
            request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.loads(response.read())
