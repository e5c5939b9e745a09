import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
// @ts-expect-error this version came without types
import io2 from "socket.io-client-v2";
import { newAccount } from "../harness/account";
import { closeSockets, Live } from "../harness/live";
import { Server } from "../harness/server";
import { until } from "../harness/until";

// biome-ignore lint/suspicious/noExplicitAny: likewise
type OldSocket = any;

let server: Server;
const open: OldSocket[] = [];
beforeAll(async () => {
  server = await Server.start({ env: { ALLOW_EIO3: "on" } });
});
afterAll(() => server.stop());
afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
  closeSockets();
});

function connect(url: string, options: object = {}): Promise<OldSocket> {
  const socket = io2(url, { forceNew: true, reconnection: false, ...options });
  open.push(socket);
  return new Promise((done, failed) => {
    socket.once("connect", () => done(socket));
    for (const event of ["connect_error", "error"]) socket.once(event, (error: unknown) => failed(error));
  });
}

const ask = (socket: OldSocket, event: string, argument: unknown) =>
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server answers
  new Promise<any>((answered) => socket.emit(event, argument, answered));

describe("a Socket.IO 2 client, where ALLOW_EIO3 is on", () => {
  test.each([["polling"], ["websocket"]])("joins and talks over %s, with clients of today", async (transport) => {
    const old = await connect(server.url, { transports: [transport] });
    const today = await Live.connect(server);
    expect(await ask(old, "joinRoom", "ages")).toMatchObject({ ok: true });
    await today.ask("joinRoom", "ages");
    // biome-ignore lint/suspicious/noExplicitAny: checked below
    const heard: any[] = [];
    old.on("receiveMessage", (message: unknown) => heard.push(message));

    expect(await ask(old, "sendMessage", { roomId: "ages", message: "héllo 😀" })).toMatchObject({ ok: true });
    await today.next("receiveMessage", (message) => message.message === "héllo 😀");
    await today.ask("sendMessage", { roomId: "ages", message: "welcome 😀" });
    await until("the old client hears it", () => heard.some((message) => message.message === "welcome 😀"));
  });

  test("upgrades from polling to a websocket", async () => {
    const old = await connect(server.url);
    await until("it upgrades", () => old.io.engine.transport.name === "websocket");
    expect(await ask(old, "joinRoom", "upgraded")).toMatchObject({ ok: true });
  });

  test("stays connected over several of its own heartbeats", async () => {
    const old = await connect(server.url, { transports: ["websocket"] });
    let pongs = 0;
    old.on("pong", () => pongs++);
    old.io.engine.pingInterval = 50;
    old.io.engine.setPing();
    await until("three pings are answered", () => pongs >= 3);
    expect(old.connected).toBe(true);
  });

  test("signs in by the query, and hears of its own jobs", async () => {
    const account = await newAccount(server);
    const old = await connect(server.url, { query: { token: account.accessToken } });
    const finished: string[] = [];
    old.on("jobUpdated", (event: { jobId: string; status: string }) => {
      if (event.status === "completed") finished.push(event.jobId);
    });
    const job = await account.submit("Fast Task");
    await until("it hears of the end", () => finished.includes(job.id));
  });

  test("is refused with a token that is not valid", async () => {
    await expect(connect(server.url, { query: { token: "nonsense" } })).rejects.toMatchObject({ code: "invalid_token" });
  });

  test("never shows the others its id, which is the secret of its session", async () => {
    const old = await connect(server.url);
    const today = await Live.connect(server);
    await ask(old, "joinRoom", "secret");
    await today.ask("joinRoom", "secret");
    await ask(old, "sendMessage", { roomId: "secret", message: "who am I" });
    const message = await today.next("receiveMessage", (event) => event.message === "who am I");
    expect(message.socketId).toMatch(/^[\w-]{20}$/);
    expect(message.socketId).not.toBe(old.id);
  });
});

test("a Socket.IO 2 client is refused where ALLOW_EIO3 is off, which is the default", async () => {
  const modern = await Server.start();
  try {
    await expect(connect(modern.url, { transports: ["polling"] })).rejects.toBeDefined();
  } finally {
    await modern.stop();
  }
});
