import { beforeEach, describe, expect, it } from "vitest";
import { LiveSocket } from "@/lib/socket";
import { FakeSocket } from "@/test/fake_socket";
import { createSession } from "@/test/sessions";
import { authorLook } from "./author";
import { MESSAGES_KEPT_MAX, Rooms } from "./rooms";

const now = new Date("2026-01-31T09:30:00Z");

describe("rooms", () => {
  let raw: FakeSocket;
  let rooms: Rooms;

  beforeEach(() => {
    raw = new FakeSocket();
    rooms = new Rooms(new LiveSocket(createSession(), () => raw as never), "me", () => now);
    raw.accept();
  });

  const hear = (message: string, more: object = {}) =>
    raw.push("receiveMessage", { socketId: "s2", userId: "other", roomId: "lobby", message, ...more });
  const texts = () => rooms.find("lobby")?.messages.map(({ text, state, mine }) => ({ text, state, mine }));

  it("are joined when the server says so", async () => {
    expect(await rooms.join("lobby")).toBeUndefined();
    expect(rooms.find("lobby")?.state).toBe("joined");
    expect(raw.sent).toEqual([{ event: "joinRoom", argument: "lobby" }]);
  });

  it("are not joined against the server's word, which is passed on", async () => {
    raw.answer = () => ({ ok: false, code: "reserved", message: "This name is the server's" });
    expect(await rooms.join("user:x")).toBe("This name is the server's");
    expect(rooms.list.get()).toEqual([]);
  });

  it("show what others say, once, and one's own other tabs as one's own", async () => {
    await rooms.join("lobby");
    hear("hello", { id: "m1" });
    hear("hello", { id: "m1" });
    hear("from my phone", { userId: "me" });
    hear("elsewhere", { roomId: "other room" });
    expect(texts()).toEqual([
      { text: "hello", state: "sent", mine: false },
      { text: "from my phone", state: "sent", mine: true },
    ]);
  });

  it("show a message at once as being sent, then as sent", async () => {
    await rooms.join("lobby");
    const sending = rooms.send("lobby", "hi");
    expect(texts()).toEqual([{ text: "hi", state: "sending", mine: true }]);
    await sending;
    expect(texts()).toEqual([{ text: "hi", state: "sent", mine: true }]);
    expect(raw.sent.at(-1)).toEqual({ event: "sendMessage", argument: { roomId: "lobby", message: "hi" } });
  });

  it("keep a refused message with the reason and send it again on demand", async () => {
    await rooms.join("lobby");
    raw.answer = () => ({ ok: false, code: "too_long", message: "Too long" });
    await rooms.send("lobby", "hi");
    const message = rooms.find("lobby")?.messages[0];
    expect(message).toMatchObject({ state: "refused", problem: "Too long" });
    raw.answer = () => ({ ok: true });
    await rooms.sendAgain("lobby", message?.key ?? "");
    expect(texts()).toEqual([{ text: "hi", state: "sent", mine: true }]);
  });

  it("are joined again after a reconnect, and say that they were away", async () => {
    await rooms.join("lobby");
    hear("before");
    raw.drop("transport close");
    expect(rooms.find("lobby")?.state).toBe("away");
    raw.sent.length = 0;
    raw.accept();
    expect(rooms.find("lobby")?.state).toBe("joining");
    await Promise.resolve();
    await expect.poll(() => rooms.find("lobby")?.state).toBe("joined");
    expect(raw.sent).toEqual([{ event: "joinRoom", argument: "lobby" }]);
    expect(texts()).toHaveLength(1);
  });

  it("count what was not read", async () => {
    await rooms.join("lobby");
    hear("one");
    rooms.watch("lobby");
    expect(rooms.find("lobby")?.unread).toBe(0);
    hear("two");
    expect(rooms.find("lobby")?.unread).toBe(0);
    rooms.watch(undefined);
    hear("three");
    expect(rooms.find("lobby")?.unread).toBe(1);
  });

  it("forget the oldest messages", async () => {
    await rooms.join("lobby");
    for (let index = 0; index <= MESSAGES_KEPT_MAX; index += 1) hear(`message ${index}`);
    expect(rooms.find("lobby")?.messages).toHaveLength(MESSAGES_KEPT_MAX);
    expect(texts()?.[0]?.text).toBe("message 1");
  });

  it("are left", async () => {
    await rooms.join("lobby");
    await rooms.leave("lobby");
    expect(rooms.list.get()).toEqual([]);
    expect(raw.sent.at(-1)).toEqual({ event: "leaveRoom", argument: "lobby" });
  });
});

describe("an author", () => {
  it("looks the same each time", () => {
    const message = { author: { userId: "64a1f00c9e3b7a5521d8ffff", socketId: "s" }, mine: false };
    expect(authorLook(message)).toEqual(authorLook(message));
    expect(authorLook(message).name).toBe("User d8ffff");
    expect(authorLook({ ...message, mine: true }).name).toBe("You");
    expect(authorLook({ author: { userId: undefined, socketId: "abcdefgh" }, mine: false }).name).toBe(
      "Guest cdefgh",
    );
  });
});
