import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Account, type Job, newAccount } from "../harness/account";
import { Server } from "../harness/server";
import { until } from "../harness/until";

const SUBMIT = "/api/jobs/submit";
const BATCH = "/api/jobs/batch";

// One server whose only place is taken, so that jobs wait; and one that runs them at once.
let busy: Server;
let quick: Server;
let account: Account;
let runner: Account;
beforeAll(async () => {
  busy = await Server.start({ env: { SIMULATE_SPEED: "0.01" } });
  const holder = await newAccount(busy);
  const running = await holder.submit("Holds the only place");
  await holder.jobThatIs("processing", running.id);
  account = await newAccount(busy);
  quick = await Server.start();
  runner = await newAccount(quick);
});
afterAll(async () => {
  await busy.stop();
  await quick.stop();
});

const inAnHour = () => new Date(Math.floor(Date.now() / 1000) * 1000 + 3_600_000).toISOString();
const sent = (headers: Record<string, string>) => ({ headers });

describe("options of one job", () => {
  test("are shown with the job", async () => {
    const runAt = inAnHour();
    const job = await account.submit("Report", {
      runAt,
      queue: "billing",
      tags: ["q3", "größer"],
      timeoutMs: 90_000,
      ttlMs: 7_200_000,
      retryUntil: runAt,
      backoff: { type: "list", delaysMs: [1000, 5000] },
      uniqueKey: "report 7",
    });
    expect(job).toMatchObject({ runAt, queue: "billing", tags: ["q3", "größer"], timeoutMs: 90_000, retryUntil: runAt, uniqueKey: "report 7" });
    expect(Date.parse(job.expiresAt) - Date.parse(job.createdAt)).toBe(7_200_000);
    expect(await account.job(job.id)).toEqual({ ...job, attemptsLog: [] });
  });

  test("that are null count as not given", async () => {
    const none = { runAt: null, delayMs: null, queue: null, tags: null, timeoutMs: null, ttlMs: null, backoff: null, uniqueKey: null, dependsOn: null };
    const job = await account.submit("Plain", none);
    expect(job).toMatchObject({ queue: "default", tags: [] });
    expect(job).not.toHaveProperty("expiresAt");
  });

  test.each([
    ["runAt", { runAt: "tomorrow" }],
    ["runAt", { runAt: 17 }],
    ["runAt", { runAt: "2999-01-01T00:00:00Z" }],
    ["runAt", { runAt: "2026-01-01T00:00:00Z", delayMs: 5 }],
    ["queue", { queue: "" }],
    ["queue", { queue: "q".repeat(65) }],
    ["queue", { queue: 5 }],
    ["tags", { tags: "one" }],
    ["tags", { tags: [1] }],
    ["tags", { tags: ["t".repeat(65)] }],
    ["tags", { tags: Array(17).fill("t") }],
    ["timeoutMs", { timeoutMs: 0 }],
    ["timeoutMs", { timeoutMs: 1.5 }],
    ["timeoutMs", { timeoutMs: Number.MAX_SAFE_INTEGER }],
    ["ttlMs", { ttlMs: -1 }],
    ["retryUntil", { retryUntil: "soon" }],
    ["backoff", { backoff: "fixed" }],
    ["backoff.type", { backoff: {} }],
    ["backoff.type", { backoff: { type: "linear" } }],
    ["backoff.delayMs", { backoff: { type: "fixed", delayMs: "1s" } }],
    ["backoff.factor", { backoff: { type: "exponential", factor: 0.5 } }],
    ["backoff.jitter", { backoff: { type: "exponential", jitter: 2 } }],
    ["backoff.delaysMs", { backoff: { type: "list" } }],
    ["backoff.delaysMs", { backoff: { type: "list", delaysMs: ["1"] } }],
    ["uniqueKey", { uniqueKey: "" }],
    ["uniqueKey", { uniqueKey: "k".repeat(257) }],
    ["uniquePolicy", { uniqueKey: "k", uniquePolicy: "ignore" }],
    ["uniqueFor", { uniqueKey: "k", uniqueFor: "ever" }],
    ["uniqueForMs", { uniqueKey: "k", uniqueForMs: 0 }],
    ["dependsOn", { dependsOn: "0000000000000001" }],
    ["dependsOn", { dependsOn: ["first"] }],
    ["dependsOn", { dependsOn: ["0000000000000001"] }],
    ["dependsOn", { dependsOn: Array.from({ length: 101 }, (_, at) => at.toString(16).padStart(16, "0")) }],
    ["onDependencyFailure", { onDependencyFailure: "panic" }],
  ])("out of range are refused, naming %s: %j", async (field, options) => {
    const answer = await account.post(SUBMIT, { type: "Refused", ...options });
    expect(answer.status).toBe(400);
    expect(answer.body.code).toBe("validation_failed");
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toContain(field);
  });
});

describe("unique keys", () => {
  test("give the job that is there, with 200", async () => {
    const first = await account.submit("Nightly", { uniqueKey: "return" });
    const second = await account.post(SUBMIT, { type: "Nightly", uniqueKey: "return" });
    expect(second.status).toBe(200);
    expect(second.body.data.id).toBe(first.id);
    const other = await newAccount(busy);
    expect((await other.submit("Nightly", { uniqueKey: "return" })).id).not.toBe(first.id);
  });

  test("refuse a second job when asked to", async () => {
    await account.submit("Nightly", { uniqueKey: "reject" });
    const answer = await account.post(SUBMIT, { type: "Nightly", uniqueKey: "reject", uniquePolicy: "reject" });
    expect(answer.status).toBe(409);
    expect(answer.body.code).toBe("unique_key_taken");
  });

  test("let the second job replace the first", async () => {
    const first = await account.submit("Nightly", { uniqueKey: "replace" });
    const second = await account.submit("Nightly", { uniqueKey: "replace", uniquePolicy: "replace" });
    expect(second.id).not.toBe(first.id);
    expect((await account.job(first.id)).status).toBe("cancelled");
    const retried = await account.post(`/api/jobs/${first.id}/retry`);
    expect(retried.status).toBe(409);
    expect(retried.body.code).toBe("unique_key_taken");
  });

  test("are free again when the job has finished, unless they are held for a window", async () => {
    const windowed = { uniqueKey: "window", uniqueForMs: 3_600_000 };
    const first = await runner.submit("Fast Task", { uniqueKey: "live" });
    const kept = await runner.submit("Fast Task", windowed);
    await runner.jobThatIs("completed", first.id);
    await runner.jobThatIs("completed", kept.id);
    expect((await runner.submit("Fast Task", { uniqueKey: "live" })).id).not.toBe(first.id);
    expect((await runner.post(SUBMIT, { type: "Fast Task", ...windowed })).body.data).toMatchObject({ id: kept.id, status: "completed" });
  });

  test("admit one of many that come at the same moment", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => account.post(SUBMIT, { type: "Race", uniqueKey: "race" })));
    expect(answers.filter((answer) => answer.status === 202)).toHaveLength(1);
    expect(new Set(answers.map((answer) => answer.body.data.id)).size).toBe(1);
  });
});

describe("Idempotency-Key", () => {
  test("gives the same answer to the same request, byte for byte", async () => {
    const key = sent({ "Idempotency-Key": "order-17" });
    const first = await account.post(SUBMIT, { type: "Order" }, key);
    const second = await account.post(SUBMIT, { type: "Order" }, key);
    expect(first.status).toBe(202);
    expect(second.status).toBe(202);
    expect(second.text).toBe(first.text);
    expect(second.headers["idempotency-replayed"]).toBe("true");
    const batch = { jobs: [{ type: "Order" }, { type: "" }] };
    const many = await account.post(BATCH, batch, sent({ "Idempotency-Key": "order-18" }));
    expect((await account.post(BATCH, batch, sent({ "Idempotency-Key": "order-18" }))).text).toBe(many.text);
  });

  test("refuses another request, and is each user's own", async () => {
    const key = sent({ "Idempotency-Key": "order-19" });
    const first = await account.post(SUBMIT, { type: "Order" }, key);
    const other = await account.post(SUBMIT, { type: "Another order" }, key);
    expect(other.status).toBe(409);
    expect(other.body.code).toBe("idempotency_mismatch");
    const stranger = await newAccount(busy);
    const theirs = await stranger.post(SUBMIT, { type: "Another order" }, key);
    expect(theirs.status).toBe(202);
    expect(theirs.body.data.id).not.toBe(first.body.data.id);
  });

  test("must be printable and not too long; what was refused may be mended", async () => {
    for (const bad of ["", "k".repeat(256)]) {
      const answer = await account.post(SUBMIT, { type: "Order" }, sent({ "Idempotency-Key": bad }));
      expect(answer.status).toBe(400);
      expect(answer.body.errors[0].field).toBe("Idempotency-Key");
    }
    const key = sent({ "Idempotency-Key": "order-20" });
    expect((await account.post(SUBMIT, { type: "Order", maxRetries: -1 }, key)).status).toBe(400);
    expect((await account.post(SUBMIT, { type: "Order", maxRetries: 1 }, key)).status).toBe(202);
  });

  test("outlives a crash of the server", async () => {
    const server = await Server.start();
    const user = await newAccount(server);
    const key = sent({ "Idempotency-Key": "order-21" });
    const first = await user.post(SUBMIT, { type: "Order", delayMs: 600_000 }, key);
    await server.kill();
    const restarted = await server.again();
    const again = { token: user.accessToken, ...key };
    const second = await restarted.client().post(SUBMIT, { type: "Order", delayMs: 600_000 }, again);
    expect(second.text).toBe(first.text);
    expect((await restarted.client().get("/api/jobs", again)).body.results).toBe(1);
    await restarted.stop();
  });
});

describe("dependencies", () => {
  test("hold a job back until all have completed", async () => {
    const first = await runner.submit("Fast Task", { delayMs: 300 });
    const second = await runner.submit("Fast Task");
    const last = await runner.submit("Fast Task", { dependsOn: [first.id, second.id] });
    expect(last.dependsOn.sort()).toEqual([first.id, second.id].sort());
    expect(last.blockedBy).toBeGreaterThan(0);
    const done = await runner.jobThatIs("completed", last.id);
    const earlier = await Promise.all([first.id, second.id].map((id) => runner.job(id)));
    for (const job of earlier) expect(Date.parse(job.completedAt)).toBeLessThanOrEqual(Date.parse(done.startedAt));
    expect(done).not.toHaveProperty("blockedBy");
  });

  test("that fail take the job with them", async () => {
    const first = await runner.submit("Fast Task", { data: { shouldFail: true }, maxRetries: 0, delayMs: 200 });
    const next = await runner.submit("Fast Task", { dependsOn: [first.id] });
    const last = await runner.submit("Fast Task", { dependsOn: [next.id] });
    const failed = await runner.jobThatIs("failed", last.id);
    expect(failed.error).toBe(`dependency ${next.id} failed`);
    expect((await runner.job(next.id)).error).toBe(`dependency ${first.id} failed`);
    expect(failed.attempts).toBe(0);
    const late = await runner.submit("Fast Task", { dependsOn: [first.id] });
    expect(late.status).toBe("failed");
    const retried = await runner.post(`/api/jobs/${late.id}/retry`);
    expect(retried.status).toBe(409);
    expect(retried.body.code).toBe("dependency_failed");
  });

  test("may be retried by hand while the job waits", async () => {
    const first = await account.submit("First", { delayMs: 3_600_000 });
    const last = await account.submit("Last", { dependsOn: [first.id], onDependencyFailure: "wait" });
    await account.post(`/api/jobs/${first.id}/cancel`);
    expect(await account.job(last.id)).toMatchObject({ status: "pending", blockedBy: 1 });
    expect((await account.post(`/api/jobs/${first.id}/retry`)).status).toBe(200);
  });

  test("cannot be the jobs of others", async () => {
    const stranger = await newAccount(busy);
    const theirs = await stranger.submit("Private");
    const answer = await account.post(SUBMIT, { type: "Nosy", dependsOn: [theirs.id] });
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].field).toBe("dependsOn");
  });
});

describe("deadlines", () => {
  test("end a job that was not started in time, within a second or so", async () => {
    const job = await account.submit("Perishable", { ttlMs: 300 });
    const expired = await account.jobThatIs("failed", job.id);
    expect(expired).toMatchObject({ error: "expired", attempts: 0 });
    expect(Date.parse(expired.completedAt) - Date.parse(expired.expiresAt)).toBeLessThan(2000);
  });

  test("end an attempt that takes too long, and it counts as a failure", async () => {
    const server = await Server.start({ env: { SIMULATE_SPEED: "0.1" } });
    const user = await newAccount(server);
    const job = await user.submit("Slow", { timeoutMs: 400, maxRetries: 1, backoff: { type: "fixed", delayMs: 10 } });
    const failed = await user.jobThatIs("failed", job.id);
    expect(failed).toMatchObject({ error: "Timed out after 0.4 s", retries: 1, attempts: 2 });
    expect(failed.attemptsLog.map((attempt: { outcome: string }) => attempt.outcome)).toEqual(["failed", "failed"]);
    await server.stop();
  });
});

describe("backoff of the job's own", () => {
  test("decides when it is tried again", async () => {
    const started = await runner.submit("Fast Task", { data: { shouldFail: true }, maxRetries: 1, backoff: { type: "fixed", delayMs: 3_600_000 } });
    const waiting = await until("the job waits for its retry", async () => {
      const job = await runner.job(started.id);
      return job.retries === 1 && job;
    });
    expect(Date.parse(waiting.runAt) - Date.parse(waiting.attemptsLog[0].endedAt)).toBe(3_600_000);
  });
});

describe("batches", () => {
  test("answer for each job in order", async () => {
    const user = await newAccount(busy);
    const answer = await user.post(BATCH, {
      jobs: [{ type: "One", data: { big: 1 }, priority: 2 }, { type: "" }, "nonsense", { type: "Two", priority: "high" }, { type: "Three", queue: "q" }],
    });
    expect(answer.status).toBe(202);
    expect(answer.body.results).toBe(5);
    const [one, nameless, nonsense, wrong, three] = answer.body.data;
    expect(one).toMatchObject({ type: "One", data: { big: 1 }, priority: 2, status: "pending" });
    expect(nameless).toMatchObject({ code: "validation_failed", message: "Job type is required" });
    expect(nonsense.code).toBe("validation_failed");
    expect(wrong.errors[0].field).toBe("priority");
    expect(three.queue).toBe("q");
    const listed = await user.get("/api/jobs");
    expect(listed.body.data.map((job: Job) => job.id)).toEqual([three.id, one.id]);
  });

  test("keep every digit of the data", async () => {
    const answer = await busy.client().exchange("POST", BATCH, {
      token: account.accessToken,
      raw: '{"jobs":[{"data":{"n":12345678901234567890123},"type":"Big"},{"type":"Escaped","data":"\\u0022]}"}]}',
    });
    expect(answer.status, answer.text).toBe(202);
    expect(answer.text).toContain("12345678901234567890123");
    expect(JSON.parse(answer.text).data[1].data).toBe('"]}');
  });

  test("of ten thousand are taken at once, more are refused", async () => {
    const user = await newAccount(busy);
    const jobs = Array.from({ length: 10_000 }, (_, at) => ({ type: "Bulk", data: { at }, delayMs: 3_600_000 }));
    const answer = await user.post(`${BATCH}?return=ids`, { jobs });
    expect(answer.status).toBe(202);
    expect(new Set(answer.body.data).size).toBe(10_000);
    expect([...answer.body.data].sort()).toEqual(answer.body.data);
    expect((await user.get("/api/jobs/stats")).body.data.pending).toBe(10_000);
    expect((await user.job(answer.body.data[1234])).data).toEqual({ at: 1234 });
    const over = await user.post(BATCH, { jobs: [...jobs, { type: "One more" }] });
    expect(over.status).toBe(400);
    expect(over.body.errors[0].field).toBe("jobs");
  });

  test("may have sixteen megabytes", async () => {
    const user = await newAccount(busy);
    const jobs = Array.from({ length: 60 }, () => ({ type: "Large", data: "x".repeat(250_000), delayMs: 3_600_000 }));
    const answer = await user.post(`${BATCH}?return=ids`, { jobs });
    expect(answer.status).toBe(202);
    expect(answer.body.results).toBe(60);
  });

  test.each([[{}], [{ jobs: {} }], [{ jobs: [] }], [{ jobs: null }]])("without jobs are refused: %j", async (body) => {
    const answer = await account.post(BATCH, body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].field).toBe("jobs");
  });
});

describe("changing a job that waits", () => {
  const patch = (id: string, json: unknown) => account.client.send("PATCH", `/api/jobs/${id}`, { token: account.accessToken, json });

  test("gives it another priority and another time", async () => {
    const job = await account.submit("Later");
    const runAt = inAnHour();
    const answer = await patch(job.id, { priority: -3, runAt });
    expect(answer.status).toBe(200);
    expect(answer.body.data).toMatchObject({ id: job.id, priority: -3, runAt });
    expect((await patch(job.id, { runAt: null })).body.data).not.toHaveProperty("runAt");
    expect((await account.job(job.id)).priority).toBe(-3);
  });

  test("is refused for others, for nothing, and when it no longer waits", async () => {
    const job = await account.submit("Later");
    expect((await patch(job.id, {})).status).toBe(400);
    expect((await patch(job.id, { priority: "high" })).body.errors[0].field).toBe("priority");
    expect((await patch(job.id, { runAt: "soon" })).body.errors[0].field).toBe("runAt");
    expect((await patch("0".repeat(16), { priority: 1 })).status).toBe(404);
    const stranger = await newAccount(busy);
    const theirs = await stranger.submit("Private");
    expect((await patch(theirs.id, { priority: 1 })).status).toBe(404);
    await account.post(`/api/jobs/${job.id}/cancel`);
    const late = await patch(job.id, { priority: 1 });
    expect(late.status).toBe(409);
    expect(late.body.code).toBe("not_pending");
  });
});
