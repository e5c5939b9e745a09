import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Account, type Job, newAccount, newAdmin } from "../harness/account";
import { closeSockets, Live } from "../harness/live";
import { Server } from "../harness/server";

let server: Server;
let alice: Account;
let bob: Account;
beforeAll(async () => {
  server = await Server.start();
  alice = await newAccount(server);
  bob = await newAccount(server);
});
afterAll(() => server.stop());
afterEach(closeSockets);

const secret = "only alice may know";

test("over HTTP, another's job does not exist: the same answer as for an id that was never given", async () => {
  const job = await alice.submit("Private", { data: { secret }, delayMs: 60_000 });
  const routes: [string, string][] = [
    ["GET", `/api/jobs/${job.id}`],
    ["POST", `/api/jobs/${job.id}/cancel`],
    ["POST", `/api/jobs/${job.id}/retry`],
  ];
  for (const [method, path] of routes) {
    const foreign = await bob.client.send(method, path, { token: bob.accessToken });
    const absent = await bob.client.send(method, path.replace(job.id, "0".repeat(16)), { token: bob.accessToken });
    expect(foreign.status).toBe(404);
    const { requestId: _first, ...one } = foreign.body;
    const { requestId: _second, ...two } = absent.body;
    expect(one).toEqual(two);
  }
  expect((await alice.job(job.id)).status, "and nothing was done to it").toBe("pending");
});

test("lists, filters, pages and counts have only one's own", async () => {
  await alice.submit("Shared type", { data: { secret }, delayMs: 60_000 });
  const own = await bob.submit("Shared type", { delayMs: 60_000 });
  for (const path of ["/api/jobs", "/api/jobs/all", "/api/jobs?type=Shared%20type", "/api/jobs?text=shared", "/api/jobs?limit=1000"]) {
    const answer = await bob.get(path);
    expect(answer.body.data.map((job: Job) => job.id)).toEqual([own.id]);
    expect(answer.text).not.toContain(secret);
  }
  const counts = (await bob.get("/api/jobs/stats")).body.data;
  expect(counts).toEqual({ pending: 1, processing: 0, completed: 0, failed: 0, cancelled: 0 });
  expect((await bob.get("/api/jobs/stats?all=true")).status).toBe(403);
});

test("a cursor of another user's list shows nothing of it", async () => {
  for (let at = 0; at < 3; at += 1) await alice.submit("Paged", { data: { secret }, delayMs: 60_000 });
  const page = await alice.get("/api/jobs?limit=1");
  const answer = await bob.get(`/api/jobs?cursor=${encodeURIComponent(page.body.nextCursor)}`);
  expect(answer.text).not.toContain(secret);
  expect(answer.text).not.toContain(alice.id);
});

test("over sockets, updates of a job go to its owner's sockets and to nobody else", async () => {
  const admin = await newAdmin(server);
  const [aliceOne, aliceTwo, bobs, guest, admins] = await Promise.all([
    Live.connect(server, alice.accessToken),
    Live.connect(server, alice.accessToken, { transports: ["websocket"] }),
    Live.connect(server, bob.accessToken),
    Live.connect(server),
    Live.connect(server, admin.accessToken),
  ]);
  // Rooms of the server cannot be entered by name to listen in.
  for (const live of [bobs, guest]) {
    for (const room of [`user:${alice.id}`, `session:${alice.id}`, "admin:all"]) {
      expect(await live.ask("joinRoom", room)).toMatchObject({ ok: false, code: "reserved_room" });
    }
  }
  const job = await alice.submit("Fast Task", { data: { secret } });
  for (const live of [aliceOne, aliceTwo]) {
    const update = await live.next("jobUpdated", (event) => event.jobId === job.id && event.status === "completed");
    expect(update).toMatchObject({ userId: alice.id, type: "Fast Task", progress: 100 });
  }
  // Bob's own update comes over the same connection, after anything about Alice's would have.
  const own = await bob.submit("Fast Task");
  await bobs.next("jobUpdated", (event) => event.jobId === own.id && event.status === "completed");
  expect(bobs.of("jobUpdated").filter((event) => event.jobId === job.id)).toEqual([]);
  // The same for those who have no jobs of their own: a message of a room is their fence.
  for (const live of [guest, admins]) {
    await live.ask("joinRoom", "fence");
    await bobs.ask("joinRoom", "fence");
    await bobs.ask("sendMessage", { roomId: "fence", message: "after all of it" });
    await live.next("receiveMessage");
    expect(live.of("jobUpdated")).toEqual([]);
  }
});

test("a socket that changes its account hears only the new account's jobs", async () => {
  const live = await Live.connect(server, alice.accessToken);
  live.socket.disconnect();
  live.socket.auth = { token: bob.accessToken };
  live.socket.connect();
  const job = await bob.submit("Fast Task");
  const foreign = await alice.submit("Fast Task");
  await alice.jobThatIs("completed", foreign.id);
  const last = await bob.submit("Fast Task");
  await live.next("jobUpdated", (event) => event.jobId === last.id && event.status === "completed");
  const heard = new Set(live.of("jobUpdated").map((event) => event.jobId));
  expect(heard.has(job.id)).toBe(true);
  expect(heard.has(foreign.id)).toBe(false);
});
