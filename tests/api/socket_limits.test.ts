import { afterEach, expect, test } from "vitest";
import { newAccount } from "../harness/account";
import { closeSockets, Live } from "../harness/live";
import { Server } from "../harness/server";
import { until } from "../harness/until";

let server: Server;
afterEach(async () => {
  closeSockets();
  await server.stop();
});

const websocket = { transports: ["websocket"] };

test("a user has so many sockets; the next is told why, and has a place once another is closed", async () => {
  server = await Server.start({ env: { RATE_LIMITS: "on", SOCKETS_PER_USER_MAX: "2" } });
  const account = await newAccount(server);
  const first = await Live.connect(server, account.accessToken, websocket);
  await Live.connect(server, account.accessToken, websocket);
  await expect(Live.connect(server, account.accessToken, websocket)).rejects.toMatchObject({ data: { code: "too_many_connections" } });
  await Live.connect(server, undefined, websocket); // a guest is nobody's

  first.close();
  await until("there is a place again", () => Live.connect(server, account.accessToken, websocket).catch(() => undefined));
});

test("new sessions over the rate are answered 503, and whoever tries again comes in", async () => {
  // Of the two in a second one address may start a fifth, and two at once.
  server = await Server.start({ env: { RATE_LIMITS: "on", HANDSHAKES_PER_SECOND: "2" } });
  const handshake = () => fetch(`${server.url}/socket.io/?EIO=4&transport=polling`);
  expect((await handshake()).status).toBe(200);
  const guest = await Live.connect(server, undefined, websocket);
  const refused = await handshake();
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  await expect(Live.connect(server, undefined, websocket)).rejects.toThrow("websocket error");
  expect(await guest.ask("joinRoom", "calm")).toMatchObject({ ok: true });

  const { text } = await server.client().get("/metrics");
  expect(text).toMatch(/^taskgate_socket_handshakes_refused_total [1-9]\d*$/m);
  await until("a session is made again", async () => (await handshake()).status === 200);
});

test("an event that is too large is refused in its acknowledgement, a message that is too large by $error and 1009", async () => {
  server = await Server.start();
  const live = await Live.connect(server, undefined, websocket);
  const refusal = await live.ask("joinRoom", "x".repeat(200_000));
  expect(refusal).toMatchObject({ ok: false, code: "payload_too_large" });

  // biome-ignore lint/suspicious/noExplicitAny: what the client knows of the close
  const closed = new Promise<any>((done) => live.socket.once("disconnect", (_reason, details) => done(details)));
  live.socket.emit("joinRoom", "x".repeat(1_100_000));
  expect(await live.next("$error")).toMatchObject({ ok: false, code: "payload_too_large" });
  expect((await closed).context.code).toBe(1009);
});

test("sockets are closed one by one when the server stops, all within its grace", async () => {
  server = await Server.start({ env: { STOP_GRACE_MS: "4000" } });
  const ends: number[] = [];
  const lives = await Promise.all(Array.from({ length: 100 }, () => Live.connect(server, undefined, websocket)));
  for (const live of lives) {
    live.socket.once("disconnect", (reason) => {
      ends.push(Date.now());
      expect(reason).toBe("transport close"); // after which a client comes back by itself
    });
  }
  const begin = Date.now();
  expect(await server.stop()).toBe(0);
  await until("all know it", () => ends.length === lives.length);
  expect(Date.now() - begin).toBeLessThan(4_000);
  // 100 at 500 per second. Sent away together, they would all hear of it within a few milliseconds.
  expect(Math.max(...ends) - Math.min(...ends)).toBeGreaterThan(100);
});
