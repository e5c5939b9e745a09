import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { logIn, newAccount, newEmail, PASSWORD, signUp, signUpVerified } from "../harness/account";
import type { Answer } from "../harness/client";
import { JWT_SECRET, Server } from "../harness/server";
import { claimsOf, headerOf } from "../harness/tokens";
import { until } from "../harness/until";

const OTHER_PASSWORD = "copper 47 lantern drizzle";

let server: Server;
beforeAll(async () => {
  server = await Server.start();
});
afterAll(() => server.stop());

const post = (path: string, json?: unknown) => server.client().post(path, json);
const login = (email: string, password = PASSWORD) => post("/api/auth/login", { email, password });

/** All of an answer that a stranger can tell two addresses apart by. */
function visible(answer: Answer) {
  const { "x-request-id": _id, date: _date, ...headers } = answer.headers;
  const { requestId: _requestId, ...body } = answer.body;
  return { status: answer.status, headers, body };
}

describe("sign-up", () => {
  test("answers 200 {message}, and the printed link verifies the address", async () => {
    const email = newEmail();
    const token = await signUp(server, email);
    expect((await login(email)).status).toBe(401);
    const verified = await post(`/api/auth/verify/${token}`);
    expect(verified.status).toBe(200);
    expect(Object.keys(verified.body)).toContain("message");
    expect((await login(email)).status).toBe(200);
  });

  test("prints the link on a line of its own, at the public address", async () => {
    const token = await signUp(server, newEmail());
    const { publicUrl } = (await server.client().get("/api/system/info")).body.data;
    const lines = server.stdout.split("\n").map((line) => line.trim());
    expect(lines).toContain(`${publicUrl}/verify/${token}`);
  });

  test("verification links work once", async () => {
    const token = await signUp(server, newEmail());
    expect((await post(`/api/auth/verify/${token}`)).status).toBe(200);
    const again = await post(`/api/auth/verify/${token}`);
    expect(again.status).toBe(400);
    expect(again.body.code).toBe("invalid_token");
  });

  test("of parallel uses of one link exactly one succeeds", async () => {
    const token = await signUp(server, newEmail());
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(`/api/auth/verify/${token}`)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 400, 400, 400, 400, 400, 400, 400]);
  });

  test("a GET or HEAD of the link consumes nothing", async () => {
    const token = await signUp(server, newEmail());
    for (const method of ["GET", "HEAD"]) {
      for (const path of [`/verify/${token}`, `/api/auth/verify/${token}`]) {
        await server.client().send(method, path, { headers: { accept: "text/html" } });
      }
    }
    expect((await post(`/api/auth/verify/${token}`)).status).toBe(200);
  });

  test("an unknown verification token is refused", async () => {
    for (const token of ["nonsense", "A".repeat(43), "%00", "a".repeat(3000)]) {
      const answer = await post(`/api/auth/verify/${token}`);
      expect(answer.status).toBe(400);
    }
  });

  test("answers alike for an address that has an account, and changes nothing there", async () => {
    const account = await newAccount(server);
    const fresh = await post("/api/auth/signup", { email: newEmail(), password: PASSWORD });
    const mark = server.stdout.length;
    const taken = await post("/api/auth/signup", { email: account.email, password: OTHER_PASSWORD });
    expect(visible(taken)).toEqual(visible(fresh));
    await until("its owner is told", async () => server.stdout.slice(mark).includes("You already have an account"));
    expect((await login(account.email, OTHER_PASSWORD)).body.code).toBe("invalid_credentials");
    expect((await login(account.email)).status).toBe(200);
  });

  test("takes the password of the latest sign-up while nobody has proven the address", async () => {
    const email = newEmail();
    let mark = server.stdout.length;
    await post("/api/auth/signup", { email, password: PASSWORD });
    const firstLink = await server.linkToken("verify", mark);
    mark = server.stdout.length;
    await post("/api/auth/signup", { email, password: OTHER_PASSWORD });
    const secondLink = await server.linkToken("verify", mark);
    expect((await post(`/api/auth/verify/${firstLink}`)).status).toBe(400);
    expect((await post(`/api/auth/verify/${secondLink}`)).status).toBe(200);
    expect((await login(email)).body.code).toBe("invalid_credentials");
    expect((await login(email, OTHER_PASSWORD)).status).toBe(200);
  });

  test("takes the address without regard to case and blanks around it", async () => {
    const email = newEmail("Mixed.Case");
    await signUpVerified(server, ` ${email.toUpperCase()} `);
    const answer = await login(email.toLowerCase());
    expect(answer.status).toBe(200);
    expect(answer.body.user.email).toBe(email.toLowerCase());
  });

  test("ignores a role and other fields that are not the client's to set", async () => {
    const email = newEmail();
    const answer = await post("/api/auth/signup", {
      email,
      password: PASSWORD,
      role: "admin",
      emailVerified: true,
      isVerified: true,
      tokenVersion: 7,
      id: "0".repeat(24),
    });
    expect(answer.status).toBe(200);
    expect((await login(email)).body.code).toBe("email_not_verified");
    const token = server.linkTokens("verify").at(-1);
    await post(`/api/auth/verify/${token}`);
    const account = await logIn(server, email);
    expect(claimsOf(account.accessToken)).toMatchObject({ role: "user" });
    expect((await account.get("/api/auth/me")).body.data).toMatchObject({ role: "user", emailVerified: true });
    expect((await account.get("/api/jobs/admin/all")).status).toBe(403);
  });

  test.each([
    ["a short password", "short1!", /8/],
    ["a common password", "password123", /./],
    ["the address as password", "someone.special", /./],
    ["a password of 300 characters", "Xy7 ".repeat(75), /256/],
  ])("refuses %s, naming the field", async (_what, password, sentence) => {
    const answer = await post("/api/auth/signup", { email: "someone.special@example.com", password });
    expect(answer.status).toBe(400);
    expect(answer.body.code).toBe("validation_failed");
    expect(answer.body.errors).toEqual([{ field: "password", message: expect.stringMatching(sentence) }]);
  });

  test.each([
    ["nothing", ""],
    ["a word", "plain"],
    ["no name", "@example.com"],
    ["no domain", "a@"],
    ["a blank inside", "a b@example.com"],
    ["two @", "a@b@example.com"],
    ["a header", "a\r\nBcc: x@example.com"],
    ["300 characters", `${"a".repeat(300)}@example.com`],
  ])(
    "refuses as address: %s",
    async (_what, email) => {
      const answer = await post("/api/auth/signup", { email, password: PASSWORD });
      expect(answer.status).toBe(400);
      expect(answer.body.errors.map((error: { field: string }) => error.field)).toEqual(["email"]);
    },
  );

  test("resending gives a new link, and the older one stops working", async () => {
    const email = newEmail();
    const first = await signUp(server, email);
    const mark = server.stdout.length;
    const known = await post("/api/auth/resend-verification", { email });
    const second = await server.linkToken("verify", mark);
    expect((await post(`/api/auth/verify/${first}`)).status).toBe(400);
    expect((await post(`/api/auth/verify/${second}`)).status).toBe(200);
    const unknown = await post("/api/auth/resend-verification", { email: newEmail("nobody") });
    expect(visible(unknown)).toEqual(visible(known));
  });
});

describe("log-in", () => {
  test("gives tokens and says whose they are", async () => {
    const account = await newAccount(server);
    const me = await account.get("/api/auth/me");
    expect(me.status).toBe(200);
    expect(me.body.data).toMatchObject({ id: account.id, email: account.email, role: "user", emailVerified: true });
  });

  test("the access token is a JWT with the claims that other services rely on", async () => {
    const account = await newAccount(server);
    const claims = claimsOf(account.accessToken);
    expect(headerOf(account.accessToken)).toMatchObject({ alg: "HS256", typ: "JWT" });
    expect(claims).toMatchObject({ userId: account.id, sub: account.id, email: account.email, role: "user", typ: "access" });
    expect(claims.tokenVersion).toEqual(expect.any(Number));
    expect(claims.sid).toEqual(expect.any(String));
    expect(claims.jti).toEqual(expect.any(String));
    expect(claims.iss).toEqual(expect.any(String));
    expect(Number(claims.exp) - Number(claims.iat)).toBe(15 * 60);
    const [header, payload, signature] = account.accessToken.split(".");
    expect(createHmac("sha256", JWT_SECRET).update(`${header}.${payload}`).digest("base64url")).toBe(signature);
  });

  test("tells that the address is not verified only after a correct password", async () => {
    const email = newEmail();
    await signUp(server, email);
    const wrong = await login(email, OTHER_PASSWORD);
    expect(wrong.status).toBe(401);
    expect(wrong.body.code).toBe("invalid_credentials");
    const right = await login(email);
    expect(right.status).toBe(401);
    expect(right.body.code).toBe("email_not_verified");
  });

  test("an unknown address and a wrong password look the same", async () => {
    const { email } = await newAccount(server);
    const wrong = await login(email, OTHER_PASSWORD);
    const unknown = await login(newEmail("nobody"), OTHER_PASSWORD);
    expect(visible(unknown)).toEqual(visible(wrong));
    expect(wrong.status).toBe(401);
  });

  test("answers with tokens must not be stored by caches", async () => {
    const { email } = await newAccount(server);
    expect((await login(email)).headers["cache-control"]).toContain("no-store");
  });

  test("twenty correct log-ins at once all succeed or ask to come again", async () => {
    const { email } = await newAccount(server);
    const answers = await Promise.all(Array.from({ length: 20 }, () => login(email)));
    for (const answer of answers) expect([200, 503]).toContain(answer.status);
    expect(answers.filter((answer) => answer.status === 200).length).toBeGreaterThan(0);
  });
});

describe("log-out", () => {
  test("makes the access and the refresh token useless at once", async () => {
    const account = await newAccount(server);
    const answer = await account.post("/api/auth/logout", { refreshToken: account.refreshToken });
    expect(answer.status).toBe(200);
    expect((await account.get("/api/auth/me")).status).toBe(401);
    expect((await post("/api/auth/refresh-token", { refreshToken: account.refreshToken })).status).toBe(401);
  });

  test("leaves the other sessions alone", async () => {
    const phone = await newAccount(server);
    const laptop = await logIn(server, phone.email);
    await phone.post("/api/auth/logout", { refreshToken: phone.refreshToken });
    expect((await laptop.get("/api/auth/me")).status).toBe(200);
  });

  test("asks for the refresh token, and takes only the caller's own", async () => {
    const account = await newAccount(server);
    const other = await newAccount(server);
    expect((await account.post("/api/auth/logout", {})).status).toBe(400);
    expect((await account.post("/api/auth/logout", { refreshToken: "nonsense" })).status).toBe(401);
    expect((await account.post("/api/auth/logout", { refreshToken: other.refreshToken })).status).toBe(401);
    expect((await other.get("/api/auth/me")).status).toBe(200);
    expect((await account.get("/api/auth/me")).status).toBe(200);
  });

  test("everywhere ends every session", async () => {
    const phone = await newAccount(server);
    const laptop = await logIn(server, phone.email);
    expect((await phone.post("/api/auth/logout-all")).status).toBe(200);
    for (const device of [phone, laptop]) {
      expect((await device.get("/api/auth/me")).status).toBe(401);
      expect((await post("/api/auth/refresh-token", { refreshToken: device.refreshToken })).status).toBe(401);
    }
  });
});

describe("sessions", () => {
  test("are listed, and can be ended one by one", async () => {
    const phone = await newAccount(server);
    const laptop = await logIn(server, phone.email);
    const list = await laptop.get("/api/auth/sessions");
    expect(list.body.results).toBe(2);
    const current = list.body.data.filter((session: { current: boolean }) => session.current);
    expect(current.map((session: { id: string }) => session.id)).toEqual([claimsOf(laptop.accessToken).sid]);
    const other = list.body.data.find((session: { current: boolean }) => !session.current);
    expect((await laptop.client.send("DELETE", `/api/auth/sessions/${other.id}`, { token: laptop.accessToken })).status).toBe(200);
    expect((await phone.get("/api/auth/me")).status).toBe(401);
    expect((await laptop.get("/api/auth/sessions")).body.results).toBe(1);
  });

  test("of others cannot be ended, and do not exist for the caller", async () => {
    const victim = await newAccount(server);
    const attacker = await newAccount(server);
    const id = claimsOf(victim.accessToken).sid;
    const answer = await attacker.client.send("DELETE", `/api/auth/sessions/${id}`, { token: attacker.accessToken });
    expect(answer.status).toBe(404);
    expect((await victim.get("/api/auth/me")).status).toBe(200);
  });
});

describe("a forgotten password", () => {
  test("is replaced with the printed link, which works once and ends every session", async () => {
    const account = await newAccount(server);
    const mark = server.stdout.length;
    expect((await post("/api/auth/forgot-password", { email: account.email })).status).toBe(200);
    const token = await server.linkToken("reset", mark);
    for (const method of ["GET", "HEAD"]) {
      await server.client().send(method, `/reset/${token}`, { headers: { accept: "text/html" } });
    }

    const weak = await post(`/api/auth/reset/${token}`, { password: "12345678" });
    expect(weak.status).toBe(400);
    expect(weak.body.errors[0].field).toBe("password");

    expect((await post(`/api/auth/reset/${token}`, { password: OTHER_PASSWORD })).status).toBe(200);
    expect((await account.get("/api/auth/me")).status).toBe(401);
    expect((await post("/api/auth/refresh-token", { refreshToken: account.refreshToken })).status).toBe(401);
    expect((await login(account.email)).status).toBe(401);
    expect((await login(account.email, OTHER_PASSWORD)).status).toBe(200);

    const again = await post(`/api/auth/reset/${token}`, { password: PASSWORD });
    expect(again.status).toBe(400);
    expect(again.body.code).toBe("invalid_token");
  });

  test("answers alike for unknown addresses, and prints nothing for them", async () => {
    const account = await newAccount(server);
    const mark = server.stdout.length;
    const unknown = await post("/api/auth/forgot-password", { email: newEmail("nobody") });
    const known = await post("/api/auth/forgot-password", { email: account.email });
    expect(visible(unknown)).toEqual(visible(known));
    await server.linkToken("reset", mark);
    expect(server.linkTokens("reset", mark)).toHaveLength(1);
  });

  test("a newer link makes the older one useless", async () => {
    const account = await newAccount(server);
    const tokens: string[] = [];
    for (let times = 0; times < 2; times += 1) {
      const mark = server.stdout.length;
      await post("/api/auth/forgot-password", { email: account.email });
      tokens.push(await server.linkToken("reset", mark));
    }
    expect((await post(`/api/auth/reset/${tokens[0]}`, { password: OTHER_PASSWORD })).status).toBe(400);
    expect((await post(`/api/auth/reset/${tokens[1]}`, { password: OTHER_PASSWORD })).status).toBe(200);
  });

  test("tokens of one purpose are unknown to the other", async () => {
    const email = newEmail();
    const token = await signUp(server, email);
    expect((await post(`/api/auth/reset/${token}`, { password: OTHER_PASSWORD })).status).toBe(400);
    expect((await post(`/api/auth/verify/${token}`)).status).toBe(200);
  });
});

describe("changing the password", () => {
  test("needs the old one, keeps this session, and ends the others", async () => {
    const here = await newAccount(server);
    const there = await logIn(server, here.email);

    const wrong = await here.post("/api/auth/change-password", { oldPassword: OTHER_PASSWORD, newPassword: OTHER_PASSWORD });
    expect(wrong.status).toBe(400);
    expect(wrong.body.code).toBe("wrong_password");
    expect(wrong.body.errors[0].field).toBe("oldPassword");
    const weak = await here.post("/api/auth/change-password", { oldPassword: PASSWORD, newPassword: "12345678" });
    expect(weak.status).toBe(400);
    expect(weak.body.errors[0].field).toBe("newPassword");

    const answer = await here.post("/api/auth/change-password", { oldPassword: PASSWORD, newPassword: OTHER_PASSWORD });
    expect(answer.status).toBe(200);
    expect((await here.get("/api/auth/me")).status).toBe(200);
    expect((await there.get("/api/auth/me")).status).toBe(401);
    expect((await post("/api/auth/refresh-token", { refreshToken: there.refreshToken })).status).toBe(401);
    expect((await login(here.email)).status).toBe(401);
    expect((await login(here.email, OTHER_PASSWORD)).status).toBe(200);
  });

  test("makes an outstanding reset link useless", async () => {
    const account = await newAccount(server);
    const mark = server.stdout.length;
    await post("/api/auth/forgot-password", { email: account.email });
    const token = await server.linkToken("reset", mark);
    await account.post("/api/auth/change-password", { oldPassword: PASSWORD, newPassword: OTHER_PASSWORD });
    expect((await post(`/api/auth/reset/${token}`, { password: PASSWORD })).status).toBe(400);
  });
});

test("a disabled account is told so only after the correct password, and its sessions end", async () => {
  const account = await newAccount(server);
  expect((await server.command("user", "disable", account.email)).code).toBe(0);
  expect((await login(account.email, OTHER_PASSWORD)).body.code).toBe("invalid_credentials");
  const answer = await login(account.email);
  expect(answer.status).toBe(403);
  expect(answer.body.code).toBe("account_disabled");
  await until("its access token is refused", async () => (await account.get("/api/auth/me")).status === 401, 5_000);
  expect((await post("/api/auth/refresh-token", { refreshToken: account.refreshToken })).status).toBe(401);
});
