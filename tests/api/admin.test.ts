import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Account, type Job, newAccount, newAdmin } from "../harness/account";
import { Server } from "../harness/server";
import { until } from "../harness/until";

let server: Server;
beforeAll(async () => {
  server = await Server.start();
});
afterAll(() => server.stop());

const ALL = "/api/jobs/admin/all";
/** What is promised for changes by hand in the database. */
const BY_HAND_WITHIN_MS = 5_000;

const opens = (account: Account) => until("the admin list opens", async () => (await account.get(ALL)).status === 200, BY_HAND_WITHIN_MS);
const closes = (account: Account) => until("the admin list closes", async () => (await account.get(ALL)).status === 403, BY_HAND_WITHIN_MS);

test("the role set with the command line opens the admin list, with the token one already has", async () => {
  const account = await newAccount(server);
  expect((await account.get(ALL)).status).toBe(403);
  expect((await server.command("user", "role", account.email, "admin")).code).toBe(0);
  await opens(account);
  expect((await server.command("user", "role", account.email, "user")).code).toBe(0);
  await closes(account);
});

test("the role set by editing the database while the server runs does, too", async () => {
  const account = await newAccount(server);
  expect((await account.get(ALL)).status).toBe(403);
  await server.sql(`UPDATE users SET role = 'admin' WHERE email = '${account.email}'`);
  await opens(account);
  expect((await account.get("/api/auth/me")).body.data.role).toBe("admin");
  await server.sql(`UPDATE users SET role = 'user' WHERE email = '${account.email}'`);
  await closes(account);
});

describe("an admin", () => {
  let admin: Account;
  let owners: Account[];
  const jobs: Job[] = [];
  beforeAll(async () => {
    admin = await newAdmin(server);
    owners = [await newAccount(server), await newAccount(server)];
    for (const owner of owners) jobs.push(await owner.submit("Of somebody", { delayMs: 60_000 }));
  });

  test("sees everybody's jobs, newest first, with the owners' addresses", async () => {
    const answer = await admin.get(ALL);
    const found = answer.body.data.filter((job: Job) => job.type === "Of somebody");
    expect(found.map((job: Job) => [job.id, job.userEmail])).toEqual([
      [jobs[1].id, owners[1]?.email],
      [jobs[0].id, owners[0]?.email],
    ]);
    expect(answer.body.results).toBe(answer.body.data.length);
  });

  test("filters and pages them as one's own", async () => {
    const paged = await admin.jobs(ALL, 1);
    expect(paged.map((job) => job.id)).toEqual((await admin.jobs(ALL)).map((job) => job.id));
    expect((await admin.get(`${ALL}?type=Of%20somebody&status=pending`)).body.results).toBe(2);
    expect((await admin.get(`${ALL}?status=nonsense`)).status).toBe(400);
  });

  test("reads, cancels and retries any of them, and counts all", async () => {
    expect((await admin.job(jobs[0].id)).userId).toBe(owners[0]?.id);
    expect((await admin.post(`/api/jobs/${jobs[0].id}/cancel`)).body.data.status).toBe("cancelled");
    expect((await admin.get("/api/jobs/stats?all=true")).body.data.cancelled).toBeGreaterThanOrEqual(1);
    expect((await admin.get("/api/jobs/stats?all=banana")).status).toBe(400);
    expect((await admin.post(`/api/jobs/${jobs[0].id}/retry`)).body.data.status).toBe("pending");
    expect(await owners[0]?.jobThatIs("completed", jobs[0].id)).toMatchObject({ attempts: 1 });
  });

  test("sees only their own under the routes of users", async () => {
    expect((await admin.get("/api/jobs/all")).body.results).toBe(0);
    expect((await admin.get("/api/jobs/stats")).body.data.pending).toBe(0);
  });
});
