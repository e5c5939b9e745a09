// Runs pieces of ./dev as a user or the script itself would.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");

export function dev(...args) {
  return spawnSync("./dev", args, { cwd: root, encoding: "utf8" });
}

/** Bash with the parts of ./dev sourced: `parts` by name, then `script`. */
export function bash(parts, script) {
  const sources = parts.map((part) => `. packaging/dev/${part}.sh`).join("\n");
  return spawnSync("bash", ["-uo", "pipefail", "-c", `ROOT=$PWD\nLOGS=$PWD/build/logs\n${sources}\n${script}`], {
    cwd: root,
    encoding: "utf8",
  });
}

/** A folder with these files, gone when `use` is done. */
export function withFiles(files, use) {
  const folder = mkdtempSync(join(tmpdir(), "taskgate-dev-"));
  try {
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
    }
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
