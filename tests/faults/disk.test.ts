import { execFileSync } from "node:child_process";
import { afterEach, describe, expect, test } from "vitest";
import { type Account, type Job, newAccount } from "../harness/account";
import type { Answer } from "../harness/client";
import { HttpWorker, newKey } from "../harness/keys";
import { run } from "../harness/program";
import { JWT_SECRET, Server } from "../harness/server";
import { until } from "../harness/until";
import { SmallDisk } from "./small_disk";

// A disk that takes nothing more, and one that takes nothing at all: said clearly, survived without a restart, nothing lost.

const missing = SmallDisk.missing();
if (missing) console.warn(`SKIPPED, the tests of a disk that is really full or read-only: ${missing}`);

let server: Server | undefined;
let disk: SmallDisk | undefined;
afterEach(async () => {
  if (server?.running) await server.stop();
  server = undefined;
  disk?.unmount();
  disk = undefined;
});

const submit = (account: Account, number: number) =>
  account.post("/api/jobs/submit", { type: "Kept", data: { number, padding: "x".repeat(500) }, delayMs: 3_600_000 });

/** Submits until the store refuses; what fits into space that was taken before is still accepted. */
async function submitUntilRefused(account: Account, acknowledged: string[]): Promise<Answer> {
  for (let number = 0; number < 50_000; number += 1) {
    const answer = await submit(account, number);
    if (answer.status !== 202) return answer;
    acknowledged.push(answer.body.data.id);
  }
  throw new Error("the disk never was full");
}

/** While nothing can be written: `account` hears so, can read, and afterwards all is as before. */
async function expectAnOutage(account: Account, breakDisk: () => void, repair: () => void): Promise<void> {
  const running = server as Server;
  const worker = new HttpWorker(running.client(), (await newKey(account, ["worker"])).key, "box");
  const held = await account.submit("Held");
  const claimed = await worker.claimOne("Held");
  const acknowledged = [held.id, (await submit(account, -1)).body.data.id];

  breakDisk();
  const refused = await submitUntilRefused(account, acknowledged);
  expect(refused.status).toBe(503);
  expect(refused.body.code).toBe("store_unavailable");
  expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
  const cancel = await account.post(`/api/jobs/${acknowledged[1]}/cancel`);
  expect(cancel.status, "every change is refused").toBe(503);
  const settle = await worker.send("settle", [{ id: claimed.id, lease: claimed.lease, op: "complete" }]);
  expect(settle.status, "and a worker keeps its result until later").toBe(503);
  expect((await account.client.get("/readyz")).status, "it is not ready").toBe(503);
  expect((await account.client.get("/healthz")).status, "but it lives").toBe(200);
  expect((await account.get(`/api/jobs/${acknowledged[0]}`)).status, "reading goes on").toBe(200);
  const listed = new Set((await account.jobs()).map((job) => job.id));
  expect(acknowledged.filter((id) => !listed.has(id))).toEqual([]);
  expect(running.stderr).toMatch(/the database cannot be written/);

  repair();
  await until("the store is well again by itself", async () => (await account.client.get("/readyz")).status === 200);
  expect((await submit(account, -2)).status).toBe(202);
  expect(await worker.settle(claimed, "complete"), "the worker's lease is still its own").toBe("ok");
  expect((await account.job(held.id)).attemptsLog.map((attempt: Job) => attempt.outcome)).toEqual(["completed"]);
  expect((await account.jobs()).length, "what was refused is not there").toBe(acknowledged.length + 1);

  await running.kill();
  server = await running.again({ port: running.port });
  const kept = new Set((await account.jobs()).map((job) => job.id));
  expect(acknowledged.filter((id) => !kept.has(id)), "acknowledged and lost").toEqual([]);
  expect((await server.sql("PRAGMA integrity_check")).trim()).toBe("ok");
}

describe.skipIf(missing)("a full disk", () => {
  test("refuses changes with 503, goes on reading, and recovers without a restart", async () => {
    disk = new SmallDisk(8);
    server = await Server.start({ dataDir: disk.dataDir, env: { SIMULATE_UNHANDLED: "off" } });
    const account = await newAccount(server);
    await expectAnOutage(
      account,
      () => disk?.fill(),
      () => disk?.makeRoom(),
    );
  });

  test("lets nothing start, and says so in one sentence", async () => {
    disk = new SmallDisk(1);
    disk.fill();
    const outcome = await run(["serve", "--port", "0", "--data-dir", disk.dataDir], { env: { JWT_SECRET } });
    expect(outcome.code).not.toBe(0);
    expect(outcome.stderr.trim().split("\n")).toHaveLength(1);
    expect(outcome.stderr).toContain(disk.dataDir);
    expect(outcome.stderr).toMatch(/full|No space left/);
  });
});

describe.skipIf(missing)("a read-only data folder", () => {
  test("lets nothing start, and says so in one sentence", async () => {
    disk = new SmallDisk(8);
    disk.remount("ro");
    const outcome = await run(["serve", "--port", "0", "--data-dir", disk.dataDir], { env: { JWT_SECRET } });
    expect(outcome.code).not.toBe(0);
    expect(outcome.stderr.trim().split("\n")).toHaveLength(1);
    expect(outcome.stderr).toMatch(/Read-only file system/);
    expect(outcome.stderr).toContain(disk.dataDir);
  });

  test("that has a database lets nothing start either, and the data is there once it may be written again", async () => {
    disk = new SmallDisk(8);
    server = await Server.start({ dataDir: disk.dataDir, env: { SIMULATE_UNHANDLED: "off" } });
    const account = await newAccount(server);
    const job = await account.submit("Kept");
    await server.kill();
    disk.remount("ro");
    const outcome = await run(["serve", "--port", "0", "--data-dir", disk.dataDir], { env: { JWT_SECRET } });
    expect(outcome.code).not.toBe(0);
    expect(outcome.stderr.trim().split("\n")).toHaveLength(1);
    expect(outcome.stderr).toMatch(/Read-only file system|readonly database/);
    disk.remount("rw");
    server = await server.again({ port: server.port });
    expect((await account.job(job.id)).status).toBe("pending");
  });
});

// Needs no rights: the kernel is told to let the process write nothing from now on, which is what a disk looks like that has become
// read-only under it.
test("files that can no longer be written refuse changes with 503, and recover without a restart", async () => {
  const through = ["/bin/sh", "-c", 'trap "" XFSZ; exec "$@"', "sh"];
  server = await Server.start({ through, env: { SIMULATE_UNHANDLED: "off" } });
  const account = await newAccount(server);
  const allow = (bytes: string) => execFileSync("prlimit", [`--pid=${server?.pid}`, `--fsize=${bytes}:unlimited`]);
  await expectAnOutage(
    account,
    () => allow("0"),
    () => allow("unlimited"),
  );
});
