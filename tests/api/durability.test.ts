import { afterEach, expect, test } from "vitest";
import { Account, type Job, logIn, newAccount } from "../harness/account";
import { Server } from "../harness/server";
import { until } from "../harness/until";

// Acknowledged means on disk: nothing that was answered may be gone after kill -9.

const started: Server[] = [];
const start = async (env: Record<string, string>) => {
  const server = await Server.start({ env });
  started.push(server);
  return server;
};
const again = async (server: Server, env: Record<string, string>) => {
  const next = await server.again({ env });
  started.push(next);
  return next;
};
afterEach(async () => {
  for (const server of started.splice(0)) if (server.running) await server.stop();
});

/** The same account at the server's new address. */
const at = (server: Server, account: Account) =>
  Object.assign(Object.create(Account.prototype), account, { client: server.client() }) as Account;

test("kill -9 with jobs pending and running: all are there, and run to their end", async () => {
  const server = await start({ SIMULATE_SPEED: "1" });
  const account = await newAccount(server);
  const done = await account.submit("Fast Task");
  await account.jobThatIs("completed", done.id);

  const jobs: Job[] = [];
  for (let number = 0; number < 20; number += 1) {
    jobs.push(await account.submit(`Job ${number}`, { data: { number, exact: "12345678901234567890" }, priority: number % 3 }));
  }
  const cancelled = await account.submit("Cancelled");
  await account.post(`/api/jobs/${cancelled.id}/cancel`);
  const running: Job = await until("one is running", async () => (await account.get("/api/jobs?status=processing")).body.data[0]);
  await server.kill();

  const survivor = await again(server, { SIMULATE_SPEED: "100" });
  const owner = at(survivor, account);
  const ids = new Set((await owner.jobs()).map((job) => job.id));
  for (const job of [...jobs, cancelled, done]) expect(ids.has(job.id), `${job.type} is there`).toBe(true);
  expect(ids.size).toBe(jobs.length + 2);

  for (const job of jobs) {
    const finished = await owner.jobThatIs("completed", job.id, 30_000);
    expect(finished.data).toEqual(job.data);
    expect(finished.priority).toBe(job.priority);
    expect(finished.retries, "a crash spends no retry").toBe(0);
    if (job.id !== running.id) continue;
    expect(finished.attemptsLog.map((attempt: Job) => attempt.outcome)).toEqual(["crashed", "completed"]);
  }
  expect((await owner.job(cancelled.id)).status).toBe("cancelled");
  expect(await owner.job(done.id)).toMatchObject({ status: "completed", attempts: 1 });
});

test("kill -9 during a thousand submits: every id that got its 202 is there", async () => {
  const server = await start({ SIMULATE_SPEED: "0.01" });
  const account = await newAccount(server);
  const acknowledged: string[] = [];
  let killed: Promise<void> | undefined;
  let left = 1000;

  const submitter = async () => {
    while (left > 0) {
      left -= 1;
      const answer = await account.post("/api/jobs/submit", { type: "Counted", data: { left } }).catch(() => undefined);
      if (answer?.status !== 202) return;
      acknowledged.push(answer.body.data.id);
      if (acknowledged.length >= 300) killed ??= server.kill();
    }
  };
  await Promise.all(Array.from({ length: 50 }, submitter));
  await killed;
  expect(acknowledged.length).toBeGreaterThanOrEqual(300);
  expect(acknowledged.length, "it was killed in the middle").toBeLessThan(1000);

  const survivor = await again(server, {});
  const ids = new Set((await at(survivor, account).jobs()).map((job) => job.id));
  expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
  const integrity = await survivor.sql("PRAGMA integrity_check");
  expect(integrity.trim()).toBe("ok");
});

test("kill -9 again and again: a job that takes the server down with it does not do so forever", async () => {
  let server = await start({ SIMULATE_SPEED: "0.01" });
  const account = await newAccount(server);
  const job = await account.submit("Poison");
  for (let crash = 1; crash <= 10; crash += 1) {
    const owner = at(server, account);
    const state = await until("it runs, or is given up", async () => {
      const read = await owner.job(job.id);
      return (read.status === "processing" || read.status === "failed") && read;
    });
    if (state.status === "failed") {
      expect(state.error).toMatch(/poison/i);
      expect(state.retries).toBe(0);
      expect(crash).toBeGreaterThan(3);
      return;
    }
    await server.kill();
    server = await again(server, {});
  }
  throw new Error("it was never given up");
});

test("kill -9 right after an account answered: sign-up, session and changed role are there", async () => {
  const server = await start({});
  const account = await newAccount(server);
  const rotated = await server.client().post("/api/auth/refresh-token", { refreshToken: account.refreshToken });
  await server.kill();
  const survivor = await again(server, {});
  expect((await survivor.client().get("/api/auth/me", { token: rotated.body.accessToken })).status).toBe(200);
  expect((await survivor.client().post("/api/auth/refresh-token", { refreshToken: rotated.body.refreshToken })).status).toBe(200);
  expect((await logIn(survivor, account.email)).id).toBe(account.id);
});

test("kill -9 while a job waits for its retry: it waits on, and its failures are not forgotten", async () => {
  const server = await start({ SIMULATE_SPEED: "100" });
  const account = await newAccount(server);
  const job = await account.submit("Send invoice", { data: { failOnce: true } });
  await until("it waits for its retry", async () => (await account.job(job.id)).retries === 1);
  await server.kill();
  const survivor = await again(server, {});
  const finished = await at(survivor, account).jobThatIs("completed", job.id);
  expect(finished).toMatchObject({ retries: 1, attempts: 2 });
});
