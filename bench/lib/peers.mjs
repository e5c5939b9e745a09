// The programs measured beside Taskgate, with the databases that they need, on the loopback and in temporary folders.
import { execFileSync, fork } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { endWithBench, family, freePort, processorSeconds, run, start, until } from "./processes.mjs";

const POSTGRES = "/usr/lib/postgresql/15/bin";

/** Redis of the machine; `fsync`: every command is on disk before it is answered. */
export async function startRedis(bench, { fsync }) {
  const port = await freePort();
  const folder = mkdtempSync(join(bench.folder, "redis-"));
  const durability = fsync ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--appendonly", "no"];
  const server = start("redis-server", ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder, "--save", "", "--maxmemory-policy", "noeviction", ...durability]);
  await until("redis-server is ready", async () => (await run("redis-cli", ["-p", String(port), "ping"]).catch(() => "")).trim() === "PONG");
  return { address: `redis://127.0.0.1:${port}`, pid: server.pid, stop: () => server.stop() };
}

/** PostgreSQL 15 as Debian configures it: every commit is on disk before it is answered. It refuses to run as root. */
export async function startPostgres(bench) {
  const port = await freePort();
  const folder = mkdtempSync(join(bench.folder, "postgres-"));
  const as = process.getuid() === 0 ? postgresUser() : {};
  if (as.uid !== undefined) {
    chmodSync(bench.folder, 0o711);
    chownSync(folder, as.uid, as.gid);
  }
  const data = join(folder, "data");
  const options = { ...as, cwd: folder, env: { PATH: process.env.PATH, LC_ALL: "C.UTF-8" } };
  await run(join(POSTGRES, "initdb"), ["-D", data, "-U", "bench", "--auth", "trust", "-E", "UTF8"], options);
  const server = start(join(POSTGRES, "postgres"), ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", folder], options);
  const address = `postgres://bench@127.0.0.1:${port}/postgres`;
  await until("PostgreSQL is ready", async () => (await run(join(POSTGRES, "pg_isready"), ["-h", "127.0.0.1", "-p", String(port)]).catch(() => "")).includes("accepting"));
  return { address, pid: server.pid, stop: () => server.stop("SIGINT") };
}

function postgresUser() {
  const id = (flag) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/** A program of bench/peers, which does what it is asked for, and tells when it has: see peers/ask.mjs. */
export class Peer {
  constructor(bench, file, address, database) {
    this.database = database;
    this.child = fork(join(bench.root, "bench/peers", file), [address], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    endWithBench(this.child);
    this.waiting = new Map();
    this.asked = 0;
    this.child.on("message", ({ number, answer, error }) => {
      const { done, failed } = this.waiting.get(number);
      this.waiting.delete(number);
      error === undefined ? done(answer) : failed(new Error(`${file}: ${error}`));
    });
    this.child.once("exit", (code) => {
      for (const { failed } of this.waiting.values()) failed(new Error(`${file} ended with ${code}`));
    });
  }

  ask(command, parameters = {}) {
    const number = this.asked++;
    return new Promise((done, failed) => {
      this.waiting.set(number, { done, failed });
      this.child.send({ number, command, parameters });
    });
  }

  get pid() {
    return this.child.pid;
  }

  async stop() {
    if (this.child.exitCode !== null) return;
    const ended = new Promise((done) => this.child.once("exit", done));
    this.child.kill("SIGTERM");
    await ended;
  }
}

/** A job queue under measurement: one process that submits, one that works, and its database. */
export class PeerQueue {
  static async start(bench, file, database) {
    const queue = new PeerQueue();
    queue.database = database;
    queue.producer = new Peer(bench, file, database.address);
    await queue.producer.ask("prepare");
    queue.worker = new Peer(bench, file, database.address);
    await queue.worker.ask("prepare");
    return queue;
  }

  /** Jobs a second, and what all processes used of the processor. */
  async measure(jobs, work) {
    const pids = [this.producer.pid, this.worker.pid, ...family(this.database.pid)];
    const used = () => pids.reduce((sum, pid) => sum + processorSeconds(pid), 0);
    const before = used();
    const begin = performance.now();
    await work();
    const seconds = (performance.now() - begin) / 1000;
    return { perSecond: jobs / seconds, cpuSeconds: used() - before, seconds };
  }

  submit(jobs, batch) {
    return this.measure(jobs, () => this.producer.ask("submit", { jobs, batch }));
  }

  submitSingly(jobs, inFlight) {
    return this.measure(jobs, () => this.producer.ask("submitSingly", { jobs, inFlight }));
  }

  /** Jobs that wait already. */
  burnDown(jobs) {
    return this.measure(jobs, () => this.worker.ask("process", { jobs }));
  }

  /** Submits and processes at the same time. */
  cycle(jobs, batch) {
    return this.measure(jobs, () => Promise.all([this.worker.ask("process", { jobs }), this.producer.ask("submit", { jobs, batch })]));
  }

  async drain() {
    await this.worker.ask("drain");
  }

  async stop() {
    await this.producer.stop();
    await this.worker.stop();
    await this.database.stop();
  }
}

export const bullmq = async (bench, fsync) => PeerQueue.start(bench, "bullmq.mjs", await startRedis(bench, { fsync }));
export const graphileWorker = async (bench) => PeerQueue.start(bench, "graphile_worker.mjs", await startPostgres(bench));
export const pgBoss = async (bench) => PeerQueue.start(bench, "pg_boss.mjs", await startPostgres(bench));
