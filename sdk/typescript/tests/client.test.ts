import { afterEach, beforeEach, expect, test } from "vitest";
import { Client, ConnectionError, isRefusal, type Job, TaskgateError } from "../src/index.js";
import { FakeServer, KEY } from "./fake_server.js";
import { until } from "./until.js";

let server: FakeServer;
let client: Client;

beforeEach(async () => {
  server = await FakeServer.start();
  client = new Client({ url: `${server.url}/`, key: KEY });
});

afterEach(() => server.stop());

test("submit returns the job that get finds", async () => {
  const job = await client.submit("Send invoice", { invoice: 17 }, { priority: 5 });
  expect(job).toMatchObject({ type: "Send invoice", data: { invoice: 17 }, priority: 5, status: "pending" });
  expect(await client.get(job.id)).toMatchObject({ id: job.id, attemptsLog: [] });
});

test("options of a job are sent as they are", async () => {
  await client.submit("a", null, { delayMs: 5, tags: ["x"], uniqueKey: "k" });
  expect(server.requests[0]?.body).toEqual({ type: "a", data: null, delayMs: 5, tags: ["x"], uniqueKey: "k" });
});

test("a submit whose answer is lost is repeated without a second job", async () => {
  server.fault("/api/jobs/submit", { kind: "lose_answer" }, { kind: "refuse", status: 503 });
  const job = await client.submit("once");
  expect(server.count("POST /api/jobs/submit")).toBe(3);
  expect([...server.jobs.keys()]).toEqual([job.id]);
});

test("two submits are two jobs, the same idempotency key is one", async () => {
  await client.submit("a");
  await client.submit("a");
  const [one, two] = [await client.submit("b", {}, { idempotencyKey: "k" }), await client.submit("b", {}, { idempotencyKey: "k" })];
  expect(one.id).toBe(two.id);
  expect(server.jobs.size).toBe(3);
});

test("a batch answers for each job", async () => {
  const items = await client.submitBatch([{ type: "a", data: 1 }, { type: "" }, { type: "c" }]);
  expect(items.map(isRefusal)).toEqual([false, true, false]);
  expect(items[1]).toEqual({ code: "validation_failed", message: "Job type is required" });
});

test("list goes through every page, newest first, and stops where the reader stops", async () => {
  for (let made = 0; made < 7; made += 1) server.submit(made === 3 ? "other" : "same", made);
  const all: unknown[] = [];
  for await (const job of client.list({ limit: 3, type: "same" })) all.push(job.data);
  expect(all).toEqual([6, 5, 4, 2, 1, 0]);
  expect(server.count("GET /api/jobs")).toBe(2);
  for await (const _ of client.list({ limit: 2 })) break;
  expect(server.count("GET /api/jobs")).toBe(3);
});

test.each([true, false])("wait resolves with the finished job, also from a server that answers at once (%s)", async (knowsWaitMs) => {
  server.knowsWaitMs = knowsWaitMs;
  const job = server.submit("slow");
  const waiting = client.wait(job.id);
  await until("it was asked", () => server.count(`GET /api/jobs/${job.id}`) > 0);
  job.status = "failed";
  expect(await waiting).toMatchObject({ id: job.id, status: "failed" });
});

test("wait ends at its deadline and at its signal", async () => {
  const job = server.submit("slow");
  await expect(client.wait(job.id, { timeoutMs: 50 })).rejects.toThrow(/has not finished within 50 ms/);
  const stop = new AbortController();
  const waiting = client.wait(job.id, { signal: stop.signal });
  stop.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
});

test("cancel and retry return the job; what cannot be is refused with the server's code", async () => {
  const job = server.submit("a");
  expect((await client.cancel(job.id)).status).toBe("cancelled");
  await expect(client.cancel(job.id)).rejects.toMatchObject({ status: 409, code: "already_finished", requestId: "r1" });
  expect((await client.retry(job.id)).status).toBe("pending");
});

test("a refusal is a TaskgateError, tried once", async () => {
  const error = await client.get("ffff").catch((caught) => caught);
  expect(error).toBeInstanceOf(TaskgateError);
  expect(error).toMatchObject({ status: 404, code: "not_found" });
  expect(server.requests).toHaveLength(1);
});

test("limits are waited out as long as the server asks", async () => {
  server.fault("/api/jobs/batch", { kind: "refuse", status: 429, retryAfter: "1", code: "too_many_requests" });
  const begin = performance.now();
  await client.submitBatch([{ type: "a" }]);
  expect(performance.now() - begin).toBeGreaterThanOrEqual(990);
  expect(server.jobs.size).toBe(1);
});

test("a batch whose answer is lost is repeated without more jobs", async () => {
  server.fault("/api/jobs/batch", { kind: "lose_answer" });
  const items = await client.submitBatch([{ type: "a" }, { type: "b" }]);
  expect(server.count("POST /api/jobs/batch")).toBe(2);
  expect([...server.jobs.keys()]).toEqual(items.map((item) => (item as Job).id));
});

test("a cancel whose answer is lost is not repeated behind one's back", async () => {
  const job = server.submit("a");
  server.fault(`/api/jobs/${job.id}/cancel`, { kind: "lose_answer" });
  await expect(client.cancel(job.id)).rejects.toBeInstanceOf(ConnectionError);
  expect(server.count(`POST /api/jobs/${job.id}/cancel`)).toBe(1);
});

test("the key may come from a function, asked each time", async () => {
  let asked = 0;
  const fresh = new Client({
    url: server.url,
    key: async () => {
      asked += 1;
      return KEY;
    },
  });
  const job: Job = await fresh.submit("a");
  await fresh.get(job.id);
  expect(asked).toBe(2);
});
