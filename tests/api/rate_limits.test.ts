import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Account, newAccount, newEmail, PASSWORD } from "../harness/account";
import type { Answer } from "../harness/client";
import { Server } from "../harness/server";

let server: Server;
let account: Account;
beforeAll(async () => {
  // As in production: a proxy in front tells the address of the client, so that each test comes from one of its own.
  server = await Server.start({ env: { RATE_LIMITS: "on", TRUSTED_PROXIES: "127.0.0.1" } });
  account = await newAccount(server);
});
afterAll(() => server.stop());

const WITHIN_REQUESTS = 150;

/** Repeats a request until it is limited; the answers before that, and the 429. */
async function untilLimited(request: (at: number) => Promise<Answer>) {
  const before: Answer[] = [];
  for (let at = 0; at < WITHIN_REQUESTS; at += 1) {
    const answer = await request(at);
    if (answer.status === 429) return { before, limited: answer };
    before.push(answer);
  }
  throw new Error(`no limit within ${WITHIN_REQUESTS} requests`);
}

let addresses = 0;
const newAddress = () => {
  addresses += 1;
  return { "x-forwarded-for": `198.51.100.${addresses}` };
};

type Body = (at: number) => Record<string, unknown>;
const routes: [string, Body, number][] = [
  ["/api/auth/login", () => ({ email: "one@example.com", password: "wrong 93 orchard tram" }), 5],
  ["/api/auth/signup", () => ({ email: newEmail("limited"), password: PASSWORD }), 3],
  ["/api/auth/forgot-password", () => ({ email: "two@example.com" }), 2],
  ["/api/auth/resend-verification", () => ({ email: "three@example.com" }), 2],
];

test.each(routes)("%s from one address is limited, with the time to wait", async (path, body, leastAllowed) => {
  const headers = newAddress();
  const { before, limited } = await untilLimited((at) => server.client().post(path, body(at), { headers }));
  expect(before.length).toBeGreaterThanOrEqual(leastAllowed);
  expect(limited.body.code).toBe("too_many_requests");
  expect(Number(limited.headers["retry-after"])).toBeGreaterThanOrEqual(1);
});

test("guessing one account's password is limited, from however many addresses", async () => {
  const victim = newEmail("victim");
  const { before } = await untilLimited(() =>
    server.client().post("/api/auth/login", { email: victim, password: "wrong 93 orchard tram" }, { headers: newAddress() }),
  );
  expect(before.length).toBeLessThanOrEqual(100);
});

test("the limit does not tell whether an account exists", async () => {
  const count = async (email: string) => {
    const { before, limited } = await untilLimited(() =>
      server.client().post("/api/auth/login", { email, password: "wrong 93 orchard tram" }, { headers: newAddress() }),
    );
    const { requestId: _requestId, ...body } = limited.body;
    return { allowed: before.length, body };
  };
  const known = await newAccountFrom(newAddress());
  expect((await count(known)).allowed).toBe((await count(newEmail("nobody"))).allowed);
});

async function newAccountFrom(headers: Record<string, string>): Promise<string> {
  const email = newEmail();
  const mark = server.stdout.length;
  await server.client().post("/api/auth/signup", { email, password: PASSWORD }, { headers });
  await server.client().post(`/api/auth/verify/${await server.linkToken("verify", mark)}`, undefined, { headers });
  return email;
}

test("changing the password is limited, too", async () => {
  const headers = newAddress();
  await untilLimited(() =>
    account.post("/api/auth/change-password", { oldPassword: "wrong 93 orchard tram", newPassword: "copper 47 lantern drizzle" }, { headers }),
  );
});

test("jobs and token checks are not held up by it", async () => {
  for (let at = 0; at < 200; at += 1) expect((await account.get("/api/auth/me")).status).toBe(200);
  expect((await account.post("/api/jobs/submit", { type: "x" })).status).toBe(202);
});

describe("without TRUSTED_PROXIES", () => {
  let direct: Server;
  beforeAll(async () => {
    direct = await Server.start({ env: { RATE_LIMITS: "on" } });
  });
  afterAll(() => direct.stop());

  test("X-Forwarded-For is not believed: pretending other addresses does not help", async () => {
    await untilLimited((at) =>
      direct.client().post("/api/auth/signup", { email: newEmail("spoofed"), password: PASSWORD }, { headers: { "x-forwarded-for": `203.0.113.${at}` } }),
    );
  });
});
