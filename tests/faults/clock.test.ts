import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type Account, logIn, newAccount } from "../harness/account";
import { HttpWorker, newKey } from "../harness/keys";
import { temporaryFolder } from "../harness/program";
import { Server } from "../harness/server";
import { until } from "../harness/until";

// The wall clock is set while the program runs; the clock that measures durations goes on as ever. libfaketime, of the Debian package of
// that name, stands between the program and the system.

const LIBRARY = ["x86_64", "aarch64"].map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`).find(existsSync);
if (LIBRARY === undefined) console.warn("SKIPPED, the tests of a clock that is set: the Debian package libfaketime is missing");

class Clock {
  private readonly file = join(temporaryFolder(), "clock");

  constructor() {
    this.set("+0");
  }

  /** "+2h": so far from the true time. */
  set(offset: string): void {
    // Whole or not at all: it is read at any time.
    writeFileSync(`${this.file}.new`, `${offset}\n`);
    renameSync(`${this.file}.new`, this.file);
  }

  get env(): Record<string, string> {
    return { LD_PRELOAD: LIBRARY ?? "", FAKETIME_TIMESTAMP_FILE: this.file, FAKETIME_NO_CACHE: "1", DONT_FAKE_MONOTONIC: "1" };
  }
}

let server: Server | undefined;
afterEach(async () => {
  if (server?.running) await server.stop();
  server = undefined;
});

async function start(clock: Clock): Promise<{ account: Account; worker: HttpWorker }> {
  server = await Server.start({ env: { ...clock.env, SIMULATE_SPEED: "100" } });
  const account = await newAccount(server);
  return { account, worker: new HttpWorker(server.client(), (await newKey(account, ["worker"])).key, "box") };
}

const back = async (account: Account) => logIn(server as Server, account.email);

test.skipIf(LIBRARY === undefined)("a clock that is set forward costs no worker its job, and what is due starts", async () => {
  const clock = new Clock();
  const { account, worker } = await start(clock);
  await worker.claim(["Outside"]);
  const outside = await account.submit("Outside");
  const claimed = await worker.claimOne("Outside");
  const later = await account.submit("Later", { delayMs: 3_600_000 });
  clock.set("+2h");
  await until("workers get a fresh lease", () => server?.stderr.includes("leases of workers were prolonged"));
  const now = await back(account);
  await now.submit("Another"); // a waiting server looks at the clock again after half a minute, or when there is something to do
  await now.jobThatIs("completed", later.id);
  expect(await worker.settle(claimed, "complete")).toBe("ok");
  expect(await now.job(outside.id)).toMatchObject({ status: "completed", attempts: 1 });
});

test.skipIf(LIBRARY === undefined)("a clock that is set back stops nothing and loses nothing, also over a kill", async () => {
  const clock = new Clock();
  const { account, worker } = await start(clock);
  await worker.claim(["Outside"]);
  const outside = await account.submit("Outside");
  const claimed = await worker.claimOne("Outside");
  const before = await account.submit("Before");
  await account.jobThatIs("completed", before.id);

  clock.set("-3h");
  const then = await back(account);
  const after = await then.submit("After");
  expect(after.id > before.id, "ids still rise").toBe(true);
  await then.jobThatIs("completed", after.id);
  const soon = await then.submit("Soon", { delayMs: 300 });
  await then.jobThatIs("completed", soon.id);
  expect(await worker.beat(claimed, { progress: 10 })).toBe("ok");

  const running = server as Server;
  await running.kill();
  server = await running.again({ port: running.port });
  const survivor = await back(account);
  expect(await worker.settle(claimed, "complete")).toBe("ok");
  expect(await survivor.job(outside.id)).toMatchObject({ status: "completed", attempts: 1 });
  const last = await survivor.submit("Last");
  expect(last.id > after.id).toBe(true);
  await survivor.jobThatIs("completed", last.id);
  await until("all are there", async () => (await survivor.jobs()).length === 5);
});
