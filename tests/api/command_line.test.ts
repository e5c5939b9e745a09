import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { logIn, newAccount, newEmail, PASSWORD } from "../harness/account";
import { type Outcome, run, temporaryFolder } from "../harness/program";
import { Server } from "../harness/server";
import { until } from "../harness/until";

describe("taskgate user", () => {
  let server: Server;
  beforeAll(async () => {
    server = await Server.start();
  });
  afterAll(() => server.stop());

  test("create makes a verified account that can sign in at once", async () => {
    const email = newEmail();
    const outcome = await server.command("user", "create", email, "--password", PASSWORD);
    expect(outcome.code, outcome.output).toBe(0);
    expect(outcome.stdout).toContain(email);
    const me = await (await logIn(server, email)).get("/api/auth/me");
    expect(me.body.data).toMatchObject({ role: "user", emailVerified: true });
  });

  test.each([["list"], ["role", "a@example.com", "admin"], ["disable", "a@example.com"], ["enable", "a@example.com"]])(
    "%s says that a folder holds no database, and makes none",
    async (...args) => {
      const folder = join(temporaryFolder(), "mistyped");
      const outcome = await run(["user", ...args, "--data-dir", folder]);
      expect(outcome.code).toBe(1);
      expect(outcome.stderr).toContain(`There is no database in ${folder}`);
      expect(existsSync(folder)).toBe(false);
    },
  );

  test("create --role admin makes the first admin", async () => {
    const email = newEmail();
    expect((await server.command("user", "create", email, "--password", PASSWORD, "--role", "admin")).code).toBe(0);
    expect((await (await logIn(server, email)).get("/api/jobs/admin/all")).status).toBe(200);
  });

  test.each<[string, (email: string) => string[], RegExp]>([
    ["an address that exists", (email) => [email, "--password", PASSWORD], /already|taken|exists/i],
    ["no address", () => ["not an address", "--password", PASSWORD], /email|address/i],
    ["a weak password", () => ["weak@example.com", "--password", "12345678"], /password/i],
    ["an unknown role", () => ["role@example.com", "--password", PASSWORD, "--role", "king"], /role|king/i],
  ])("create with %s fails with a sentence", async (_what, args, sentence) => {
    const { email } = await newAccount(server);
    const outcome = await server.command("user", "create", ...args(email));
    expect(outcome.code).not.toBe(0);
    expect(outcome.stderr).toMatch(sentence);
  });

  test("list names the accounts, and no hashes", async () => {
    const { email, id } = await newAccount(server);
    const outcome = await server.command("user", "list");
    expect(outcome.code, outcome.output).toBe(0);
    expect(outcome.stdout.split("\n").find((line) => line.includes(email))).toContain("user");
    expect(outcome.stdout).toContain(id);
    expect(outcome.stdout).not.toMatch(/argon2/);
  });

  test("role and disable of an address that nobody has fail with a sentence", async () => {
    for (const args of [["role", "nobody@example.com", "admin"], ["disable", "nobody@example.com"]]) {
      const outcome = await server.command("user", ...args);
      expect(outcome.code).not.toBe(0);
      expect(outcome.stderr).toMatch(/nobody@example\.com|user not found|no (such )?(user|account)/i);
    }
  });

  test("disable ends the account's sessions within five seconds", async () => {
    const account = await newAccount(server);
    expect((await server.command("user", "disable", account.email)).code).toBe(0);
    await until("its token is refused", async () => (await account.get("/api/auth/me")).status === 401, 5_000);
  });

  test("works before the server has ever run", async () => {
    const folder = temporaryFolder();
    const outcome = await run(["user", "create", "first@example.com", "--role", "admin", "--password", PASSWORD, "--data-dir", folder]);
    expect(outcome.code, outcome.output).toBe(0);
    expect((await run(["user", "list", "--data-dir", folder])).stdout).toContain("first@example.com");
  });
});

describe("commands", () => {
  test("version", async () => {
    const outcome = await run(["version"]);
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toMatch(/\d+\.\d+\.\d+/);
  });

  test("--help names the commands, and not the hidden ones", async () => {
    const outcome = await run(["--help"]);
    expect(outcome.code).toBe(0);
    for (const command of ["serve", "user", "config", "version"]) expect(outcome.stdout).toContain(command);
    expect(outcome.stdout).not.toMatch(/^\s*routes\b/m);
  });

  test("config prints what is in effect, with secrets masked", async () => {
    const env = { JWT_SECRET: "a secret that must not be shown, 0123456789", PORT: "4321" };
    const outcome = await run(["config"], { env });
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toMatch(/^PORT=4321$/m);
    expect(outcome.output).not.toContain(env.JWT_SECRET);
  });

  test(".env is read, the environment overrides it, and the aliases are accepted", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, ".env"), 'PORT=4100\nMAIL_HOST="smtp.example.com" # comment\nexport LOG_LEVEL=debug\n');
    const outcome = await run(["config"], { cwd, env: { PORT: "4200" } });
    expect(outcome.stdout).toMatch(/^PORT=4200$/m);
    expect(outcome.stdout).toMatch(/^EMAIL_HOST=smtp\.example\.com$/m);
    expect(outcome.stdout).toMatch(/^LOG_LEVEL=debug$/m);
  });
});

/** It must end by itself, with another code than 0, and with a sentence that says what to do, not with a stack or a signal. */
function expectRefusal(outcome: Outcome, sentence: RegExp): void {
  expect(outcome.code, outcome.output).not.toBe(0);
  expect(outcome.code, "it was not killed by a signal").not.toBeNull();
  expect(outcome.stderr).toMatch(sentence);
  expect(outcome.output).not.toMatch(/terminate called|what\(\)|Segmentation/);
}

describe("a start that cannot work is refused with a sentence", () => {
  const serve = (args: string[] = [], options: { env?: Record<string, string>; cwd?: string } = {}) =>
    run(["serve", "--host", "127.0.0.1", "--port", "0", ...args], options);

  test("the port is in use", async () => {
    const holder = createServer();
    await new Promise<void>((done) => holder.listen(0, "127.0.0.1", done));
    const { port } = holder.address() as { port: number };
    const outcome = await run(["serve", "--host", "127.0.0.1", "--port", String(port)]);
    expectRefusal(outcome, new RegExp(`${port}`));
    expect(outcome.stderr).toMatch(/in use/i);
    holder.close();
  });

  test("another taskgate has the port", async () => {
    const server = await Server.start();
    const outcome = await run(["serve", "--host", "127.0.0.1", "--port", String(server.port)]);
    expectRefusal(outcome, /in use/i);
    expect((await server.client().get("/healthz")).status).toBe(200);
    await server.stop();
  });

  test("another taskgate has the data folder", async () => {
    const server = await Server.start();
    const outcome = await serve(["--data-dir", server.dataDir]);
    expectRefusal(outcome, /in use|already|another|running/i);
    expect((await server.client().get("/readyz")).status).toBe(200);
    await server.stop();
  });

  test("the data folder is a file", async () => {
    const file = join(temporaryFolder(), "data");
    writeFileSync(file, "not a folder");
    expectRefusal(await serve(["--data-dir", file]), /data/);
  });

  // For root every folder is writable; /proc is not, for anybody.
  test("the data folder cannot be written", async () => {
    const folder = join(temporaryFolder(), "locked");
    mkdirSync(folder);
    chmodSync(folder, 0o500);
    const target = process.getuid?.() === 0 ? "/proc/taskgate" : join(folder, "data");
    expectRefusal(await serve(["--data-dir", target]), new RegExp(target));
  });

  test("the database is no database", async () => {
    const server = await Server.start();
    await server.stop();

    for (const name of readdirSync(server.dataDir)) {
      if (/\.(db|sqlite3?)(-wal|-shm)?$/.test(name)) writeFileSync(join(server.dataDir, name), "this is no database ".repeat(500));
    }
    expectRefusal(await serve(["--data-dir", server.dataDir]), /database/i);
  });

  test.each([
    ["a line without =", "PORT=4000\nthis is no setting\n", /2/],
    ["a quote that is not closed", 'JWT_SECRET="abc\n', /1/],
    ["a binary file", "\0\x01\x02\xff", /\.env/],
  ])("a corrupt .env: %s", async (_what, content, sentence) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, ".env"), content, "latin1");
    const outcome = await serve([], { cwd });
    expectRefusal(outcome, sentence);
    expect(outcome.stderr).toMatch(/\.env/);
  });

  test("an env file that is not there", async () => {
    expectRefusal(await serve(["--env-file", "/nowhere/.env"]), /\/nowhere\/\.env/);
  });

  test.each([
    ["PORT", "http", /PORT/],
    ["PORT", "70000", /PORT/],
    ["RATE_LIMITS", "perhaps", /RATE_LIMITS/],
    ["TASKGATE_ENV", "prod", /TASKGATE_ENV/],
    ["CORS_ORIGINS", "app.example.com", /CORS_ORIGINS/],
    ["MONGODB_URI", "mongodb://localhost/tasks", /MONGODB_URI.*MongoDB/],
    ["MONGO_URI", "mongodb://localhost/tasks", /MongoDB/],
    ["EMAIL_USER", "me@example.com", /EMAIL_PASS/],
    ["TLS_CERT", "/nowhere/cert.pem", /TLS_KEY/],
  ])("%s=%s", async (name, value, sentence) => {
    // --port would win over PORT.
    expectRefusal(await run(["serve", "--host", "127.0.0.1"], { env: { PORT: "0", [name]: value } }), sentence);
  });

  test.each([
    ["a weak JWT_SECRET", { JWT_SECRET: "secret" }, /JWT_SECRET/],
    ["a well-known JWT_SECRET", { JWT_SECRET: "change-me-change-me-change-me-change-me" }, /JWT_SECRET/],
    ["RATE_LIMITS=off", { RATE_LIMITS: "off" }, /RATE_LIMITS/],
  ])("in production: %s", async (_what, env, sentence) => {
    expectRefusal(await serve([], { env: { TASKGATE_ENV: "production", ...env } as Record<string, string> }), sentence);
  });

  test.each([["--frobnicate"], ["--port", "many"], ["--port"], ["surplus"]])("unknown or wrong flags: %s %s", async (...flags) => {
    expectRefusal(await run(["serve", ...flags.filter((flag) => flag !== undefined)]), /./);
  });

  test("an unknown command", async () => {
    expectRefusal(await run(["dance"]), /dance/);
  });

  test("a weak secret in development starts, with a warning", async () => {
    const server = await Server.start({ env: { JWT_SECRET: "secret" } });
    expect(server.output).toMatch(/JWT_SECRET is weak/);
    await server.stop();
  });
});

test("the greeting tells the address, the mode and where mails go", async () => {
  const server = await Server.start();
  const greeting = server.output;
  expect(server.stdout).toMatch(/Taskgate.*http:\/\/127\.0\.0\.1:\d+/s);
  expect(greeting).toMatch(/development/);
  expect(greeting).toMatch(/mail/i);
  expect(greeting).toMatch(/terminal|printed/i);
  await server.stop();
});
