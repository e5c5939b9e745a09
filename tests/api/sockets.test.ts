import { io } from "socket.io-client";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { logIn, newAccount, PASSWORD } from "../harness/account";
import { closeSockets, Live } from "../harness/live";
import { JWT_SECRET, Server } from "../harness/server";
import { claimsOf, sign } from "../harness/tokens";
import { until } from "../harness/until";

let server: Server;
beforeAll(async () => {
  server = await Server.start();
});
afterAll(() => server.stop());
afterEach(closeSockets);

// biome-ignore lint/suspicious/noExplicitAny: what the server put into the error
const refusal = (token: unknown): Promise<any> =>
  Live.connect(server, undefined, { auth: { token } }).then(
    () => "connected",
    (error: Error & { data?: unknown }) => error,
  );

describe("the official client", () => {
  test("with default options polls first and then upgrades to a websocket", async () => {
    const account = await newAccount(server);
    const live = await Live.connect(server, account.accessToken);
    await until("it upgrades", () => live.transport === "websocket");
    expect(await live.ask("joinRoom", "upgraded")).toMatchObject({ ok: true });
  });

  test("begins with polling", async () => {
    const socket = io(server.url, { forceNew: true, reconnection: false });
    const first = await new Promise((done) => socket.io.once("open", () => done(socket.io.engine.transport.name)));
    expect(first).toBe("polling");
    socket.close();
  });

  test.each([["websocket"], ["polling"]])("with %s only connects, and hears of its jobs", async (transport) => {
    const account = await newAccount(server);
    const live = await Live.connect(server, account.accessToken, { transports: [transport] });
    const job = await account.submit("Fast Task");
    await live.next("jobUpdated", (event) => event.jobId === job.id && event.status === "completed");
    expect(live.transport).toBe(transport);
  });

  test("polls compressed answers when they are large", async () => {
    const { accessToken } = await newAccount(server);
    const talker = await Live.connect(server, accessToken);
    const listener = await Live.connect(server, undefined, { transports: ["polling"] });
    await talker.ask("joinRoom", "long");
    await listener.ask("joinRoom", "long");
    const message = "long ".repeat(1_500);
    await talker.ask("sendMessage", { roomId: "long", message });
    await listener.next("receiveMessage", (event) => event.message === message);
  });

  test("is served for pages, as the official server does", async () => {
    const script = await fetch(`${server.url}/socket.io/socket.io.min.js`);
    expect(script.status).toBe(200);
    expect(script.headers.get("content-type")).toContain("javascript");
    expect(script.headers.get("etag")).toMatch(/^"4\.\d+\.\d+"$/);
    expect(await script.text()).toContain("Socket.IO");
    for (const name of ["socket.io.js", "socket.io.esm.min.js", "socket.io.msgpack.min.js", "socket.io.js.map"]) {
      expect((await fetch(`${server.url}/socket.io/${name}`)).status).toBe(200);
    }
  });

  test("loses nothing while it upgrades", async () => {
    const talker = await Live.connect(server, undefined, { transports: ["websocket"] });
    const listener = await Live.connect(server);
    await listener.ask("joinRoom", "upgrade");
    await talker.ask("joinRoom", "upgrade");
    let sent = 0;
    while (listener.transport !== "websocket" || sent < 50) {
      await talker.ask("sendMessage", { roomId: "upgrade", message: String(sent) });
      sent += 1;
    }
    await listener.next("receiveMessage", (message) => message.message === String(sent - 1));
    expect(listener.of("receiveMessage").map((message) => message.message)).toEqual(Array.from({ length: sent }, (_, at) => String(at)));
  });

  test("stays connected over several heartbeats' worth of silence and activity", async () => {
    const handshake = await server.client().exchange("GET", "/socket.io/?EIO=4&transport=polling");
    const open = JSON.parse(handshake.text.slice(1));
    expect(open).toMatchObject({ sid: expect.any(String), upgrades: ["websocket"], pingInterval: expect.any(Number), pingTimeout: expect.any(Number) });
    expect(open.maxPayload).toBeGreaterThan(10_000);
  });

  test("cannot enter a namespace that does not exist", async () => {
    const socket = io(`${server.url}/nowhere`, { forceNew: true, reconnection: false });
    const error = await new Promise<Error>((done) => socket.once("connect_error", done));
    expect(error.message).toBe("Invalid namespace");
    socket.close();
  });
});

describe("authentication at CONNECT", () => {
  test("an empty token is none: a guest", async () => {
    const live = await Live.connect(server, "");
    expect(await live.ask("joinRoom", "guests")).toMatchObject({ ok: true });
  });

  test.each([
    ["nonsense", "nonsense"],
    ["a number", 7],
    ["an object", { $ne: null }],
    ["an unsigned token", "eyJhbGciOiJub25lIn0.eyJ1c2VySWQiOiJ4In0."],
  ])("refuses %s with connect_error, and never takes it for a guest", async (_what, token) => {
    const error = await refusal(token);
    expect(error).toBeInstanceOf(Error);
    expect(error.message.length).toBeGreaterThan(3);
    expect(error.data.code).toMatch(/^(invalid_token|not_signed_in|validation_failed)$/);
  });

  test("refuses an expired token, and says so", async () => {
    const account = await newAccount(server);
    const past = Math.floor(Date.now() / 1000) - 1000;
    const error = await refusal(sign({ ...claimsOf(account.accessToken), iat: past, exp: past + 900 - 60 }, JWT_SECRET));
    expect(error.data.code).toBe("token_expired");
  });

  test("refuses the token of a session that has ended", async () => {
    const account = await newAccount(server);
    await account.post("/api/auth/logout-all");
    expect((await refusal(account.accessToken)).data.code).toBe("invalid_token");
  });

  test("does not read a token from the address, where logs would keep it", async () => {
    const account = await newAccount(server);
    const live = await Live.connect(server, undefined, { query: { token: account.accessToken } });
    const witness = await Live.connect(server, account.accessToken);
    const job = await account.submit("Fast Task");
    await witness.next("jobUpdated", (event) => event.jobId === job.id && event.status === "completed");
    await live.ask("joinRoom", "fence");
    expect(live.of("jobUpdated")).toEqual([]);
    expect(server.output).not.toContain(account.accessToken);
  });
});

describe("what ends a session closes its sockets within a second or two", () => {
  test("log-out, and only of that session", async () => {
    const phone = await newAccount(server);
    const laptop = await logIn(server, phone.email);
    const [first, second] = await Promise.all([Live.connect(server, phone.accessToken), Live.connect(server, laptop.accessToken)]);
    const reason = new Promise<string>((done) => first.socket.once("disconnect", done));
    await phone.post("/api/auth/logout", { refreshToken: phone.refreshToken });
    await first.disconnected();
    expect(await reason, "such a client must not come back by itself").toBe("io server disconnect");
    expect(await second.ask("joinRoom", "still here")).toMatchObject({ ok: true });
  });

  test("ending it from another device", async () => {
    const phone = await newAccount(server);
    const laptop = await logIn(server, phone.email);
    const live = await Live.connect(server, phone.accessToken);
    await laptop.client.send("DELETE", `/api/auth/sessions/${claimsOf(phone.accessToken).sid}`, { token: laptop.accessToken });
    await live.disconnected();
  });

  test("a changed password, for the other sessions", async () => {
    const phone = await newAccount(server);
    const laptop = await logIn(server, phone.email);
    const [first, second] = await Promise.all([
      Live.connect(server, phone.accessToken, { reconnection: true, reconnectionDelay: 50 }),
      Live.connect(server, laptop.accessToken, { reconnection: true, reconnectionDelay: 50 }),
    ]);
    let interrupted = 0;
    second.socket.on("disconnect", () => ++interrupted);
    await laptop.post("/api/auth/change-password", { oldPassword: PASSWORD, newPassword: "copper 47 lantern drizzle" });
    await first.disconnected();
    expect(await second.ask("joinRoom", "still here")).toMatchObject({ ok: true });
    const job = await laptop.submit("Fast Task");
    await second.next("jobUpdated", (event) => event.jobId === job.id && event.status === "completed");
    expect(interrupted, "this device goes on undisturbed").toBe(0);
    expect(first.socket.connected).toBe(false);
  });

  test("the end of the access token's life", async () => {
    const account = await newAccount(server);
    const now = Math.floor(Date.now() / 1000);
    const token = sign({ ...claimsOf(account.accessToken), iat: now - 100, exp: now + 2 }, JWT_SECRET);
    const live = await Live.connect(server, token);
    expect(await live.ask("joinRoom", "for a moment")).toMatchObject({ ok: true });
    await live.disconnected(now * 1000 + 3_000 - Date.now());
    expect(Date.now()).toBeGreaterThanOrEqual(now * 1000 + 2_000);
  });

  test("a reset password", async () => {
    const account = await newAccount(server);
    const live = await Live.connect(server, account.accessToken);
    const mark = server.stdout.length;
    await server.client().post("/api/auth/forgot-password", { email: account.email });
    const token = await server.linkToken("reset", mark);
    await server.client().post(`/api/auth/reset/${token}`, { password: "copper 47 lantern drizzle" });
    await live.disconnected();
  });

  test("a reused refresh token", async () => {
    const account = await newAccount(server);
    const live = await Live.connect(server, account.accessToken);
    const refresh = (refreshToken: string) => server.client().post("/api/auth/refresh-token", { refreshToken });
    const second = await refresh(account.refreshToken);
    await refresh(second.body.refreshToken);
    expect((await refresh(account.refreshToken)).body.code).toBe("token_reused");
    await live.disconnected();
  });

  test("a disabled account, by the command line", async () => {
    const account = await newAccount(server);
    const live = await Live.connect(server, account.accessToken);
    expect((await server.command("user", "disable", account.email)).code).toBe(0);
    await live.disconnected(6_000);
  });
});

test("the events about one job have rising numbers, and tell each status in order", async () => {
  const account = await newAccount(server);
  const live = await Live.connect(server, account.accessToken);
  const job = await account.submit("Send invoice", { data: { failOnce: true } });
  await live.next("jobUpdated", (event) => event.jobId === job.id && event.status === "completed");
  const events = live.of("jobUpdated").filter((event) => event.jobId === job.id);
  const numbers = events.map((event) => event.seq);
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  const statuses = events.map((event) => event.status).filter((status, at, all) => status !== all[at - 1]);
  expect(statuses.slice(statuses.indexOf("processing"))).toEqual(["processing", "pending", "processing", "completed"]);
  expect(events.find((event) => event.status === "pending" && event.error)?.error).toMatch(/Simulated failure/);
});

test("cancelling tells the owner's sockets", async () => {
  const account = await newAccount(server);
  const live = await Live.connect(server, account.accessToken);
  const job = await account.submit("Later", { delayMs: 60_000 });
  await account.post(`/api/jobs/${job.id}/cancel`);
  await live.next("jobUpdated", (event) => event.jobId === job.id && event.status === "cancelled");
});

test("a reconnecting client comes back by itself after a restart of the server", async () => {
  const first = await Server.start();
  const account = await newAccount(first);
  const live = await Live.connect(first, account.accessToken, { reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 100 });
  await first.stop();
  await live.disconnected(5_000);
  const second = await first.again({ port: first.port });
  await until("the client is back", () => live.socket.connected);
  const job = await account.submit("Fast Task");
  await live.next("jobUpdated", (event) => event.jobId === job.id && event.status === "completed");
  live.close();
  await second.stop();
});
