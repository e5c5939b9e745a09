import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Account, newAccount, newAdmin } from "../harness/account";
import { type Operation, operations } from "../harness/contract";
import { newKey } from "../harness/keys";
import { closeSockets, Live } from "../harness/live";
import { Server } from "../harness/server";
import { until } from "../harness/until";

let server: Server;
let user: Account;
let admin: Account;
beforeAll(async () => {
  server = await Server.start();
  user = await newAccount(server);
  admin = await newAdmin(server);
});
afterAll(() => server.stop());
afterEach(closeSockets);

const SCOPES = ["jobs:read", "jobs:write", "worker", "admin"];
const path = (operation: Operation) =>
  operation.path.replace(/\{(\w*[iI]d)\}/g, (_, name: string) => "0".repeat(name === "userId" ? 24 : 16)).replace(/\{\w+\}/g, "none");
const call = (operation: Operation, token: string) => server.client().send(operation.method, path(operation), { token, raw: operation.method === "GET" ? undefined : "{}" });

describe("a key with every scope but one", () => {
  const closed = operations.filter((operation) => !["public", "internal"].includes(operation.policy));
  test.each(SCOPES)("is refused where %s is needed, and only there", async (missing) => {
    const { key } = await newKey(admin, SCOPES.filter((scope) => scope !== missing));
    for (const operation of closed) {
      const answer = await call(operation, key);
      const needs = operation.keyScope === "none" || operation.keyScope === missing;
      expect([operation.method, operation.path, answer.body?.code === "insufficient_scope"]).toEqual([operation.method, operation.path, needs]);
      if (needs) expect(answer.status).toBe(403);
    }
  });
});

test("a key is shown once, and listed without its secret", async () => {
  const key = await newKey(user, ["jobs:read"], { name: "dashboard on the wall" });
  expect(key).toMatchObject({ name: "dashboard on the wall", scopes: ["jobs:read"], allUsers: false });
  const before = (await user.get("/api/auth/keys")).body.data[0];
  expect(before).toMatchObject({ id: key.id, name: "dashboard on the wall" });
  expect(before.lastUsedAt).toBeUndefined();
  expect((await user.client.get("/api/jobs", { token: key.key })).status).toBe(200);
  const list = await user.get("/api/auth/keys");
  expect(list.body.data[0].lastUsedAt).toBeDefined();
  expect(list.text).not.toContain(key.key);
  expect(await server.sql("select hex(hash) || name from api_keys")).not.toContain(key.key);
  expect(server.output).not.toContain(key.key);
});

test("what is wrong with a wanted key is named by its field", async () => {
  const refusals: [Record<string, unknown>, string][] = [
    [{ scopes: ["worker"] }, "name"],
    [{ name: "x", scopes: [] }, "scopes"],
    [{ name: "x", scopes: ["root"] }, "scopes"],
    [{ name: "x", scopes: ["admin"] }, "scopes"],
    [{ name: "x", scopes: "worker" }, "scopes"],
    [{ name: "x", scopes: ["worker"], allUsers: true }, "allUsers"],
    [{ name: "x", scopes: ["worker"], expiresInMs: 5 }, "expiresInMs"],
  ];
  for (const [json, field] of refusals) {
    const answer = await user.post("/api/auth/keys", json);
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toContain(field);
  }
});

test("a key does its owner's work, and nobody else's", async () => {
  const { key } = await newKey(user, ["jobs:read", "jobs:write"]);
  const foreign = await admin.submit("Foreign", { delayMs: 60_000 });
  const answer = await user.client.post("/api/jobs/submit", { type: "By key", delayMs: 60_000 }, { token: key });
  expect(answer.status).toBe(202);
  expect(answer.body.data.userId).toBe(user.id);
  expect((await user.client.get(`/api/jobs/${foreign.id}`, { token: key })).status).toBe(404);
});

test("an admin's key without the scope admin sees the admin's own jobs only", async () => {
  const { key } = await newKey(admin, ["jobs:read"]);
  const foreign = await user.submit("Not for keys", { delayMs: 60_000 });
  expect((await admin.client.get(`/api/jobs/${foreign.id}`, { token: key })).status).toBe(404);
  const powerful = await newKey(admin, ["jobs:read", "admin"]);
  expect((await admin.client.get(`/api/jobs/${foreign.id}`, { token: powerful.key })).status).toBe(200);
});

test("a deleted key is dead at once, its sockets too; nobody deletes another's", async () => {
  const { id, key } = await newKey(user, ["jobs:read"]);
  const live = await Live.connect(server, key);
  expect((await admin.client.send("DELETE", `/api/auth/keys/${id}`, { token: admin.accessToken })).status).toBe(404);
  expect((await user.client.get("/api/jobs", { token: key })).status).toBe(200);
  expect((await user.client.send("DELETE", `/api/auth/keys/${id}`, { token: user.accessToken })).status).toBe(200);
  expect((await user.client.get("/api/jobs", { token: key })).status).toBe(401);
  await until("the socket is closed", () => !live.socket.connected);
});

test("keys die with the account's disabling and do not come back", async () => {
  const account = await newAccount(server);
  const { key } = await newKey(account, ["jobs:read"]);
  expect((await server.command("user", "disable", account.email)).code).toBe(0);
  await until("the key is refused", async () => (await account.client.get("/api/jobs", { token: key })).status === 401);
  expect((await server.command("user", "enable", account.email)).code).toBe(0);
  expect((await account.client.get("/api/jobs", { token: key })).status).toBe(401);
});

test("a key survives a restart and ends when it expires", async () => {
  const short = await Server.start();
  const owner = await newAccount(short);
  const lasting = await newKey(owner, ["jobs:read"]);
  const brief = await newKey(owner, ["jobs:read"], { expiresInMs: 1_000 });
  expect((await short.client().get("/api/jobs", { token: brief.key })).status).toBe(200);
  await until("it has expired", async () => (await short.client().get("/api/jobs", { token: brief.key })).status === 401);
  await short.stop();
  const again = await short.again();
  expect((await again.client().get("/api/jobs", { token: lasting.key })).status).toBe(200);
  await again.stop();
});

test("a socket with jobs:read hears of its owner's jobs, and may do nothing else", async () => {
  const { key } = await newKey(user, ["jobs:read"]);
  const live = await Live.connect(server, key);
  const job = await user.submit("Fast Task");
  await live.next("jobUpdated", (event) => event.jobId === job.id && event.status === "completed");
  expect(await live.ask("joinRoom", "lobby")).toMatchObject({ ok: false, code: "insufficient_scope" });
  const wrong = await newKey(user, ["jobs:write"]);
  await expect(Live.connect(server, wrong.key)).rejects.toMatchObject({ data: { code: "insufficient_scope" } });
});
