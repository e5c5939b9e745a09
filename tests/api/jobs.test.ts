import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Account, type Job, newAccount } from "../harness/account";
import { Server } from "../harness/server";

const SUBMIT = "/api/jobs/submit";

// So slow that the first job of the file runs for the whole file, and the others stay pending.
let server: Server;
let account: Account;
beforeAll(async () => {
  server = await Server.start({ env: { SIMULATE_SPEED: "0.01" } });
  const holder = await newAccount(server);
  const running = await holder.submit("Holds the only place");
  await holder.jobThatIs("processing", running.id);
  account = await newAccount(server);
});
afterAll(() => server.stop());

describe("submitting", () => {
  test("answers 202 with the job as it is stored", async () => {
    const answer = await account.post(SUBMIT, { type: "Send invoice", data: { invoice: 17 }, priority: 3 });
    expect(answer.status).toBe(202);
    expect(answer.body.data).toMatchObject({
      userId: account.id,
      type: "Send invoice",
      status: "pending",
      data: { invoice: 17 },
      priority: 3,
      retries: 0,
      maxRetries: 3,
      progress: 0,
      attempts: 0,
    });
    expect(await account.job(answer.body.data.id)).toEqual({ ...answer.body.data, attemptsLog: [] });
  });

  test("needs no more than a type", async () => {
    const job = await account.submit("Send invoice");
    expect(job).toMatchObject({ data: {}, priority: 0 });
  });

  test.each([
    ["an object", { a: { b: [1, "zwei", null, true, { c: 0.5 }] } }],
    ["a list", [1, [2, [3]]]],
    ["a string", "söme text ✓ \u0001 \" \\ /"],
    ["a number", -12.5],
    ["a boolean", false],
    ["null", null],
    ["an empty object", {}],
  ])("takes %s as data and gives it back equal", async (_what, data) => {
    const job = await account.submit("Any data", { data });
    expect(job.data).toEqual(data);
    expect((await account.job(job.id)).data).toEqual(data);
  });

  test.each(["12345678901234567890123", "-9223372036854775809", "18446744073709551616", "0.1000000000000000055511151231257827", "1e400", "1.0"])(
    "gives the number %s back digit for digit",
    async (digits) => {
      const answer = await server.client().exchange("POST", SUBMIT, {
        token: account.accessToken,
        raw: `{"type":"Big","data":{"value":${digits},"list":[${digits}]}}`,
      });
      expect(answer.status, answer.text).toBe(202);
      const read = await server.client().exchange("GET", `/api/jobs/${JSON.parse(answer.text).data.id}`, { token: account.accessToken });
      for (const text of [answer.text, read.text]) {
        expect(text).toMatch(new RegExp(`"value":\\s*${digits.replace(/[.]/g, "\\.")}[,}]`));
        expect(text).toMatch(new RegExp(`"list":\\s*\\[\\s*${digits.replace(/[.]/g, "\\.")}\\s*\\]`));
      }
    },
  );

  test.each([-10, 0, 0.5, 10, 1e300, Number.MAX_SAFE_INTEGER])("takes the priority %d", async (priority) => {
    expect((await account.submit("Any priority", { priority })).priority).toBe(priority);
  });

  test("takes types with spaces and any letters, of 128 characters", async () => {
    for (const type of ["Fast Task", "x", "Отчёт за месяц", "a".repeat(128), "ü".repeat(128), "🎬".repeat(128)]) {
      expect((await account.submit(type)).type).toBe(type);
    }
  });

  test("takes data of just under 256 KiB, and refuses more", async () => {
    const fits = await account.post(SUBMIT, { type: "Large", data: "x".repeat(256 * 1024 - 2) });
    expect(fits.status).toBe(202);
    const over = await account.post(SUBMIT, { type: "Large", data: "x".repeat(256 * 1024) });
    expect([400, 413]).toContain(over.status);
    expect(over.body.message).toBeTruthy();
  });

  test("ignores fields that are not the client's to set", async () => {
    const job = await account.submit("Plain", { id: "0".repeat(16), userId: "0".repeat(24), status: "completed", retries: 9, result: 1 });
    expect(job).toMatchObject({ userId: account.id, status: "pending", retries: 0 });
    expect(job.id).not.toBe("0".repeat(16));
    expect(job).not.toHaveProperty("result");
  });

  test("takes the number of retries and a delay", async () => {
    const job = await account.submit("Later", { maxRetries: 0, delayMs: 3_600_000 });
    expect(job.maxRetries).toBe(0);
    expect(Date.parse(job.runAt) - Date.parse(job.createdAt)).toBe(3_600_000);
  });
});

describe("lists", () => {
  let lister: Account;
  const submitted: Job[] = [];
  beforeAll(async () => {
    lister = await newAccount(server);
    for (let at = 0; at < 25; at += 1) submitted.push(await lister.submit(at % 5 === 0 ? "Make coffee" : "Render video", { data: { at } }));
  });

  test.each(["/api/jobs", "/api/jobs/all"])("%s: mine, newest first", async (path) => {
    const answer = await lister.get(path);
    expect(answer.status).toBe(200);
    expect(answer.body.results).toBe(25);
    expect(answer.body.nextCursor).toBeUndefined();
    expect(answer.body.data.map((job: Job) => job.id)).toEqual(submitted.map((job) => job.id).reverse());
  });

  test("come in pages that together are the whole", async () => {
    const first = await lister.get("/api/jobs/all?limit=10");
    expect(first.body.results).toBe(10);
    expect(first.body.nextCursor).toEqual(expect.any(String));
    const jobs = await lister.jobs("/api/jobs/all", 10);
    expect(jobs.map((job) => job.id)).toEqual(submitted.map((job) => job.id).reverse());
  });

  test("a new job does not move what is already on a later page", async () => {
    const walker = await newAccount(server);
    const old: Job[] = [];
    for (let at = 0; at < 4; at += 1) old.push(await walker.submit("Old"));
    const first = await walker.get("/api/jobs?limit=2");
    await walker.submit("New");
    const second = await walker.get(`/api/jobs?limit=2&cursor=${encodeURIComponent(first.body.nextCursor)}`);
    expect(second.body.data.map((job: Job) => job.id)).toEqual([old[1].id, old[0].id]);
  });

  test.each([
    ["status=pending", 25],
    ["status=completed", 0],
    ["type=Make%20coffee", 5],
    ["type=Make", 0],
    ["text=COFFEE", 5],
    ["text=video", 20],
    ["text=%25", 0],
    ["status=pending&type=Render%20video&text=rend", 20],
  ])("filtered by %s have %d", async (query, results) => {
    expect((await lister.get(`/api/jobs?${query}`)).body.results).toBe(results);
  });

  test.each([
    ["limit=0", "limit"],
    ["limit=1001", "limit"],
    ["limit=ten", "limit"],
    ["limit=-1", "limit"],
    ["limit=1.5", "limit"],
    ["status=running", "status"],
    ["cursor=%27%20OR%201%3D1", "cursor"],
  ])("refuse %s, naming the field", async (query, field) => {
    for (const path of ["/api/jobs", "/api/jobs/all"]) {
      const answer = await lister.get(`${path}?${query}`);
      expect(answer.status).toBe(400);
      expect(answer.body.errors[0].field).toBe(field);
    }
  });

  test("the counts are the jobs there are", async () => {
    const before = await lister.get("/api/jobs/stats");
    expect(before.body.data).toEqual({ pending: 25, processing: 0, completed: 0, failed: 0, cancelled: 0 });
  });
});

describe("one job", () => {
  test.each([
    ["never given", "0".repeat(16)],
    ["no hex", "nonsense"],
    ["upper case", "A".repeat(16)],
    ["too short", "0".repeat(15)],
    ["negative", "-1"],
    ["a path", "..%2f.."],
    ["of 5,000 digits", "0".repeat(5000)],
  ])(
    "that does not exist, its id %s: 404",
    async (_what, id) => {
      for (const answer of [
        await account.get(`/api/jobs/${id}`),
        await account.post(`/api/jobs/${id}/cancel`),
        await account.post(`/api/jobs/${id}/retry`),
      ]) {
        expect(answer.status).toBe(404);
        expect(answer.body.code).toBe("not_found");
      }
    },
  );
});

describe("cancelling", () => {
  test("a pending job ends it: it never runs, and cannot be cancelled twice", async () => {
    const job = await account.submit("Not needed");
    const answer = await account.post(`/api/jobs/${job.id}/cancel`);
    expect(answer.status).toBe(200);
    expect(answer.body.data).toMatchObject({ id: job.id, status: "cancelled", attempts: 0, completedAt: expect.any(String) });
    const again = await account.post(`/api/jobs/${job.id}/cancel`);
    expect(again.status).toBe(409);
    expect(again.body.code).toBe("already_finished");
    expect((await account.job(job.id)).status).toBe("cancelled");
  });

  test("and retrying by hand makes it pending again", async () => {
    const job = await account.submit("Changed my mind");
    expect((await account.post(`/api/jobs/${job.id}/retry`)).body.code).toBe("not_finished");
    await account.post(`/api/jobs/${job.id}/cancel`);
    const answer = await account.post(`/api/jobs/${job.id}/retry`);
    expect(answer.status).toBe(200);
    expect(answer.body.data).toMatchObject({ id: job.id, status: "pending", retries: 0 });
    expect(answer.body.data).not.toHaveProperty("completedAt");
  });
});
