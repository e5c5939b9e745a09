import { io } from "socket.io-client";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { newAccount } from "../harness/account";
import { closeSockets, Live } from "../harness/live";
import { Server } from "../harness/server";

let server: Server;
beforeAll(async () => {
  server = await Server.start();
});
afterAll(() => server.stop());
afterEach(closeSockets);

let rooms = 0;
const newRoom = () => {
  rooms += 1;
  return `room ${rooms}`;
};

test("ten lines with the unmodified client join a room and receive a message", async () => {
  const sender = io(server.url, { forceNew: true });
  const receiver = io(server.url, { forceNew: true });
  receiver.emit("joinRoom", "general");
  await new Promise((done) => receiver.emit("joinRoom", "general", done));
  const heard = new Promise((done) => receiver.on("receiveMessage", done));
  sender.emit("joinRoom", "general");
  sender.emit("sendMessage", { roomId: "general", message: "Hello" });
  expect(await heard).toMatchObject({ socketId: sender.id, message: "Hello" });
  sender.close();
  receiver.close();
});

describe("a message", () => {
  test("goes to the others in the room, never back to its sender, and to nobody elsewhere", async () => {
    const [room, elsewhere] = [newRoom(), newRoom()];
    const account = await newAccount(server);
    const [author, polling, websocket, stranger] = await Promise.all([
      Live.connect(server, account.accessToken),
      Live.connect(server, undefined, { transports: ["polling"] }),
      Live.connect(server, undefined, { transports: ["websocket"] }),
      Live.connect(server),
    ]);
    for (const live of [author, polling, websocket]) expect(await live.ask("joinRoom", room)).toMatchObject({ ok: true });
    await stranger.ask("joinRoom", elsewhere);

    const sent = await author.ask("sendMessage", { roomId: room, message: "Good morning ☀ <b>" });
    for (const live of [polling, websocket]) {
      const message = await live.next("receiveMessage");
      expect(message).toMatchObject({
        socketId: author.socket.id,
        message: "Good morning ☀ <b>",
        roomId: room,
        id: sent.id,
        userId: account.id,
      });
    }
    // A fence for the two who must not have heard it.
    await polling.ask("joinRoom", elsewhere);
    await author.ask("joinRoom", elsewhere);
    await polling.ask("sendMessage", { roomId: elsewhere, message: "after it" });
    for (const live of [author, stranger]) {
      await live.next("receiveMessage", (message) => message.message === "after it");
      expect(live.of("receiveMessage")).toHaveLength(1);
    }
  });

  test("of a guest has no userId", async () => {
    const room = newRoom();
    const [guest, other] = await Promise.all([Live.connect(server), Live.connect(server)]);
    for (const live of [guest, other]) await live.ask("joinRoom", room);
    await guest.ask("sendMessage", { roomId: room, message: "anonymous" });
    expect(await other.next("receiveMessage")).not.toHaveProperty("userId");
  });

  test("arrives once for those who joined twice", async () => {
    const room = newRoom();
    const [one, two] = await Promise.all([Live.connect(server), Live.connect(server)]);
    await one.ask("joinRoom", room);
    expect(await one.ask("joinRoom", room)).toMatchObject({ ok: true });
    await two.ask("joinRoom", room);
    await two.ask("sendMessage", { roomId: room, message: "first" });
    await two.ask("sendMessage", { roomId: room, message: "second" });
    await one.next("receiveMessage", (message) => message.message === "second");
    expect(one.of("receiveMessage").map((message) => message.message)).toEqual(["first", "second"]);
  });

  test("many of them arrive all, in order, to all", async () => {
    const room = newRoom();
    const listeners = await Promise.all(Array.from({ length: 10 }, (_, at) => Live.connect(server, undefined, at % 2 ? {} : { transports: ["polling"] })));
    const talker = await Live.connect(server);
    for (const live of [...listeners, talker]) await live.ask("joinRoom", room);
    for (let at = 0; at < 200; at += 1) talker.socket.emit("sendMessage", { roomId: room, message: String(at) });
    const all = Array.from({ length: 200 }, (_, at) => String(at));
    for (const live of listeners) {
      await live.next("receiveMessage", (message) => message.message === "199");
      expect(live.of("receiveMessage").map((message) => message.message)).toEqual(all);
    }
  });

  test("of 8 KiB passes", async () => {
    const room = newRoom();
    const [one, two] = await Promise.all([Live.connect(server), Live.connect(server)]);
    for (const live of [one, two]) await live.ask("joinRoom", room);
    const message = "ü".repeat(4 * 1024);
    expect(await one.ask("sendMessage", { roomId: room, message })).toMatchObject({ ok: true });
    expect((await two.next("receiveMessage")).message).toBe(message);
  });
});

describe("a room that one is not in", () => {
  test("cannot be spoken into, and nothing is delivered", async () => {
    const room = newRoom();
    const [inside, outside] = await Promise.all([Live.connect(server), Live.connect(server)]);
    await inside.ask("joinRoom", room);
    expect(await outside.ask("sendMessage", { roomId: room, message: "let me in" })).toMatchObject({ ok: false, code: "not_joined" });
    await outside.ask("joinRoom", room);
    await outside.ask("sendMessage", { roomId: room, message: "now I am in" });
    await inside.next("receiveMessage");
    expect(inside.of("receiveMessage").map((message) => message.message)).toEqual(["now I am in"]);
  });

  test("any longer is silent, both ways", async () => {
    const room = newRoom();
    const [stays, leaves] = await Promise.all([Live.connect(server), Live.connect(server)]);
    for (const live of [stays, leaves]) await live.ask("joinRoom", room);
    expect(await leaves.ask("leaveRoom", room)).toMatchObject({ ok: true });
    expect(await leaves.ask("sendMessage", { roomId: room, message: "bye" })).toMatchObject({ ok: false, code: "not_joined" });
    await stays.ask("sendMessage", { roomId: room, message: "alone" });
    await leaves.ask("joinRoom", room);
    await stays.ask("sendMessage", { roomId: room, message: "again" });
    await leaves.next("receiveMessage");
    expect(leaves.of("receiveMessage").map((message) => message.message)).toEqual(["again"]);
  });

  test("is what another socket's own room is: nobody is addressed by a socket id", async () => {
    const [one, two] = await Promise.all([Live.connect(server), Live.connect(server)]);
    expect(await one.ask("sendMessage", { roomId: two.socket.id, message: "psst" })).toMatchObject({ ok: false });
  });
});

test.each(["user:0123456789abcdef01234567", "job:0123456789abcdef", "admin:all", "session:0"])("the room %s is the server's", async (room) => {
  const account = await newAccount(server);
  const live = await Live.connect(server, account.accessToken);
  expect(await live.ask("joinRoom", room)).toMatchObject({ ok: false, code: "reserved_room" });
  expect(await live.ask("sendMessage", { roomId: room, message: "x" })).toMatchObject({ ok: false });
});

describe("where guests are off (ALLOW_GUESTS=off)", () => {
  let closed: Server;
  beforeAll(async () => {
    closed = await Server.start({ env: { ALLOW_GUESTS: "off" } });
  });
  afterAll(() => closed.stop());

  test("nobody without a token joins or talks", async () => {
    expect((await closed.client().get("/api/system/info")).body.data.guests).toBe(false);
    const outcome = await Live.connect(closed).then(
      (live) => live.ask("joinRoom", "general"),
      (error: Error & { data?: { code?: string } }) => ({ ok: false, code: error.data?.code }),
    );
    expect(outcome).toMatchObject({ ok: false, code: expect.stringMatching(/^(guests_not_allowed|not_signed_in)$/) });
  });

  test("those who are signed in do", async () => {
    const account = await newAccount(closed);
    const live = await Live.connect(closed, account.accessToken);
    expect(await live.ask("joinRoom", "general")).toMatchObject({ ok: true });
  });
});
