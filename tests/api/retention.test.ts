import { afterEach, expect, test } from "vitest";
import { Account, newAccount, newEmail, PASSWORD } from "../harness/account";
import { Server } from "../harness/server";
import { until } from "../harness/until";

// Time is moved by changing what is stored while the server is stopped.

const DAY_MS = 86_400_000;
const started: Server[] = [];
const note = (server: Server) => {
  started.push(server);
  return server;
};
afterEach(async () => {
  for (const server of started.splice(0)) if (server.running) await server.stop();
});

/** As if these jobs had been submitted and had ended so many days earlier. Ids carry their time. */
const age = (server: Server, days: number, where: string) =>
  server.sql(
    `UPDATE jobs SET id = id - (${days * DAY_MS} << 22), completed_at = completed_at - ${days * DAY_MS},
     created_at = created_at - ${days * DAY_MS} WHERE ${where}`,
  );

test("finished jobs go once their retention has passed, with all that hangs on them, and the counts stay exact", async () => {
  const server = note(await Server.start());
  const account = await newAccount(server);
  for (const type of ["Old", "Old", "Old", "Recent"]) await account.jobThatIs("completed", (await account.submit(type)).id);
  const waiting = await account.submit("Later", { delayMs: DAY_MS });
  await server.stop();
  await age(server, 8, "type = 'Old'");
  await age(server, 6, "type = 'Recent'");

  const again = note(await server.again());
  const owner = Object.assign(Object.create(Account.prototype), account, { client: again.client() }) as Account;
  await until("the old ones are gone", async () => (await owner.jobs()).length === 2);
  expect((await owner.job(waiting.id)).status).toBe("pending");
  const counts = (await owner.get("/api/jobs/stats")).body;
  expect(JSON.stringify(counts)).toMatch(/"completed":1\b/);
  expect(again.output).toMatch(/finished jobs removed.*3/);
  await again.stop();
  for (const table of ["job_data", "job_attempts"]) {
    expect((await again.sql(`SELECT count(*) FROM ${table} WHERE job_id NOT IN (SELECT id FROM jobs)`)).trim()).toBe("0");
  }
});

test("RETAIN_FINISHED_PER_USER_MAX keeps the newest, but never what ended within the minute", async () => {
  const env = { RETAIN_FINISHED_PER_USER_MAX: "1" };
  const server = note(await Server.start({ env }));
  const account = await newAccount(server);
  for (const type of ["First", "Second", "Third"]) await account.jobThatIs("completed", (await account.submit(type)).id);
  expect((await account.jobs()).length).toBe(3);
  await server.stop();
  await server.sql("UPDATE jobs SET completed_at = completed_at - 60000 WHERE type != 'Third'");

  const again = note(await server.again());
  const owner = Object.assign(Object.create(Account.prototype), account, { client: again.client() }) as Account;
  await until("two are gone", async () => (await owner.jobs()).length === 1);
  expect((await owner.jobs())[0]?.type).toBe("Third");
});

test("an account whose address was never verified goes, and the address is free again", async () => {
  const server = note(await Server.start());
  const stranger = newEmail("stranger");
  const { email } = await newAccount(server);
  expect((await server.client().post("/api/auth/signup", { email: stranger, password: PASSWORD })).status).toBeLessThan(300);
  await server.stop();
  await server.sql(`UPDATE users SET created_at = created_at - ${8 * DAY_MS}; UPDATE one_time_tokens SET expires_at = expires_at - ${8 * DAY_MS}`);

  const again = note(await server.again());
  await until("it is gone", async () => (await again.sql(`SELECT count(*) FROM users WHERE email = '${stranger}'`)).trim() === "0");
  expect((await again.command("user", "list")).stdout).toContain(email);
});
