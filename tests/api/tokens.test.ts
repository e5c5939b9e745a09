import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Account, newAccount, signUp, newEmail } from "../harness/account";
import { JWT_SECRET, Server } from "../harness/server";
import { claimsOf, headerOf, sign } from "../harness/tokens";
import { until } from "../harness/until";

const refresh = (server: Server, refreshToken: unknown) => server.client().post("/api/auth/refresh-token", { refreshToken });

describe("access tokens that are not ours, or no longer", () => {
  let server: Server;
  let account: Account;
  beforeAll(async () => {
    server = await Server.start();
    account = await newAccount(server);
  });
  afterAll(() => server.stop());

  const now = () => Math.floor(Date.now() / 1000);
  const resigned = (changes: Record<string, unknown>, header?: Record<string, unknown>) =>
    sign({ ...claimsOf(account.accessToken), ...changes }, JWT_SECRET, header ?? headerOf(account.accessToken));
  const withPart = (index: number, change: (part: string) => string) =>
    account.accessToken
      .split(".")
      .map((part, at) => (at === index ? change(part) : part))
      .join(".");
  const unsigned = (alg: string) => `${resigned({}, { alg, typ: "JWT" }).split(".").slice(0, 2).join(".")}.`;

  const forgeries: [string, () => string | Promise<string>][] = [
    ["signed with another secret", () => sign(claimsOf(account.accessToken), "another secret of sufficient length, 0123456789")],
    ["signed with an empty secret", () => sign(claimsOf(account.accessToken), "")],
    ["expired a minute ago", () => resigned({ iat: now() - 960, exp: now() - 60 })],
    ["without exp", () => resigned({ exp: undefined })],
    ["with exp as a string", () => resigned({ exp: String(now() + 600) })],
    ["with a huge exp", () => resigned({ exp: 1e300 })],
    ["with a negative exp", () => resigned({ exp: -1 })],
    ["not valid yet", () => resigned({ nbf: now() + 3600 })],
    ["issued in the future", () => resigned({ iat: now() + 3600, exp: now() + 7200 })],
    ["of another issuer", () => resigned({ iss: "somebody-else" })],
    ["of another type", () => resigned({ typ: "refresh" })],
    ["of no type", () => resigned({ typ: undefined })],
    ["of a session that does not exist", () => resigned({ sid: "0".repeat(32) })],
    ["of a session that is no string", () => resigned({ sid: { $ne: null } })],
    ["of another user in this session", () => resigned({ userId: "0".repeat(24), sub: "0".repeat(24) })],
    ["of an older token version", () => resigned({ tokenVersion: Number(claimsOf(account.accessToken).tokenVersion) - 1 })],
    ["of a later token version", () => resigned({ tokenVersion: Number(claimsOf(account.accessToken).tokenVersion) + 1 })],
    ["alg none", () => unsigned("none")],
    ["alg None", () => unsigned("None")],
    ["alg nOnE, signed", () => resigned({}, { alg: "nOnE", typ: "JWT" })],
    ["alg HS512", () => resigned({}, { alg: "HS512", typ: "JWT" })],
    ["alg RS256 with an HMAC", () => resigned({}, { alg: "RS256", typ: "JWT" })],
    ["alg missing", () => resigned({}, { typ: "JWT" })],
    ["an unknown kid", () => resigned({}, { ...headerOf(account.accessToken), kid: "../../etc/passwd" })],
    ["a crit header", () => resigned({}, { ...headerOf(account.accessToken), crit: ["x"], x: 1 })],
    ["a jwk header", () => resigned({}, { ...headerOf(account.accessToken), jwk: { kty: "oct", k: "AA" } })],
    ["without its signature", () => withPart(2, () => "")],
    ["with a truncated signature", () => withPart(2, (part) => part.slice(0, 20))],
    ["truncated by one character", () => account.accessToken.slice(0, -1)],
    ["with padding", () => `${account.accessToken}=`],
    ["with a changed payload", () => withPart(1, (part) => Buffer.from(JSON.stringify({ ...claimsOf(account.accessToken), role: "admin" })).toString("base64url") || part)],
    ["with a fourth part", () => `${account.accessToken}.x`],
    ["with two parts", () => account.accessToken.split(".").slice(0, 2).join(".")],
    ["of dots only", () => ".."],
    ["of no base64", () => "a!b.c!d.e!f"],
    ["of 20,000 characters", () => `${"a".repeat(10_000)}.${"b".repeat(5_000)}.${"c".repeat(5_000)}`.slice(0, 6_000)],
    ["the refresh token", () => account.refreshToken],
    ["a verification token", () => signUp(server, newEmail())],
  ];

  test.each(forgeries)("%s: 401, never more", async (_what, forge) => {
    const token = await forge();
    const answer = await server.client().get("/api/auth/me", { token });
    expect(answer.status).toBe(401);
    expect(["invalid_token", "token_expired"]).toContain(answer.body.code);
    expect((await account.get("/api/auth/me")).status, "the real token still works").toBe(200);
  });

  test("a token that has just expired is told so, so that clients refresh it", async () => {
    const answer = await server.client().get("/api/auth/me", { token: resigned({ iat: now() - 1000, exp: now() - 100 }) });
    expect(answer.body.code).toBe("token_expired");
  });

  test("the role in the token is not what counts", async () => {
    const answer = await server.client().get("/api/jobs/admin/all", { token: resigned({ role: "admin" }) });
    expect(answer.status).toBe(403);
  });

  test.each(["Basic dXNlcjpwYXNz", "Bearer", "Bearer ", "Token abc", "bearer", "Bearer a b", "\u00e9\u00e9"])(
    "the header Authorization: %j is refused",
    async (authorization) => {
      const answer = await server.client().get("/api/auth/me", { headers: { authorization } });
      expect(answer.status).toBe(401);
    },
  );

  test("an access token is no refresh token", async () => {
    expect((await refresh(server, account.accessToken)).status).toBe(401);
  });
});

describe("refresh tokens", () => {
  let server: Server;
  beforeAll(async () => {
    server = await Server.start();
  });
  afterAll(() => server.stop());

  test("are rotated, and give access tokens that work", async () => {
    const account = await newAccount(server);
    const answer = await refresh(server, account.refreshToken);
    expect(answer.status).toBe(200);
    expect(answer.body.refreshToken).not.toBe(account.refreshToken);
    expect(answer.body.user.id).toBe(account.id);
    expect((await server.client().get("/api/auth/me", { token: answer.body.accessToken })).status).toBe(200);
    expect((await refresh(server, answer.body.refreshToken)).status).toBe(200);
  });

  test("within the grace, the previous one gives the current one: two tabs, a lost answer", async () => {
    const account = await newAccount(server);
    const first = await refresh(server, account.refreshToken);
    const second = await refresh(server, account.refreshToken);
    expect(second.status).toBe(200);
    expect(second.body.refreshToken).toBe(first.body.refreshToken);
  });

  test("ten tabs at once get one and the same", async () => {
    const account = await newAccount(server);
    const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(server, account.refreshToken)));
    expect(answers.map((answer) => answer.status)).toEqual(Array(10).fill(200));
    expect(new Set(answers.map((answer) => answer.body.refreshToken)).size).toBe(1);
  });

  test("two behind, even within the grace: the session ends", async () => {
    const account = await newAccount(server);
    const first = await refresh(server, account.refreshToken);
    const second = await refresh(server, first.body.refreshToken);
    const reused = await refresh(server, account.refreshToken);
    expect(reused.status).toBe(401);
    expect(reused.body.code).toBe("token_reused");
    expect((await refresh(server, second.body.refreshToken)).status).toBe(401);
    expect((await server.client().get("/api/auth/me", { token: second.body.accessToken })).status).toBe(401);
  });

  test.each([
    ["missing", {}],
    ["null", { refreshToken: null }],
    ["empty", { refreshToken: "" }],
    ["a number", { refreshToken: 7 }],
    ["an object", { refreshToken: { $ne: null } }],
    ["a list", { refreshToken: ["a"] }],
  ])("%s: 400", async (_what, body) => {
    const answer = await server.client().post("/api/auth/refresh-token", body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].field).toBe("refreshToken");
  });

  test("that are nonsense, truncated or changed: 401", async () => {
    const account = await newAccount(server);
    const flipped = account.refreshToken.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
    const swapped = account.refreshToken.replace(/^(.{20})(.)/, (_all, head, one) => head + (one === "A" ? "B" : "A"));
    for (const token of ["nonsense", account.refreshToken.slice(0, -2), flipped, swapped, `${account.refreshToken}AA`, "A".repeat(5000)]) {
      expect((await refresh(server, token)).status, token.slice(0, 40)).toBe(401);
    }
    expect((await refresh(server, account.refreshToken)).status).toBe(200);
  });
});

describe("without grace (REFRESH_GRACE_MS=0)", () => {
  let server: Server;
  beforeAll(async () => {
    server = await Server.start({ env: { REFRESH_GRACE_MS: "0" } });
  });
  afterAll(() => server.stop());

  test("a second use of a refresh token ends the session, access token included", async () => {
    const account = await newAccount(server);
    const rotated = await refresh(server, account.refreshToken);
    // A grace of 0 ms still covers the very millisecond of the rotation.
    const issued = Date.now();
    await until("the millisecond is over", () => Date.now() > issued + 1);
    const reused = await refresh(server, account.refreshToken);
    expect(reused.status).toBe(401);
    expect(reused.body.code).toBe("token_reused");
    expect((await refresh(server, rotated.body.refreshToken)).status).toBe(401);
    expect((await server.client().get("/api/auth/me", { token: rotated.body.accessToken })).status).toBe(401);
  });
});

describe("without rotation (REFRESH_ROTATION=off)", () => {
  let server: Server;
  beforeAll(async () => {
    server = await Server.start({ env: { REFRESH_ROTATION: "off" } });
  });
  afterAll(() => server.stop());

  test("one refresh token stays valid, for clients that keep the first one", async () => {
    const account = await newAccount(server);
    for (let times = 0; times < 3; times += 1) {
      const answer = await refresh(server, account.refreshToken);
      expect(answer.status).toBe(200);
      expect(answer.body.refreshToken ?? account.refreshToken).toBe(account.refreshToken);
    }
  });
});

test("tokens and sessions survive a restart", async () => {
  const server = await Server.start();
  const account = await newAccount(server);
  expect(await server.stop()).toBe(0);
  const again = await server.again();
  expect((await again.client().get("/api/auth/me", { token: account.accessToken })).status).toBe(200);
  expect((await refresh(again, account.refreshToken)).status).toBe(200);
  await again.stop();
});

test("without JWT_SECRET one is made, kept private in the data folder, and used again", async () => {


  const server = await Server.start({ env: { JWT_SECRET: "" } });
  const account = await newAccount(server);
  const kept = readdirSync(server.dataDir).filter((name) => /secret|key/i.test(name));
  expect(kept.sort()).toEqual(["data_key", "jwt_secret"]);
  for (const file of kept) expect(statSync(join(server.dataDir, file)).mode & 0o077).toBe(0);
  await server.stop();
  const again = await server.again();
  expect((await again.client().get("/api/auth/me", { token: account.accessToken })).status).toBe(200);
  await again.stop();
});
