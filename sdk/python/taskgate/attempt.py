"""One attempt of a job on this worker: its lease, its signal, and the news that the next beat carries. Times are time.monotonic()."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional

from .errors import Aborted, JobCancelled, JobTimedOut, LeaseLost

LOG_LINES_MAX = 1000
LOG_LINES_PER_BEAT_MAX = 100
NEVER = float("inf")


@dataclass(frozen=True)
class ClaimedJob:
    """
    A job as the worker gets it. `checkpoint` is what an earlier attempt has saved, where the server keeps checkpoints; `attempt` is 1
    for the first.
    """

    id: str
    type: str
    data: Any
    priority: float
    attempt: int
    lease: str
    lease_ms: float
    user_id: Optional[str] = None
    timeout_ms: Optional[float] = None
    checkpoint: Any = None
    keeps_checkpoints: bool = False

    @staticmethod
    def read(wire: Mapping[str, Any]) -> "ClaimedJob":
        return ClaimedJob(
            id=wire["id"],
            type=wire["type"],
            data=wire["data"],
            priority=wire.get("priority", 0),
            attempt=wire.get("attempt", 1),
            lease=wire["lease"],
            lease_ms=wire["leaseMs"],
            user_id=wire.get("userId"),
            timeout_ms=wire.get("timeoutMs"),
            checkpoint=wire.get("checkpoint"),
            keeps_checkpoints="checkpoint" in wire,
        )


class Signal:
    """Tells a handler that its work is not wanted any more: the job was cancelled, its lease is lost, it took too long, the worker stops."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.reason: Optional[Aborted] = None

    @property
    def aborted(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: Optional[float] = None) -> bool:
        """Sleeps for so long, or until it is aborted; returns whether it is."""
        return self._event.wait(seconds)

    def raise_if_aborted(self) -> None:
        if self.reason is not None:
            raise self.reason

    def abort(self, reason: Aborted) -> None:
        if self.reason is None:
            self.reason = reason
            self._event.set()


class _Saving:
    """A checkpoint on its way."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.done = threading.Event()
        self.error: Optional[BaseException] = None

    def end(self, error: Optional[BaseException] = None) -> None:
        self.error = error
        self.done.set()


class News:
    def __init__(self) -> None:
        self.progress: Optional[float] = None
        self.message: Optional[str] = None
        self.log: List[str] = []
        self.saving: List[_Saving] = []  # the last one counts


@dataclass
class SentBeat:
    """A beat under way: what it says, and what to put back when no answer comes."""

    attempt: "Attempt"
    wire: Dict[str, Any]
    news: News
    sent_at: float


class JobContext:
    """What a handler is called with."""

    def __init__(self, attempt: "Attempt") -> None:
        self._attempt = attempt
        self.job = attempt.job
        self.data = attempt.job.data
        self.signal = attempt.signal

    def progress(self, percent: float, message: Optional[str] = None) -> None:
        """0–100. Sent along with the next beat: call it as often as you like, the latest wins."""
        if not isinstance(percent, (int, float)) or percent != percent:
            raise ValueError("progress must be a number from 0 to 100")
        self._attempt.report(min(100, max(0, percent)), message)

    def log(self, line: str) -> None:
        """A line for the job's log."""
        self._attempt.append_log(str(line))

    def checkpoint(self, value: Any) -> None:
        """Keeps a value for the next attempt (`job.checkpoint` there). Returns when the server has it; raises where it keeps none."""
        self._attempt.save(value)


class Attempt:
    def __init__(self, job: ClaimedJob, news_every_ms: float, changed: threading.Condition) -> None:
        """`changed` guards everything here, and is notified when there are news."""
        self.job = job
        self.signal = Signal()
        self._changed = changed
        self._news_every_s = news_every_ms / 1000
        self._lease_s = job.lease_ms / 1000
        now = time.monotonic()
        self._lease_ends_at = now + self._lease_s
        self._renew_at = now + self._lease_s / 3
        self._times_out_at = NEVER if job.timeout_ms is None else now + job.timeout_ms / 1000
        self._last_beat_at = -NEVER
        self._news = News()
        self.is_beating = False

    # ---- the handler's side

    def report(self, percent: float, message: Optional[str]) -> None:
        with self._changed:
            self._news.progress = percent
            if message is not None:
                self._news.message = plain(message)
            self._changed.notify_all()

    def append_log(self, line: str) -> None:
        with self._changed:
            self._news.log.append(plain(line))
            del self._news.log[:-LOG_LINES_MAX]
            self._changed.notify_all()

    def save(self, value: Any) -> None:
        if not self.job.keeps_checkpoints:
            raise RuntimeError("this server keeps no checkpoints")
        json.dumps(value, allow_nan=False)  # raises here and now what could not be sent
        saving = _Saving(value)
        with self._changed:
            if self.is_forfeited and self.signal.reason is not None:
                raise self.signal.reason
            self._news.saving.append(saving)
            self._changed.notify_all()
        saving.done.wait()
        if saving.error is not None:
            raise saving.error

    # ---- the worker's side, all with `changed` held

    @property
    def is_forfeited(self) -> bool:
        """The server will not take a word about this attempt any more."""
        return isinstance(self.signal.reason, (JobCancelled, LeaseLost))

    @property
    def has_news(self) -> bool:
        return self._news.progress is not None or self.has_log

    @property
    def has_log(self) -> bool:
        return bool(self._news.log or self._news.saving)

    def abort(self, reason: Aborted) -> None:
        if isinstance(reason, (JobCancelled, LeaseLost)) and not self.is_forfeited:
            # Stronger than "took too long" and "the worker stops": those still settle.
            self.signal.reason = None
        self.signal.abort(reason)
        if self.is_forfeited:
            self._give_up(self._news)

    def due_at(self) -> float:
        """When the worker must look at it next."""
        if self.is_forfeited:
            return NEVER
        times_out_at = NEVER if self.signal.aborted else self._times_out_at
        if self.is_beating:
            return min(self._lease_ends_at, times_out_at)
        news_at = self._last_beat_at + self._news_every_s if self.has_news else NEVER
        return min(self._renew_at, news_at, self._lease_ends_at, times_out_at)

    def beat_is_due(self, now: float) -> bool:
        if self.is_beating or self.is_forfeited:
            return False
        return now >= self._renew_at or (self.has_news and now >= self._last_beat_at + self._news_every_s)

    def check_deadlines(self, now: float) -> None:
        if not self.is_forfeited and now >= self._lease_ends_at:
            self.abort(LeaseLost("the lease could not be renewed in time"))
        elif not self.signal.aborted and now >= self._times_out_at:
            self.abort(JobTimedOut(f"timed out after {self.job.timeout_ms} ms"))

    def take_beat(self, now: float) -> Optional[SentBeat]:
        if self.is_beating or self.is_forfeited:
            return None
        news, self._news = self._news, News()
        self._news.log = news.log[LOG_LINES_PER_BEAT_MAX:]
        del news.log[LOG_LINES_PER_BEAT_MAX:]
        self.is_beating = True
        self._last_beat_at = now
        wire: Dict[str, Any] = {"id": self.job.id, "lease": self.job.lease, "extendMs": self.job.lease_ms}
        if news.progress is not None:
            wire["progress"] = news.progress
        if news.message is not None:
            wire["message"] = news.message
        if news.log:
            wire["log"] = news.log
        if news.saving:
            wire["checkpoint"] = news.saving[-1].value
        return SentBeat(self, wire, news, now)

    def beat_answered(self, sent: SentBeat, outcome: str) -> None:
        self._end_beat()
        if outcome == "ok":
            self._lease_ends_at = sent.sent_at + self._lease_s
            self._renew_at = sent.sent_at + self._lease_s / 3
            for saving in sent.news.saving:
                saving.end()
            return
        if outcome in ("cancel", "cancelled"):
            self.abort(JobCancelled("the job was cancelled"))
        else:
            self.abort(LeaseLost(f"the lease is not valid any more ({outcome})"))
        self._give_up(sent.news)

    def beat_refused(self, sent: SentBeat, error: BaseException) -> None:
        """The server will never take this beat: its news are dropped, so that the lease can be renewed without them."""
        self._end_beat()
        for saving in sent.news.saving:
            saving.end(error)

    def beat_failed(self, sent: SentBeat) -> None:
        """No answer came: its news go with the next one, before what has come since."""
        self._end_beat()
        if self.is_forfeited:
            self._give_up(sent.news)
            return
        news = self._news
        news.log = (sent.news.log + news.log)[-LOG_LINES_MAX:]
        news.saving = sent.news.saving + news.saving
        if news.progress is None:
            news.progress = sent.news.progress
        if news.message is None:
            news.message = sent.news.message

    def _end_beat(self) -> None:
        self.is_beating = False
        self._changed.notify_all()

    def _give_up(self, news: News) -> None:
        for saving in news.saving:
            saving.end(self.signal.reason)
        news.saving = []


Handler = Callable[[JobContext], Any]


def plain(text: str) -> str:
    """Without what UTF-8 cannot carry."""
    return text.encode("utf-8", "replace").decode("utf-8")
