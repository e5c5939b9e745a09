import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Account, type Job, newAccount, newAdmin } from "../harness/account";
import { newKey } from "../harness/keys";
import { Server } from "../harness/server";
import { until } from "../harness/until";

const SCHEDULES = "/api/schedules";

const patch = (account: Account, id: string, json: unknown) =>
  account.client.send("PATCH", `${SCHEDULES}/${id}`, { token: account.accessToken, json });
const remove = (account: Account, id: string) => account.client.send("DELETE", `${SCHEDULES}/${id}`, { token: account.accessToken });
const fieldsOf = (answer: { body: { errors: { field: string; message: string }[] } }) => answer.body.errors.map((each) => each.field);

let made = 0;
const nightly = (more: Record<string, unknown> = {}) => {
  made += 1;
  return { name: `nightly ${made}`, type: "Report", cron: "0 3 * * *", ...more };
};

const create = async (account: Account, schedule: unknown): Promise<Job> => {
  const answer = await account.post(SCHEDULES, schedule);
  if (answer.status !== 201) throw new Error(`the schedule was not made: ${answer.status} ${answer.text}`);
  return answer.body.data;
};

const jobsOf = async (account: Account, schedule: Job) =>
  (await account.jobs()).filter((job) => job.scheduleId === schedule.id).reverse();

/** The jobs of a schedule and its next slot, as they were at one moment. */
const snapshot = (account: Account, schedule: Job) =>
  until("the jobs are read between two slots", async () => {
    const before = (await account.get(`${SCHEDULES}/${schedule.id}`)).body.data.nextRunAt;
    const jobs = await jobsOf(account, schedule);
    const after = (await account.get(`${SCHEDULES}/${schedule.id}`)).body.data.nextRunAt;
    return before === after && { jobs, next: Date.parse(after) };
  });

describe("on one server", () => {
  let server: Server;
  let admin: Account;
  let user: Account;
  let other: Account;
  beforeAll(async () => {
    server = await Server.start();
    admin = await newAdmin(server);
    user = await newAccount(server);
    other = await newAccount(server);
  });
  afterAll(() => server.stop());

  test("a schedule is kept as it was asked for, and shows its next five runs", async () => {
    const schedule = await create(user, {
      name: "Monday report",
      type: "Report",
      data: { exact: 1 },
      priority: 3,
      queue: "slow",
      tags: ["weekly"],
      maxRetries: 1,
      timeoutMs: 60_000,
      ttlMs: 3_600_000,
      backoff: { type: "fixed", delayMs: 5000 },
      cron: "0 9 * * mon",
      timeZone: "Europe/Berlin",
      missedFire: "skip",
      overlap: "replace",
    });
    expect(schedule).toMatchObject({
      userId: user.id,
      name: "Monday report",
      data: { exact: 1 },
      priority: 3,
      queue: "slow",
      tags: ["weekly"],
      maxRetries: 1,
      timeoutMs: 60_000,
      ttlMs: 3_600_000,
      backoff: { type: "fixed", delayMs: 5000, jitter: 0 },
      cron: "0 9 * * mon",
      timeZone: "Europe/Berlin",
      missedFire: "skip",
      overlap: "replace",
      paused: false,
    });
    expect(schedule.nextRuns).toHaveLength(5);
    expect(schedule.nextRunAt).toBe(schedule.nextRuns[0]);
    for (const run of schedule.nextRuns) {
      const shown = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/Berlin", weekday: "short", hour: "2-digit", minute: "2-digit" });
      expect(shown.format(new Date(run))).toBe("Mon 09:00");
    }
    expect((await user.get(`${SCHEDULES}/${schedule.id}`)).body.data).toEqual(schedule);
    await remove(user, schedule.id);
  });

  test("a wrong schedule is refused with every field that is wrong", async () => {
    const wrong = await user.post(SCHEDULES, { name: "", type: "", cron: "61 * * * *", timeZone: "Mars/Olympus", delayMs: 5, overlap: "sometimes" });
    expect(wrong.status).toBe(400);
    expect(fieldsOf(wrong)).toEqual(["overlap"]);
    const more = await user.post(SCHEDULES, { name: "", cron: "61 * * * *", timeZone: "Mars/Olympus", delayMs: 5 });
    expect(more.status).toBe(400);
    expect(fieldsOf(more).sort()).toEqual(["cron", "delayMs", "name", "timeZone", "type"]);
    const { message } = more.body.errors.find((each: { field: string }) => each.field === "cron");
    expect(message).toBe('The field "minute" at character 1: 61 is not between 0 and 59');
  });

  test.each([
    [{ cron: "0 0 30 2 *" }, "cron"],
    [{ cron: "@reboot" }, "cron"],
    [{ cron: 5 }, "cron"],
    [{ cron: undefined }, "cron"],
    [{ everyMs: 5000 }, "everyMs"],
    [{ cron: undefined, everyMs: 999 }, "everyMs"],
    [{ cron: undefined, everyMs: "5000" }, "everyMs"],
    [{ cron: undefined, everyMs: 5000, timeZone: "UTC" }, "timeZone"],
    [{ timeZone: "../../etc/passwd" }, "timeZone"],
    [{ paused: "yes" }, "paused"],
    [{ missedFire: "twice" }, "missedFire"],
    [{ name: "a\nb" }, "name"],
    [{ name: "x".repeat(129) }, "name"],
    [{ runAt: new Date(Date.now() + 60_000).toISOString() }, "runAt"],
    [{ uniqueKey: "k" }, "uniqueKey"],
    [{ dependsOn: ["0000000000000001"] }, "dependsOn"],
    [{ maxRetries: 101 }, "maxRetries"],
  ])("%j is refused", async (given, field) => {
    const answer = await user.post(SCHEDULES, nightly(given));
    expect(answer.status).toBe(400);
    expect(fieldsOf(answer)).toEqual([field]);
  });

  test("a name is there once, and the answer says who has it", async () => {
    const first = await create(user, nightly({ name: "only once" }));
    const second = await user.post(SCHEDULES, nightly({ name: "only once" }));
    expect(second.status).toBe(409);
    expect(second.body.code).toBe("schedule_name_taken");
    expect(second.body.message).toContain(first.id);
    await create(other, nightly({ name: "only once" }));
  });

  test("it is changed field by field, paused, resumed and deleted", async () => {
    const schedule = await create(user, nightly({ timeoutMs: 5000, queue: "slow" }));
    const changed = (await patch(user, schedule.id, { timeoutMs: null, data: [1], cron: "@hourly" })).body.data;
    expect(changed).toMatchObject({ name: schedule.name, cron: "@hourly", data: [1], queue: "slow" });
    expect(changed.timeoutMs).toBeUndefined();
    const paused = (await patch(user, schedule.id, { paused: true })).body.data;
    expect(paused).toMatchObject({ paused: true, nextRuns: [] });
    expect(paused.nextRunAt).toBeUndefined();
    expect((await patch(user, schedule.id, { paused: false })).body.data.nextRuns).toHaveLength(5);
    const every = (await patch(user, schedule.id, { everyMs: 90_000 })).body.data;
    expect(every.everyMs).toBe(90_000);
    expect(every.cron).toBeUndefined();
    expect(fieldsOf(await patch(user, schedule.id, { cron: "nonsense" }))).toEqual(["cron"]);
    expect((await remove(user, schedule.id)).status).toBe(200);
    expect((await user.get(`${SCHEDULES}/${schedule.id}`)).status).toBe(404);
    expect((await remove(user, schedule.id)).status).toBe(404);
  });

  test("nobody but its owner and admins sees or touches it", async () => {
    const schedule = await create(user, nightly());
    for (const answer of [
      await other.get(`${SCHEDULES}/${schedule.id}`),
      await patch(other, schedule.id, { paused: true }),
      await remove(other, schedule.id),
      await other.post(`${SCHEDULES}/${schedule.id}/run`),
    ]) {
      expect(answer.status).toBe(404);
    }
    expect((await other.get(SCHEDULES)).body.data.map((each: Job) => each.id)).not.toContain(schedule.id);
    expect((await other.get("/api/admin/schedules")).status).toBe(403);
    const all = (await admin.get("/api/admin/schedules")).body.data;
    expect(all.find((each: Job) => each.id === schedule.id).userEmail).toBe(user.email);
    expect((await patch(admin, schedule.id, { paused: true })).body.data.userId).toBe(user.id);
  });

  test("lists come page by page, the newest first", async () => {
    const reader = await newAccount(server);
    const names = [nightly(), nightly(), nightly()];
    for (const each of names) await create(reader, each);
    const first = await reader.get(`${SCHEDULES}?limit=2`);
    expect(first.body.results).toBe(2);
    const second = await reader.get(`${SCHEDULES}?limit=2&cursor=${first.body.nextCursor}`);
    expect(second.body.nextCursor).toBeUndefined();
    const listed = [...first.body.data, ...second.body.data].map((each: Job) => each.name);
    expect(listed).toEqual(names.map((each) => each.name).reverse());
    expect((await reader.get(`${SCHEDULES}?limit=0`)).status).toBe(400);
  });

  test("a run by hand makes the job now and respects overlap", async () => {
    const schedule = await create(user, nightly({ type: "Held back", paused: true, data: { by: "hand" } }));
    await admin.client.send("PUT", "/api/admin/queues/types/Held%20back", { token: admin.accessToken, json: { paused: true } });
    const run = await user.post(`${SCHEDULES}/${schedule.id}/run`);
    expect(run.status).toBe(202);
    expect(run.body.data).toMatchObject({ scheduleId: schedule.id, type: "Held back", data: { by: "hand" }, status: "pending" });
    const busy = await user.post(`${SCHEDULES}/${schedule.id}/run`);
    expect(busy.status).toBe(409);
    expect(busy.body.code).toBe("schedule_busy");
    expect(busy.body.message).toContain(run.body.data.id);
    await patch(user, schedule.id, { overlap: "replace" });
    const next = await user.post(`${SCHEDULES}/${schedule.id}/run`);
    expect(next.status).toBe(202);
    expect((await user.job(run.body.data.id)).status).toBe("cancelled");
    expect((await user.get(`${SCHEDULES}/${schedule.id}`)).body.data.lastJobId).toBe(next.body.data.id);
  });

  test("a preview keeps nothing", async () => {
    const preview = await user.post(`${SCHEDULES}/preview`, { cron: "0 12 29 2 *", timeZone: "Asia/Kolkata", count: 3 });
    expect(preview.body.data.nextRuns).toHaveLength(3);
    for (const run of preview.body.data.nextRuns) expect(run).toMatch(/-02-29T06:30:00\.000Z$/);
    expect((await user.post(`${SCHEDULES}/preview`, { everyMs: 60_000 })).body.data.nextRuns).toHaveLength(5);
    for (const count of [0, -1, 101]) {
      expect(fieldsOf(await user.post(`${SCHEDULES}/preview`, { cron: "@daily", count }))).toEqual(["count"]);
    }
    expect((await user.post(`${SCHEDULES}/preview`, {})).status).toBe(400);
  });

  test("a key needs jobs:read to see schedules and jobs:write to change them", async () => {
    const { key: reading } = await newKey(user, ["jobs:read"]);
    const client = server.client();
    expect((await client.get(SCHEDULES, { token: reading })).status).toBe(200);
    expect((await client.post(`${SCHEDULES}/preview`, { cron: "@daily" }, { token: reading })).status).toBe(200);
    expect((await client.post(SCHEDULES, nightly(), { token: reading })).status).toBe(403);
    const { key: writing } = await newKey(user, ["jobs:write"]);
    expect((await client.post(SCHEDULES, nightly(), { token: writing })).status).toBe(201);
  });

  test("jobs come by themselves, at their seconds, and do not pile up", async () => {
    const schedule = await create(user, nightly({ cron: "* * * * * *", type: "Every second", overlap: "allow" }));
    const jobs = await until("three jobs were made", async () => {
      const found = await jobsOf(user, schedule);
      return found.length >= 3 && found;
    });
    const first = Date.parse(schedule.nextRunAt);
    for (const [index, job] of jobs.entries()) {
      expect(Date.parse(job.createdAt), "no job before its slot").toBeGreaterThanOrEqual(first + index * 1000);
    }
    const then = await snapshot(user, schedule);
    expect(then.jobs).toHaveLength((then.next - first) / 1000);
    await patch(user, schedule.id, { paused: true });
    const last = (await jobsOf(user, schedule)).at(-1);
    await user.jobThatIs("completed", last.id);
    expect((await user.get(`${SCHEDULES}/${schedule.id}`)).body.data.lastJobId).toBe(last.id);
  });
});

describe("over kill -9", () => {
  const started: Server[] = [];
  afterEach(async () => {
    for (const server of started.splice(0)) if (server.running) await server.stop();
  });

  test("each slot makes its job once: none twice, none lost", async () => {
    let server = await Server.start();
    started.push(server);
    const account = await newAccount(server);
    const at = () => Object.assign(Object.create(Account.prototype), account, { client: server.client() }) as Account;
    const schedules = [
      await create(account, nightly({ cron: "* * * * * *", overlap: "allow", type: "Every second" })),
      await create(account, nightly({ cron: undefined, everyMs: 1000, overlap: "allow", type: "Interval" })),
    ];
    for (let round = 1; round <= 5; round += 1) {
      const before = (await jobsOf(at(), schedules[0])).length;
      await until("another job was made", async () => (await jobsOf(at(), schedules[0])).length > before);
      await server.kill();
      server = await server.again();
      started.push(server);
    }
    for (const schedule of schedules) {
      const { jobs, next } = await snapshot(at(), schedule);
      const slots = (next - Date.parse(schedule.nextRunAt)) / 1000;
      expect(jobs, `${schedule.type}: one job for each slot`).toHaveLength(slots);
    }
  });
});
