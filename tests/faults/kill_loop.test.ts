import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Account, type Job, newAccount, newAdmin } from "../harness/account";
import { newKey } from "../harness/keys";
import { temporaryFolder } from "../harness/program";
import { Server } from "../harness/server";
import { until } from "../harness/until";
import { type Actor, type Life, seeded, Submitter, Worker } from "./traffic";

// kill -9, again and again, while users submit, workers outside work, and the server runs jobs of its own. TASKGATE_KILLS says how
// often (8 when it says nothing), TASKGATE_SEED repeats the decisions of a run; the machine's timing is its own.

const KILLS = Number(process.env.TASKGATE_KILLS || 8);
const SEED = Number(process.env.TASKGATE_SEED || Date.now() % 1_000_000);

/** Fences by job, as they are on disk. */
async function fences(server: Server): Promise<Map<string, number>> {
  const rows = (await server.sql("SELECT id, fence FROM jobs")).trim().split("\n").filter(Boolean);
  return new Map(rows.map((row) => [row.split("|")[0] ?? "", Number(row.split("|")[1])]));
}

async function expectOnlyRising(server: Server, before: Map<string, number>): Promise<Map<string, number>> {
  const now = await fences(server);
  for (const [id, fence] of before) {
    const current = now.get(id);
    if (current === undefined) throw new Error(`row ${id} is gone`);
    if (current < fence) throw new Error(`the fence of row ${id} fell from ${fence} to ${current}`);
  }
  return now;
}

/** The counts that are kept, next to those that are counted. */
async function expectExactCounts(server: Server): Promise<void> {
  const kept = await server.sql("SELECT pending, processing, completed, failed, cancelled FROM job_counts WHERE user_id = x''");
  const sums = [0, 1, 2, 3, 4].map((status) => `sum(status = ${status})`).join(", ");
  // The server's own jobs (mails) belong to nobody and are in no count.
  const counted = await server.sql(`SELECT ${sums} FROM jobs WHERE user_id <> zeroblob(12)`);
  expect(kept.trim(), "counts equal a recount").toBe(counted.trim());
}

/** The same person, asking the server that runs now. */
const at = (server: Server, account: Account): Account =>
  Object.assign(Object.create(Object.getPrototypeOf(account)), account, { client: server.client() });

/** No slot made two jobs, and of those that came while the server was up none was forgotten. */
async function expectEachSlotOnce(owner: Account, first: { id: string; nextRunAt: string }, kills: number): Promise<void> {
  const nextRunAt = async () => Date.parse((await owner.get(`/api/schedules/${first.id}`)).body.data.nextRunAt);
  const [made, next] = await until("the jobs of the schedule are read between two slots", async () => {
    const before = await nextRunAt();
    const jobs = (await owner.jobs()).length;
    return (await nextRunAt()) === before && ([jobs, before] as const);
  });
  const slots = (next - Date.parse(first.nextRunAt)) / 1_000;
  expect(made, "jobs of the schedule").toBeLessThanOrEqual(slots);
  // What fell due while the server was down is made up for once.
  expect(made, "jobs of the schedule").toBeGreaterThanOrEqual(Math.max(1, slots - kills));
}

test(`kill -9, ${KILLS} times: nothing acknowledged is lost, nothing is done twice, no slot of a schedule makes two jobs`, async () => {
  console.info(`the decisions of this run: TASKGATE_SEED=${SEED} TASKGATE_KILLS=${KILLS} npm run test:faults -- kill_loop`);
  const random = seeded(SEED);
  const handlers = join(temporaryFolder(), "handlers.json");
  writeFileSync(handlers, JSON.stringify({ exec: { Handled: { command: ["/bin/sh", "-c", "echo result 1"] } } }));
  let server = await Server.start({ env: { HANDLERS_FILE: handlers, SIMULATE_SPEED: "400", LOG_LEVEL: "warning" } });
  const account = await newAccount(server);
  const planner = await newAccount(server);
  const schedule = (await planner.post("/api/schedules", { name: "tick", type: "Simulated", everyMs: 1_000, overlap: "allow" })).body.data;
  const key = (await newKey(await newAdmin(server), ["worker"], { allUsers: true })).key;

  const types = ["Outside", "Handled", "Simulated", "Outside"];
  const workers = ["one", "two", "three"].map((name) => new Worker(name, key, ["Outside"], random));
  const submitters = ["first", "second", "third"].map((name) => new Submitter(name, account, types, random));
  // Whoever else makes the server work while it is killed, and knows afterwards what must have come of it, is added here.
  const actors: Actor[] = [...submitters, ...workers];

  let known = new Map<string, number>();
  for (let kill = 0; kill < KILLS; kill += 1) {
    const life: Life = { client: server.client(), over: false, heard: 0 };
    const acting = Promise.all(actors.map((actor) => actor.act(life)));
    // From right at the start to well within the traffic.
    const answers = Math.floor(random() * 60);
    await Promise.race([until("the server is used", () => life.heard >= answers, 30_000), acting]);
    life.over = true;
    const killing = server.kill();
    await Promise.all([killing, acting]);
    server = await server.again({ port: server.port });
    known = await expectOnlyRising(server, known);
  }

  const owner = at(server, account);
  for (const worker of workers) await worker.leave(server.client());
  const rest: Life = { client: server.client(), over: false, heard: 0 };
  const resting = Promise.all(workers.map((worker) => worker.act(rest)));
  const submitted = submitters.reduce((sum, one) => sum + one.acknowledged.size, 0);
  // One without an answer may be there, too. Whatever was in a worker's hands that never heard of it comes back with its lease.
  const live = async (status: string) => (await owner.get(`/api/jobs?status=${status}&limit=1`)).body.data.length as number;
  const ended = until("every job has ended", async () => (await live("pending")) + (await live("processing")) === 0, 90_000);
  await Promise.race([ended, resting]);
  rest.over = true;
  await resting;

  const jobs = new Map((await owner.jobs()).map((job: Job) => [job.id as string, job]));
  expect(jobs.size).toBeGreaterThanOrEqual(submitted);
  expect(jobs.size).toBeLessThanOrEqual(submitted + submitters.length);
  for (const actor of actors) await actor.check(jobs);
  const acceptedTwice = workers.flatMap((one) => [...one.completed.keys()]).filter((id, at, all) => all.indexOf(id) !== at);
  expect(acceptedTwice, "completions that two workers were told are theirs").toEqual([]);
  const unexpected = [...jobs.values()].filter((job) => job.status === "failed" && !/^poison/.test(job.error));
  expect(unexpected.map((job) => `${job.type}: ${job.error}`), "a crash is not a failure").toEqual([]);
  for (const job of jobs.values()) expect(job.retries, "a crash spends no retry").toBe(0);

  await expectOnlyRising(server, known);
  await expectEachSlotOnce(at(server, planner), schedule, KILLS);
  await at(server, planner).client.send("DELETE", `/api/schedules/${schedule.id}`, { token: planner.accessToken });
  await until("the scheduled jobs have ended", async () => (await server.sql("SELECT count(*) FROM jobs WHERE completed_at IS NULL")).trim() === "0");
  await expectExactCounts(server);
  expect((await server.sql("PRAGMA integrity_check")).trim()).toBe("ok");
  const statuses = [...jobs.values()].map((job) => job.status);
  const number = (status: string) => statuses.filter((each) => each === status).length;
  console.info(`${KILLS} kills, ${jobs.size} jobs: ${number("completed")} completed, ${number("cancelled")} cancelled, ${number("failed")} crashed too often`);
  expect(await server.stop()).toBe(0);
});
