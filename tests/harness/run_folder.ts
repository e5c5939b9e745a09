import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Everything of one test run lives in one folder. The process that starts the run makes it and removes it at the end, whatever became
// of the workers; a server that a failed test has left behind is ended then, by its id.

const VARIABLE = "TASKGATE_TEST_RUN";

export function runFolder(): string {
  const folder = process.env[VARIABLE];
  if (folder === undefined) throw new Error("the configuration of this test runner has no global set-up");
  return folder;
}

export function noteProcess(id: number): void {
  writeFileSync(join(runFolder(), "processes", String(id)), "");
}

export function forgetProcess(id: number): void {
  rmSync(join(runFolder(), "processes", String(id)), { force: true });
}

/** The global set-up of vitest and Playwright; returns the teardown. */
export default function setUp(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "taskgate-test-"));
  mkdirSync(join(folder, "processes"));
  process.env[VARIABLE] = folder;
  return () => {
    for (const id of readdirSync(join(folder, "processes"))) endOwn(Number(id), folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
}

/** Ids are used again: only a process that still works in this folder is ours. */
function endOwn(id: number, folder: string): void {
  try {
    if (readFileSync(`/proc/${id}/cmdline`, "utf8").includes(folder)) process.kill(id, "SIGKILL");
  } catch {
    // It has ended.
  }
}
