import { type ClientRequest, request as httpRequest } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Account, newAccount, newAdmin } from "../harness/account";
import { HttpWorker, newKey } from "../harness/keys";
import { Server } from "../harness/server";
import { until } from "../harness/until";

// Nothing may be simulated: these jobs are for the worker here.
const OPTIONS = { env: { SIMULATE_UNHANDLED: "off" } };

let server: Server;
let alice: Account;
let bob: Account;
let admin: Account;
let worker: HttpWorker;
beforeAll(async () => {
  server = await Server.start(OPTIONS);
  alice = await newAccount(server);
  bob = await newAccount(server);
  admin = await newAdmin(server);
  worker = new HttpWorker(server.client(), (await newKey(alice, ["worker"])).key, "box-1");
});
afterAll(() => server.stop());

const logOf = async (account: Account, id: string, query = "") => (await account.get(`/api/jobs/${id}/logs${query}`)).body;
const eventsOf = async (account: Account, id: string) => (await account.get(`/api/jobs/${id}/events`)).body.data;

test("a checkpoint reaches the next attempt, digits and all", async () => {
  const job = await alice.submit("Import", { maxRetries: 5 });
  const first = await worker.claimOne("Import");
  expect(first.checkpoint, "none yet").toBeNull();
  const raw = `[{"id":"${job.id}","lease":"${first.lease}","checkpoint":{"row":123456789012345678901234567890}}]`;
  expect((await worker.client.send("POST", "/api/worker/beat", { token: worker.key, raw })).body[0].outcome).toBe("ok");
  expect(await worker.beat(first, { progress: 10 }), "without the member it stays").toBe("ok");
  expect(await worker.settle(first, "fail", { error: "no paper", delayMs: 0 })).toBe("ok");
  const answer = await worker.send("claim", { worker: "box-1", types: ["Import"], waitMs: 5_000 });
  expect(answer.text).toContain('"checkpoint":{"row":123456789012345678901234567890}');
  const [second] = answer.body.jobs;
  expect(await worker.beat(second, { checkpoint: null })).toBe("ok");
  expect(await worker.settle(second, "release")).toBe("ok");
  const third = await worker.claimOne("Import");
  expect(third.checkpoint).toBeNull();
  expect(await worker.settle(third, "complete")).toBe("ok");
});

test("checkpoint and log are on disk when the beat is answered", async () => {
  const first = await Server.start(OPTIONS);
  const owner = await newAccount(first);
  const { key } = await newKey(owner, ["worker"]);
  const job = await owner.submit("Kept");
  const before = new HttpWorker(first.client(), key, "box-1");
  const claimed = await before.claimOne("Kept");
  expect(await before.beat(claimed, { checkpoint: { page: 3 }, log: ["page 3"] })).toBe("ok");
  await first.kill();
  const second = await Server.start({ ...OPTIONS, dataDir: first.dataDir });
  const after = new HttpWorker(second.client(), key, "box-1");
  expect(await after.settle(claimed, "release"), "leases outlive a restart").toBe("ok");
  expect((await after.claimOne("Kept")).checkpoint).toEqual({ page: 3 });
  const log = await second.client().get(`/api/jobs/${job.id}/logs`, { token: owner.accessToken });
  expect(log.body.data).toMatchObject([{ line: "page 3" }]);
  await second.stop();
});

test("a checkpoint has at most 256 KiB", async () => {
  await alice.submit("Large");
  const claimed = await worker.claimOne("Large");
  const largest = "x".repeat(256 * 1024 - 2);
  expect(await worker.beat(claimed, { checkpoint: largest })).toBe("ok");
  const refused = await worker.send("beat", [{ id: claimed.id, lease: claimed.lease, checkpoint: `${largest}x` }]);
  expect(refused.status).toBe(400);
  expect(refused.body.errors).toEqual([{ field: "0.checkpoint", message: "checkpoint must have at most 256 KiB" }]);
  expect(await worker.settle(claimed, "release")).toBe("ok");
  const again = await worker.claimOne("Large");
  expect(again.checkpoint).toBe(largest);
  expect(await worker.settle(again, "complete")).toBe("ok");
});

test("what a worker says is kept as the job's log", async () => {
  const job = await alice.submit("Talks");
  const claimed = await worker.claimOne("Talks");
  expect(await worker.beat(claimed, { log: ["opening", { line: "disk full", level: "error" }] })).toBe("ok");
  expect(await worker.beat(claimed, { log: [{ line: "half done" }] })).toBe("ok");
  const whole = await logOf(alice, job.id);
  expect(whole).toMatchObject({ status: "success", results: 3, more: false });
  expect(whole.data).toMatchObject([
    { number: 1, attempt: 1, line: "opening" },
    { number: 2, attempt: 1, line: "disk full", level: "error" },
    { number: 3, attempt: 1, line: "half done" },
  ]);
  expect(whole.data[0].level).toBeUndefined();
  expect(await logOf(alice, job.id, "?limit=2")).toMatchObject({ results: 2, more: true });
  expect(await logOf(alice, job.id, "?after=2&limit=2")).toMatchObject({ data: [{ number: 3 }], more: false });
  expect(await logOf(admin, job.id), "admins see all").toMatchObject({ results: 3 });
  expect(await worker.settle(claimed, "complete")).toBe("ok");
  expect(await logOf(alice, job.id, "?after=3")).toMatchObject({ data: [], more: false });
});

test("the newest thousand lines are kept", async () => {
  const job = await alice.submit("Chatters");
  const claimed = await worker.claimOne("Chatters");
  for (let beat = 0; beat < 11; beat += 1) {
    expect(await worker.beat(claimed, { log: Array.from({ length: 100 }, (_, line) => `${beat * 100 + line}`) })).toBe("ok");
  }
  const kept = await logOf(alice, job.id, "?limit=1000");
  expect(kept.results).toBe(1_000);
  expect(kept.data[0]).toMatchObject({ number: 101, line: "100" });
  expect(await worker.settle(claimed, "complete")).toBe("ok");
});

test.each([
  [{ log: "no list" }, "0.log"],
  [{ log: [7] }, "0.log"],
  [{ log: [{ level: "info" }] }, "0.log"],
  [{ log: [{ line: "x", level: "loud" }] }, "0.log"],
])("a beat with %j is refused, naming the field", async (wrong, field) => {
  const answer = await worker.send("beat", [{ id: "0".repeat(16), lease: "x", ...wrong }]);
  expect(answer.status).toBe(400);
  expect(answer.body.errors[0].field).toBe(field);
});

test("a stale lease can neither log nor leave a checkpoint", async () => {
  const job = await alice.submit("Stale");
  const slow = await worker.claimOne("Stale", { leaseMs: 1_000 });
  const second = await new HttpWorker(server.client(), worker.key, "box-2").claimOne("Stale");
  expect(second).toMatchObject({ id: job.id, attempt: 2 });
  expect(await worker.beat(slow, { log: ["from the dead"], checkpoint: 1 })).toBe("stale_lease");
  expect((await logOf(alice, job.id)).data).toEqual([]);
  expect(await worker.settle(second, "release")).toBe("ok");
  const third = await worker.claimOne("Stale");
  expect(third.checkpoint).toBeNull();
  await alice.post(`/api/jobs/${job.id}/cancel`);
  expect(await worker.beat(third, { log: ["after the cancel"], checkpoint: 2 })).toBe("cancel");
  expect((await logOf(alice, job.id)).data).toEqual([]);
});

test("log and history are the owner's and the admins' alone", async () => {
  const job = await alice.submit("Private");
  const unknown = "0".repeat(16);
  for (const what of ["logs", "events"]) {
    for (const id of [job.id, unknown, "nonsense"]) expect((await bob.get(`/api/jobs/${id}/${what}`)).status).toBe(404);
    expect((await server.client().get(`/api/jobs/${job.id}/${what}`)).status).toBe(401);
    expect((await admin.get(`/api/jobs/${job.id}/${what}`)).status).toBe(200);
  }
  for (const query of ["?after=-1", "?after=x", "?limit=0", "?limit=1001"]) {
    expect((await alice.get(`/api/jobs/${job.id}/logs${query}`)).status).toBe(400);
  }
});

test("the history tells what happened, and who did it", async () => {
  const job = await alice.submit("Told", { maxRetries: 1 });
  await alice.client.send("PATCH", `/api/jobs/${job.id}`, { token: alice.accessToken, json: { priority: 7 } });
  expect(await worker.settle(await worker.claimOne("Told"), "fail", { error: "no host", delayMs: 0 })).toBe("ok");
  expect(await worker.settle(await worker.claimOne("Told"), "fail", { error: "no host" })).toBe("ok");
  await admin.post(`/api/jobs/${job.id}/retry`);
  await worker.claimOne("Told");
  await alice.post(`/api/jobs/${job.id}/cancel`);
  expect(await eventsOf(alice, job.id)).toMatchObject([
    { event: "submitted", by: alice.id },
    { event: "changed", by: alice.id, priorityBefore: 0, priority: 7 },
    { event: "started", attempt: 1, worker: "box-1" },
    { event: "retry_scheduled", attempt: 1, error: "no host" },
    { event: "started", attempt: 2 },
    { event: "failed", attempt: 2, error: "no host" },
    { event: "retried", by: admin.id },
    { event: "started", attempt: 3 },
    { event: "cancelled", by: alice.id },
  ]);
  const { attemptsLog } = await alice.job(job.id);
  expect(attemptsLog.map((each: { outcome: string }) => each.outcome)).toEqual(["failed", "failed", "cancelled"]);
  for (const each of attemptsLog) expect(each.durationMs).toBe(Date.parse(each.endedAt) - Date.parse(each.startedAt));
});

test("a request may wait until the job has finished", async () => {
  const job = await alice.submit("Awaited");
  const claimed = await worker.claimOne("Awaited");
  const waiting = alice.get(`/api/jobs/${job.id}?waitMs=30000`);
  const early = await alice.get(`/api/jobs/${job.id}?waitMs=20`);
  expect(early.body.data.status, "as it stands when the time is over").toBe("processing");
  expect(await worker.settle(claimed, "complete", { result: { files: 3 } })).toBe("ok");
  const answer = await waiting;
  expect(answer.body.data).toMatchObject({ status: "completed", result: { files: 3 }, attemptsLog: [{ outcome: "completed" }] });
  expect((await alice.get(`/api/jobs/${job.id}?waitMs=30000`)).body.data.status, "at once").toBe("completed");
  expect((await bob.get(`/api/jobs/${job.id}?waitMs=30000`)).status).toBe(404);
  for (const wrong of ["30001", "-1", "x", "1.5"]) {
    const refused = await alice.get(`/api/jobs/${job.id}?waitMs=${wrong}`);
    expect(refused.status).toBe(400);
    expect(refused.body.errors[0].field).toBe("waitMs");
  }
});

/** A hundred requests that wait for a job, as many as one user may have; each gives its status when it is answered. */
async function crowd(at: Server, owner: Account, id: string) {
  const target = new URL(at.url);
  const headers = { authorization: `Bearer ${owner.accessToken}` };
  const requests: ClientRequest[] = [];
  const statuses = Array.from({ length: 100 }, () => {
    const request = httpRequest({ hostname: target.hostname, port: target.port, path: `/api/jobs/${id}?waitMs=30000`, headers, agent: false });
    requests.push(request);
    return new Promise<number | undefined>((resolve) => {
      request.on("response", (answer) => resolve(answer.resume().statusCode)).on("error", () => resolve(undefined));
      request.end();
    });
  });
  const refused = await until("all wait", async () => {
    const answer = await owner.get(`/api/jobs/${id}?waitMs=1`);
    return answer.status === 429 && answer;
  });
  return { requests, statuses, refused };
}

test("a user may have a hundred requests wait; one that hung up gives its place back", async () => {
  const job = await bob.submit("Crowded");
  const { requests, refused } = await crowd(server, bob, job.id);
  expect(refused.body.code).toBe("too_many_waits");
  expect(refused.headers["retry-after"]).toBe("1");
  expect((await bob.get(`/api/jobs/${job.id}`)).status, "without waiting").toBe(200);
  for (const request of requests) request.destroy();
  await until("there is room again", async () => (await bob.get(`/api/jobs/${job.id}?waitMs=1`)).status === 200);
});

test("a server that stops answers those who wait", async () => {
  const stopping = await Server.start(OPTIONS);
  const owner = await newAccount(stopping);
  const job = await owner.submit("Never");
  const { statuses } = await crowd(stopping, owner, job.id);
  const begun = Date.now();
  await stopping.stop();
  expect(Date.now() - begun, "it does not wait for them").toBeLessThan(15_000);
  expect(new Set(await Promise.all(statuses))).toEqual(new Set([200]));
});
