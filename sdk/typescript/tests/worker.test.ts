import { afterEach, beforeEach, expect, test } from "vitest";
import { type Handler, type JobContext, JobCancelled, JobTimedOut, LeaseLost, NonRetryableError, RetryLater, Worker, type WorkerEvent, type WorkerOptions, WorkerStopped } from "../src/index.js";
import { FakeServer, KEY } from "./fake_server.js";
import { until } from "./until.js";

let server: FakeServer;
let events: WorkerEvent[];
const workers: Worker[] = [];

beforeEach(async () => {
  server = await FakeServer.start();
  events = [];
});

afterEach(async () => {
  await Promise.allSettled(workers.splice(0).map((worker) => worker.stop({ graceMs: 0 })));
  await server.stop();
});

function work(types: Record<string, Handler>, options: Partial<WorkerOptions> = {}): { worker: Worker; done: Promise<void> } {
  const worker = new Worker({
    url: server.url,
    key: KEY,
    types,
    leaseMs: 5_000,
    progressEveryMs: 20,
    onEvent: (event) => events.push(event),
    ...options,
  });
  workers.push(worker);
  const done = worker.run();
  done.catch(() => {});
  return { worker, done };
}

const kinds = () => events.map((event) => event.kind);
const isStatus = (id: string, status: string) => until(`job ${id} is ${status}`, () => server.one(id).status === status);

/** A handler that goes on when the test says so. */
function gate() {
  const contexts: JobContext[] = [];
  let open: (result?: unknown) => void = () => {};
  const opened = new Promise((done) => (open = done));
  const handler: Handler = (context) => {
    contexts.push(context);
    return opened;
  };
  const started = (count = 1) => until(`${count} started`, () => contexts.length >= count && contexts);
  return { handler, open, contexts, started };
}

/** Runs until its signal is aborted, and throws the reason. */
const untilAborted: Handler = ({ signal }) =>
  new Promise((_, failed) => signal.addEventListener("abort", () => failed(signal.reason), { once: true }));

test("a job is claimed, run and completed with the handler's result", async () => {
  work({ add: ({ data }) => data.a + data.b });
  const job = server.submit("add", { a: 2, b: 3 });
  await isStatus(job.id, "completed");
  expect(job.result).toBe(5);
  expect(job.attempts).toBe(1);
});

test("as many jobs run at once as the worker is wide, and not one more", async () => {
  const { handler, open, started, contexts } = gate();
  work({ wait: handler }, { concurrency: 3 });
  for (let made = 0; made < 5; made += 1) server.submit("wait");
  await started(3);
  expect([...server.jobs.values()].filter((job) => job.status === "processing")).toHaveLength(3);
  expect(contexts).toHaveLength(3);
  open();
  for (const job of server.jobs.values()) await isStatus(job.id, "completed");
});

test("a busy worker needs one round trip a job: settlements ride along with the next claim", async () => {
  for (let made = 0; made < 30; made += 1) server.submit("quick");
  work({ quick: () => "done" });
  for (const job of server.jobs.values()) await isStatus(job.id, "completed");
  expect(server.count("POST /api/worker/claim")).toBeLessThanOrEqual(32);
  expect(server.count("POST /api/worker/settle")).toBe(0);
});

test("what finishes while the worker waits for more work is settled at once", async () => {
  const { handler, open, started } = gate();
  work({ wait: handler }, { concurrency: 2 });
  const job = server.submit("wait");
  await started();
  await until("it waits for more", () => server.count("POST /api/worker/claim") === 2);
  open("now");
  await isStatus(job.id, "completed");
  expect(server.count("POST /api/worker/settle")).toBe(1);
});

test("an exception fails the job with its message, to be retried", async () => {
  let tries = 0;
  work({
    flaky: () => {
      tries += 1;
      if (tries === 1) throw new Error("no paper");
      return tries;
    },
  });
  const job = server.submit("flaky");
  await isStatus(job.id, "completed");
  expect(job.error).toBe("no paper");
  expect(job.retries).toBe(1);
});

test("NonRetryableError fails the job for good", async () => {
  work({
    bad: () => {
      throw new NonRetryableError("no such customer");
    },
  });
  const job = server.submit("bad");
  await isStatus(job.id, "failed");
  expect(job).toMatchObject({ error: "no such customer", retries: 0 });
});

test("RetryLater puts the job off and spends no retry", async () => {
  let tries = 0;
  work({
    later: () => {
      tries += 1;
      if (tries === 1) throw new RetryLater(80);
      return "then";
    },
  });
  const job = server.submit("later");
  await isStatus(job.id, "completed");
  expect(job).toMatchObject({ result: "then", retries: 0 });
  expect(Date.parse(job.runAt ?? "")).toBeGreaterThan(Date.parse(job.createdAt) + 79);
});

test("progress, log and checkpoint reach the server, and the next attempt finds the checkpoint", async () => {
  const seen: unknown[] = [];
  work({
    long: async ({ job, progress, log, checkpoint }) => {
      seen.push(job.checkpoint);
      log(`attempt ${job.attempt}`);
      progress(40, "page 4");
      await checkpoint({ page: 4 });
      if (job.attempt === 1) throw new Error("interrupted");
    },
  });
  const job = server.submit("long");
  await isStatus(job.id, "completed");
  expect(job).toMatchObject({ progress: 40, progressMessage: "page 4", logs: ["attempt 1", "attempt 2"] });
  expect(seen).toEqual([null, { page: 4 }]);
});

test("a thousand progress calls become a few beats", async () => {
  work({
    chatty: async ({ progress }) => {
      for (let percent = 0; percent < 1000; percent += 1) {
        progress(percent / 10);
        if (percent % 100 === 0) await new Promise((done) => setTimeout(done, 5));
      }
    },
  });
  const job = server.submit("chatty");
  await isStatus(job.id, "completed");
  expect(server.count("POST /api/worker/beat")).toBeLessThan(12);
});

test("the last lines of a job's log arrive before it ends", async () => {
  work({
    talk: ({ log }) => {
      for (let line = 0; line < 250; line += 1) log(`line ${line}`);
    },
  });
  const job = server.submit("talk");
  await isStatus(job.id, "completed");
  expect(job.logs).toHaveLength(250);
  expect(job.logs.at(-1)).toBe("line 249");
});

test("a lease is renewed for as long as the handler runs", async () => {
  const { handler, open, started } = gate();
  work({ wait: handler }, { leaseMs: 1_200 });
  const job = server.submit("wait");
  await started();
  await until("it was renewed often", () => server.count("POST /api/worker/beat") >= 4);
  open();
  await isStatus(job.id, "completed");
  expect(job.attempts).toBe(1);
});

test("cancelling reaches a worker that is waiting for more work at once", async () => {
  const reasons: unknown[] = [];
  work({ long: (context) => Promise.resolve(untilAborted(context)).catch((reason) => reasons.push(reason)) }, { concurrency: 2 });
  const job = server.submit("long");
  await until("it runs and waits", () => job.status === "processing" && server.count("POST /api/worker/claim") === 2);
  server.cancel(job.id);
  await until("the handler was told", () => reasons[0] instanceof JobCancelled);
  await until("the worker said so", () => kinds().includes("cancelled"));
  expect(job.status).toBe("cancelled");
});

test("cancelling reaches a worker that is full with its next beat", async () => {
  const reasons: unknown[] = [];
  work({ long: (context) => Promise.resolve(untilAborted(context)).catch((reason) => reasons.push(reason)) }, { leaseMs: 2_000 });
  const job = server.submit("long");
  await isStatus(job.id, "processing");
  server.cancel(job.id);
  await until("the handler was told", () => reasons[0] instanceof JobCancelled);
  expect(server.count("POST /api/worker/settle")).toBe(0);
});

test("a stale lease aborts the handler, and its result is not sent", async () => {
  const reasons: unknown[] = [];
  work({ long: (context) => Promise.resolve(untilAborted(context)).catch((reason) => reasons.push(reason)) }, { leaseMs: 300 });
  const job = server.submit("long");
  await isStatus(job.id, "processing");
  job.maxRetries = 0;
  server.loseLease(job.id);
  job.status = "completed"; // by somebody else
  job.result = "theirs";
  await until("the handler was told", () => reasons[0] instanceof LeaseLost);
  await until("the worker said so", () => kinds().includes("lease_lost"));
  expect(job.result).toBe("theirs");
});

test("a worker cut off from the server gives its job up when the lease is over", async () => {
  const reasons: unknown[] = [];
  work({ long: (context) => Promise.resolve(untilAborted(context)).catch((reason) => reasons.push(reason)) }, { leaseMs: 300 });
  const job = server.submit("long");
  await isStatus(job.id, "processing");
  server.fault("/api/worker/beat", ...Array.from({ length: 50 }, () => ({ kind: "hang_up" }) as const));
  await until("the handler was told", () => reasons[0] instanceof LeaseLost);
  expect(kinds()).toContain("trouble");
});

test("a settlement whose answer was lost is repeated and changes nothing", async () => {
  server.fault("/api/worker/settle", { kind: "lose_answer" });
  const { handler, open, started } = gate();
  work({ wait: handler }, { concurrency: 2 });
  const job = server.submit("wait");
  await started();
  await until("it waits for more", () => server.count("POST /api/worker/claim") === 2);
  open("once");
  await until("it was repeated", () => events.some((event) => event.kind === "settled" && event.outcome === "already_settled"));
  expect(job).toMatchObject({ status: "completed", result: "once", attempts: 1 });
});

test("a claim whose answer was lost runs when the lease is over", async () => {
  server.fault("/api/worker/claim", { kind: "lose_answer" });
  work({ add: () => "second" }, { leaseMs: 100 });
  const job = server.submit("add");
  await isStatus(job.id, "completed");
  expect(job).toMatchObject({ result: "second", attempts: 2 });
});

test("a beat whose answer was lost is repeated with its news", async () => {
  server.fault("/api/worker/beat", { kind: "hang_up" });
  work({
    long: async ({ log, checkpoint }) => {
      log("kept");
      await checkpoint(7);
    },
  });
  const job = server.submit("long");
  await isStatus(job.id, "completed");
  expect(job).toMatchObject({ logs: ["kept"], checkpoint: 7 });
});

test.each([
  ["503 with Retry-After", { kind: "refuse", status: 503, retryAfter: "1" } as const, 990],
  ["429 with Retry-After", { kind: "refuse", status: 429, retryAfter: "1" } as const, 990],
  ["500", { kind: "refuse", status: 500 } as const, 100],
  ["a broken connection", { kind: "hang_up" } as const, 100],
])("after %s the worker waits and asks again", async (_, fault, atLeastMs) => {
  server.fault("/api/worker/claim", fault);
  const job = server.submit("add");
  work({ add: () => 1 });
  await isStatus(job.id, "completed");
  const [first, second] = server.requests.filter((request) => request.line === "POST /api/worker/claim");
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(atLeastMs);
  expect(kinds()).toContain("trouble");
});

test("a key that is not valid ends the worker with the reason", async () => {
  const { done } = work({ add: () => 1 }, { key: "tg_wrong" });
  await expect(done).rejects.toMatchObject({ status: 401, code: "invalid_token" });
});

test("a key that is revoked while a job runs ends the worker and aborts the job", async () => {
  const reasons: unknown[] = [];
  const { done } = work({ long: (context) => Promise.resolve(untilAborted(context)).catch((reason) => reasons.push(reason)) }, { leaseMs: 2_000 });
  server.submit("long");
  await until("its handler runs", () => kinds().includes("started"));
  server.key = "tg_another";
  await expect(done).rejects.toMatchObject({ status: 401 });
  expect(reasons).toHaveLength(1);
});

test("stop lets running jobs finish, settles them and says goodbye", async () => {
  const { handler, open, started } = gate();
  const { worker, done } = work({ wait: handler }, { concurrency: 2 });
  const job = server.submit("wait");
  await started();
  const stopped = worker.stop();
  const late = server.submit("wait");
  open("finished");
  await stopped;
  await done;
  expect(job).toMatchObject({ status: "completed", result: "finished" });
  expect(late).toMatchObject({ status: "pending", attempts: 0 });
  expect(server.byes).toEqual([worker.name]);
});

test("stop aborts what outlasts the grace, and hands it back without an attempt spent", async () => {
  const reasons: unknown[] = [];
  const { worker } = work({
    long: async (context) => {
      try {
        await untilAborted(context);
      } catch (error) {
        reasons.push(error);
        throw error;
      }
    },
  });
  const job = server.submit("long");
  await until("its handler runs", () => kinds().includes("started"));
  await worker.stop({ graceMs: 30 });
  expect(reasons[0]).toBeInstanceOf(WorkerStopped);
  expect(job).toMatchObject({ status: "pending", attempts: 0 });
});

test("stop hands back even what ignores its signal", async () => {
  const { handler, started } = gate();
  const { worker } = work({ wait: handler });
  const job = server.submit("wait");
  await started();
  await worker.stop({ graceMs: 0 });
  expect(job).toMatchObject({ status: "pending", attempts: 0 });
});

test("a worker outlives a server that drains", async () => {
  work({ add: () => 1 });
  server.tell("drain");
  await until("it was told", () => events.some((event) => event.kind === "directive"));
  const job = server.submit("add");
  server.tell("run");
  await isStatus(job.id, "completed");
  expect(server.byes).toEqual([]);
});

test("drain finishes what runs and ends a worker that was made so", async () => {
  const { handler, open, started } = gate();
  const { done } = work({ wait: handler }, { concurrency: 2, endOnDrain: true });
  const job = server.submit("wait");
  await started();
  server.tell("drain");
  await until("it was told", () => events.some((event) => event.kind === "directive"));
  const late = server.submit("wait");
  open("last");
  await done;
  expect(job).toMatchObject({ status: "completed", result: "last" });
  expect(late.status).toBe("pending");
  expect(server.byes).toHaveLength(1);
});

test("a quiet worker goes on when it is told to run", async () => {
  server.tell("quiet");
  work({ add: () => 1 });
  await until("it was told", () => events.some((event) => event.kind === "directive"));
  const job = server.submit("add");
  server.tell("run");
  await isStatus(job.id, "completed");
});

test("an attempt that takes longer than its timeout is aborted and fails", async () => {
  const reasons: unknown[] = [];
  work({
    slow: async (context) => {
      try {
        await untilAborted(context);
      } catch (error) {
        reasons.push(error);
        throw new Error("aborted in the middle");
      }
    },
  });
  const job = server.submit("slow", {}, { timeoutMs: 50, maxRetries: 0 });
  await isStatus(job.id, "failed");
  expect(reasons[0]).toBeInstanceOf(JobTimedOut);
  expect(job.error).toBe("timed out after 50 ms");
});

test.each([
  ["is larger than the server takes", () => "x".repeat(300 * 1024), /300\s?KiB|307202 bytes/],
  ["cannot be written as JSON", () => 10n, /cannot be written as JSON/],
])("a result that %s fails the job for good", async (_, handler, message) => {
  work({ big: handler });
  const job = server.submit("big");
  await isStatus(job.id, "failed");
  expect(job.error).toMatch(message);
});

test("one outcome that the server refuses does not hold up the others", async () => {
  server.bodyBytesMax = 3_000;
  const { handler, open, started } = gate();
  work({ wait: handler, big: () => "x".repeat(5_000) }, { concurrency: 4 });
  const jobs = [server.submit("wait"), server.submit("big"), server.submit("wait")];
  await started(2);
  open("small");
  for (const job of jobs) await until("it ended", () => job.status === "completed" || job.status === "failed");
  expect(jobs.map((job) => job.status)).toEqual(["completed", "failed", "completed"]);
  expect(jobs[1]?.error).toContain("payload_too_large");
});

test("where the server keeps no checkpoints, saving one is an error and not a promise", async () => {
  server.keepsCheckpoints = false;
  work({ save: ({ checkpoint }) => checkpoint(1) });
  const job = server.submit("save", {}, { maxRetries: 0 });
  await isStatus(job.id, "failed");
  expect(job.error).toBe("this server keeps no checkpoints");
});

test("a checkpoint that the server refuses is told to the handler, and the job goes on", async () => {
  server.bodyBytesMax = 3_000;
  work({ big: ({ checkpoint }) => checkpoint("x".repeat(5_000)).catch((error) => error.code) });
  const job = server.submit("big");
  await isStatus(job.id, "completed");
  expect(job.result).toBe("payload_too_large");
});

test("a hundred jobs on a line that drops every third answer are each done once", async () => {
  const runs = new Map<string, number>();
  for (const path of ["claim", "settle", "beat"]) {
    // A lost claim costs its jobs a lease, so those are short here.
    const faults = Array.from({ length: 200 }, (_, at) => at % 3 === 2 && { kind: path === "claim" ? "hang_up" : "lose_answer" });
    server.faults.set(`/api/worker/${path}`, faults as never);
  }
  for (let made = 0; made < 100; made += 1) server.submit("count");
  work(
    {
      count: async ({ job, progress }) => {
        progress(50);
        runs.set(job.id, (runs.get(job.id) ?? 0) + 1);
        return job.id;
      },
    },
    { concurrency: 20 },
  );
  for (const job of server.jobs.values()) await isStatus(job.id, "completed");
  expect([...server.jobs.values()].every((job) => job.result === job.id && job.attempts === 1)).toBe(true);
  expect([...runs.values()].every((count) => count === 1)).toBe(true);
});
