import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type ServerResponse, type Server as WebServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Account, type Job, newAccount, newAdmin } from "../harness/account";
import { newKey } from "../harness/keys";
import { Server } from "../harness/server";
import { until } from "../harness/until";

// Webhooks are told when jobs end: signed, retried, also after kill -9.

const WEBHOOKS = "/api/webhooks";
const ALLOW = { WEBHOOKS_ALLOW_PRIVATE: "on" };

interface Call {
  headers: IncomingHttpHeaders;
  text: string;
  body: Job;
}

/** An address that is called; `answer` decides what it says, and saying nothing keeps the caller waiting. */
class Receiver {
  readonly calls: Call[] = [];
  answer: (response: ServerResponse, call: Call) => void = (response) => response.writeHead(204).end();
  private web: WebServer | undefined;

  async start(): Promise<void> {
    const web = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const call = { headers: request.headers, text, body: JSON.parse(text) };
        this.calls.push(call);
        this.answer(response, call);
      });
    });
    await new Promise<void>((done) => web.listen(0, "127.0.0.1", done));
    this.web = web;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.web?.address() as AddressInfo).port}/done`;
  }

  status(code: number): void {
    this.answer = (response) => response.writeHead(code).end("what the inside said");
  }

  async stop(): Promise<void> {
    this.web?.closeAllConnections();
    await new Promise((done) => this.web?.close(done));
  }

  of(job: Job): Call[] {
    return this.calls.filter((call) => call.body.jobId === job.id);
  }

  callFor(job: Job): Promise<Call> {
    return until(`a call for job ${job.id}`, () => this.of(job)[0], 30_000);
  }
}

const send = (account: Account, method: string, path: string, json?: unknown) =>
  account.client.send(method, path, { token: account.accessToken, ...(json === undefined ? {} : { json }) });
const create = async (account: Account, webhook: Record<string, unknown>): Promise<Job> => {
  const answer = await account.post(WEBHOOKS, webhook);
  if (answer.status !== 201) throw new Error(`the webhook was not made: ${answer.status} ${answer.text}`);
  return answer.body.data;
};
const read = async (account: Account, webhook: Job): Promise<Job> => (await account.get(`${WEBHOOKS}/${webhook.id}`)).body.data;
const deliveries = async (account: Account, webhook: Job): Promise<Job[]> => (await account.get(`${WEBHOOKS}/${webhook.id}/deliveries`)).body.data;
const ended = (account: Account, webhook: Job, status: string) =>
  until(`a delivery is ${status}`, async () => (await deliveries(account, webhook)).find((each) => each.status === status), 30_000);
const signatureOf = (call: Call, secret: string) =>
  `sha256=${createHmac("sha256", secret).update(`${call.headers["x-taskgate-timestamp"]}.${call.text}`).digest("hex")}`;

let receiver: Receiver;
beforeEach(async () => {
  receiver = new Receiver();
  await receiver.start();
});
afterEach(() => receiver.stop());

describe("on one server", () => {
  let server: Server;
  let user: Account;
  let other: Account;
  beforeAll(async () => {
    server = await Server.start({ env: ALLOW });
    user = await newAccount(server);
    other = await newAccount(server);
  });
  afterAll(() => server.stop());
  afterEach(async () => {
    for (const webhook of (await user.get(WEBHOOKS)).body.data) await send(user, "DELETE", `${WEBHOOKS}/${webhook.id}`);
  });

  test("an end is told, signed with the secret that was shown once", async () => {
    const webhook = await create(user, { url: receiver.url });
    expect(webhook).toMatchObject({ userId: user.id, url: receiver.url, events: ["completed", "failed", "cancelled"], enabled: true, failures: 0 });
    expect(webhook.secret).toMatch(/^whsec_[\w-]{43}$/);
    const job = await user.submit("Quick", { data: { exact: 1 } });
    const call = await receiver.callFor(job);
    expect(call.headers["x-taskgate-signature"]).toBe(signatureOf(call, webhook.secret));
    expect(Math.abs(Number(call.headers["x-taskgate-timestamp"]) - Date.now() / 1000)).toBeLessThan(60);
    expect(call.headers).toMatchObject({ "content-type": "application/json", "x-taskgate-event": "completed", "x-taskgate-webhook": webhook.id });
    expect(call.body).toMatchObject({ event: "completed", webhookId: webhook.id, deliveryId: call.headers["x-taskgate-delivery"] });
    const { attemptsLog, ...shownJob } = await user.job(job.id);
    expect(attemptsLog).toHaveLength(1);
    expect(call.body.job).toEqual(shownJob);
    const delivered = await ended(user, webhook, "delivered");
    expect(delivered).toMatchObject({ id: call.body.deliveryId, event: "completed", jobId: job.id, attempts: 1 });
    const shown = await read(user, webhook);
    expect(shown.secret).toBeUndefined();
    expect((await user.get(WEBHOOKS)).text).not.toContain(webhook.secret);
    expect(await server.sql(".dump")).not.toContain(webhook.secret);
  });

  test("failures and cancels are told, to those who ask for them", async () => {
    const failed = await create(user, { url: receiver.url, events: ["failed"], type: "Wrong" });
    const tagged = await create(user, { url: receiver.url, tag: "watched" });
    const wrong = await user.submit("Wrong", { data: { shouldFail: true }, maxRetries: 0 });
    expect((await receiver.callFor(wrong)).body).toMatchObject({ event: "failed", webhookId: failed.id, job: { status: "failed" } });
    await user.jobThatIs("completed", (await user.submit("Wrong")).id);
    const waiting = await user.submit("Later", { delayMs: 600_000, tags: ["watched"] });
    await user.post(`/api/jobs/${waiting.id}/cancel`);
    expect((await receiver.callFor(waiting)).body).toMatchObject({ event: "cancelled", webhookId: tagged.id });
    expect(await deliveries(user, failed)).toHaveLength(1);
    expect(await deliveries(user, tagged)).toHaveLength(1);
  });

  test("a wrong webhook is refused with every field that is wrong", async () => {
    for (const [given, fields] of [
      [{}, ["url"]],
      [{ url: "ftp://example.com" }, ["url"]],
      [{ url: "https://me:secret@example.com" }, ["url"]],
      [{ url: "https://example.com/a b" }, ["url"]],
      [{ url: `https://example.com/${"x".repeat(2048)}` }, ["url"]],
      [{ url: 5 }, ["url"]],
      [{ url: "https://example.com", events: [] }, ["events"]],
      [{ url: "https://example.com", events: ["test"] }, ["events"]],
      [{ url: "https://example.com", events: "failed" }, ["events"]],
      [{ url: "nonsense", events: [], type: "", tag: "x".repeat(65) }, ["url", "events", "type", "tag"]],
      [{ url: "https://example.com", enabled: "yes" }, ["enabled"]],
    ] as [unknown, string[]][]) {
      const answer = await user.post(WEBHOOKS, given);
      expect(answer.status, JSON.stringify(given)).toBe(400);
      expect(answer.body.errors.map((each: { field: string }) => each.field)).toEqual(fields);
    }
    expect((await user.get(WEBHOOKS)).body.results).toBe(0);
  });

  test("it is changed field by field, and deleted", async () => {
    const webhook = await create(user, { url: receiver.url, type: "Report", tag: "weekly" });
    const path = `${WEBHOOKS}/${webhook.id}`;
    const changed = (await send(user, "PATCH", path, { events: ["failed"], tag: null })).body.data;
    expect(changed).toMatchObject({ url: receiver.url, events: ["failed"], type: "Report" });
    expect(changed.tag).toBeUndefined();
    const off = (await send(user, "PATCH", path, { enabled: false })).body.data;
    expect(off).toMatchObject({ enabled: false, disabledReason: "Switched off by its owner" });
    expect(Date.parse(off.disabledAt)).toBeGreaterThan(0);
    expect((await send(user, "PATCH", path, { url: "gopher://x" })).status).toBe(400);
    const on = (await send(user, "PATCH", path, { enabled: true })).body.data;
    expect(on.enabled).toBe(true);
    expect(on.disabledReason).toBeUndefined();
    expect((await send(user, "DELETE", path)).status).toBe(200);
    expect((await send(user, "DELETE", path)).status).toBe(404);
    expect((await user.get(path)).status).toBe(404);
  });

  test("nobody else sees or touches it, admins neither", async () => {
    const webhook = await create(user, { url: receiver.url });
    for (const stranger of [other, await newAdmin(server)]) {
      const path = `${WEBHOOKS}/${webhook.id}`;
      for (const answer of [
        await stranger.get(path),
        await send(stranger, "PATCH", path, { enabled: false }),
        await send(stranger, "DELETE", path),
        await stranger.post(`${path}/test`),
        await stranger.get(`${path}/deliveries`),
      ]) {
        expect(answer.status).toBe(404);
      }
      expect((await stranger.get(WEBHOOKS)).body.data).toEqual([]);
    }
    await other.jobThatIs("completed", (await other.submit("Of another")).id);
    expect(await deliveries(user, webhook)).toEqual([]);
    expect((await read(user, webhook)).enabled).toBe(true);
  });

  test("a key needs jobs:read to see webhooks and jobs:write to change them", async () => {
    const reader = (await newKey(user, ["jobs:read"])).key;
    const writer = (await newKey(user, ["jobs:write"])).key;
    expect((await server.client().get(WEBHOOKS, { token: reader })).status).toBe(200);
    expect((await server.client().get(WEBHOOKS, { token: writer })).status).toBe(403);
    expect((await server.client().post(WEBHOOKS, { url: receiver.url }, { token: reader })).status).toBe(403);
    expect((await server.client().post(WEBHOOKS, { url: receiver.url }, { token: writer })).status).toBe(201);
  });

  test("an account has at most twenty", async () => {
    for (let i = 0; i < 20; ++i) await create(other, { url: receiver.url, type: "none such" });
    const refused = await other.post(WEBHOOKS, { url: receiver.url });
    expect(refused.status).toBe(409);
    expect(refused.body.code).toBe("too_many_webhooks");
  });

  test("a test calls it, once, also while it is disabled", async () => {
    const webhook = await create(user, { url: receiver.url });
    await send(user, "PATCH", `${WEBHOOKS}/${webhook.id}`, { enabled: false });
    receiver.status(500);
    const answer = await user.post(`${WEBHOOKS}/${webhook.id}/test`);
    expect(answer.status).toBe(202);
    const failed = await ended(user, webhook, "given_up");
    expect(failed).toMatchObject({ id: answer.body.data.id, event: "test", attempts: 1, error: "HTTP 500" });
    expect(receiver.calls).toHaveLength(1);
    expect(receiver.calls[0]?.body).toMatchObject({ event: "test", job: null });
    expect((await read(user, webhook)).failures).toBe(0);
  });

  test("after a 500 it is called again, with the same delivery id", async () => {
    const webhook = await create(user, { url: receiver.url });
    receiver.answer = (response) => response.writeHead(receiver.calls.length === 1 ? 500 : 200).end();
    const job = await user.submit("Quick");
    const waiting = await until("it waits for the next attempt", async () => (await deliveries(user, webhook)).find((each) => each.error));
    expect(waiting).toMatchObject({ status: "waiting", error: "HTTP 500", jobId: job.id });
    expect(Date.parse(waiting.nextAttemptAt)).toBeGreaterThan(Date.parse(waiting.createdAt));
    await ended(user, webhook, "delivered");
    const ids = receiver.of(job).map((call) => call.headers["x-taskgate-delivery"]);
    expect(ids).toEqual([waiting.id, waiting.id]);
  });

  test("many deliveries given up disable it, and say why and when; redirects are not followed", async () => {
    const webhook = await create(user, { url: receiver.url });
    receiver.answer = (response) => response.writeHead(302, { location: `${receiver.url}/elsewhere` }).end();
    await user.post("/api/jobs/batch", { jobs: Array.from({ length: 12 }, () => ({ type: "Quick" })) });
    const disabled = await until("it is disabled", async () => {
      const shown = await read(user, webhook);
      return !shown.enabled && shown;
    }, 30_000);
    expect(disabled.disabledReason).toMatch(/10 deliveries in a row were given up, the last with: HTTP 302: redirects are not followed/);
    expect(Date.parse(disabled.disabledAt)).toBeGreaterThan(Date.parse(webhook.createdAt));
    const before = receiver.calls.length;
    await user.jobThatIs("completed", (await user.submit("Quick")).id);
    await until("nothing waits any more", async () => (await deliveries(user, webhook)).every((each) => each.status === "given_up"), 30_000);
    expect(receiver.calls.length).toBe(before);

    receiver.status(200);
    await send(user, "PATCH", `${WEBHOOKS}/${webhook.id}`, { enabled: true });
    await receiver.callFor(await user.submit("Quick"));
  });

  test("an address that answers 410 is not called again", async () => {
    const webhook = await create(user, { url: receiver.url });
    receiver.status(410);
    await user.submit("Quick");
    const disabled = await until("it is disabled", async () => {
      const shown = await read(user, webhook);
      return !shown.enabled && shown;
    });
    expect(disabled.disabledReason).toMatch(/410/);
  });

  test("of a job that is too large for a call, the data is left out", async () => {
    await create(user, { url: receiver.url });
    const job = await user.submit("Large", { data: { text: "x".repeat(261_900) } });
    const call = await receiver.callFor(job);
    expect(call.text.length).toBeLessThan(256 * 1024);
    expect(call.body).toMatchObject({ omitted: ["data"], job: { id: job.id, data: null } });
  });
});

test("an end that was stored is told after kill -9, under the same delivery id", async () => {
  const server = await Server.start({ env: ALLOW });
  const user = await newAccount(server);
  const webhook = await create(user, { url: receiver.url });
  receiver.answer = () => {}; // the call hangs
  const job = await user.submit("Quick");
  const first = await receiver.callFor(job);
  await server.kill();

  receiver.status(200);
  const survivor = await server.again();
  const second = await until("it is called again", () => receiver.of(job)[1], 30_000);
  expect(second.headers["x-taskgate-delivery"]).toBe(first.headers["x-taskgate-delivery"]);
  expect(second.headers["x-taskgate-signature"]).toBe(signatureOf(second, webhook.secret));
  await survivor.stop();
});

test("addresses that are not public are refused where they are not allowed, whatever name leads there", async () => {
  const server = await Server.start();
  const user = await newAccount(server);
  for (const url of [receiver.url, receiver.url.replace("127.0.0.1", "localhost"), "http://169.254.169.254/latest/meta-data/", "http://[::1]:9/"]) {
    const webhook = await create(user, { url });
    await user.post(`${WEBHOOKS}/${webhook.id}/test`);
    expect((await ended(user, webhook, "given_up")).error).toMatch(/not public/);
  }
  expect(receiver.calls).toEqual([]);
  await server.stop();
});

test("deliveries are the server's own jobs: no user's list, claim or count has them", async () => {
  const server = await Server.start({ env: ALLOW });
  const user = await newAccount(server);
  const admin = await newAdmin(server);
  const webhook = await create(user, { url: receiver.url });
  const job = await user.submit("Quick");
  const call = await receiver.callFor(job);
  expect((await user.jobs()).map((each) => each.id)).toEqual([job.id]);
  expect((await user.get(`/api/jobs/${call.body.deliveryId}`)).status).toBe(404);
  const seen = (await admin.get("/api/jobs/admin/all?userId=system&type=taskgate.webhook")).body.data;
  expect(seen).toHaveLength(1);
  expect(seen[0].data).toEqual({ webhookId: webhook.id, event: "completed", jobId: job.id });
  expect((await user.post("/api/jobs/submit", { type: "taskgate.webhook", data: seen[0].data })).status).toBe(400);
  await server.stop();
});
