from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path
from typing import Any, Callable, Iterator, List

from taskgate import (
    JobCancelled,
    JobContext,
    JobTimedOut,
    LeaseLost,
    NonRetryableError,
    RetryLater,
    TaskgateError,
    Worker,
    WorkerEvent,
    WorkerStopped,
)

from .fake_server import KEY, FakeServer, until

CLAIM = "POST /api/worker/claim"
SETTLE = "POST /api/worker/settle"
BEAT = "POST /api/worker/beat"


@contextlib.contextmanager
def killed(process: Any) -> Iterator[None]:
    """Whatever fails in between, the program does not outlive its test."""
    try:
        yield
    finally:
        process.kill()


class Gate:
    """A handler that goes on when the test says so."""

    def __init__(self) -> None:
        self.contexts: List[JobContext] = []
        self._opened = threading.Event()
        self._result: Any = None

    def handler(self, context: JobContext) -> Any:
        self.contexts.append(context)
        self._opened.wait(30)
        return self._result

    def open(self, result: Any = None) -> None:
        self._result = result
        self._opened.set()

    def started(self, count: int = 1) -> None:
        until(f"{count} started", lambda: len(self.contexts) >= count)


class WorkerTest(unittest.TestCase):
    def setUp(self) -> None:
        self.server = FakeServer()
        self.addCleanup(self.server.close)
        self.events: List[WorkerEvent] = []
        self.reasons: List[BaseException] = []

    def work(self, type: str, handler: Callable[[JobContext], Any], **options: Any) -> Worker:
        options = {"url": self.server.url, "key": KEY, "lease_ms": 5_000, "progress_every_ms": 20, **options}
        worker = Worker(on_event=self.events.append, **options)
        worker.handler(type)(handler)
        worker.start()
        self.addCleanup(self.end, worker)
        return worker

    def end(self, worker: Worker) -> None:
        worker.stop(grace_ms=0)
        try:
            self.assertTrue(worker.join(10))
        except TaskgateError:
            pass

    def is_status(self, job: Any, status: str) -> None:
        until(f"job {job['id']} is {status}", lambda: job["status"] == status)

    def kinds(self) -> List[str]:
        return [event.kind for event in self.events]

    def until_aborted(self, context: JobContext) -> None:
        context.signal.wait(30)
        self.reasons.append(context.signal.reason)
        context.signal.raise_if_aborted()

    # ---- running

    def test_a_job_is_claimed_run_and_completed_with_the_handlers_result(self) -> None:
        self.work("add", lambda context: context.data["a"] + context.data["b"])
        job = self.server.submit("add", {"a": 2, "b": 3})
        self.is_status(job, "completed")
        self.assertEqual((job["result"], job["attempts"]), (5, 1))

    def test_as_many_jobs_run_at_once_as_the_worker_is_wide_and_not_one_more(self) -> None:
        gate = Gate()
        self.work("wait", gate.handler, concurrency=3)
        jobs = [self.server.submit("wait") for _ in range(5)]
        gate.started(3)
        self.assertEqual(sum(job["status"] == "processing" for job in jobs), 3)
        self.assertEqual(len(gate.contexts), 3)
        gate.open()
        for job in jobs:
            self.is_status(job, "completed")

    def test_a_busy_worker_needs_one_round_trip_a_job(self) -> None:
        jobs = [self.server.submit("quick") for _ in range(30)]
        self.work("quick", lambda context: "done")
        for job in jobs:
            self.is_status(job, "completed")
        self.assertLessEqual(self.server.count(CLAIM), 32)
        self.assertEqual(self.server.count(SETTLE), 0)

    def test_what_finishes_while_the_worker_waits_for_more_work_is_settled_at_once(self) -> None:
        gate = Gate()
        self.work("wait", gate.handler, concurrency=2)
        job = self.server.submit("wait")
        gate.started()
        until("it waits for more", lambda: self.server.count(CLAIM) == 2)
        gate.open("now")
        self.is_status(job, "completed")
        self.assertEqual(self.server.count(SETTLE), 1)

    def test_an_exception_fails_the_job_with_its_message_to_be_retried(self) -> None:
        def flaky(context: JobContext) -> int:
            if context.job.attempt == 1:
                raise RuntimeError("no paper")
            return context.job.attempt

        self.work("flaky", flaky)
        job = self.server.submit("flaky")
        self.is_status(job, "completed")
        self.assertEqual((job["error"], job["retries"], job["result"]), ("no paper", 1, 2))

    def test_non_retryable_error_fails_the_job_for_good(self) -> None:
        def bad(_: JobContext) -> None:
            raise NonRetryableError("no such customer")

        self.work("bad", bad)
        job = self.server.submit("bad")
        self.is_status(job, "failed")
        self.assertEqual((job["error"], job["retries"]), ("no such customer", 0))

    def test_retry_later_puts_the_job_off_and_spends_no_retry(self) -> None:
        begin = time.monotonic()
        tries: List[int] = []

        def later(_: JobContext) -> str:
            tries.append(1)
            if len(tries) == 1:
                raise RetryLater(80)
            return "then"

        self.work("later", later)
        job = self.server.submit("later")
        self.is_status(job, "completed")
        self.assertEqual((job["result"], job["retries"]), ("then", 0))
        self.assertGreater(time.monotonic() - begin, 0.079)

    def test_progress_log_and_checkpoint_reach_the_server_and_the_next_attempt(self) -> None:
        seen = []

        def long(context: JobContext) -> None:
            seen.append(context.job.checkpoint)
            context.log(f"attempt {context.job.attempt}")
            context.progress(40, "page 4")
            context.checkpoint({"page": 4})
            if context.job.attempt == 1:
                raise RuntimeError("interrupted")

        self.work("long", long)
        job = self.server.submit("long")
        self.is_status(job, "completed")
        self.assertEqual((job["progress"], job["progressMessage"], job["logs"]), (40, "page 4", ["attempt 1", "attempt 2"]))
        self.assertEqual(seen, [None, {"page": 4}])

    def test_the_last_lines_of_a_jobs_log_arrive_before_it_ends(self) -> None:
        self.work("talk", lambda context: [context.log(f"line {number}") for number in range(250)] and None)
        job = self.server.submit("talk")
        self.is_status(job, "completed")
        self.assertEqual((len(job["logs"]), job["logs"][-1]), (250, "line 249"))

    def test_an_attempt_that_takes_longer_than_its_timeout_is_aborted_and_fails(self) -> None:
        self.work("slow", self.until_aborted)
        job = self.server.submit("slow", timeoutMs=50, maxRetries=0)
        self.is_status(job, "failed")
        self.assertIsInstance(self.reasons[0], JobTimedOut)
        self.assertEqual(job["error"], "timed out after 50 ms")

    def test_a_result_that_the_server_could_not_take_fails_the_job_for_good(self) -> None:
        for result, message in (("x" * 300 * 1024, "307202 bytes"), ({1, 2}, "cannot be written as JSON"), (float("nan"), "JSON")):
            with self.subTest(message=message):
                worker = self.work("big", lambda context, result=result: result)
                job = self.server.submit("big")
                self.is_status(job, "failed")
                self.assertIn(message, job["error"])
                self.end(worker)

    # ---- leases and cancels

    def test_a_lease_is_renewed_for_as_long_as_the_handler_runs(self) -> None:
        gate = Gate()
        self.work("wait", gate.handler, lease_ms=1_200)
        job = self.server.submit("wait")
        gate.started()
        until("it was renewed often", lambda: self.server.count(BEAT) >= 4)
        gate.open()
        self.is_status(job, "completed")
        self.assertEqual(job["attempts"], 1)

    def test_cancelling_reaches_a_worker_that_is_waiting_for_more_work_at_once(self) -> None:
        self.work("long", self.until_aborted, concurrency=2, lease_ms=60_000)
        job = self.server.submit("long")
        until("it runs and waits", lambda: job["status"] == "processing" and self.server.count(CLAIM) == 2)
        self.server.cancel(job["id"])
        until("the worker said so", lambda: "cancelled" in self.kinds())
        self.assertIsInstance(self.reasons[0], JobCancelled)
        self.assertEqual(self.server.count(SETTLE), 0)

    def test_cancelling_reaches_a_worker_that_is_full_with_its_next_beat(self) -> None:
        self.work("long", self.until_aborted, lease_ms=2_000)
        job = self.server.submit("long")
        self.is_status(job, "processing")
        self.server.cancel(job["id"])
        until("the handler was told", lambda: self.reasons)
        self.assertIsInstance(self.reasons[0], JobCancelled)

    def test_a_stale_lease_aborts_the_handler_and_its_result_is_not_sent(self) -> None:
        self.work("long", self.until_aborted, lease_ms=300)
        job = self.server.submit("long")
        self.is_status(job, "processing")
        self.server.lose_lease(job["id"])
        until("the worker said so", lambda: "lease_lost" in self.kinds())
        self.assertIsInstance(self.reasons[0], LeaseLost)
        self.assertEqual(job["result"], "theirs")

    def test_a_worker_cut_off_from_the_server_gives_its_job_up_when_the_lease_is_over(self) -> None:
        self.work("long", self.until_aborted, lease_ms=300)
        job = self.server.submit("long")
        self.is_status(job, "processing")
        self.server.fault("/api/worker/beat", *[{"kind": "hang_up"}] * 50)
        until("the handler was told", lambda: self.reasons)
        self.assertIsInstance(self.reasons[0], LeaseLost)
        self.assertIn("trouble", self.kinds())

    def test_a_checkpoint_of_a_lost_job_raises_in_the_handler(self) -> None:
        def save(context: JobContext) -> None:
            until("it is lost", lambda: job["status"] == "completed")
            try:
                context.checkpoint(1)
            except LeaseLost as error:
                self.reasons.append(error)
                raise

        self.work("save", save)
        job = self.server.submit("save")
        self.is_status(job, "processing")
        self.server.lose_lease(job["id"])
        until("the handler was told", lambda: self.reasons)

    # ---- a bad line

    def test_a_settlement_whose_answer_was_lost_is_repeated_and_changes_nothing(self) -> None:
        self.server.fault("/api/worker/settle", {"kind": "lose_answer"})
        gate = Gate()
        self.work("wait", gate.handler, concurrency=2)
        job = self.server.submit("wait")
        gate.started()
        until("it waits for more", lambda: self.server.count(CLAIM) == 2)
        gate.open("once")
        until("it was repeated", lambda: any(event.outcome == "already_settled" for event in self.events))
        self.assertEqual((job["status"], job["result"], job["attempts"]), ("completed", "once", 1))

    def test_a_claim_whose_answer_was_lost_runs_when_the_lease_is_over(self) -> None:
        self.server.fault("/api/worker/claim", {"kind": "lose_answer"})
        job = self.server.submit("add")
        self.work("add", lambda context: "second", lease_ms=200)
        self.is_status(job, "completed")
        self.assertEqual((job["result"], job["attempts"]), ("second", 2))

    def test_a_beat_whose_answer_was_lost_is_repeated_with_its_news(self) -> None:
        self.server.fault("/api/worker/beat", {"kind": "hang_up"})

        def long(context: JobContext) -> None:
            context.log("kept")
            context.checkpoint(7)

        self.work("long", long)
        job = self.server.submit("long")
        self.is_status(job, "completed")
        self.assertEqual((job["logs"], job["checkpoint"]), (["kept"], 7))

    def test_after_trouble_the_worker_waits_and_asks_again(self) -> None:
        for fault, at_least in (
            ({"kind": "refuse", "status": 503, "retry_after": "1"}, 0.99),
            ({"kind": "refuse", "status": 429, "retry_after": "1"}, 0.99),
            ({"kind": "refuse", "status": 500}, 0.1),
            ({"kind": "hang_up"}, 0.1),
        ):
            with self.subTest(fault=fault):
                self.server.requests.clear()
                self.server.fault("/api/worker/claim", fault)
                job = self.server.submit("add")
                worker = self.work("add", lambda context: 1)
                self.is_status(job, "completed")
                first, second = [request for request in self.server.requests if request[0] == CLAIM][:2]
                self.assertGreaterEqual(second[2] - first[2], at_least)
                self.end(worker)

    def test_one_outcome_that_the_server_refuses_does_not_hold_up_the_others(self) -> None:
        self.server.body_bytes_max = 3_000
        gate = Gate()

        def mixed(context: JobContext) -> Any:
            return "x" * 5_000 if context.data == "big" else gate.handler(context)

        self.work("mixed", mixed, concurrency=4)
        jobs = [self.server.submit("mixed", data) for data in ("small", "big", "small")]
        gate.started(2)
        gate.open("fine")
        for job, status in zip(jobs, ("completed", "failed", "completed")):
            self.is_status(job, status)
        self.assertIn("payload_too_large", jobs[1]["error"])

    def test_where_the_server_keeps_no_checkpoints_saving_one_is_an_error(self) -> None:
        self.server.keeps_checkpoints = False
        self.work("save", lambda context: context.checkpoint(1))
        job = self.server.submit("save", maxRetries=0)
        self.is_status(job, "failed")
        self.assertEqual(job["error"], "this server keeps no checkpoints")

    def test_a_checkpoint_that_the_server_refuses_is_told_to_the_handler(self) -> None:
        self.server.body_bytes_max = 3_000

        def big(context: JobContext) -> str:
            try:
                context.checkpoint("x" * 5_000)
            except TaskgateError as error:
                return error.code
            return "taken"

        self.work("big", big)
        job = self.server.submit("big")
        self.is_status(job, "completed")
        self.assertEqual(job["result"], "payload_too_large")

    def test_a_hundred_jobs_on_a_line_that_drops_every_third_answer_are_each_done_once(self) -> None:
        for path in ("claim", "settle", "beat"):
            kind = "hang_up" if path == "claim" else "lose_answer"  # a lost claim costs its jobs a lease
            self.server.fault(f"/api/worker/{path}", *([None, None, {"kind": kind}] * 70))
        jobs = [self.server.submit("count") for _ in range(100)]
        runs: List[str] = []

        def count(context: JobContext) -> str:
            context.progress(50)
            runs.append(context.job.id)
            return context.job.id

        self.work("count", count, concurrency=20, lease_ms=20_000)
        for job in jobs:
            self.is_status(job, "completed")
        self.assertTrue(all(job["result"] == job["id"] and job["attempts"] == 1 for job in jobs))
        self.assertEqual(len(runs), 100)

    # ---- ending

    def test_a_key_that_is_not_valid_ends_the_worker_with_the_reason(self) -> None:
        worker = self.work("add", lambda context: 1, key="tg_wrong")
        with self.assertRaises(TaskgateError) as caught:
            worker.join(10)
        self.assertEqual((caught.exception.status, caught.exception.code), (401, "invalid_token"))

    def test_a_key_that_is_revoked_while_a_job_runs_ends_the_worker_and_aborts_the_job(self) -> None:
        worker = self.work("long", self.until_aborted, lease_ms=2_000)
        self.server.submit("long")
        until("its handler runs", lambda: "started" in self.kinds())
        self.server.key = "tg_another"
        with self.assertRaises(TaskgateError):
            worker.join(10)
        self.assertEqual(len(self.reasons), 1)

    def test_stop_lets_running_jobs_finish_settles_them_and_says_goodbye(self) -> None:
        gate = Gate()
        worker = self.work("wait", gate.handler, concurrency=2)
        job = self.server.submit("wait")
        gate.started()
        worker.stop()
        late = self.server.submit("wait")
        gate.open("finished")
        self.assertTrue(worker.join(10))
        self.assertEqual((job["status"], job["result"]), ("completed", "finished"))
        self.assertEqual((late["status"], late["attempts"]), ("pending", 0))
        self.assertEqual(self.server.byes, [worker.name])

    def test_stop_aborts_what_outlasts_the_grace_and_hands_it_back_without_an_attempt_spent(self) -> None:
        worker = self.work("long", self.until_aborted)
        job = self.server.submit("long")
        until("its handler runs", lambda: "started" in self.kinds())
        worker.stop(grace_ms=30)
        self.assertTrue(worker.join(10))
        self.assertIsInstance(self.reasons[0], WorkerStopped)
        self.assertEqual((job["status"], job["attempts"]), ("pending", 0))

    def test_stop_hands_back_even_what_ignores_its_signal(self) -> None:
        gate = Gate()
        worker = self.work("wait", gate.handler)
        job = self.server.submit("wait")
        gate.started()
        worker.stop(grace_ms=0)
        self.assertTrue(worker.join(10))
        self.assertEqual((job["status"], job["attempts"]), ("pending", 0))
        gate.open()

    def test_stop_does_not_wait_for_a_question_for_work_to_end(self) -> None:
        worker = self.work("never", lambda context: None, wait_ms=25_000)
        until("it waits", lambda: self.server.count(CLAIM) == 1)
        begin = time.monotonic()
        worker.stop()
        self.assertTrue(worker.join(10))
        self.assertLess(time.monotonic() - begin, 5)

    def test_a_worker_outlives_a_server_that_drains(self) -> None:
        self.work("add", lambda context: 1)
        self.server.tell("drain")
        until("it was told", lambda: "directive" in self.kinds())
        job = self.server.submit("add")
        self.server.tell("run")
        self.is_status(job, "completed")
        self.assertEqual(self.server.byes, [])

    def test_drain_finishes_what_runs_and_ends_a_worker_that_was_made_so(self) -> None:
        gate = Gate()
        worker = self.work("wait", gate.handler, concurrency=2, end_on_drain=True)
        job = self.server.submit("wait")
        gate.started()
        self.server.tell("drain")
        until("it was told", lambda: "directive" in self.kinds())
        late = self.server.submit("wait")
        gate.open("last")
        self.assertTrue(worker.join(10))
        self.assertEqual((job["result"], late["status"], len(self.server.byes)), ("last", "pending", 1))

    def test_a_quiet_worker_goes_on_when_it_is_told_to_run(self) -> None:
        self.server.tell("quiet")
        self.work("add", lambda context: 1)
        until("it was told", lambda: "directive" in self.kinds())
        job = self.server.submit("add")
        self.server.tell("run")
        self.is_status(job, "completed")

    def test_a_terminated_program_hands_its_jobs_back(self) -> None:
        program = f"""
import time
from taskgate import Worker
worker = Worker({self.server.url!r}, {KEY!r}, stop_grace_ms=50)
@worker.handler("long")
def long(context):
    while not context.signal.wait(0.01): pass
    context.signal.raise_if_aborted()
worker.run()
print("ended well")
"""
        env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        with subprocess.Popen([sys.executable, "-c", program], env=env, stdout=subprocess.PIPE, text=True) as process, killed(process):
            job = self.server.submit("long")
            self.is_status(job, "processing")
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=20)
        self.assertEqual((process.returncode, output), (0, "ended well\n"))
        self.assertEqual((job["status"], job["attempts"]), ("pending", 0))


if __name__ == "__main__":
    unittest.main()
