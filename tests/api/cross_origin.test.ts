import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { newAccount } from "../harness/account";
import { closeSockets, Live } from "../harness/live";
import { Server } from "../harness/server";

const LISTED = "https://app.example.com";
const PREFLIGHT = { "access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type" };
const HANDSHAKE = "/socket.io/?EIO=4&transport=polling";

afterEach(closeSockets);

function allowed(answer: { headers: Record<string, unknown> }) {
  return answer.headers["access-control-allow-origin"];
}

describe("with CORS_ORIGINS", () => {
  let server: Server;
  beforeAll(async () => {
    server = await Server.start({ env: { CORS_ORIGINS: `${LISTED}, https://admin.example.com` } });
  });
  afterAll(() => server.stop());

  test.each([LISTED, "https://admin.example.com"])("%s may call, with credentials", async (origin) => {
    const answer = await server.client().get("/api/system/info", { headers: { origin } });
    expect(allowed(answer)).toBe(origin);
    expect(answer.headers["access-control-allow-credentials"]).toBe("true");
    expect(answer.headers.vary).toMatch(/origin/i);
  });

  test("the dashboard's own origin may, always", async () => {
    const answer = await server.client().get("/api/system/info", { headers: { origin: server.url } });
    expect(allowed(answer)).toBe(server.url);
  });

  test("a preflight is answered with what is allowed", async () => {
    const answer = await server.client().send("OPTIONS", "/api/jobs/submit", { headers: { origin: LISTED, ...PREFLIGHT } });
    expect(answer.status).toBe(204);
    expect(allowed(answer)).toBe(LISTED);
    expect(answer.headers["access-control-allow-methods"]).toContain("POST");
    expect(String(answer.headers["access-control-allow-headers"]).toLowerCase()).toContain("authorization");
    expect(String(answer.headers["access-control-allow-headers"]).toLowerCase()).toContain("content-type");
  });

  test.each(["https://evil.example", "null", "http://app.example.com", "https://app.example.com.evil.example", "https://app.example.co", "https://sub.app.example.com"])(
    "%s may not",
    async (origin) => {
      for (const answer of [
        await server.client().get("/api/system/info", { headers: { origin } }),
        await server.client().get("/api/nothing", { headers: { origin } }),
        await server.client().send("OPTIONS", "/api/jobs/submit", { headers: { origin, ...PREFLIGHT } }),
        await server.client().exchange("GET", HANDSHAKE, { headers: { origin } }),
      ]) {
        expect(allowed(answer)).toBeUndefined();
      }
    },
  );

  test("errors carry the headers, too, so that a browser can show them", async () => {
    const answer = await server.client().get("/api/auth/me", { headers: { origin: LISTED } });
    expect(answer.status).toBe(401);
    expect(allowed(answer)).toBe(LISTED);
  });

  test("Socket.IO: a listed origin connects, another is refused by polling and by websocket", async () => {
    const account = await newAccount(server);
    const polling = await server.client().exchange("GET", HANDSHAKE, { headers: { origin: LISTED } });
    expect(polling.status).toBe(200);
    expect(allowed(polling)).toBe(LISTED);
    const refused = await server.client().exchange("GET", HANDSHAKE, { headers: { origin: "https://evil.example" } });
    expect(refused.status).toBe(403);
    for (const transports of [["websocket"], ["polling"]]) {
      const options = { transports, extraHeaders: { origin: "https://evil.example" } };
      await expect(Live.connect(server, account.accessToken, options)).rejects.toThrow();
      const good = await Live.connect(server, account.accessToken, { transports, extraHeaders: { origin: LISTED } });
      expect(await good.ask("joinRoom", "open")).toMatchObject({ ok: true });
    }
  });
});

describe("without CORS_ORIGINS", () => {
  test("in development any origin may call, but not with cookies", async () => {
    const server = await Server.start();
    const origin = "http://localhost:5173";
    for (const answer of [
      await server.client().get("/api/system/info", { headers: { origin } }),
      await server.client().exchange("GET", HANDSHAKE, { headers: { origin } }),
    ]) {
      expect(answer.status).toBe(200);
      expect(["*", origin]).toContain(allowed(answer));
      expect(answer.headers["access-control-allow-credentials"]).toBeUndefined();
    }
    const preflight = await server.client().send("OPTIONS", "/api/jobs/submit", { headers: { origin, ...PREFLIGHT } });
    expect(preflight.status).toBe(204);
    expect(["*", origin]).toContain(allowed(preflight));
    await server.stop();
  });

  test("in production only the dashboard's own", async () => {
    const env = { TASKGATE_ENV: "production", RATE_LIMITS: "on", PUBLIC_URL: "https://tasks.example.com" };
    const server = await Server.start({ env });
    const foreign = await server.client().get("/api/system/info", { headers: { origin: "http://localhost:5173" } });
    expect(allowed(foreign)).toBeUndefined();
    expect((await server.client().exchange("GET", HANDSHAKE, { headers: { origin: "http://localhost:5173" } })).status).toBe(403);
    const own = await server.client().get("/api/system/info", { headers: { origin: server.url } });
    expect(allowed(own)).toBe(server.url);
    const info = own.body.data;
    expect(info).toMatchObject({ environment: "production", guests: false, simulate: false, publicUrl: "https://tasks.example.com" });
    await server.stop();
  });
});
