import { Server as LiveServer } from "socket.io";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Client, type JobUpdate, type JobWatch } from "../src/index.js";
import { FakeServer, KEY } from "./fake_server.js";
import { until } from "./until.js";

let server: FakeServer;
let live: LiveServer | undefined;
let watch: JobWatch | undefined;
const updates: JobUpdate[] = [];
const errors: Error[] = [];

beforeEach(async () => {
  server = await FakeServer.start();
  updates.length = 0;
  errors.length = 0;
});

afterEach(async () => {
  watch?.close();
  await live?.close();
  live = undefined;
  await server.stop();
});

function listen(): LiveServer {
  live = new LiveServer(server.http);
  live.use((socket, next) => next(socket.handshake.auth["token"] === KEY ? undefined : new Error("invalid_token")));
  return live;
}

async function start(options: Parameters<Client["watch"]>[1] = {}, key = KEY): Promise<JobWatch> {
  const client = new Client({ url: server.url, key });
  watch = client.watch((update) => updates.push(update), { pollMs: 20, onError: (error) => errors.push(error), ...options });
  await watch.ready;
  return watch;
}

const event = (jobId: string, seq: number, status = "processing", progress = seq) => {
  live?.emit("jobUpdated", { jobId, seq, status, progress, userId: "u", type: "a" });
};

test("updates come live, each once, in the order of their seq", async () => {
  listen();
  const job = server.submit("a");
  expect((await start()).isLive).toBe(true);
  event(job.id, 1);
  event(job.id, 3);
  event(job.id, 2);
  event(job.id, 3);
  event(job.id, 4, "completed", 100);
  await until("the last arrives", () => updates.at(-1)?.status === "completed");
  expect(updates.map((update) => update.seq)).toEqual([1, 3, 4]);
});

test("a watch of one job hears of no other", async () => {
  listen();
  const [one, two] = [server.submit("a"), server.submit("a")];
  await start({ jobId: two.id });
  event(one.id, 1);
  event(two.id, 2);
  await until("an update arrives", () => updates.length > 0);
  expect(updates.map((update) => update.jobId)).toEqual([two.id]);
});

test("what changed while the connection was away is told after it is back", async () => {
  const sockets = listen();
  const job = server.submit("a");
  const watching = await start();
  job.status = "completed"; // and no event tells it
  sockets.engine.close(); // the transport breaks; the client comes back by itself
  await until("the change is told", () => updates.find((update) => update.status === "completed"));
  await until("it is live again", () => watching.isLive);
});

test("without a live server changes are found by asking: new jobs, progress, ends", async () => {
  const old = server.submit("a");
  const watching = await start();
  expect(watching.isLive).toBe(false);
  expect(updates).toEqual([]);
  const fresh = server.submit("a");
  await until("the new job is told", () => updates.find((update) => update.jobId === fresh.id));
  old.status = "processing";
  old.progress = 30;
  await until("progress is told", () => updates.find((update) => update.jobId === old.id && update.progress === 30));
  old.status = "failed";
  old.error = "no paper";
  await until("the end is told", () => updates.find((update) => update.jobId === old.id && update.error === "no paper"));
  expect(updates).toHaveLength(3);
});

test("an unfinished job is followed also when many newer ones have pushed it off the first page", async () => {
  const old = server.submit("a");
  await start({ transport: "poll" });
  for (let made = 0; made < 150; made += 1) server.submit("b");
  old.status = "completed";
  await until("its end is told", () => updates.find((update) => update.jobId === old.id && update.status === "completed"));
});

test("a socket that is refused is told once, and asking goes on", async () => {
  listen();
  server.key = "tg_http_only";
  const watching = await start({}, "tg_http_only");
  expect(watching.isLive).toBe(false);
  expect(errors.map((error) => error.message)).toContain("invalid_token");
  const job = server.submit("a");
  await until("it is told", () => updates.find((update) => update.jobId === job.id));
});

test("after close nothing is told any more", async () => {
  const watching = await start({ transport: "poll" });
  watching.close();
  const asked = server.requests.length;
  server.submit("a");
  await start({ transport: "poll" }); // a fence: another watch has asked in the meantime
  await until("the other has asked", () => server.requests.length >= asked + 4);
  expect(updates).toEqual([]);
});
