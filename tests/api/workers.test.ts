import { request as httpRequest } from "node:http";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Account, newAccount, newAdmin } from "../harness/account";
import { HttpWorker, newKey } from "../harness/keys";
import { closeSockets, Live } from "../harness/live";
import { Server } from "../harness/server";
import { until } from "../harness/until";

// Nothing may be simulated: these jobs are for the workers here.
const OPTIONS = { env: { SIMULATE_UNHANDLED: "off" } };

let server: Server;
let alice: Account;
let bob: Account;
let admin: Account;
let worker: HttpWorker;
let everybodys: HttpWorker;
beforeAll(async () => {
  server = await Server.start(OPTIONS);
  alice = await newAccount(server);
  bob = await newAccount(server);
  admin = await newAdmin(server);
  worker = new HttpWorker(server.client(), (await newKey(alice, ["worker"])).key, "box-1");
  everybodys = new HttpWorker(server.client(), (await newKey(admin, ["worker"], { allUsers: true })).key, "pool-1");
});
afterAll(() => server.stop());
afterEach(closeSockets);

test("a worker claims, reports progress and completes; the owner sees it live", async () => {
  const live = await Live.connect(server, alice.accessToken);
  const job = await alice.submit("Resize", { data: { big: 1, list: [1, { a: null }] }, priority: 2.5 });
  const claimed = await worker.claimOne("Resize");
  expect(claimed).toMatchObject({ id: job.id, type: "Resize", data: { big: 1, list: [1, { a: null }] }, priority: 2.5, attempt: 1, leaseMs: 30_000, userId: alice.id });
  expect(await worker.beat(claimed, { progress: 40, message: "thumbnails" })).toBe("ok");
  await live.next("jobUpdated", (event) => event.jobId === job.id && event.progress === 40);
  expect(await worker.settle(claimed, "complete", { result: { files: 3 } })).toBe("ok");
  await live.next("jobUpdated", (event) => event.jobId === job.id && event.status === "completed");
  const done = await alice.job(job.id);
  expect(done).toMatchObject({ status: "completed", result: { files: 3 }, progress: 100 });
  expect(done.attemptsLog).toMatchObject([{ attempt: 1, worker: "box-1", outcome: "completed" }]);
  expect(await worker.settle(claimed, "complete", { result: { files: 3 } }), "repeating it is safe").toBe("already_settled");
});

test("big numbers of data and results keep their digits", async () => {
  const token = alice.accessToken;
  const raw = '{"type":"Digits","data":{"n":123456789012345678901234567890}}';
  const id = (await alice.client.send("POST", "/api/jobs/submit", { token, raw })).body.data.id;
  const answer = await worker.send("claim", { worker: "box-1", types: ["Digits"] });
  expect(answer.text).toContain("123456789012345678901234567890");
  const { lease } = answer.body.jobs[0];
  const settle = `[{"id":"${id}","lease":"${lease}","op":"complete","result":98765432109876543210987}]`;
  await worker.client.send("POST", "/api/worker/settle", { token: worker.key, raw: settle });
  expect((await alice.get(`/api/jobs/${id}`)).text).toContain('"result":98765432109876543210987');
});

test("a user's key gets that user's jobs only, an admin's key for all users everybody's", async () => {
  const job = await bob.submit("Whose");
  expect((await worker.claim(["Whose"])).jobs).toEqual([]);
  const claimed = await everybodys.claimOne("Whose");
  expect(claimed).toMatchObject({ id: job.id, userId: bob.id });
  expect(await worker.settle(claimed, "complete"), "a lease is its holder's alone").toBe("stale_lease");
  expect(await everybodys.settle(claimed, "complete")).toBe("ok");
});

test("one waiting worker gets the job, at once; the other goes on waiting", async () => {
  const other = new HttpWorker(server.client(), worker.key, "box-2");
  const polls = [worker.claim(["Wanted"], { waitMs: 2_000 }), other.claim(["Wanted"], { waitMs: 2_000 })];
  await until("both wait", async () => {
    const { data } = (await admin.get("/api/admin/workers")).body;
    return data.filter((one: { waiting: boolean; types: string[] }) => one.waiting && one.types.includes("Wanted")).length === 2;
  });
  await alice.submit("Wanted");
  const [first, second] = await Promise.all(polls);
  expect(first.jobs.length + second.jobs.length).toBe(1);
  expect(first.directive).toBe("run");
});

test("the place of a worker that hung up is free: the next one gets the job", async () => {
  const target = new URL(server.url);
  const headers = { authorization: `Bearer ${worker.key}`, "content-type": "application/json" };
  const gone = httpRequest({ hostname: target.hostname, port: target.port, method: "POST", path: "/api/worker/claim", headers, agent: false });
  gone.on("error", () => {});
  gone.end(JSON.stringify({ worker: "gone", types: ["Left"], waitMs: 30_000 }));
  const waits = async () => (await admin.get("/api/admin/workers")).body.data.some((one: { worker: string; waiting: boolean }) => one.worker === "gone" && one.waiting);
  await until("it waits", waits);
  gone.destroy();
  await until("its place is free", async () => !(await waits()));
  const job = await alice.submit("Left");
  expect((await worker.claimOne("Left")).id).toBe(job.id);
});

test("failures are retried by the server's rules, unless the worker says otherwise", async () => {
  const job = await alice.submit("Fails", { maxRetries: 1 });
  const first = await worker.claimOne("Fails");
  expect(await worker.settle(first, "fail", { error: "no such host", delayMs: 50 })).toBe("ok");
  expect(await alice.job(job.id)).toMatchObject({ status: "pending", retries: 1, error: "no such host" });
  const second = await worker.claimOne("Fails");
  expect(second.attempt).toBe(2);
  expect(await worker.settle(second, "fail", { error: "still not" })).toBe("ok");
  expect(await alice.job(job.id)).toMatchObject({ status: "failed", retries: 1, error: "still not" });
  expect(server.stderr).toContain("attempt 1 failed: no such host; retry 1 of 1");

  const once = await alice.submit("Fails");
  expect(await worker.settle(await worker.claimOne("Fails"), "fail", { error: "bad input", retryable: false })).toBe("ok");
  expect(await alice.job(once.id)).toMatchObject({ status: "failed", retries: 0 });
});

test("a claim ends once its jobs carry 8 MiB; the others are claimed next, on their first attempt", async () => {
  const text = "x".repeat(255 * 1024);
  const many = Array.from({ length: 40 }, () => ({ type: "Heavy", data: { text } }));
  for (const half of [many.slice(0, 20), many.slice(20)]) {
    expect((await alice.post("/api/jobs/batch", { jobs: half })).status).toBeLessThan(300);
  }
  const first = await worker.send("claim", { worker: "box-1", types: ["Heavy"], max: 1000 });
  expect(first.body.jobs.length).toBeGreaterThan(0);
  expect(first.text.length).toBeLessThan(9 * 1024 * 1024);
  const second = await worker.claim(["Heavy"], { max: 1000 });
  expect(first.body.jobs.length + second.jobs.length).toBe(40);
  expect(second.jobs.every((job: { attempt: number }) => job.attempt === 1)).toBe(true);
  await worker.send("bye", { worker: "box-1" });
});

test("after a restart of the server, bye hands back what was claimed before, and nobody else's", async () => {
  const first = await Server.start(OPTIONS);
  const owner = await newAccount(first);
  const keys = [(await newKey(owner, ["worker"])).key, (await newKey(await newAdmin(first), ["worker"], { allUsers: true })).key];
  const [ours, theirs] = [await owner.submit("Held"), await owner.submit("Held")];
  const [own, foreign] = keys.map((key) => new HttpWorker(first.client(), key, "box"));
  expect((await own?.claimOne("Held")).id).toBe(ours.id);
  expect((await foreign?.claimOne("Held")).id).toBe(theirs.id);
  await first.kill();
  const second = await first.again();
  const returned = new HttpWorker(second.client(), keys[0] ?? "", "box");
  expect((await returned.send("bye", { worker: "box" })).body.released).toBe(1);
  const status = async (id: string) => (await second.client().get(`/api/jobs/${id}`, { token: owner.accessToken })).body.data;
  expect(await status(ours.id)).toMatchObject({ status: "pending", attempts: 0 });
  expect(await status(theirs.id)).toMatchObject({ status: "processing" });
  await second.stop();
});

test("snooze, release and bye spend nothing", async () => {
  const job = await alice.submit("Later", { maxRetries: 0 });
  expect(await worker.settle(await worker.claimOne("Later"), "snooze", { delayMs: 100 })).toBe("ok");
  expect(await alice.job(job.id)).toMatchObject({ status: "pending", retries: 0, attempts: 0 });
  expect(await worker.settle(await worker.claimOne("Later"), "release")).toBe("ok");
  const leaving = new HttpWorker(server.client(), worker.key, "leaving");
  await leaving.claimOne("Later");
  expect((await leaving.send("bye", { worker: "leaving" })).body.released).toBe(1);
  const claimed = await worker.claimOne("Later");
  expect(claimed.attempt).toBe(1);
  expect(await worker.settle(claimed, "complete")).toBe("ok");
});

test("a lease that ended is put back as a crash within a second or two, and its holder can change nothing more", async () => {
  const job = await alice.submit("Silent");
  const silent = new HttpWorker(server.client(), worker.key, "silent");
  const lost = await silent.claimOne("Silent", { leaseMs: 1_000 });
  const again = await worker.claimOne("Silent");
  expect(again).toMatchObject({ id: job.id, attempt: 2 });
  expect((await silent.claim(["Nothing"])).cancels, "it is told, should it come back").toEqual([{ id: job.id, reason: "lease_lost" }]);
  expect(await worker.settle(lost, "complete")).toBe("stale_lease");
  expect(await worker.beat(lost)).toBe("stale_lease");
  expect(await worker.settle(again, "complete")).toBe("ok");
  expect(await alice.job(job.id)).toMatchObject({ status: "completed", retries: 0 });
});

test("a cancel reaches a waiting worker at once and a busy one with its beat", async () => {
  const job = await alice.submit("Stop me");
  const told = new HttpWorker(server.client(), worker.key, "told");
  const claimed = await told.claimOne("Stop me");
  const poll = told.claim(["Nothing"], { waitMs: 20_000 });
  await until("it waits", async () =>
    (await admin.get("/api/admin/workers")).body.data.some((one: { worker: string; waiting: boolean; jobsInHand: number }) => one.worker === "told" && one.waiting && one.jobsInHand === 1),
  );
  expect((await alice.post(`/api/jobs/${job.id}/cancel`)).status).toBe(200);
  expect((await poll).cancels).toEqual([{ id: job.id, reason: "cancelled" }]);
  expect(await told.beat(claimed)).toBe("cancel");
  expect(await told.settle(claimed, "complete")).toBe("cancelled");
});

test("settles and beats ride along with a claim", async () => {
  for (let at = 0; at < 3; at += 1) await alice.submit("Train");
  const { jobs } = await worker.claim(["Train"], { max: 2 });
  const [one, two] = jobs;
  const answer = await worker.claim(["Train"], { settle: [{ id: one.id, lease: one.lease, op: "complete" }], beat: [{ id: two.id, lease: two.lease }] });
  expect(answer.settled).toEqual([{ id: one.id, outcome: "ok" }]);
  expect(answer.beats).toEqual([{ id: two.id, outcome: "ok" }]);
  expect(answer.jobs.length).toBe(1);
  await worker.send("bye", { worker: "box-1" });
});

test("faults are named by their place", async () => {
  const refusals: [string, unknown, string][] = [
    ["claim", { types: ["x"] }, "worker"],
    ["claim", { worker: "w", types: [] }, "types"],
    ["claim", { worker: "w", types: ["x"], waitMs: 30_001 }, "waitMs"],
    ["claim", { worker: "w", types: ["x"], settle: [{ id: "0", lease: "x", op: "fail" }] }, "settle.0.id"],
    ["settle", [{ id: "0".repeat(16), lease: "x", op: "explode" }], "0.op"],
    ["beat", [{ id: "0".repeat(16) }], "0.lease"],
    ["bye", {}, "worker"],
  ];
  for (const [path, json, field] of refusals) {
    const answer = await worker.send(path, json);
    expect([path, answer.status]).toEqual([path, 400]);
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toContain(field);
  }
  expect((await worker.send("settle", {})).status).toBe(400);
});

test("leases outlive a restart; a stopping server sends its waiting workers away", async () => {
  const first = await Server.start(OPTIONS);
  const owner = await newAccount(first);
  const key = (await newKey(owner, ["worker"])).key;
  const job = await owner.submit("Long");
  const before = new HttpWorker(first.client(), key, "box");
  const claimed = await before.claimOne("Long");
  const operator = await newAdmin(first);
  const poll = before.claim(["Long"], { waitMs: 30_000 });
  await until("it waits", async () => (await operator.get("/api/admin/workers")).body.data.some((one: { waiting: boolean }) => one.waiting));
  const stopped = first.stop();
  expect((await poll).directive).toBe("drain");
  expect(await stopped).toBe(0);
  const second = await first.again();
  const after = new HttpWorker(second.client(), key, "box");
  expect(await after.beat(claimed)).toBe("ok");
  expect(await after.settle(claimed, "complete", { result: 1 })).toBe("ok");
  const answer = await second.client().get(`/api/jobs/${job.id}`, { token: owner.accessToken });
  expect(answer.body.data).toMatchObject({ status: "completed", attempts: 1 });
  await second.stop();
});
