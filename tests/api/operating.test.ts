import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { Account, logIn, newAccount, newEmail, PASSWORD } from "../harness/account";
import { run, temporaryFolder } from "../harness/program";
import { JWT_SECRET, Server } from "../harness/server";

const started: Server[] = [];
const start = async (env: Record<string, string> = {}) => {
  const server = await Server.start({ env });
  started.push(server);
  return server;
};
const again = async (server: Server) => {
  const next = await server.again();
  started.push(next);
  return next;
};
afterEach(async () => {
  for (const server of started.splice(0)) if (server.running) await server.stop();
});
const at = (server: Server, account: Account) =>
  Object.assign(Object.create(Account.prototype), account, { client: server.client() }) as Account;

describe("taskgate backup, restore and check", () => {
  test("a backup made beside a running server brings everything back, and people stay signed in", async () => {
    // The secret lies in the data folder.
    const server = await start({ JWT_SECRET: "" });
    const account = await newAccount(server);
    const done = await account.submit("Kept", { data: { exact: "12345678901234567890" } });
    await account.jobThatIs("completed", done.id);
    const file = join(temporaryFolder(), "taskgate.backup");
    const made = await server.command("backup", file);
    expect(made.code, made.output).toBe(0);
    expect(made.stdout).toContain("jwt_secret");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const later = await account.submit("Later");
    await account.jobThatIs("completed", later.id);
    await server.stop();
    rmSync(server.dataDir, { recursive: true });

    const restored = await server.command("restore", file);
    expect(restored.code, restored.output).toBe(0);
    const survivor = await again(server);
    const owner = at(survivor, account);
    expect(await owner.job(done.id)).toMatchObject({ status: "completed", data: done.data });
    expect((await owner.get(`/api/jobs/${later.id}`)).status).toBe(404);
    expect((await logIn(survivor, account.email)).id).toBe(account.id);
    const checked = await survivor.command("check");
    expect(checked.code, checked.output).toBe(0);
    expect(checked.stdout).toMatch(/^ok +The file is sound/m);
  });

  test("a backup replaces nothing without --force, and leaves no half file", async () => {
    const server = await start();
    const folder = temporaryFolder();
    const file = join(folder, "precious");
    writeFileSync(file, "precious");
    const refused = await server.command("backup", file);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/exists already.*--force/);
    expect((await server.command("backup", join(folder, "nowhere", "file"))).code).toBe(1);
    expect(readdirSync(folder)).toEqual(["precious"]);
    expect((await server.command("backup", file, "--force", "--without-secrets")).code).toBe(0);
    expect(readdirSync(folder)).toEqual(["precious"]);
  });

  test("a restore is refused while a server runs, and for a file that is no backup", async () => {
    const server = await start();
    const { email } = await newAccount(server);
    const file = join(temporaryFolder(), "backup");
    expect((await server.command("backup", file)).code).toBe(0);
    const refused = await server.command("restore", file);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/running on the data folder/);
    await server.stop();
    writeFileSync(file, "this is no database ".repeat(500));
    const damaged = await server.command("restore", file);
    expect(damaged.code).toBe(1);
    expect(damaged.stderr).toMatch(/not a database/);
    expect((await server.command("user", "list")).stdout).toContain(email);
  });

  test("check names what is wrong, and --repair counts anew once the server is stopped", async () => {
    const server = await start();
    const account = await newAccount(server);
    await account.jobThatIs("completed", (await account.submit("Counted")).id);
    await server.sql("UPDATE job_counts SET completed = completed + 5");
    const wrong = await server.command("check");
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).toMatch(/WRONG +The numbers of jobs.*--repair/);
    expect((await server.command("check", "--repair")).stderr).toMatch(/running on the data folder/);
    await server.stop();
    expect((await server.command("check", "--repair")).code).toBe(0);
    expect((await server.command("check")).stdout).not.toContain("WRONG");
  });

  test.each([["backup", "file"], ["check"]])("%s of a folder without a database says so, and makes none", async (...args) => {
    const folder = join(temporaryFolder(), "mistyped");
    const outcome = await run([...args, "--data-dir", folder]);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(`There is no database in ${folder}`);
    expect(existsSync(folder)).toBe(false);
  });
});

describe("taskgate jobs", () => {
  test("list and show work beside the server", async () => {
    const server = await start();
    const account = await newAccount(server);
    const failed = await account.submit("Breaks", { data: { shouldFail: true }, maxRetries: 0 });
    await account.jobThatIs("failed", failed.id);
    const waiting = await account.submit("Waits", { delayMs: 3_600_000 });

    const all = await server.command("jobs", "list");
    expect(all.code, all.output).toBe(0);
    expect(all.stdout).toContain(failed.id);
    expect(all.stdout).toContain(waiting.id);
    const some = await server.command("jobs", "list", "--status", "pending", "--user", account.email);
    expect(some.stdout).toContain(waiting.id);
    expect(some.stdout).not.toContain(failed.id);
    expect((await server.command("jobs", "list", "--limit", "1")).stdout).toMatch(/There are more: --before/);
    expect((await server.command("jobs", "list", "--status", "lost")).stderr).toMatch(/no status.*pending/);
    expect((await server.command("jobs", "list", "--user", "nobody@example.com")).stderr).toMatch(/no account/);

    const shown = await server.command("jobs", "show", failed.id);
    expect(shown.stdout).toMatch(/status +failed/);
    expect(shown.stdout).toMatch(/attempt 1 +failed/);
    expect((await server.command("jobs", "show", "0123456789abcdef")).stderr).toMatch(/no job 0123456789abcdef/);
    expect((await server.command("jobs", "show", "first")).stderr).toMatch(/no job id/);
  });

  test("cancel and retry are refused beside a server, and go through it with --server and a key", async () => {
    const server = await start();
    const email = newEmail("operator");
    expect((await server.command("user", "create", email, "--password", PASSWORD, "--role", "admin")).code).toBe(0);
    const admin = await logIn(server, email);
    const account = await newAccount(server);
    const job = await account.submit("Waits", { delayMs: 3_600_000 });

    const refused = await server.command("jobs", "cancel", job.id);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/server is running.*--server/);
    expect((await server.command("jobs", "cancel", job.id, "--server", server.url)).stderr).toMatch(/API key/);

    const key = (await admin.post("/api/auth/keys", { name: "operator", scopes: ["jobs:write", "admin"] })).body.data.key;
    const cancelled = await server.command("jobs", "cancel", job.id, "--server", server.url, "--key", key);
    expect(cancelled.code, cancelled.output).toBe(0);
    expect((await account.job(job.id)).status).toBe("cancelled");
    const repeated = await server.command("jobs", "cancel", job.id, "--server", server.url, "--key", key);
    expect(repeated.code).toBe(1);
    expect(repeated.stderr).toMatch(/already finished/);
    const retried = await run(["jobs", "retry", job.id, "--server", server.url, "--data-dir", server.dataDir], {
      env: { JWT_SECRET, TASKGATE_API_KEY: key },
    });
    expect(retried.code, retried.output).toBe(0);
    await account.jobThatIs("completed", job.id);
  });

  test("cancel and retry change the folder of a stopped server", async () => {
    const server = await start({ SIMULATE_UNHANDLED: "off" });
    const account = await newAccount(server);
    const [first, second] = [await account.submit("One"), await account.submit("Two")];
    await server.stop();
    const cancelled = await server.command("jobs", "cancel", first.id, second.id);
    expect(cancelled.code, cancelled.output).toBe(0);
    expect((await server.command("jobs", "retry", second.id)).stdout).toContain("pending again");
    const partly = await server.command("jobs", "cancel", first.id, second.id);
    expect(partly.code).toBe(1);
    expect(partly.stderr).toMatch(new RegExp(`${first.id}: .*finished`));
    expect(partly.stdout).toContain(`${second.id}: cancelled`);
    const owner = at(await again(server), account);
    expect((await owner.job(first.id)).status).toBe("cancelled");
    expect((await server.command("check")).code).toBe(0);
  });
});
