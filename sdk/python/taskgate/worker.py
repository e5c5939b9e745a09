from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
import traceback
import uuid
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from .attempt import Attempt, ClaimedJob, Handler, JobContext, SentBeat
from .errors import JobCancelled, LeaseLost, TaskgateError, WorkerStopped
from .http import Backoff, Http, Interruption, Key, is_passing
from .settlement import Settlement, completion, failure, settlement_of, take_batch

SETTLES_MAX = 100
CLAIM_MAX = 100
REQUEST_BYTES_MAX = 512 * 1024
ANSWER_MS = 10_000
# A question for work that carries news may not keep their answer waiting for long.
WAIT_WITH_NEWS_MS = 1_000
# Between questions that the server answers at once with nothing.
IDLE_PAUSE_MS = 1_000
LOG_TRIES_MAX = 12
LAST_WORDS_S = 5.0
SIGNAL_WAIT_S = 0.5


@dataclass(frozen=True)
class WorkerEvent:
    """
    `kind`: started, settled (with `outcome` and `op`), cancelled, lease_lost, refused (the server will never take what the handler
    made: see `error`), trouble (passes by itself: see `error`), directive (in `outcome`).
    """

    kind: str
    job: Optional[ClaimedJob] = None
    outcome: Optional[str] = None
    op: Optional[str] = None
    error: Optional[str] = None


class Worker:
    """
    Runs jobs, each handler in a thread of its own. One `run` in the life of a worker.

    `key` has the scope `worker`. `name` is shown in the attempts of a job and must be unique among running workers. `lease_ms` is how long
    the server waits for a sign of life before it gives a job to another worker. With `end_on_drain` the worker ends when the server says
    that it drains; otherwise it finishes what it has and asks again until the server is back.
    """

    def __init__(
        self,
        url: str,
        key: Key,
        concurrency: int = 1,
        name: Optional[str] = None,
        lease_ms: int = 30_000,
        wait_ms: int = 25_000,
        stop_grace_ms: float = 10_000,
        progress_every_ms: float = 500,
        end_on_drain: bool = False,
        on_event: Optional[Callable[[WorkerEvent], None]] = None,
    ) -> None:
        if concurrency < 1:
            raise ValueError("concurrency must be a whole number from 1")
        self.name = name or f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._http = Http(url, key)
        self._concurrency = concurrency
        self._lease_ms = lease_ms
        self._wait_ms = wait_ms
        self._stop_grace_s = stop_grace_ms / 1000
        self._news_every_ms = progress_every_ms
        self._end_on_drain = end_on_drain
        self._on_event = on_event
        self._handlers: Dict[str, Handler] = {}
        # Guards everything below, and is notified when anything of it changes.
        self._changed = threading.Condition()
        # By lease: a job may come again while its lost attempt has not ended yet.
        self._running: Dict[str, Attempt] = {}
        self._unsettled: List[Settlement] = []
        self._settles_under_way = 0
        # The claim loop waits for an answer or for better times; otherwise what is unsettled rides along with its next question.
        self._is_asking = False
        self._is_stopping = False
        self._is_over = False
        self._fatal: Optional[BaseException] = None
        self._claim = Interruption()
        self._thread: Optional[threading.Thread] = None
        self._ended = threading.Event()

    def handler(self, type: str) -> Callable[[Handler], Handler]:
        """Decorator: this function runs jobs of that type. What it returns is the job's result; what it raises fails the job."""

        def add(function: Handler) -> Handler:
            self._handlers[type] = function
            return function

        return add

    def run(self, handle_signals: bool = True) -> None:
        """
        Works until `stop`, or SIGINT or SIGTERM (in the main thread), or a drain (with `end_on_drain`); returns when every job is settled
        or handed back. Raises what the server refuses the worker with for good, for instance because its key was revoked.
        """
        before = {}
        if handle_signals and threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                before[number] = signal.signal(number, lambda *_: self._stop_from_signal())
        try:
            self.start()
            # A signal that comes just before a wait does not end it, and its handler runs only after it: so no wait without an end.
            while not self.join(SIGNAL_WAIT_S):
                pass
        finally:
            for number, old in before.items():
                signal.signal(number, old)

    def start(self) -> None:
        """As `run`, in the background."""
        if self._thread is not None:
            raise RuntimeError("a worker runs once")
        if not self._handlers:
            raise RuntimeError("there is no handler: use @worker.handler(type)")
        self._thread = threading.Thread(target=self._live, name="taskgate-worker", daemon=True)
        self._thread.start()

    def stop(self, grace_ms: Optional[float] = None) -> None:
        """
        Takes no more jobs, lets the running ones finish (`stop_grace_ms`), aborts what still runs and hands it back. Returns at once;
        `join` waits for the end.
        """
        with self._changed:
            if grace_ms is not None:
                self._stop_grace_s = grace_ms / 1000
            self._is_stopping = True
            self._changed.notify_all()
        self._claim.set()

    def join(self, timeout: Optional[float] = None) -> bool:
        """Waits for the end; returns whether it has come. Raises as `run` does."""
        if not self._ended.wait(timeout):
            return False
        if self._fatal is not None:
            raise self._fatal
        return True

    def _stop_from_signal(self) -> None:
        # The main thread may hold a lock right now: another one does it.
        threading.Thread(target=self.stop, daemon=True).start()

    def _live(self) -> None:
        others = [threading.Thread(target=loop, daemon=True) for loop in (self._settle_loop, self._beat_loop)]
        for thread in others:
            thread.start()
        try:
            self._claim_loop()
            self._finish_running()
            self._last_words()
        finally:
            with self._changed:
                self._is_over = True
                self._changed.notify_all()
            for thread in others:
                thread.join()
            self._http.close()
            self._ended.set()

    # ---- claiming

    def _claim_loop(self) -> None:
        backoff = Backoff(250, 30_000)
        while True:
            with self._changed:
                while not self._is_stopping and self._free() <= 0:
                    self._is_asking = False
                    self._changed.notify_all()  # what is unsettled has to go without us
                    self._changed.wait()
                self._is_asking = True
                if self._is_stopping:
                    return
                free = min(self._free(), CLAIM_MAX)
                settles = [] if self._unsettled and self._unsettled[0].alone else self._take_settles()
                now = time.monotonic()
                due = [attempt for attempt in self._running.values() if attempt.has_news or attempt.beat_is_due(now)]
                beats = [sent for sent in (attempt.take_beat(now) for attempt in due) if sent is not None]
                self._changed.notify_all()  # what is left over has to go without us
            try:
                directive, is_idle = self._claim_once(free, settles, beats)
                backoff.reset()
                if directive == "drain" and self._end_on_drain:
                    return
                if is_idle or directive != "run":
                    self._pause(IDLE_PAUSE_MS / 1000, until_stopping=True)
            except Exception as error:  # noqa: BLE001
                if self._is_stopping:
                    return
                if not is_passing(error):
                    self._give_up(error)
                    return
                self._trouble(error)
                self._pause(backoff.next(getattr(error, "retry_after_ms", None)), until_stopping=True)

    def _free(self) -> int:
        return self._concurrency - len(self._running) - self._settles_under_way - max(0, len(self._unsettled) - SETTLES_MAX)

    def _take_settles(self) -> List[Settlement]:
        return take_batch(self._unsettled, SETTLES_MAX, REQUEST_BYTES_MAX)

    def _claim_once(self, free: int, settles: List[Settlement], beats: List[SentBeat]) -> Tuple[str, bool]:
        begin = time.monotonic()
        has_news = bool(settles or beats)
        wait_ms = min(self._wait_ms, WAIT_WITH_NEWS_MS if has_news else 30_000)
        body: Dict[str, Any] = {
            "worker": self.name,
            "types": list(self._handlers),
            "max": free,
            "waitMs": wait_ms,
            "leaseMs": self._lease_ms,
        }
        if settles:
            body["settle"] = [item.wire for item in settles]
        if beats:
            body["beat"] = [sent.wire for sent in beats]
        try:
            answer = self._http.post("/api/worker/claim", body, timeout_ms=wait_ms + ANSWER_MS, interruption=self._claim)
        except Exception as error:
            is_news_fault = has_news and _is_fault_of_the_body(error)
            with self._changed:
                for sent in beats:
                    if is_news_fault:
                        sent.attempt.beat_refused(sent, error)
                    else:
                        sent.attempt.beat_failed(sent)
                for item in settles:
                    item.alone = item.alone or is_news_fault
                self._unsettled[:0] = settles
                self._changed.notify_all()
            if is_news_fault:
                return "run", True
            raise
        is_idle = not answer["jobs"] and not has_news and (time.monotonic() - begin) * 1000 < min(wait_ms, IDLE_PAUSE_MS) / 2
        directive = answer["directive"]
        with self._changed:
            self._is_asking = is_idle or directive != "run"
            self._changed.notify_all()
        self._settled(settles, answer["settled"])
        self._beaten(beats, answer["beats"])
        for cancel in answer["cancels"]:
            self._cancel(cancel["id"], cancel.get("reason", ""))
        if directive != "run":
            self._event(WorkerEvent("directive", outcome=directive))
        for job in answer["jobs"]:
            self._begin(ClaimedJob.read(job))
        return directive, is_idle

    def _cancel(self, id: str, reason: str) -> None:
        with self._changed:
            for attempt in self._running.values():
                if attempt.job.id != id:
                    continue
                if reason == "lease_lost":
                    attempt.abort(LeaseLost("the lease is not valid any more"))
                else:
                    attempt.abort(JobCancelled("the job was cancelled"))

    # ---- running

    def _begin(self, job: ClaimedJob) -> None:
        attempt = Attempt(job, self._news_every_ms, self._changed)
        with self._changed:
            if self._is_stopping:
                self._unsettled.append(settlement_of(attempt, {"op": "release"}))
                self._changed.notify_all()
                return
            self._running[job.lease] = attempt
            self._changed.notify_all()
        self._event(WorkerEvent("started", job))
        threading.Thread(target=self._execute, args=(attempt,), name=f"taskgate-job-{job.id}", daemon=True).start()

    def _execute(self, attempt: Attempt) -> None:
        handler = self._handlers.get(attempt.job.type)
        try:
            # The server only gives what was asked for, but its word is not ours to trust.
            verdict = {"op": "release"} if handler is None else completion(handler(JobContext(attempt)))
        except BaseException as error:  # noqa: BLE001 - whatever a handler raises fails its job, not the worker
            verdict = failure(attempt, error)
        self._send_log(attempt)
        with self._changed:
            if self._running.pop(attempt.job.lease, None) is None:
                return  # handed back while it would not end
            reason = attempt.signal.reason if attempt.is_forfeited else None
            if reason is None:
                self._unsettled.append(settlement_of(attempt, verdict))
            self._changed.notify_all()
        if reason is not None:
            kind = "cancelled" if isinstance(reason, JobCancelled) else "lease_lost"
            self._event(WorkerEvent(kind, attempt.job, error=str(reason)))

    def _send_log(self, attempt: Attempt) -> None:
        """Lines of the log belong before the end of the attempt."""
        for _ in range(LOG_TRIES_MAX):
            with self._changed:
                while attempt.is_beating:
                    self._changed.wait()
                if not attempt.has_log or attempt.is_forfeited:
                    return
            self._beat([attempt])

    # ---- settling

    def _settle_loop(self) -> None:
        """Carries the settlements that the claim loop is too busy for."""
        backoff = Backoff(250, min(5_000, self._lease_ms / 4))
        while True:
            with self._changed:
                while not self._is_over and (not self._unsettled or not (self._is_asking or self._is_stopping or self._free() <= 0)):
                    self._changed.wait()
                if self._is_over:
                    return
                items = self._take_settles()
                self._settles_under_way += len(items)
            retry_after_ms: Optional[float] = None
            try:
                self._settled(items, self._http.post("/api/worker/settle", [item.wire for item in items], timeout_ms=ANSWER_MS))
                backoff.reset()
            except Exception as error:  # noqa: BLE001
                retry_after_ms = self._settle_failed(items, error)
            with self._changed:
                self._settles_under_way -= len(items)
                self._changed.notify_all()
            if retry_after_ms is not None:
                self._pause(backoff.next(retry_after_ms))

    def _settle_failed(self, items: List[Settlement], error: Exception) -> Optional[float]:
        """Returns how long to wait at least before another try; None: no wait."""
        if is_passing(error):
            self._trouble(error)
            self._put_back(items)
            return getattr(error, "retry_after_ms", None) or 0
        if not _is_fault_of_the_body(error):
            self._give_up(error)
            return None
        if len(items) > 1:
            for item in items:
                item.alone = True
            self._put_back(items)
            return None
        [item] = items
        self._event(WorkerEvent("refused", item.attempt.job, error=str(error)))
        # The plainest thing that can be said; if that is refused, too, the lease runs out.
        if item.wire["op"] != "fail" or item.wire.get("retryable") is not False:
            verdict = {"op": "fail", "error": f"the server refused the outcome: {error}"[:500], "retryable": False}
            self._put_back([settlement_of(item.attempt, verdict, alone=True)])
        return None

    def _put_back(self, items: List[Settlement]) -> None:
        with self._changed:
            self._unsettled[:0] = items
            self._changed.notify_all()

    def _settled(self, items: List[Settlement], outcomes: List[Mapping[str, Any]]) -> None:
        for item, answer in zip(items, outcomes):
            outcome, job = answer["outcome"], item.attempt.job
            if outcome == "stale_lease":
                self._event(WorkerEvent("lease_lost", job, error="it was settled too late"))
            elif outcome == "cancelled":
                self._event(WorkerEvent("cancelled", job))
            else:
                self._event(WorkerEvent("settled", job, outcome, item.wire["op"], item.wire.get("error")))

    # ---- beating

    def _beat_loop(self) -> None:
        backoff = Backoff(250, min(5_000, self._lease_ms / 6))
        while True:
            with self._changed:
                while True:
                    if self._is_over:
                        return
                    now = time.monotonic()
                    for attempt in self._running.values():
                        attempt.check_deadlines(now)
                    due = [attempt for attempt in self._running.values() if attempt.beat_is_due(now)]
                    if due:
                        break
                    due_at = min((attempt.due_at() for attempt in self._running.values()), default=None)
                    self._changed.wait(None if due_at is None or due_at == float("inf") else max(0.0, min(due_at - now, 3600.0)))
            retry_after_ms = self._beat(due)
            if retry_after_ms is None:
                backoff.reset()
            else:
                self._pause(min(backoff.next(retry_after_ms), self._lease_ms / 4000))

    def _beat(self, attempts: List[Attempt]) -> Optional[float]:
        """Returns how long to wait at least before another try when no answer came."""
        with self._changed:
            now = time.monotonic()
            beats = [sent for sent in (attempt.take_beat(now) for attempt in attempts) if sent is not None]
        if not beats:
            return None
        try:
            self._beaten(beats, self._http.post("/api/worker/beat", [sent.wire for sent in beats], timeout_ms=ANSWER_MS))
            return None
        except Exception as error:  # noqa: BLE001
            is_refused = _is_fault_of_the_body(error) and len(beats) == 1
            with self._changed:
                for sent in beats:
                    if is_refused:
                        sent.attempt.beat_refused(sent, error)
                    else:
                        sent.attempt.beat_failed(sent)
            if is_refused:
                self._event(WorkerEvent("refused", beats[0].attempt.job, error=str(error)))
            elif _is_fault_of_the_body(error):
                for attempt in attempts:
                    self._beat([attempt])
            elif is_passing(error):
                self._trouble(error)
                return getattr(error, "retry_after_ms", None) or 0
            else:
                self._give_up(error)
                return 0
            return None

    def _beaten(self, beats: List[SentBeat], outcomes: List[Mapping[str, Any]]) -> None:
        with self._changed:
            for sent, answer in zip(beats, outcomes):
                sent.attempt.beat_answered(sent, answer["outcome"])

    # ---- ending

    def _finish_running(self) -> None:
        """Waits for the handlers; after the grace of a stop it aborts them, and soon after hands back what will not end."""
        with self._changed:
            while not self._is_stopping and self._running:
                self._changed.wait()  # draining has no limit
            self._wait_until_empty(self._stop_grace_s)
            for attempt in self._running.values():
                attempt.abort(WorkerStopped("the worker stops"))
            self._wait_until_empty(1.0)
            for attempt in self._running.values():
                self._unsettled.append(settlement_of(attempt, {"op": "release"}))
            self._running.clear()
            self._changed.notify_all()

    def _wait_until_empty(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self._running and time.monotonic() < deadline:
            self._changed.wait(deadline - time.monotonic())

    def _last_words(self) -> None:
        """Everything settled, and goodbye: what was claimed and never arrived goes back at once."""
        deadline = time.monotonic() + LAST_WORDS_S
        with self._changed:
            while self._fatal is None and (self._unsettled or self._settles_under_way) and time.monotonic() < deadline:
                self._changed.wait(deadline - time.monotonic())
            if self._fatal is not None:
                return
        try:
            self._http.post("/api/worker/bye", {"worker": self.name}, timeout_ms=ANSWER_MS)
        except Exception as error:  # noqa: BLE001
            self._trouble(error)

    def _give_up(self, error: BaseException) -> None:
        with self._changed:
            self._fatal = self._fatal or error
            self._changed.notify_all()
        self.stop(grace_ms=0)

    def _pause(self, seconds: float, until_stopping: bool = False) -> None:
        deadline = time.monotonic() + seconds
        with self._changed:
            while not self._is_over and not (until_stopping and self._is_stopping) and time.monotonic() < deadline:
                self._changed.wait(deadline - time.monotonic())

    def _trouble(self, error: BaseException) -> None:
        self._event(WorkerEvent("trouble", error=str(error)))

    def _event(self, event: WorkerEvent) -> None:
        if self._on_event is not None:
            try:
                self._on_event(event)
            except Exception:  # noqa: BLE001 - a fault of the listener, which must not end the worker
                traceback.print_exc()
        elif event.kind == "trouble":
            print(f"taskgate: {event.error}", file=sys.stderr)
        elif event.kind == "refused" and event.job is not None:
            print(f"taskgate: job {event.job.id}: {event.error}", file=sys.stderr)


def _is_fault_of_the_body(error: BaseException) -> bool:
    """The server cannot read or will not take what was sent, but would take something else."""
    return isinstance(error, TaskgateError) and error.status in (400, 413, 422)
