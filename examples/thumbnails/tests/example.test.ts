import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canRun, RealServer } from "../../../sdk/typescript/tests/real_server.js";
import { readPng } from "../src/picture.js";

const root = resolve(import.meta.dirname, "..");
const picture = resolve(root, "../../docs/images/jobs-light.png");

describe.skipIf(!canRun)("with the real server", () => {
  let server: RealServer;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    const built = spawnSync("npx", ["--no-install", "tsc", "-p", "tsconfig.build.json"], { cwd: root, encoding: "utf8" });
    if (built.status !== 0) throw new Error(built.stdout + built.stderr);
    server = await RealServer.start();
    env = { ...process.env, TASKGATE_URL: server.url, TASKGATE_KEY: (await server.newKey(await server.newUser())).key };
  }, 120_000);
  afterAll(() => server?.stop());

  test("the example does what its README says", async () => {
    const folder = mkdtempSync(join(tmpdir(), "taskgate-thumbnails-"));
    const worker = spawn("node", [join(root, "dist/worker.js")], { env, stdio: "inherit" });
    const ended = new Promise((done) => worker.once("exit", done));
    try {
      const submit = spawnSync("node", [join(root, "dist/submit.js"), picture, "160", "80"], { cwd: folder, env, encoding: "utf8", timeout: 60_000 });
      expect(submit.stderr).toBe("");
      expect(submit.stdout).toContain("completed 100 %");
      const small = readPng(readFileSync(join(folder, "thumbnails/jobs-light-80.png")));
      expect(small.width).toBe(80);
    } finally {
      worker.kill("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    }
    expect(await ended).toBe(0);
  }, 120_000);
});
