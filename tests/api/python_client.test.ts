import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { binary, temporaryFolder } from "../harness/program";
import { forgetProcess, noteProcess } from "../harness/run_folder";
import { until } from "../harness/until";

// The client that Python programs use, of its current version, against the program that the official suites run against too.

const STORIES = ["polling", "websocket", "upgrade", "namespaces", "unknown namespace", "heartbeat", "comes back", "asynchronous"];
const folder = join(import.meta.dirname, "../python");
const execute = promisify(execFile);

let fixture: ChildProcess | undefined;
let missing = "";
let told = "";

/** Without access to a package registry there is no such client; then the tests are skipped, and say so. */
async function installed(): Promise<string> {
  const environment = join(temporaryFolder(), "python");
  await execute("python3", ["-m", "venv", environment]);
  const pip = ["install", "--quiet", "--disable-pip-version-check", "-r", join(folder, "requirements.txt")];
  await execute(join(environment, "bin/pip"), pip, { timeout: 120_000 });
  return join(environment, "bin/python");
}

async function startFixture(): Promise<string> {
  const program = process.env.TASKGATE_SIO_FIXTURE ?? join(dirname(binary()), "sio-fixture");
  if (!existsSync(program)) throw new Error(`${program} is not there: run ./dev build, or set TASKGATE_SIO_FIXTURE`);
  const child = spawn(program, ["--port", "0"], { cwd: temporaryFolder(), stdio: ["ignore", "pipe", "inherit"] });
  fixture = child;
  if (child.pid !== undefined) noteProcess(child.pid);
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const port = await until("sio-fixture prints its port", () => /localhost:(\d+)/.exec(output)?.[1]);
  return `http://localhost:${port}`;
}

beforeAll(async () => {
  let python: string;
  try {
    python = await installed();
  } catch (error) {
    missing = `python-socketio could not be installed: ${String(error).split("\n")[0]}`;
    console.warn(`${STORIES.length} tests of the Python client are skipped: ${missing}`);
    return;
  }
  const url = await startFixture();
  told = (await execute(python, [join(folder, "socketio_client.py"), url], { timeout: 100_000 })).stdout;
}, 240_000);

afterAll(async () => {
  if (fixture?.pid === undefined) return;
  const id = fixture.pid;
  const ended = new Promise((done) => fixture?.once("exit", done));
  fixture.kill("SIGTERM");
  expect(await ended).toBe(0);
  forgetProcess(id);
});

test.for(STORIES)("a client in Python: %s", (name, { skip }) => {
  if (missing !== "") skip(missing);
  const start = told.indexOf(`failed ${name}: `);
  if (start >= 0) throw new Error(told.slice(start));
  expect(told.split("\n")).toContain(`ok ${name}`);
});
