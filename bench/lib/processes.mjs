// Programs that a measure starts: each on the loopback, ended with the bench, and asked what it costs the processor.
import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { promisify } from "node:util";

const running = new Set();
const CLOCK_TICKS_PER_SECOND = 100;

/** Starts a program. What it prints is kept for error messages; `output()` gives it. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: [options.stdin ?? "ignore", "pipe", "pipe"], ...options });
  let text = "";
  const keep = (chunk) => (text = (text + chunk.toString()).slice(-20_000));
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  endWithBench(child);
  const ended = new Promise((done) => {
    child.once("error", (error) => done(`could not be started: ${error.message}`));
    child.once("close", (code, signal) => done(`ended with ${signal ?? code}`));
  });
  let outcome;
  ended.then((how) => {
    outcome = how;
  });
  return {
    pid: child.pid,
    child,
    output: () => text,
    ended,
    get outcome() {
      return outcome;
    },
    async stop(signal = "SIGTERM") {
      if (outcome === undefined) child.kill(signal);
      await ended;
    },
  };
}

/** Whatever happens to the bench, this child does not outlive it. */
export function endWithBench(child) {
  running.add(child);
  child.once("exit", () => running.delete(child));
}

/** Ends what a measure that failed has left behind. */
export async function stopAll() {
  const left = [...running];
  for (const child of left) child.kill("SIGTERM");
  await Promise.race([Promise.all(left.map((child) => new Promise((done) => child.once("exit", done)))), pause(5_000)]);
  for (const child of running) child.kill("SIGKILL");
}

/** Runs a program to its end and gives what it printed. */
export async function run(command, args, options = {}) {
  try {
    const { stdout } = await promisify(execFile)(command, args, { maxBuffer: 64 << 20, ...options });
    return stdout;
  } catch (failure) {
    throw new Error(`${command} ${args[0] ?? ""} failed: ${failure.stderr || failure.message}`);
  }
}

export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Waits until `check` gives something true. */
export async function until(what, check, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`);
    await pause(2);
  }
}

/** A port that is free at the moment. */
export function freePort() {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** Seconds of processor time, user and system, that a process and its ended children have used. */
export function processorSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
  const ticks = fields.slice(11, 15).reduce((sum, each) => sum + Number(each), 0);
  return ticks / CLOCK_TICKS_PER_SECOND;
}

/** Resident memory of a process in bytes. */
export function residentBytes(pid) {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;
}

/** A process and those that it started, and they. */
export function family(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return [pid, ...(children === "" ? [] : children.split(" ").flatMap((each) => family(Number(each))))];
}
