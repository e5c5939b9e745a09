import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Account, type Job, newAccount, newAdmin } from "../harness/account";
import { Server } from "../harness/server";

const QUEUES = "/api/admin/queues";

const put = (account: Account, path: string, json: unknown) =>
  account.client.send("PUT", `${QUEUES}/${path}`, { token: account.accessToken, json });
const explain = async (account: Account, job: Job) => (await account.get(`/api/jobs/${job.id}/explain`)).body.data;

describe("with simulated workers", () => {
  let server: Server;
  let admin: Account;
  let user: Account;
  beforeAll(async () => {
    server = await Server.start();
    admin = await newAdmin(server);
    user = await newAccount(server);
  });
  afterAll(() => server.stop());

  const overview = async () => (await admin.get(QUEUES)).body.data;
  const typeStanding = async (type: string) => (await overview()).types.find((each: { type: string }) => each.type === type);

  test("a paused type waits, says so, and goes on when it is resumed", async () => {
    expect((await put(admin, "types/Paused%20type", { paused: true })).body.data).toEqual({
      type: "Paused type",
      paused: true,
      concurrency: null,
      concurrencyPerUser: null,
      rate: null,
    });
    const held = await user.submit("Paused type");
    const other = await user.submit("Other type");
    await user.jobThatIs("completed", other.id);
    expect(await explain(user, held)).toMatchObject({ reason: "paused", paused: "type", jobStatus: "pending" });
    expect(await typeStanding("Paused type")).toMatchObject({ paused: true, ready: 1, waiting: 0, running: 0 });
    expect((await put(admin, "types/Paused%20type", { paused: false })).status).toBe(200);
    await user.jobThatIs("completed", held.id);
    expect(await explain(user, held)).toMatchObject({ reason: "finished", jobStatus: "completed" });
    expect(await typeStanding("Paused type")).toBeUndefined();
  });

  test("so does a paused queue, also one with a slash in its name", async () => {
    for (const [path, queue] of [
      ["queues/slow", "slow"],
      ["queues/-?name=very%2Fslow", "very/slow"],
    ] as const) {
      expect((await put(admin, path, { paused: true })).body.data).toEqual({ queue, paused: true });
      const held = await user.submit("In a queue", { queue });
      expect(await explain(user, held)).toMatchObject({ reason: "paused", paused: "queue" });
      expect((await overview()).queues).toContainEqual({ queue, paused: true, ready: 1, waiting: 0, running: 0 });
      await put(admin, path, { paused: false });
      await user.jobThatIs("completed", held.id);
    }
  });

  test("a rate spreads starts over time", async () => {
    await put(admin, "types/Rated", { rate: { starts: 1, windowMs: 3_600_000 } });
    const first = await user.submit("Rated");
    await user.jobThatIs("completed", first.id);
    const second = await user.submit("Rated");
    const explained = await explain(user, second);
    expect(explained.reason).toBe("rate_limit");
    expect(Date.parse(explained.until)).toBeGreaterThan(Date.now() + 3_000_000);
    await put(admin, "types/Rated", { rate: null });
    await user.jobThatIs("completed", second.id);
  });

  test("a backlog that is full refuses, with a sentence, until there is room", async () => {
    await put(admin, "types/Backlog", { paused: true });
    expect((await put(admin, `users/${user.id}`, { backlog: 2 })).body.data).toEqual({
      userId: user.id,
      concurrency: null,
      weight: 1,
      backlog: 2,
    });
    const waiting = [await user.submit("Backlog"), await user.submit("Backlog")];
    const refused = await user.post("/api/jobs/submit", { type: "Backlog" });
    expect(refused.status).toBe(429);
    expect(refused.body.code).toBe("backlog_full");
    expect(refused.body.message).toContain("2 waiting jobs");
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    const batch = await user.post("/api/jobs/batch", { jobs: [{ type: "Backlog" }] });
    expect(batch.body.data[0]).toMatchObject({ code: "backlog_full" });
    expect((await overview()).users).toEqual([
      { userId: user.id, userEmail: user.email, concurrency: null, weight: 1, backlog: 2, pending: 2, running: 0 },
    ]);
    await put(admin, "types/Backlog", { paused: false });
    for (const job of waiting) await user.jobThatIs("completed", job.id);
    await user.submit("Backlog");
    await put(admin, `users/${user.id}`, { backlog: null });
    expect((await overview()).users).toEqual([]);
  });

  test("what cannot be is refused field by field, and changes nothing", async () => {
    const refused = await put(admin, "types/Refused", {
      paused: "yes",
      concurrency: 1.5,
      rate: { starts: 1 },
    });
    expect(refused.status).toBe(400);
    expect(refused.body.errors.map((error: { field: string }) => error.field)).toEqual(["paused", "concurrency", "rate"]);
    const outOfRange = await put(admin, "types/Refused", { concurrency: 0, concurrencyPerUser: -1, rate: { starts: 0, windowMs: 1 } });
    expect(outOfRange.body.errors.map((error: { field: string }) => error.field)).toEqual([
      "concurrency",
      "concurrencyPerUser",
      "rate.starts",
    ]);
    expect(await typeStanding("Refused")).toBeUndefined();
    expect((await put(admin, `users/${user.id}`, { weight: 0 })).status).toBe(400);
    expect((await put(admin, `users/${"0".repeat(24)}`, { weight: 2 })).status).toBe(404);
    expect((await put(admin, "users/nobody", { weight: 2 })).status).toBe(404);
  });

  test("another's job is not explained", async () => {
    const stranger = await newAccount(server);
    const job = await user.submit("Private", { delayMs: 60_000 });
    expect((await stranger.get(`/api/jobs/${job.id}/explain`)).status).toBe(404);
    expect((await stranger.get("/api/jobs/nonsense/explain")).status).toBe(404);
    expect(await explain(admin, job)).toMatchObject({ reason: "delayed", until: job.runAt });
  });
});

test("explain tells limits, turns and dependencies apart while the only place is taken", async () => {
  const server = await Server.start({ env: { SIMULATE_SPEED: "0.01" } });
  try {
    const admin = await newAdmin(server);
    const user = await newAccount(server);
    const running = await user.submit("Long");
    await user.jobThatIs("processing", running.id);
    expect(await explain(user, running)).toMatchObject({ reason: "running", jobStatus: "processing" });
    const next = await user.submit("Long");
    const last = await user.submit("Long");
    expect(await explain(user, next)).toMatchObject({ reason: "behind", position: 0 });
    expect(await explain(user, last)).toMatchObject({ reason: "behind", position: 1 });
    await put(admin, "types/Long", { concurrency: 1 });
    expect(await explain(user, next)).toMatchObject({ reason: "type_limit", limit: 1 });
    await put(admin, "types/Long", { concurrency: null, concurrencyPerUser: 1 });
    expect(await explain(user, next)).toMatchObject({ reason: "user_limit", limit: 1 });
    await put(admin, "types/Long", { concurrencyPerUser: null });
    await put(admin, `users/${user.id}`, { concurrency: 1 });
    expect(await explain(user, next)).toMatchObject({ reason: "user_limit", limit: 1 });
    const dependent = await user.submit("Long", { dependsOn: [running.id, next.id] });
    expect(await explain(user, dependent)).toMatchObject({ reason: "dependency", dependencies: 2 });
  } finally {
    await server.stop();
  }
});

test("controls outlive a kill -9, and a type nobody handles is told as such", async () => {
  const env = { SIMULATE_UNHANDLED: "off", QUEUE_BACKLOG_MAX: "3" };
  const first = await Server.start({ env });
  const admin = await newAdmin(first);
  const user = await newAccount(first);
  const job = await user.submit("Nobody's");
  expect(await explain(user, job)).toMatchObject({ reason: "no_worker" });
  await put(admin, "types/Nobody's", { paused: true, concurrency: 4 });
  await put(admin, "queues/slow", { paused: true });
  await put(admin, `users/${user.id}`, { weight: 2.5 });
  const before = (await admin.get(QUEUES)).body.data;
  expect(before.backlogMax).toBe(3);
  await first.kill();
  const second = await Server.start({ env, dataDir: first.dataDir, port: first.port });
  try {
    expect((await admin.get(QUEUES)).body.data).toEqual(before);
    expect(await explain(user, job)).toMatchObject({ reason: "paused" });
    await user.submit("Nobody's");
    await user.submit("Nobody's");
    expect((await user.post("/api/jobs/submit", { type: "Nobody's" })).body.code).toBe("backlog_full");
  } finally {
    await second.stop();
  }
});
