import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Client, type Handler, isRefusal, type Job, JobCancelled, type JobUpdate, NonRetryableError, RetryLater, Worker, type WorkerEvent, type WorkerOptions } from "../src/index.js";
import { canRun, RealServer } from "./real_server.js";
import { until } from "./until.js";

describe.skipIf(!canRun)("with the real server", () => {
  let server: RealServer;
  let token: string;
  let key: { id: string; key: string };
  let client: Client;
  let events: WorkerEvent[];
  const workers: Worker[] = [];

  beforeAll(async () => {
    server = await RealServer.start();
    token = await server.newUser();
    key = await server.newKey(token);
    client = new Client({ url: server.url, key: key.key });
  });
  afterAll(() => server?.stop());
  beforeEach(() => {
    events = [];
  });
  afterEach(async () => {
    await Promise.allSettled(workers.splice(0).map((worker) => worker.stop({ graceMs: 0 })));
  });

  function work(types: Record<string, Handler>, options: Partial<WorkerOptions> = {}): { worker: Worker; done: Promise<void> } {
    const worker = new Worker({ url: server.url, key: key.key, types, onEvent: (event) => events.push(event), ...options });
    workers.push(worker);
    const done = worker.run();
    done.catch(() => {});
    return { worker, done };
  }
  const isStatus = (id: string, status: string) => until(`${id} is ${status}`, async () => (await client.get(id)).status === status);
  const untilAborted: Handler = ({ signal }) => new Promise((_, failed) => signal.addEventListener("abort", () => failed(signal.reason)));

  test("a job is run by a worker of another process's kind, and its result comes back", async () => {
    work({ "Add up": ({ data }) => ({ sum: data.a + data.b }) });
    const job = await client.submit("Add up", { a: 2, b: 3 });
    const done = await client.wait(job.id);
    expect(done).toMatchObject({ status: "completed", result: { sum: 5 }, attempts: 1 });
    expect(done.attemptsLog).toHaveLength(1);
  });

  test("the next attempt finds the checkpoint, and the owner reads the log", async () => {
    const found: unknown[] = [];
    work({
      import: async ({ job, log, checkpoint }) => {
        found.push(job.checkpoint);
        if (job.attempt === 2) return "imported";
        log("row 1");
        await checkpoint({ row: 1 });
        await checkpoint({ row: 2 });
        log("no paper");
        throw new Error("no paper");
      },
    });
    const job = await client.submit("import", {}, { backoff: { type: "fixed", delayMs: 20 } });
    expect(await client.wait(job.id)).toMatchObject({ status: "completed", result: "imported" });
    expect(found).toEqual([null, { row: 2 }]);
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${server.url}/api/jobs/${job.id}/logs`, { headers });
    const { data } = (await answer.json()) as { data: { attempt: number; line: string }[] };
    expect(data.map(({ attempt, line }) => [attempt, line])).toEqual([
      [1, "row 1"],
      [1, "no paper"],
    ]);
  });

  test("a schedule makes jobs, is changed, runs by hand and ends", async () => {
    const schedule = await client.schedules.create({ name: "hourly", type: "Scheduled", everyMs: 3_600_000, data: { n: 1 } });
    expect(schedule.nextRuns).toHaveLength(5);
    await expect(client.schedules.create({ name: "hourly", type: "Scheduled", cron: "@daily" })).rejects.toMatchObject({ code: "schedule_name_taken" });
    const changed = await client.schedules.change(schedule.id, { cron: "0 9 * * mon", timeZone: "Europe/Berlin", data: { n: 2 } });
    expect(changed).toMatchObject({ cron: "0 9 * * mon", timeZone: "Europe/Berlin" });
    expect(await client.schedules.preview({ cron: "0 9 * * mon", timeZone: "Europe/Berlin" })).toEqual(changed.nextRuns);
    expect(await client.schedules.run(schedule.id)).toMatchObject({ type: "Scheduled", scheduleId: schedule.id, data: { n: 2 } });
    const listed: string[] = [];
    for await (const each of client.schedules.list()) listed.push(each.id);
    expect(listed).toEqual([schedule.id]);
    await client.schedules.delete(schedule.id);
    await expect(client.schedules.get(schedule.id)).rejects.toMatchObject({ status: 404 });
  });

  test("failures are retried, and not when the worker says so; a delay asked for spends no retry", async () => {
    let asked = 0;
    work(
      {
        flaky: ({ job }) => {
          if (job.attempt === 1) throw new Error("no paper");
          return "printed";
        },
        bad: () => {
          throw new NonRetryableError("no such customer");
        },
        later: () => {
          asked += 1;
          if (asked === 1) throw new RetryLater(50);
          return "then";
        },
      },
      { concurrency: 3 },
    );
    const backoff = { type: "fixed" as const, delayMs: 20 };
    const [flaky, bad, later] = await Promise.all(["flaky", "bad", "later"].map((type) => client.submit(type, {}, { backoff })));
    const printed = await client.wait(flaky?.id ?? "");
    expect(printed).toMatchObject({ status: "completed", result: "printed", retries: 1 });
    expect(printed.attemptsLog.map((attempt) => attempt.error)).toEqual(["no paper", undefined]);
    expect(await client.wait(bad?.id ?? "")).toMatchObject({ status: "failed", retries: 0, error: "no such customer" });
    expect(await client.wait(later?.id ?? "")).toMatchObject({ status: "completed", result: "then", retries: 0, attempts: 1 });
  });

  test("progress is seen while the job runs", async () => {
    let go: () => void = () => {};
    const gate = new Promise<void>((done) => (go = done));
    work({
      long: async ({ progress, log }) => {
        log("half of it");
        progress(50, "half way");
        await gate;
      },
    });
    const job = await client.submit("long");
    await until("half is seen", async () => (await client.get(job.id)).progress === 50);
    expect((await client.get(job.id)).progressMessage).toBe("half way");
    go();
    expect((await client.wait(job.id)).status).toBe("completed");
  });

  test("watch tells the way of a job", async () => {
    const updates: JobUpdate[] = [];
    const watch = client.watch((update) => updates.push(update), { pollMs: 100 });
    await watch.ready;
    work({ seen: () => 1 });
    const job = await client.submit("seen");
    await until("its end is told", () => updates.some((update) => update.jobId === job.id && update.status === "completed"));
    watch.close();
  });

  test("with an access token the watch is live", async () => {
    const updates: JobUpdate[] = [];
    const watch = new Client({ url: server.url, key: token }).watch((update) => updates.push(update));
    await watch.ready;
    expect(watch.isLive).toBe(true);
    work({ live: () => 1 });
    const job = await client.submit("live");
    const last = await until("its end is told", () => updates.find((update) => update.jobId === job.id && update.status === "completed"));
    expect(last.seq).toBeGreaterThan(0);
    watch.close();
  });

  test("cancel reaches a worker at once while it waits for more work", async () => {
    const reasons: unknown[] = [];
    work({ endless: (context) => Promise.resolve(untilAborted(context)).catch((reason) => reasons.push(reason)) }, { concurrency: 2, leaseMs: 60_000 });
    const job = await client.submit("endless");
    await isStatus(job.id, "processing");
    await client.cancel(job.id);
    await until("the handler was told", () => reasons[0] instanceof JobCancelled, 5_000);
    expect((await client.get(job.id)).status).toBe("cancelled");
  });

  test("a batch runs to its end, each job once", async () => {
    const runs = new Map<string, number>();
    work({ small: ({ job, data }) => runs.set(job.id, (runs.get(job.id) ?? 0) + 1) && data }, { concurrency: 20 });
    const items = await client.submitBatch(Array.from({ length: 300 }, (_, at) => ({ type: "small", data: at, tags: ["batch"] })));
    expect(items.some(isRefusal)).toBe(false);
    const jobs = await Promise.all((items as Job[]).map((job) => client.wait(job.id)));
    expect(jobs.map((job) => job.result)).toEqual(Array.from({ length: 300 }, (_, at) => at));
    expect([...runs.values()].every((count) => count === 1)).toBe(true);
    const listed: unknown[] = [];
    for await (const job of client.list({ type: "small", limit: 70 })) listed.push(job.id);
    expect(listed).toEqual(items.map((item) => (item as Job).id).reverse());
  });

  test("many are listed, cancelled and retried by filter and by id", async () => {
    const tags = ["many"];
    const items = (await client.submitBatch(Array.from({ length: 1_200 }, () => ({ type: "nobody", tags })))) as Job[];
    expect(await client.cancelMany({ filter: { tag: "many", createdAfter: items[0]?.createdAt ?? "" } })).toEqual({ matched: 1_200, done: 1_200, refused: [] });
    const ids = items.slice(0, 2).map((item) => item.id);
    expect(await client.retryMany({ ids })).toMatchObject({ matched: 2, done: 2 });
    expect((await client.retryMany({ ids })).refused.map((each) => each.code)).toEqual(["not_finished", "not_finished"]);
    const waiting: string[] = [];
    for await (const job of client.list({ tag: "many", status: ["pending", "failed"] })) waiting.push(job.id);
    expect(waiting).toEqual(ids.reverse());
    expect((await client.cancelMany({ filter: { tag: "many" } })).done).toBe(2);
  });

  test("the same idempotency key is the same job", async () => {
    const [one, two] = [await client.submit("nobody", 1, { idempotencyKey: "k1" }), await client.submit("nobody", 1, { idempotencyKey: "k1" })];
    expect(two.id).toBe(one.id);
    await client.cancel(one.id);
  });

  test("stop hands a job back with no retry spent, and another worker gets it", async () => {
    const { worker } = work({ moved: untilAborted });
    const job = await client.submit("moved");
    await isStatus(job.id, "processing");
    await worker.stop({ graceMs: 0 });
    work({ moved: () => "by the other" });
    expect(await client.wait(job.id)).toMatchObject({ status: "completed", result: "by the other", retries: 0 });
  });

  test("a server killed in the middle finds its worker again: the job is done once, the next one too", async () => {
    let go: () => void = () => {};
    const gate = new Promise<void>((done) => (go = done));
    let runs = 0;
    work({
      survivor: async ({ data }) => {
        runs += 1;
        await gate;
        return data;
      },
    });
    const job = await client.submit("survivor", "kept");
    await isStatus(job.id, "processing");
    await server.crash();
    go();
    expect(await client.wait(job.id)).toMatchObject({ status: "completed", result: "kept" });
    expect(runs).toBe(1);
    const next = await client.submit("survivor", "next");
    expect(await client.wait(next.id)).toMatchObject({ status: "completed", result: "next" });
  });

  test("a deleted key ends the worker", async () => {
    const other = await server.newKey(token, ["worker"]);
    const { done } = work({ never: () => 1 }, { key: other.key, waitMs: 500 });
    await until("it asks for work", () => workers.length > 0);
    await server.call(`/api/auth/keys/${other.id}`, undefined, token, "DELETE");
    await expect(done).rejects.toMatchObject({ status: 401 });
  });
});
