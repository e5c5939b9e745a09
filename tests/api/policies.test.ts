import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Account, newAccount, newAdmin } from "../harness/account";
import { type Operation, operations } from "../harness/contract";
import { Server } from "../harness/server";

// Generated from the contract: a route without a policy, or one that does not keep it, fails here.

let server: Server;
let user: Account;
let admin: Account;

beforeAll(async () => {
  server = await Server.start();
  user = await newAccount(server);
  admin = await newAdmin(server);
});
afterAll(() => server.stop());

/** Ids of things that do not exist, but for users: the policy decides before anything is looked up. */
const path = (operation: Operation) =>
  operation.path.replace("{token}", "not-a-token").replace("{userId}", user.id).replace("{id}", operation.path.includes("sessions") ? "0".repeat(32) : "0".repeat(16));

const of = (policy: string) => operations.filter((operation) => operation.policy === policy);
const call = (operation: Operation, token?: string) =>
  server.client().send(operation.method, path(operation), { token, raw: operation.method === "POST" ? "{}" : undefined });

test("every operation has a policy that is tested here", () => {
  expect(operations.filter((operation) => !["public", "user", "admin", "internal", "worker"].includes(operation.policy))).toEqual([]);
  expect(of("user").length).toBeGreaterThan(5);
  expect(of("admin").length).toBeGreaterThan(0);
});

describe("anonymous callers", () => {
  test.each([...of("user"), ...of("admin"), ...of("worker")])("are refused at $method $path", async (operation) => {
    const answer = await call(operation);
    expect(answer.status).toBe(401);
    expect(answer.body.code).toBe("not_signed_in");
    expect(answer.headers["www-authenticate"]).toContain("Bearer");
  });

  test.each(of("public"))("are not asked for credentials at $method $path", async (operation) => {
    const answer = await call(operation);
    expect(answer.body?.code).not.toBe("not_signed_in");
    expect(answer.status).not.toBe(403);
  });
});

describe("a signed-in user who is no admin", () => {
  test.each(of("admin"))("is refused at $method $path", async (operation) => {
    const answer = await call(operation, user.accessToken);
    expect(answer.status).toBe(403);
    expect(answer.body.code).toBe("admin_only");
  });

  test.each(of("worker"))("needs an API key at $method $path", async (operation) => {
    const answer = await call(operation, user.accessToken);
    expect(answer.status).toBe(403);
    expect(answer.body.code).toBe("insufficient_scope");
  });

  // Those that end the caller's own sessions come last.
  const harmless = of("user").filter((operation) => !operation.path.includes("logout"));
  test.each(harmless)("passes the guard at $method $path", async (operation) => {
    expect([401, 403]).not.toContain((await call(operation, user.accessToken)).status);
  });
});

describe("an admin", () => {
  test.each(of("admin"))("passes at $method $path", async (operation) => {
    expect((await call(operation, admin.accessToken)).status).toBeLessThan(300);
  });
});

describe("internal routes", () => {
  test.each(of("internal"))("answer the machine itself at $method $path", async (operation) => {
    expect((await call(operation)).status).toBe(200);
  });

  test.each(of("internal"))("refuse what a proxy passes on at $method $path", async (operation) => {
    const headers = { "x-forwarded-for": "203.0.113.9" };
    const send = (token?: string) => server.client().send(operation.method, path(operation), { token, headers });
    expect((await send()).status).toBe(401);
    expect((await send(user.accessToken)).status).toBe(403);
    expect((await send(admin.accessToken)).status).toBe(200);
  });

  test.each(of("internal"))("refuse a page that calls this machine by another name at $method $path", async (operation) => {
    const send = (host: string) => server.client().send(operation.method, path(operation), { headers: { host } });
    expect((await send("rebound.example.com")).status).toBe(401);
    expect((await send("localhost.example.com:3000")).status).toBe(401);
    expect((await send(`localhost:${server.port}`)).status).toBe(200);
    expect((await send(`[::1]:${server.port}`)).status).toBe(200);
  });

  test.each(of("internal"))("in production trust no address, but the token for it, at $method $path", async (operation) => {
    const METRICS_TOKEN = "token-of-the-metrics-test";
    const env = { TASKGATE_ENV: "production", RATE_LIMITS: "on", PUBLIC_URL: "https://tasks.example.com" };
    for (const [more, withToken] of [[{}, 401], [{ METRICS_TOKEN }, 200]] as const) {
      const strict = await Server.start({ env: { ...env, ...more } });
      const send = (token?: string) => strict.client().send(operation.method, path(operation), { token });
      expect((await send()).status).toBe(401);
      expect((await send(METRICS_TOKEN)).status).toBe(withToken);
      expect((await send(`${METRICS_TOKEN}x`)).status).toBe(401);
      await strict.stop();
    }
  });

  test.each(of("internal"))("with a token for it want that also from this machine, at $method $path", async (operation) => {
    const guarded = await Server.start({ env: { METRICS_TOKEN: "token-of-the-metrics-test" } });
    const send = (token?: string) => guarded.client().send(operation.method, path(operation), { token });
    expect((await send()).status).toBe(401);
    expect((await send("token-of-the-metrics-test")).status).toBe(200);
    await guarded.stop();
  });
});
