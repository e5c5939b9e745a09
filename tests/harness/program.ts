import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { join, resolve } from "node:path";
import { forgetProcess, noteProcess, runFolder } from "./run_folder";

/** The program under test: TASKGATE_BINARY, or the release build. */
export function binary(): string {
  const path = resolve(process.env.TASKGATE_BINARY ?? join(import.meta.dirname, "../../build/release/taskgate"));
  if (!existsSync(path)) throw new Error(`${path} is not there: run ./dev build, or set TASKGATE_BINARY`);
  return path;
}

/** A folder that is gone after the run. */
export function temporaryFolder(): string {
  return mkdtempSync(join(runFolder(), "folder-"));
}

/** Only what is named here reaches the program: no setting of the machine may change a test. */
function environment(extra: Record<string, string>): Record<string, string> {
  return { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", TZ: "UTC", ...extra };
}

/**
 * Starts the program in `cwd`, where no `.env` is unless the test has put one there. `through`: a command that becomes the program, as
 * `sh -c '…; exec "$@"' sh` does.
 */
export function launch(args: string[], env: Record<string, string>, cwd: string, through: string[] = []): ChildProcess {
  const [first = "", ...rest] = [...through, binary(), ...args];
  const child = spawn(first, rest, { cwd, env: environment(env), stdio: ["pipe", "pipe", "pipe"] });
  const id = child.pid;
  if (id !== undefined) {
    noteProcess(id);
    child.once("exit", () => forgetProcess(id));
  }
  return child;
}

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
  /** Both, for messages of which it does not matter where they go. */
  output: string;
}

/** Runs the program to its end, which must come within 20 s. */
export function run(
  args: string[],
  options: { env?: Record<string, string>; cwd?: string; input?: string } = {},
): Promise<Outcome> {
  const child = launch(args, options.env ?? {}, options.cwd ?? temporaryFolder());
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin?.on("error", () => {}); // the program may end without reading
  child.stdin?.end(options.input ?? "");
  return new Promise((done, failed) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      failed(new Error(`taskgate ${args.join(" ")} did not end within 20 s; it said:\n${stdout}${stderr}`));
    }, 20_000);
    child.once("error", failed);
    child.once("close", (code) => {
      clearTimeout(timer);
      done({ code, stdout, stderr, output: stdout + stderr });
    });
  });
}
