import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Account, type Job, newAccount, newAdmin } from "../harness/account";
import { Server } from "../harness/server";

const ACTIONS = "/api/jobs/actions";
const ALL = "/api/jobs/admin/all";

let server: Server;
let admin: Account;
beforeAll(async () => {
  // So slow that what runs, runs for the whole file.
  server = await Server.start({ env: { SIMULATE_SPEED: "0.01" } });
  admin = await newAdmin(server);
  const running = await admin.submit("Holds the only place");
  await admin.jobThatIs("processing", running.id);
});
afterAll(() => server.stop());

const ids = (jobs: Job[]) => jobs.map((job) => job.id);

describe("filters", () => {
  let lister: Account;
  let invoice: Job;
  let report: Job;
  let gone: Job;
  beforeAll(async () => {
    lister = await newAccount(server);
    invoice = await lister.submit("Send invoice", { tags: ["customer-42", "urgent"] });
    gone = await lister.submit("Send invoice", { tags: ["customer-4"] });
    await lister.post(`/api/jobs/${gone.id}/cancel`);
    report = await lister.submit("Report", { queue: "slow" });
  });
  const found = async (query: string) => ids((await lister.get(`/api/jobs?${query}`)).body.data);

  test("take several statuses, in one order", async () => {
    expect(await found("status=pending,cancelled")).toEqual([report.id, gone.id, invoice.id]);
    expect(await found("status=cancelled,failed")).toEqual([gone.id]);
  });
  test("take a tag, a queue, a text of tags", async () => {
    expect(await found("tag=customer-4")).toEqual([gone.id]);
    expect(await found("tag=customer")).toEqual([]);
    expect(await found("queue=slow")).toEqual([report.id]);
    expect(await found("queue=default")).toEqual([gone.id, invoice.id]);
    expect(await found("text=CUSTOMER-4")).toEqual([gone.id, invoice.id]);
    expect(await found("text=urgent&type=Send%20invoice&status=pending")).toEqual([invoice.id]);
  });
  test("take a time range", async () => {
    const later = new Date(Date.parse(report.createdAt) + 1).toISOString();
    expect(await found(`createdAfter=${invoice.createdAt}`)).toEqual([report.id, gone.id, invoice.id]);
    expect(await found(`createdAfter=${later}`)).toEqual([]);
    expect(await found(`createdBefore=${later}`)).toEqual([report.id, gone.id, invoice.id]);
    expect(await found(`createdBefore=${invoice.createdAt}`)).toEqual([]);
  });
  test("show admins one user's jobs, and only them", async () => {
    const answer = await admin.get(`${ALL}?userId=${lister.id}&status=pending`);
    expect(ids(answer.body.data)).toEqual([report.id, invoice.id]);
    expect(answer.body.data[0].userEmail).toBe(lister.email);
    expect(ids((await lister.get(`/api/jobs?userId=${admin.id}`)).body.data)).toHaveLength(3);
  });
  test.each([
    ["status=pending,running", "status"],
    ["status=,", "status"],
    ["createdAfter=yesterday", "createdAfter"],
    ["createdBefore=2026-13-01T00:00:00Z", "createdBefore"],
    [`text=${"x".repeat(257)}`, "text"],
  ])("refuse %s, naming the field", async (query, field) => {
    const answer = await lister.get(`/api/jobs?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].field).toBe(field);
  });
  test("refuse a user that is none", async () => {
    expect((await admin.get(`${ALL}?userId=me`)).body.errors[0].field).toBe("userId");
  });
});

describe("a rare job among many", () => {
  test("is found page by page, none of which looks at more than so many jobs", async () => {
    const owner = await newAccount(server);
    const rare = await owner.submit("Rare");
    const jobs = Array.from({ length: 7_500 }, () => ({ type: "Common" }));
    for (let batch = 0; batch < 3; batch += 1) expect((await owner.post("/api/jobs/batch?return=ids", { jobs })).status).toBe(202);
    let page = await owner.get("/api/jobs?type=Rare");
    let pages = 1;
    while (page.body.nextCursor !== undefined) {
      expect(page.body.data).toEqual([]);
      page = await owner.get(`/api/jobs?type=Rare&cursor=${page.body.nextCursor}`);
      pages += 1;
    }
    expect(ids(page.body.data)).toEqual([rare.id]);
    expect(pages).toBe(5);

    // What a filter reaches is all of it, in parts.
    let done = 0;
    let cursor: string | undefined;
    let calls = 0;
    do {
      const { data } = (await owner.post(ACTIONS, { action: "cancel", filter: { type: "Common" }, limit: 10_000, cursor })).body;
      expect(data.skipped).toBe(0);
      done += data.done;
      cursor = data.nextCursor;
      calls += 1;
    } while (cursor !== undefined);
    expect(done).toBe(22_500);
    expect(calls).toBe(3);
    expect((await owner.get("/api/jobs/stats")).body.data).toMatchObject({ pending: 1, cancelled: 22_500 });
  });
});

describe("actions", () => {
  test("cancel by filter, retry by filter, each once", async () => {
    const owner = await newAccount(server);
    const other = await newAccount(server);
    const mine = [await owner.submit("A", { tags: ["x"] }), await owner.submit("B", { tags: ["x"] }), await owner.submit("A")];
    const theirs = await other.submit("A", { tags: ["x"] });
    const cancelled = await owner.post(ACTIONS, { action: "cancel", filter: { tag: "x" } });
    expect(cancelled.status).toBe(200);
    expect(cancelled.body.data).toEqual({ matched: 2, done: 2, skipped: 0, refused: [] });
    expect((await owner.post(ACTIONS, { action: "cancel", filter: { tag: "x" } })).body.data.matched).toBe(0);
    expect((await owner.job(mine[0].id)).status).toBe("cancelled");
    expect((await owner.job(mine[2].id)).status).toBe("pending");
    expect((await other.job(theirs.id)).status).toBe("pending");

    const retried = await owner.post(ACTIONS, { action: "retry", filter: { status: ["failed", "cancelled"], type: "B" } });
    expect(retried.body.data).toMatchObject({ matched: 1, done: 1 });
    expect((await owner.job(mine[1].id)).status).toBe("pending");
  });

  test("name jobs by id and tell each refusal", async () => {
    const owner = await newAccount(server);
    const first = await owner.submit("A");
    const second = await owner.submit("A");
    await owner.post(`/api/jobs/${second.id}/cancel`);
    const foreign = await (await newAccount(server)).submit("A");
    const answer = await owner.post(ACTIONS, { action: "cancel", ids: [first.id, second.id, foreign.id] });
    expect(answer.body.data).toEqual({
      matched: 2,
      done: 1,
      skipped: 2,
      refused: [
        { id: second.id, code: "already_finished", message: expect.any(String) },
        { id: foreign.id, code: "not_found", message: expect.any(String) },
      ],
    });
  });

  test("stop what runs, and tell those who watch", async () => {
    const quick = await Server.start({ env: { SIMULATE_SPEED: "0.01" } });
    try {
      const owner = await newAccount(quick);
      const job = await owner.submit("Long");
      await owner.jobThatIs("processing", job.id);
      const next = await owner.submit("Next");
      expect((await owner.post(ACTIONS, { action: "cancel", filter: { type: "Long" } })).body.data.done).toBe(1);
      expect((await owner.job(job.id)).status).toBe("cancelled");
      // Its place is free again: the handler was stopped.
      await owner.jobThatIs("processing", next.id);
    } finally {
      await quick.stop();
    }
  });

  test("reach everybody's jobs for admins who say so, for others never", async () => {
    const owner = await newAccount(server);
    const job = await owner.submit("Somebody's");
    const filter = { type: "Somebody's" };
    expect((await admin.post(ACTIONS, { action: "cancel", filter })).body.data.matched).toBe(0);
    expect((await owner.post(ACTIONS, { action: "cancel", filter, all: true })).status).toBe(403);
    expect((await admin.post(ACTIONS, { action: "cancel", filter, all: true, userId: admin.id })).body.data.matched).toBe(0);
    expect((await admin.post(ACTIONS, { action: "cancel", filter, all: true, userId: owner.id })).body.data.done).toBe(1);
    expect((await owner.job(job.id)).status).toBe("cancelled");
  });

  test.each([
    ["no action", { filter: {} }, "action"],
    ["an unknown action", { action: "delete", filter: {} }, "action"],
    ["neither ids nor filter", { action: "cancel" }, "filter"],
    ["both", { action: "cancel", ids: [], filter: {} }, "filter"],
    ["a filter with a slip of the pen", { action: "cancel", filter: { stauts: "failed" } }, "filter.stauts"],
    ["an empty type", { action: "cancel", filter: { type: "" } }, "filter.type"],
    ["a wrong status", { action: "cancel", filter: { status: ["pending", 7] } }, "filter.status"],
    ["no status", { action: "cancel", filter: { status: [] } }, "filter.status"],
    ["a status that cannot be cancelled", { action: "cancel", filter: { status: "completed" } }, "filter.status"],
    ["a filter that is none", { action: "cancel", filter: [] }, "filter"],
    ["an id that is none", { action: "cancel", ids: ["x"] }, "ids"],
    ["1,001 ids", { action: "cancel", ids: Array(1001).fill("0".repeat(16)) }, "ids"],
    ["a limit of 0", { action: "cancel", filter: {}, limit: 0 }, "limit"],
    ["a limit of 10,001", { action: "cancel", filter: {}, limit: 10_001 }, "limit"],
    ["a wrong cursor", { action: "cancel", filter: {}, cursor: "x" }, "cursor"],
    ["all that is no truth value", { action: "cancel", filter: {}, all: "yes" }, "all"],
    ["a user without all", { action: "cancel", filter: {}, userId: "0".repeat(24) }, "userId"],
    ["a wrong time", { action: "cancel", filter: { createdAfter: "now" } }, "filter.createdAfter"],
  ])("refuse %s", async (_what, body, field) => {
    const answer = await admin.post(ACTIONS, body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((each: { field: string }) => each.field)).toContain(field);
  });
});

describe("types", () => {
  test("are those one has submitted, and whether anybody takes them", async () => {
    const owner = await newAccount(server);
    expect((await owner.get("/api/jobs/types")).body.data).toEqual([]);
    for (const type of ["Zeta", "Alpha", "Zeta"]) await owner.submit(type);
    const answer = await owner.get("/api/jobs/types");
    expect(answer.body).toEqual({
      status: "success",
      results: 2,
      data: [
        { type: "Alpha", served: true },
        { type: "Zeta", served: true },
      ],
    });
    expect((await owner.get("/api/jobs/types?all=true")).status).toBe(403);
    expect((await owner.get("/api/jobs/types?all=1")).status).toBe(400);
    const all = (await admin.get("/api/jobs/types?all=true")).body.data;
    expect(all).toContainEqual({ type: "Zeta", served: true, ready: 2, waiting: 0, running: 0 });
    expect(all).toContainEqual({ type: "Holds the only place", served: true, ready: 0, waiting: 0, running: 1 });
  });

  test("nobody takes are not served", async () => {
    const quiet = await Server.start({ env: { SIMULATE_UNHANDLED: "off" } });
    try {
      const owner = await newAccount(quiet);
      await owner.submit("Nobody's");
      expect((await owner.get("/api/jobs/types")).body.data).toEqual([{ type: "Nobody's", served: false }]);
    } finally {
      await quiet.stop();
    }
  });
});
