import { afterAll, beforeAll, expect, test } from "vitest";
import { newAccount, PASSWORD } from "../harness/account";
import type { Answer } from "../harness/client";
import { Server } from "../harness/server";

const COOKIE_MODE = { "x-token-mode": "cookie" };

let server: Server;
let email: string;
beforeAll(async () => {
  server = await Server.start({ env: { CORS_ORIGINS: "https://app.example.com" } });
  email = (await newAccount(server)).email;
});
afterAll(() => server.stop());

const login = (headers: Record<string, string> = COOKIE_MODE) =>
  server.client().post("/api/auth/login", { email, password: PASSWORD }, { headers });
const refresh = (cookie: string, headers: Record<string, string> = {}) =>
  server.client().post("/api/auth/refresh-token", {}, { headers: { ...COOKIE_MODE, cookie, ...headers } });

const setCookie = (answer: Answer) => answer.headers["set-cookie"]?.[0] ?? "";
const cookieOf = (answer: Answer) => setCookie(answer).split(";")[0] ?? "";

test("log-in puts the refresh token in a cookie that scripts and other sites cannot use, and only there", async () => {
  const answer = await login();
  expect(answer.status).toBe(200);
  expect(Object.keys(answer.body.tokens)).toEqual(["accessToken"]);
  const attributes = setCookie(answer).toLowerCase();
  expect(attributes).toContain("httponly");
  expect(attributes).toContain("samesite=strict");
  expect(attributes).toContain("path=/");
  expect(answer.text).not.toContain(cookieOf(answer).split("=")[1]);
});

test("without the header there is no cookie", async () => {
  const answer = await login({});
  expect(answer.headers["set-cookie"]).toBeUndefined();
  expect(answer.body.tokens.refreshToken).toEqual(expect.any(String));
});

test("refresh takes the token from the cookie and rotates it there", async () => {
  const first = await login();
  const answer = await refresh(cookieOf(first));
  expect(answer.status).toBe(200);
  expect(Object.keys(answer.body)).not.toContain("refreshToken");
  expect(cookieOf(answer)).not.toBe(cookieOf(first));
  expect((await refresh(cookieOf(answer))).status).toBe(200);
});

test("refresh without a cookie is refused: nobody is signed in", async () => {
  const answer = await server.client().post("/api/auth/refresh-token", {}, { headers: COOKIE_MODE });
  expect([400, 401]).toContain(answer.status);
});

test("log-out removes the cookie and ends the session", async () => {
  const first = await login();
  const answer = await server.client().post(
    "/api/auth/logout",
    {},
    { token: first.body.tokens.accessToken, headers: { ...COOKIE_MODE, cookie: cookieOf(first) } },
  );
  expect(answer.status).toBe(200);
  expect(setCookie(answer).toLowerCase()).toMatch(/max-age=0|expires=thu, 01 jan 1970/);
  expect((await refresh(cookieOf(first))).status).toBe(401);
});

test("a cookie alone is no access token: other routes do not read it", async () => {
  const first = await login();
  expect((await server.client().get("/api/auth/me", { headers: { cookie: cookieOf(first) } })).status).toBe(401);
});

test.each([
  ["an Origin of another site", { origin: "https://evil.example" }],
  ["an opaque Origin", { origin: "null" }],
  ["an Origin that only begins like ours", { origin: "https://app.example.com.evil.example" }],
  ["another port of this machine", { origin: "http://127.0.0.1:1" }],
  ["Sec-Fetch-Site cross-site", { "sec-fetch-site": "cross-site" }],
  ["Sec-Fetch-Site same-site", { "sec-fetch-site": "same-site" }],
])("%s is refused in cookie mode, and changes nothing", async (_what, headers) => {
  const first = await login();
  const refreshed = await refresh(cookieOf(first), headers);
  expect(refreshed.status).toBe(403);
  expect(refreshed.body.code).toBe("cross_site_request");
  expect(refreshed.headers["set-cookie"]).toBeUndefined();
  expect((await login({ ...COOKIE_MODE, ...headers })).status).toBe(403);
  expect((await refresh(cookieOf(first))).status).toBe(200);
});

test.each([
  ["the dashboard's own origin", () => ({ origin: server.url, "sec-fetch-site": "same-origin" })],
  ["an origin of CORS_ORIGINS", () => ({ origin: "https://app.example.com", "sec-fetch-site": "cross-site" })],
  ["a request typed by the user", () => ({ "sec-fetch-site": "none" })],
])("%s is accepted in cookie mode", async (_what, headers) => {
  const first = await login();
  expect((await refresh(cookieOf(first), headers())).status).toBe(200);
});

test("a form of another site cannot sign its visitor in", async () => {
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
    const answer = await server.client().send("POST", "/api/auth/login", {
      raw: JSON.stringify({ email, password: PASSWORD }),
      headers: { "content-type": type, ...COOKIE_MODE },
    });
    expect(answer.status).toBe(415);
    expect(answer.headers["set-cookie"]).toBeUndefined();
  }
});
