import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { closeSockets, Live } from "../harness/live";
import { Server } from "../harness/server";
import { until } from "../harness/until";
import { descriptors, pollingSession, RawSocket, residentBytes, webSocketFrame } from "./raw_socket";
import { seeded } from "./traffic";

const MiB = 1024 * 1024;
/** Connections of each kind; a process may open 1,024 files on many machines, and both ends count. */
const CONNECTIONS = Number(process.env.TASKGATE_STORM ?? 1_000);
const AT_A_TIME = 100;
const seed = Number(process.env.TASKGATE_SEED ?? Date.now() % 1_000_000);

let server: Server;
beforeAll(async () => {
  console.log(`storms of ${CONNECTIONS} connections, TASKGATE_SEED=${seed}`);
  server = await Server.start();
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
  expect(server.stderr).not.toMatch(/\berror\b/i);
});
afterEach(closeSockets);

async function inBatches<T>(make: (at: number) => Promise<T>, count = CONNECTIONS): Promise<T[]> {
  const made: T[] = [];
  while (made.length < count) {
    const size = Math.min(AT_A_TIME, count - made.length);
    made.push(...(await Promise.all(Array.from({ length: size }, (_, at) => make(made.length + at)))));
  }
  return made;
}

/** Somebody else, who talks as long as the storm lasts: every acknowledgement must come. */
async function whileTalking<T>(storm: () => Promise<T>): Promise<T> {
  const talker = await Live.connect(server, undefined, { transports: ["websocket"] });
  await talker.ask("joinRoom", "calm");
  let over = false;
  let answered = 0;
  const talk = async () => {
    while (!over) {
      expect(await talker.ask("sendMessage", { roomId: "calm", message: "still here?" })).toMatchObject({ ok: true });
      answered += 1;
    }
  };
  const talking = talk();
  try {
    return await storm();
  } finally {
    over = true;
    await talking;
    expect(answered).toBeGreaterThan(0);
    expect(talker.socket.connected).toBe(true);
    talker.close();
  }
}

async function openSessions(): Promise<number> {
  const { text } = await server.client().get("/metrics");
  const values = [...text.matchAll(/^taskgate_socket_sessions\{transport="\w+"\} (\d+)$/gm)];
  expect(values.length).toBe(2);
  return values.reduce((sum, value) => sum + Number(value[1]), 0);
}

/** Sessions whose client is gone without a word end with their ping timeout, 45 seconds after the last sign of life. */
async function everythingIsOver(descriptorsBefore: number): Promise<void> {
  await until("the connections are closed", () => descriptors(server.pid) <= descriptorsBefore + 4, 90_000);
  await until("the sessions are over", async () => (await openSessions()) === 0, 90_000);
}

/**
 * The first storm grows the process to the size of its busiest moment, and the allocator keeps some of that. Whatever leaks grows it again
 * with each further one.
 */
async function leavesNothingBehind(storm: () => Promise<void>, rounds = 3): Promise<void> {
  const open = descriptors(server.pid);
  await whileTalking(storm);
  await everythingIsOver(open);
  const before = residentBytes(server.pid);
  for (let round = 1; round < rounds; ++round) await whileTalking(storm);
  await everythingIsOver(open);
  const after = residentBytes(server.pid);
  console.log(`resident: ${Math.round(before / MiB)} MiB after one storm, ${Math.round(after / MiB)} MiB after ${rounds}`);
  expect(after - before).toBeLessThan(16 * MiB);
}

test("connections that stall in the middle of a request or a frame", async () => {
  await leavesNothingBehind(async () => {
    const stalled = await inBatches(async (at) => {
      if (at % 2 === 0) {
        const raw = await RawSocket.dial(server.port);
        raw.send("POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: local");
        return raw;
      }
      const raw = await RawSocket.webSocket(server.port);
      raw.say("40");
      raw.send(webSocketFrame(0x81, Buffer.from('42["joinRoom","r"]')).subarray(0, 9));
      return raw;
    });
    for (const raw of stalled) raw.abort();
  });
});

test("clients that leave in the middle of an upgrade", async () => {
  await leavesNothingBehind(async () => {
    await inBatches(async (at) => {
      const sid = await pollingSession(server.port);
      const probe = await RawSocket.webSocket(server.port, sid);
      if (at % 3 > 0) {
        probe.say("2probe");
        await probe.hears("3probe");
      }
      if (at % 3 > 1) probe.say("5");
      probe.abort();
    });
  });
});

test("garbage, in place of a request, of a frame and of a packet", async () => {
  const random = seeded(seed);
  const garbage = () => Buffer.from(Array.from({ length: 1 + Math.floor(random() * 600) }, () => Math.floor(random() * 256)));
  await leavesNothingBehind(async () => {
    const senders = await inBatches(async (at) => {
      const raw = at % 3 === 0 ? await RawSocket.dial(server.port) : await RawSocket.webSocket(server.port);
      if (at % 3 < 2) raw.send(garbage());
      else raw.say(`4${garbage().toString("latin1").replace(/[^ -~]/g, "")}`);
      return raw;
    });
    for (const raw of senders) raw.socket.destroy();
  });
});

test("clients that come back again and again", async () => {
  await leavesNothingBehind(async () => {
    await inBatches(async (at) => {
      const raw = await RawSocket.webSocket(server.port);
      raw.say("40");
      await raw.hears('40{"sid"');
      raw.say(`42["joinRoom","storm ${at % 10}"]`);
      if (at % 2 === 0) raw.abort();
      else raw.socket.end(webSocketFrame(0x88, Buffer.alloc(0)));
    }, CONNECTIONS * 3);
  });
});

test("a thousand clients that never read keep the memory flat, and those who do read hear everything", async () => {
  const open = descriptors(server.pid);
  const silent = await inBatches(async () => {
    const raw = await RawSocket.webSocket(server.port);
    raw.say("40");
    await raw.hears('40{"sid"');
    raw.say('421["joinRoom","loud"]');
    await raw.hears('431[{"ok":true');
    raw.socket.pause();
    return raw;
  });
  const reader = await Live.connect(server, undefined, { transports: ["websocket"] });
  const speaker = await Live.connect(server, undefined, { transports: ["websocket"] });
  for (const live of [reader, speaker]) await live.ask("joinRoom", "loud");

  const before = residentBytes(server.pid);
  let most = before;
  const message = "x".repeat(8_000);
  const messages = 600; // 4.8 MB for each of them: more than may wait
  for (let sent = 0; sent < messages; ++sent) {
    expect(await speaker.ask("sendMessage", { roomId: "loud", message })).toMatchObject({ ok: true });
    most = Math.max(most, residentBytes(server.pid));
  }
  await until("the reader has heard all", () => reader.of("receiveMessage").length === messages, 30_000);
  console.log(`resident: ${Math.round(before / MiB)} MiB before, at most ${Math.round(most / MiB)} MiB while ${CONNECTIONS} did not read`);
  expect(most - before).toBeLessThan(128 * MiB);
  expect(reader.faults).toEqual([]);
  for (const raw of silent) raw.abort();
  closeSockets();
  await everythingIsOver(open);
});
