import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Account, type Job, newAccount } from "../harness/account";
import { Server } from "../harness/server";
import { until } from "../harness/until";

let server: Server;
let account: Account;
beforeAll(async () => {
  server = await Server.start({ env: { SIMULATE_SPEED: "50" } });
  account = await newAccount(server);
});
afterAll(() => server.stop());

/** The log's lines about one job. */
const log = (job: Job) => server.output.split("\n").filter((line) => line.includes(job.id));

describe("a simulated job", () => {
  test("runs, completes, and has a result and an attempt to show", async () => {
    const job = await account.submit("Make report", { data: { month: "May" } });
    const done = await account.jobThatIs("completed", job.id);
    expect(done).toMatchObject({ progress: 100, attempts: 1, retries: 0, result: expect.anything() });
    expect(Date.parse(done.completedAt)).toBeGreaterThanOrEqual(Date.parse(done.startedAt));
    expect(Date.parse(done.startedAt)).toBeGreaterThanOrEqual(Date.parse(done.createdAt));
    expect(done.attemptsLog).toEqual([
      { attempt: 1, worker: expect.any(String), startedAt: done.startedAt, endedAt: expect.any(String), durationMs: expect.any(Number), outcome: "completed" },
    ]);
    expect(log(job).some((line) => /attempt 1 completed/.test(line)), log(job).join("\n")).toBe(true);
  });

  test("takes 2 s for Fast Task and 5 s otherwise, divided by SIMULATE_SPEED", async () => {
    const took = async (type: string) => {
      const done = await account.jobThatIs("completed", (await account.submit(type)).id);
      return Date.parse(done.completedAt) - Date.parse(done.startedAt);
    };
    expect(await took("Fast Task")).toBeGreaterThanOrEqual(40);
    expect(await took("Slow Task")).toBeGreaterThanOrEqual(100);
  });

  test("that should fail is retried, which the log shows, and ends failed", async () => {
    const job = await account.submit("Send invoice", { data: { shouldFail: true } });
    const waiting = await until("it waits for its first retry", async () => {
      const read = await account.job(job.id);
      return read.retries === 1 && read.status === "pending" && read;
    });
    expect(waiting.error).toMatch(/Simulated permanent failure/);
    expect(Date.parse(waiting.runAt)).toBeGreaterThan(Date.parse(waiting.startedAt));

    const failed = await account.jobThatIs("failed", job.id, 30_000);
    expect(failed).toMatchObject({ retries: 3, maxRetries: 3, attempts: 4, error: expect.stringMatching(/Simulated permanent failure/) });
    expect(failed).not.toHaveProperty("result");
    expect(failed.attemptsLog.map((attempt: Job) => attempt.outcome)).toEqual(["failed", "failed", "failed", "failed"]);

    await until("the last attempt is in the log", () => log(job).some((line) => /attempt 4 failed/.test(line)));
    const lines = log(job).join("\n");
    for (const retry of [1, 2, 3]) {
      expect(lines).toMatch(new RegExp(`attempt ${retry} failed: Simulated permanent failure; retry ${retry} of 3 in \\d+(\\.\\d+)? s`));
    }
    expect(lines).toContain('"Send invoice"');
    expect(log(job).filter((line) => /attempt 4 failed/.test(line)).join()).not.toMatch(/retry \d of/);

    const starts = failed.attemptsLog.map((attempt: Job) => Date.parse(attempt.startedAt));
    const pauses = failed.attemptsLog.slice(0, 3).map((attempt: Job, at: number) => starts[at + 1] - Date.parse(attempt.endedAt));
    for (const [at, pause] of pauses.entries()) expect(pause, `pause ${at + 1}`).toBeGreaterThanOrEqual(1000 * 2 ** at * 0.79);

    const again = await account.post(`/api/jobs/${job.id}/retry`);
    expect(again.body.data).toMatchObject({ status: expect.stringMatching(/pending|processing/), retries: 0 });
    expect(again.body.data).not.toHaveProperty("error");
    await account.post(`/api/jobs/${job.id}/cancel`);
  });

  test("that should fail without retries fails at once", async () => {
    const job = await account.submit("Send invoice", { data: { shouldFail: true }, maxRetries: 0 });
    expect(await account.jobThatIs("failed", job.id)).toMatchObject({ retries: 0, attempts: 1 });
  });

  test("that fails once is completed with one retry", async () => {
    const job = await account.submit("Send invoice", { data: { failOnce: true } });
    const done = await account.jobThatIs("completed", job.id);
    expect(done).toMatchObject({ retries: 1, attempts: 2 });
    expect(done.attemptsLog.map((attempt: Job) => attempt.outcome)).toEqual(["failed", "completed"]);
    const repeat = await account.post(`/api/jobs/${job.id}/retry`);
    expect(repeat.status).toBe(409);
    expect(repeat.body.code).toBe("already_completed");
    expect((await account.post(`/api/jobs/${job.id}/cancel`)).body.code).toBe("already_finished");
  });

  test("with a delay starts when it is due, and not before", async () => {
    const job = await account.submit("Later", { delayMs: 700 });
    const done = await account.jobThatIs("completed", job.id);
    expect(Date.parse(done.startedAt) - Date.parse(done.createdAt)).toBeGreaterThanOrEqual(700);
  });

  test("is counted", async () => {
    const counted = await newAccount(server);
    const good = await counted.submit("Counted");
    const bad = await counted.submit("Counted", { data: { shouldFail: true }, maxRetries: 0 });
    const gone = await counted.submit("Counted", { delayMs: 60_000 });
    await counted.submit("Counted", { delayMs: 60_000 });
    await counted.post(`/api/jobs/${gone.id}/cancel`);
    await counted.jobThatIs("completed", good.id);
    await counted.jobThatIs("failed", bad.id);
    expect((await counted.get("/api/jobs/stats")).body.data).toEqual({ pending: 1, processing: 0, completed: 1, failed: 1, cancelled: 1 });
    expect((await counted.get("/api/jobs?status=failed")).body.data.map((job: Job) => job.id)).toEqual([bad.id]);
  });
});

describe("with jobs of a second or so", () => {
  let slow: Server;
  beforeAll(async () => {
    slow = await Server.start({ env: { SIMULATE_SPEED: "6" } });
  });
  afterAll(() => slow.stop());

  test("three of priority 0 and then one of priority 10: the 10 starts before every job still pending", async () => {
    const owner = await newAccount(slow);
    const zeros: Job[] = [];
    for (let at = 0; at < 3; at += 1) zeros.push(await owner.submit(`Zero ${at}`, { priority: 0 }));
    const ten = await owner.submit("Ten", { priority: 10 });

    const pendingThen: string[] = [];
    for (const zero of zeros) if ((await owner.job(zero.id)).status === "pending") pendingThen.push(zero.id);
    expect(pendingThen.length).toBeGreaterThanOrEqual(1);

    const done = await owner.jobThatIs("completed", ten.id);
    for (const id of pendingThen) {
      const zero = await owner.jobThatIs("completed", id);
      expect(Date.parse(zero.startedAt), `${zero.type} after the 10`).toBeGreaterThan(Date.parse(done.startedAt));
    }
  });

  test("one at a time, among equals the oldest first", async () => {
    const owner = await newAccount(slow);
    const jobs: Job[] = [];
    for (let at = 0; at < 4; at += 1) jobs.push(await owner.submit("Fast Task"));
    const done: Job[] = [];
    for (const job of jobs) done.push(await owner.jobThatIs("completed", job.id));
    for (let at = 1; at < done.length; at += 1) {
      expect(Date.parse(done[at].startedAt)).toBeGreaterThanOrEqual(Date.parse(done[at - 1].completedAt));
    }
  });

  test("a user with many jobs delays another's first job by one job, not by many", async () => {
    const many = await newAccount(slow);
    const few = await newAccount(slow);
    const crowd: Job[] = [];
    for (let at = 0; at < 6; at += 1) crowd.push(await many.submit("Fast Task"));
    const single = await few.submit("Fast Task");
    const done = await few.jobThatIs("completed", single.id);
    const startedBefore = (await Promise.all(crowd.map((job) => many.job(job.id)))).filter(
      (job) => job.startedAt && Date.parse(job.startedAt) > Date.parse(single.createdAt) && Date.parse(job.startedAt) < Date.parse(done.startedAt),
    );
    expect(startedBefore.length).toBeLessThanOrEqual(1);
  });

  test("progress rises to 100", async () => {
    const owner = await newAccount(slow);
    const job = await owner.submit("Watched");
    const seen: number[] = [];
    await until("it is completed", async () => {
      const read = await owner.job(job.id);
      seen.push(read.progress);
      return read.status === "completed";
    });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.some((progress) => progress > 0 && progress < 100)).toBe(true);
    expect(seen.at(-1)).toBe(100);
  });

  test("cancelling a running job ends it at once, and the next one starts", async () => {
    const owner = await newAccount(slow);
    const running = await owner.submit("Too long");
    const next = await owner.submit("Fast Task");
    await owner.jobThatIs("processing", running.id);
    const answer = await owner.post(`/api/jobs/${running.id}/cancel`);
    expect(answer.status).toBe(200);
    expect(answer.body.data.status).toBe("cancelled");
    await owner.jobThatIs("completed", next.id);
    const after = await owner.job(running.id);
    expect(after.status).toBe("cancelled");
    expect(after.attemptsLog.map((attempt: Job) => attempt.outcome)).toEqual(["cancelled"]);
  });
});

test("where nothing simulates, a type that nobody handles stays pending", async () => {
  const quiet = await Server.start({ env: { SIMULATE_UNHANDLED: "off" } });
  const owner = await newAccount(quiet);
  expect((await quiet.client().get("/api/system/info")).body.data.simulate).toBe(false);
  const job = await owner.submit("Nobody does this");
  // Whatever would claim it has had its chance once the server has gone through a stop.
  await quiet.stop();
  const again = await quiet.again();
  const read = await again.client().get(`/api/jobs/${job.id}`, { token: owner.accessToken });
  expect(read.body.data).toMatchObject({ status: "pending", attempts: 0, attemptsLog: [] });
  await again.stop();
});
