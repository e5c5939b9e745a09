from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import unittest
from typing import Any, Callable, List

from taskgate import Client, JobCancelled, JobContext, NonRetryableError, RetryLater, TaskgateError, Worker, is_refusal

from .fake_server import until
from .real_server import CAN_RUN, ROOT, RealServer

FIXED = {"type": "fixed", "delayMs": 20}


@unittest.skipUnless(CAN_RUN, "build/release/taskgate is not built")
class RealServerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.server = RealServer()
        cls.addClassCleanup(cls.server.stop)
        cls.token = cls.server.new_user()
        cls.key = cls.server.new_key(cls.token)["key"]
        cls.client = Client(cls.server.url, cls.key)
        cls.addClassCleanup(cls.client.close)

    def work(self, type: str, handler: Callable[[JobContext], Any], **options: Any) -> Worker:
        self.events: List[Any] = []
        worker = Worker(self.server.url, options.pop("key", self.key), on_event=self.events.append, **options)
        worker.handler(type)(handler)
        worker.start()
        self.addCleanup(self.end, worker)
        return worker

    def end(self, worker: Worker) -> None:
        worker.stop(grace_ms=0)
        try:
            self.assertTrue(worker.join(15))
        except TaskgateError:
            pass

    def is_status(self, id: str, status: str) -> None:
        until(f"{id} is {status}", lambda: self.client.get(id)["status"] == status)

    def test_a_job_is_run_and_its_result_comes_back(self) -> None:
        self.work("py add", lambda context: {"sum": context.data["a"] + context.data["b"]})
        job = self.client.submit("py add", {"a": 2, "b": 12345678901234567890})
        done = self.client.wait(job["id"], timeout_ms=20_000)
        self.assertEqual((done["status"], done["result"], done["attempts"]), ("completed", {"sum": 12345678901234567892}, 1))

    def test_the_next_attempt_finds_the_checkpoint(self) -> None:
        found: List[Any] = []

        def handle(context: JobContext) -> str:
            found.append(context.job.checkpoint)
            if context.job.attempt == 1:
                context.checkpoint({"row": 12345678901234567890})
                raise RuntimeError("no paper")
            return "imported"

        self.work("py import", handle)
        job = self.client.submit("py import", backoff=FIXED)
        done = self.client.wait(job["id"], timeout_ms=20_000)
        self.assertEqual((done["status"], done["result"]), ("completed", "imported"))
        self.assertEqual(found, [None, {"row": 12345678901234567890}])

    def test_a_schedule_makes_jobs_is_changed_runs_by_hand_and_ends(self) -> None:
        schedules = self.client.schedules
        schedule = schedules.create("hourly", "py scheduled", every_ms=3_600_000, data={"n": 1})
        self.assertEqual(len(schedule["nextRuns"]), 5)
        with self.assertRaises(TaskgateError) as caught:
            schedules.create("hourly", "py scheduled", cron="@daily")
        self.assertEqual(caught.exception.code, "schedule_name_taken")
        changed = schedules.change(schedule["id"], cron="0 9 * * mon", time_zone="Europe/Berlin", timeout_ms=None)
        self.assertEqual(schedules.preview(cron="0 9 * * mon", time_zone="Europe/Berlin"), changed["nextRuns"])
        job = schedules.run(schedule["id"])
        self.assertEqual((job["scheduleId"], job["data"]), (schedule["id"], {"n": 1}))
        self.assertEqual([each["id"] for each in schedules.list()], [schedule["id"]])
        schedules.delete(schedule["id"])
        with self.assertRaises(TaskgateError) as caught:
            schedules.get(schedule["id"])
        self.assertEqual(caught.exception.status, 404)

    def test_failures_are_retried_and_not_when_the_worker_says_so(self) -> None:
        seen: List[Any] = []

        def handle(context: JobContext) -> str:
            if context.data == "bad":
                raise NonRetryableError("no such customer")
            seen.append(context.data)
            if seen.count(context.data) == 1:
                raise RetryLater(50) if context.data == "later" else RuntimeError("no paper")
            return "done"

        self.work("py fails", handle, concurrency=3)
        ids = {data: self.client.submit("py fails", data, backoff=FIXED)["id"] for data in ("flaky", "bad", "later")}
        flaky, bad, later = (self.client.wait(ids[data], timeout_ms=20_000) for data in ("flaky", "bad", "later"))
        self.assertEqual((flaky["status"], flaky["retries"]), ("completed", 1))
        self.assertEqual([attempt.get("error") for attempt in flaky["attemptsLog"]], ["no paper", None])
        self.assertEqual((bad["status"], bad["retries"], bad["error"]), ("failed", 0, "no such customer"))
        self.assertEqual((later["status"], later["retries"], later["attempts"]), ("completed", 0, 1))

    def test_progress_is_seen_while_the_job_runs(self) -> None:
        gate = threading.Event()

        def long(context: JobContext) -> None:
            context.log("half of it")
            context.progress(50, "half way")
            gate.wait(30)

        self.work("py long", long)
        job = self.client.submit("py long")
        until("half is seen", lambda: self.client.get(job["id"])["progress"] == 50)
        self.assertEqual(self.client.get(job["id"])["progressMessage"], "half way")
        gate.set()
        self.assertEqual(self.client.wait(job["id"], timeout_ms=20_000)["status"], "completed")

    def test_cancel_reaches_a_worker_at_once_while_it_waits_for_more_work(self) -> None:
        reasons = []

        def endless(context: JobContext) -> None:
            context.signal.wait(60)
            reasons.append(context.signal.reason)

        self.work("py endless", endless, concurrency=2, lease_ms=60_000)
        job = self.client.submit("py endless")
        self.is_status(job["id"], "processing")
        self.client.cancel(job["id"])
        until("the handler was told", lambda: reasons, 5)
        self.assertIsInstance(reasons[0], JobCancelled)

    def test_a_batch_runs_to_its_end_each_job_once(self) -> None:
        runs: List[str] = []
        self.work("py small", lambda context: runs.append(context.job.id) or context.data, concurrency=20)
        items = self.client.submit_batch({"type": "py small", "data": number, "tags": ["batch"]} for number in range(300))
        self.assertFalse(any(is_refusal(item) for item in items))
        results = [self.client.wait(item["id"], timeout_ms=60_000)["result"] for item in items]
        self.assertEqual(results, list(range(300)))
        self.assertEqual((len(runs), len(set(runs))), (300, 300))
        listed = [job["id"] for job in self.client.list(type="py small", limit=70)]
        self.assertEqual(listed, [item["id"] for item in reversed(items)])

    def test_many_are_listed_cancelled_and_retried_by_filter_and_by_id(self) -> None:
        items = self.client.submit_batch({"type": "nobody", "tags": ["py many"]} for _ in range(1_200))
        answer = self.client.cancel_many(tag="py many", created_after=items[0]["createdAt"])
        self.assertEqual(answer, {"matched": 1_200, "done": 1_200, "refused": []})
        ids = [item["id"] for item in items[:2]]
        self.assertEqual(self.client.retry_many(ids)["done"], 2)
        self.assertEqual([each["code"] for each in self.client.retry_many(ids)["refused"]], ["not_finished"] * 2)
        waiting = [job["id"] for job in self.client.list(tag="py many", status=["pending", "failed"])]
        self.assertEqual(waiting, ids[::-1])
        self.assertEqual(self.client.cancel_many(tag="py many")["done"], 2)
        with self.assertRaises(ValueError):
            self.client.cancel_many(ids, type="nobody")

    def test_a_server_killed_in_the_middle_finds_its_worker_again(self) -> None:
        gate = threading.Event()
        runs = []

        def survivor(context: JobContext) -> Any:
            runs.append(context.job.id)
            gate.wait(30)
            return context.data

        self.work("py survivor", survivor)
        job = self.client.submit("py survivor", "kept")
        self.is_status(job["id"], "processing")
        self.server.crash()
        gate.set()
        done = self.client.wait(job["id"], timeout_ms=60_000)
        self.assertEqual((done["status"], done["result"], len(runs)), ("completed", "kept", 1))

    def test_a_deleted_key_ends_the_worker(self) -> None:
        key = self.server.new_key(self.token, ["worker"])
        worker = self.work("py never", lambda context: None, key=key["key"], wait_ms=500)
        self.server.call("DELETE", f"/api/auth/keys/{key['id']}", token=self.token)
        with self.assertRaises(TaskgateError) as caught:
            worker.join(20)
        self.assertEqual(caught.exception.status, 401)

    def test_the_word_count_example_does_what_its_readme_says(self) -> None:
        env = {**os.environ, "TASKGATE_URL": self.server.url, "TASKGATE_KEY": self.key, "PYTHONPATH": str(ROOT / "sdk/python")}
        folder = ROOT / "examples/word-count"
        with subprocess.Popen([sys.executable, str(folder / "worker.py")], env=env, stdout=subprocess.PIPE, text=True) as worker:
            try:
                submit = [sys.executable, str(folder / "submit.py"), str(ROOT / "LICENSE"), "100"]
                outcome = subprocess.run(submit, env=env, capture_output=True, text=True, timeout=60)
                worker.send_signal(signal.SIGTERM)
                said, _ = worker.communicate(timeout=30)
            finally:
                worker.kill()
        self.assertEqual((outcome.returncode, outcome.stderr), (0, ""))
        self.assertRegex(outcome.stdout, r"job [0-9a-f]{16}\n(.*\n)*processing [1-9]\d? %\n(.*\n)*\d+ words, \d+ different, in \d+ lines")
        self.assertIn("settled", said)
        self.assertEqual(worker.returncode, 0)


if __name__ == "__main__":
    unittest.main()
