"""Runs jobs of the type "Count words": data {"text": …, "delayPerLineMs": 0}, result {lines, words, different, top}."""

from __future__ import annotations

import os

from taskgate import JobContext, NonRetryableError, Worker, WorkerEvent
from words import count_words


def say(event: WorkerEvent) -> None:
    job = f" {event.job.id}" if event.job else ""
    print(f"{event.kind}{job} {event.outcome or ''} {event.error or ''}".rstrip(), flush=True)


worker = Worker(
    os.environ.get("TASKGATE_URL", "http://localhost:3000"),
    os.environ.get("TASKGATE_KEY", ""),
    concurrency=2,
    on_event=say,
)


@worker.handler("Count words")
def count(context: JobContext) -> object:
    data = context.data if isinstance(context.data, dict) else {}
    text = data.get("text")
    if not isinstance(text, str):
        raise NonRetryableError("data.text must be a text")
    delay_s = float(data.get("delayPerLineMs", 0)) / 1000

    def after_line(done: int, lines: int) -> None:
        context.signal.raise_if_aborted()
        context.progress(100 * done / lines, f"line {done} of {lines}")
        if delay_s > 0:
            context.signal.wait(delay_s)

    return count_words(text, after_line)


if __name__ == "__main__":
    print("waiting for jobs; Ctrl+C ends", flush=True)
    worker.run()
