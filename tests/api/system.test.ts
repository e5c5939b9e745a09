import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newAccount, newEmail, signUp } from "../harness/account";
import { openapi } from "../harness/contract";
import { Server } from "../harness/server";
import { until } from "../harness/until";

let server: Server;
beforeAll(async () => {
  server = await Server.start();
});
afterAll(() => server.stop());

const HTML = { accept: "text/html,application/xhtml+xml" };

test("/healthz and /readyz answer 200", async () => {
  expect((await server.client().get("/healthz")).status).toBe(200);
  expect((await server.client().get("/readyz")).status).toBe(200);
});

test("/metrics counts requests and jobs in the format of Prometheus", async () => {
  const account = await newAccount(server);
  const job = await account.submit("Fast Task");
  await account.jobThatIs("completed", job.id);
  const { text } = await server.client().get("/metrics");
  const samples = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  expect(samples.length).toBeGreaterThan(5);
  for (const sample of samples) expect(sample).toMatch(/^[a-zA-Z_:][\w:]*(\{.*\})? [-+]?(\d|Inf|NaN)/);
  expect(text).toMatch(/^# TYPE \w*http\w* (counter|histogram)$/m);
  expect(text).toMatch(/^# TYPE \w*jobs?\w* (counter|gauge|histogram)$/m);
  expect(text).not.toContain(account.email);
});

test("the server describes itself with the contract, digit for digit what is in the repository", async () => {
  const answer = await server.client().get("/api/openapi.json");
  expect(answer.body).toEqual(JSON.parse(JSON.stringify(openapi)));
});

test("the contract is readable as a page that needs nothing from elsewhere", async () => {
  const answer = await server.client().get("/api/docs");
  expect(answer.headers["content-type"]).toContain("text/html");
  expect(answer.text).toContain("/api/jobs/submit");
  expect(answer.text).not.toMatch(/(src|href)="(https?:)?\/\//);
  // Its style stands in the page itself, and nothing else may.
  expect(answer.headers["content-security-policy"]).toContain("style-src 'unsafe-inline'");
  expect(answer.headers["content-security-policy"]).not.toContain("script-src");
});

test("the access log has one structured line per request, with its id, and no secrets", async () => {
  const account = await newAccount(server);
  await account.get("/api/auth/me");
  await server.client().get("/api/auth/me", { token: account.accessToken, headers: { "x-request-id": "find-me-1" } });
  const line = await until("it is in the log", () => server.output.split("\n").find((one) => one.includes("find-me-1")));
  for (const part of ["GET", "/api/auth/me", "200"]) expect(line).toContain(part);
  expect(server.output).not.toContain(account.accessToken);
  expect(server.output).not.toContain(account.refreshToken);
});

test("the log has no token of a link, used or not", async () => {
  const email = newEmail();
  const verification = await signUp(server, email);
  const visit = (path: string) => server.client().get(path, { headers: HTML });
  await visit(`/verify/${verification}`);
  await server.client().post(`/api/auth/verify/${verification}`);
  const mark = server.stdout.length;
  await server.client().post("/api/auth/forgot-password", { email });
  const reset = await server.linkToken("reset", mark);
  await visit(`/reset/${reset}`);
  await server.client().post(`/api/auth/reset/${reset}`, { password: "weak" });
  await server.client().get("/healthz", { headers: { "x-request-id": "after-the-links" } });
  await until("the log has come so far", () => server.stderr.includes("after-the-links"));
  for (const token of [verification, reset]) expect(server.stderr).not.toContain(token);
});

test("LOG_FORMAT=json gives one JSON object per line", async () => {
  const json = await Server.start({ env: { LOG_FORMAT: "json" } });
  await json.client().get("/healthz");
  await json.stop();
  const lines = json.stderr.trim().split("\n").filter((line) => line !== "");
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(() => JSON.parse(line), line).not.toThrow();
});

describe("the dashboard", () => {
  test("is at / for browsers, while programs get a greeting", async () => {
    const page = await server.client().get("/", { headers: HTML });
    expect(page.headers["content-type"]).toMatch(/^text\/html/);
    expect(page.text).toContain('<div id="root">');
    const greeting = await server.client().get("/");
    expect(greeting.body).toEqual({ message: "Welcome to the Backend API" });
  });

  test("has a strict content security policy", async () => {
    const policy = String((await server.client().get("/", { headers: HTML })).headers["content-security-policy"]);
    for (const rule of ["default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]) expect(policy).toContain(rule);
    const scripts = /script-src ([^;]*)/.exec(policy)?.[1] ?? /default-src ([^;]*)/.exec(policy)?.[1];
    expect(scripts).not.toContain("unsafe");
    expect(scripts).not.toContain("*");
  });

  test.each(["/jobs", "/jobs/0123456789abcdef", "/rooms", "/account", "/sign-in", "/verify/some-token", "/reset/some-token"])(
    "deep link %s gives the dashboard, so that reload works",
    async (path) => {
      const page = await server.client().get(path, { headers: HTML });
      expect(page.status).toBe(200);
      expect(page.text).toContain('<div id="root">');
    },
  );

  test("its scripts come with hashed names, to be kept forever, and compressed when wanted", async () => {
    const page = await server.client().get("/", { headers: HTML });
    expect(String(page.headers["cache-control"])).toMatch(/no-cache|no-store|max-age=0/);
    const assets = [...page.text.matchAll(/(?:src|href)="(\/assets\/[^"]+\.(?:js|css))"/g)].map((match) => match[1] ?? "");
    expect(assets.length).toBeGreaterThan(0);
    for (const asset of assets) {
      const plain = await server.client().get(asset);
      expect(plain.status, asset).toBe(200);
      expect(plain.headers["content-type"]).toMatch(/javascript|css/);
      expect(plain.headers["cache-control"]).toMatch(/immutable/);
      const packed = await server.client().get(asset, { headers: { "accept-encoding": "gzip" } });
      expect(packed.headers["content-encoding"], asset).toBe("gzip");
      expect(packed.headers.vary).toMatch(/accept-encoding/i);
    }
    const etag = String((await server.client().get(assets[0] ?? "")).headers.etag);
    expect((await server.client().get(assets[0] ?? "", { headers: { "if-none-match": etag } })).status).toBe(304);
  });

  test.each(["/assets/nothing.js", "/..%2f..%2fetc/passwd", "/assets/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/%00", "/.env", "/data/taskgate.db"])(
    "%s is not found, and nothing outside of it can be read",
    async (path) => {
      const answer = await server.client().exchange("GET", path, { headers: { accept: "*/*" } });
      expect([400, 404]).toContain(answer.status);
      expect(answer.text).not.toContain("root:");
    },
  );
});
