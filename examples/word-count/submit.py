"""Submits a file to be counted and shows the progress: submit.py FILE [MILLISECONDS PER LINE]"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Mapping

from taskgate import Client


def main() -> int:
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    client = Client(os.environ.get("TASKGATE_URL", "http://localhost:3000"), os.environ.get("TASKGATE_KEY", ""))
    data = {"text": Path(sys.argv[1]).read_text(encoding="utf-8")}
    if len(sys.argv) == 3:
        data["delayPerLineMs"] = float(sys.argv[2])
    job = client.submit("Count words", data)
    print(f"job {job['id']}")
    shown = []

    def show(update: Mapping[str, Any]) -> None:
        line = f"{update['status']} {update['progress']:.0f} %"
        if shown[-1:] != [line]:
            print(line)
            shown.append(line)

    with client.watch(show, job_id=job["id"], poll_ms=200):
        done = client.wait(job["id"])
    show(done)  # the end is often known before it is watched
    if done["status"] != "completed":
        print(f"{done['status']}: {done.get('error', '')}", file=sys.stderr)
        return 1
    result = done["result"]
    print(f"{result['words']} words, {result['different']} different, in {result['lines']} lines; most often:")
    for entry in result["top"]:
        print(f"{entry['count']:6}  {entry['word']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
