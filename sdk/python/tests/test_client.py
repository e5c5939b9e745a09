from __future__ import annotations

import threading
import time
import unittest

from taskgate import Client, ConnectionLost, TaskgateError, is_refusal

from .fake_server import KEY, FakeServer, until


class ClientTest(unittest.TestCase):
    def setUp(self) -> None:
        self.server = FakeServer()
        self.addCleanup(self.server.close)
        self.client = Client(self.server.url + "/", KEY)
        self.addCleanup(self.client.close)

    def test_submit_returns_the_job_that_get_finds(self) -> None:
        job = self.client.submit("Send invoice", {"invoice": 17}, priority=5)
        self.assertEqual((job["type"], job["data"], job["priority"], job["status"]), ("Send invoice", {"invoice": 17}, 5, "pending"))
        self.assertEqual(self.client.get(job["id"])["attemptsLog"], [])

    def test_options_are_sent_with_the_names_of_the_wire(self) -> None:
        self.client.submit("a", None, delay_ms=5, tags=["x"], uniqueKey="k", priority=None)
        self.assertEqual(self.server.requests[0][1], {"type": "a", "data": None, "delayMs": 5, "tags": ["x"], "uniqueKey": "k"})

    def test_big_integers_keep_their_digits(self) -> None:
        self.assertEqual(self.client.submit("a", 12345678901234567890)["data"], 12345678901234567890)

    def test_a_submit_whose_answer_is_lost_is_repeated_without_a_second_job(self) -> None:
        self.server.fault("/api/jobs/submit", {"kind": "lose_answer"}, {"kind": "refuse", "status": 503})
        job = self.client.submit("once")
        self.assertEqual(self.server.count("POST /api/jobs/submit"), 3)
        self.assertEqual(list(self.server.jobs), [job["id"]])

    def test_two_submits_are_two_jobs_and_the_same_idempotency_key_is_one(self) -> None:
        self.client.submit("a")
        self.client.submit("a")
        ids = {self.client.submit("b", idempotency_key="k")["id"] for _ in range(2)}
        self.assertEqual((len(ids), len(self.server.jobs)), (1, 3))

    def test_a_batch_answers_for_each_job(self) -> None:
        items = self.client.submit_batch([{"type": "a", "data": 1}, {"type": ""}, {"type": "c", "delay_ms": 7}])
        self.assertEqual([is_refusal(item) for item in items], [False, True, False])
        self.assertEqual(self.server.requests[0][1]["jobs"][2], {"type": "c", "data": {}, "delayMs": 7})

    def test_list_goes_through_every_page_and_stops_where_the_reader_stops(self) -> None:
        for number in range(7):
            self.server.submit("other" if number == 3 else "same", number)
        self.assertEqual([job["data"] for job in self.client.list(limit=3, type="same")], [6, 5, 4, 2, 1, 0])
        self.assertEqual(self.server.count("GET /api/jobs"), 2)
        next(iter(self.client.list(limit=2)))
        self.assertEqual(self.server.count("GET /api/jobs"), 3)

    def test_wait_returns_the_finished_job_also_from_a_server_that_answers_at_once(self) -> None:
        for knows_wait_ms in (True, False):
            with self.subTest(knows_wait_ms=knows_wait_ms):
                self.server.knows_wait_ms = knows_wait_ms
                job = self.server.submit("slow")
                found = []
                waiting = threading.Thread(target=lambda id=job["id"]: found.append(self.client.wait(id)))
                waiting.start()
                until("it was asked", lambda: self.server.count(f"GET /api/jobs/{job['id']}") > 0)
                with self.server.changed:
                    job["status"] = "failed"
                    self.server.changed.notify_all()
                waiting.join(10)
                self.assertEqual(found[0]["status"], "failed")

    def test_wait_ends_at_its_deadline(self) -> None:
        job = self.server.submit("slow")
        with self.assertRaisesRegex(ConnectionLost, "has not finished within 50 ms"):
            self.client.wait(job["id"], timeout_ms=50)

    def test_cancel_and_retry_return_the_job_and_what_cannot_be_is_refused(self) -> None:
        job = self.server.submit("a")
        self.assertEqual(self.client.cancel(job["id"])["status"], "cancelled")
        with self.assertRaises(TaskgateError) as caught:
            self.client.cancel(job["id"])
        error = caught.exception
        self.assertEqual((error.status, error.code, error.request_id), (409, "already_finished", "r1"))
        self.assertEqual(self.client.retry(job["id"])["status"], "pending")

    def test_a_refusal_is_tried_once(self) -> None:
        with self.assertRaises(TaskgateError):
            self.client.get("ffff")
        self.assertEqual(len(self.server.requests), 1)

    def test_limits_are_waited_out_as_long_as_the_server_asks(self) -> None:
        self.server.fault("/api/jobs/batch", {"kind": "refuse", "status": 429, "retry_after": "1"})
        begin = time.monotonic()
        self.client.submit_batch([{"type": "a"}])
        self.assertGreaterEqual(time.monotonic() - begin, 0.99)

    def test_a_batch_whose_answer_is_lost_is_repeated_without_more_jobs(self) -> None:
        self.server.fault("/api/jobs/batch", {"kind": "lose_answer"})
        items = self.client.submit_batch([{"type": "a"}, {"type": "b"}])
        self.assertEqual(self.server.count("POST /api/jobs/batch"), 2)
        self.assertEqual(list(self.server.jobs), [item["id"] for item in items])

    def test_a_cancel_whose_answer_is_lost_is_not_repeated_behind_ones_back(self) -> None:
        job = self.server.submit("a")
        path = f"/api/jobs/{job['id']}/cancel"
        self.server.fault(path, {"kind": "lose_answer"})
        with self.assertRaises(ConnectionLost):
            self.client.cancel(job["id"])
        self.assertEqual(self.server.count(f"POST {path}"), 1)

    def test_a_connection_that_the_server_closed_while_idle_is_not_used_again(self) -> None:
        self.server.fault("/api/jobs/submit", {"kind": "close_after"})
        job = self.client.submit("a")
        until("the connection is closed", lambda: self.server.closed_after)
        self.client.cancel(job["id"])  # never repeated by itself
        self.assertEqual(self.server.count(f"POST /api/jobs/{job['id']}/cancel"), 1)

    def test_the_key_may_come_from_a_function(self) -> None:
        asked = []
        with Client(self.server.url, lambda: asked.append(1) or KEY) as client:
            client.get(client.submit("a")["id"])
        self.assertEqual(len(asked), 2)

    def test_watch_tells_new_jobs_progress_and_ends_each_once(self) -> None:
        old = self.server.submit("a")
        updates = []
        with self.client.watch(updates.append, poll_ms=10) as watch:
            watch.ready.wait(5)
            fresh = self.server.submit("a")
            until("the new job is told", lambda: any(update["jobId"] == fresh["id"] for update in updates))
            old.update(status="processing", progress=30)
            until("progress is told", lambda: any(update["progress"] == 30 for update in updates))
            old.update(status="failed", error="no paper")
            until("the end is told", lambda: any(update.get("error") == "no paper" for update in updates))
        self.assertEqual(len(updates), 3)

    def test_watch_follows_an_unfinished_job_off_the_first_page(self) -> None:
        old = self.server.submit("a")
        updates = []
        with self.client.watch(updates.append, poll_ms=10) as watch:
            watch.ready.wait(5)
            for _ in range(150):
                self.server.submit("b")
            old["status"] = "completed"
            until("its end is told", lambda: any(update["jobId"] == old["id"] for update in updates))


if __name__ == "__main__":
    unittest.main()
