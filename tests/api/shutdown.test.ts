import { expect, test } from "vitest";
import { type Job, newAccount } from "../harness/account";
import { Live } from "../harness/live";
import { Server } from "../harness/server";
import { until } from "../harness/until";

test("SIGTERM gives running jobs back unharmed, with no attempt spent, and ends with code 0", async () => {
  const server = await Server.start({ env: { SIMULATE_SPEED: "0.1", STOP_GRACE_MS: "0" } });
  const account = await newAccount(server);
  const job = await account.submit("Interrupted");
  const waiting = await account.submit("Waiting");
  await account.jobThatIs("processing", job.id);
  expect(await server.stop()).toBe(0);

  const again = await server.again({ env: { SIMULATE_SPEED: "100" } });
  const read = async (id: string): Promise<Job> => (await again.client().get(`/api/jobs/${id}`, { token: account.accessToken })).body.data;
  for (const id of [job.id, waiting.id]) {
    const done = await until("it is completed", async () => {
      const now = await read(id);
      return now.status === "completed" && now;
    });
    expect(done).toMatchObject({ attempts: 1, retries: 0 });
    expect(done.attemptsLog.map((attempt: Job) => attempt.outcome).filter((outcome: string) => outcome === "crashed")).toEqual([]);
  }
  await again.stop();
});

test("SIGTERM lets a job that is nearly done finish within the grace", async () => {
  const server = await Server.start({ env: { SIMULATE_SPEED: "5", STOP_GRACE_MS: "10000" } });
  const account = await newAccount(server);
  const job = await account.submit("Nearly done");
  await account.jobThatIs("processing", job.id);
  expect(await server.stop()).toBe(0);
  const again = await server.again({ env: { SIMULATE_UNHANDLED: "off" } });
  const answer = await again.client().get(`/api/jobs/${job.id}`, { token: account.accessToken });
  expect(answer.body.data).toMatchObject({ status: "completed", attempts: 1 });
  await again.stop();
});

test("SIGTERM closes sockets so that clients come back, and answers requests under way", async () => {
  const server = await Server.start();
  const account = await newAccount(server);
  const live = await Live.connect(server, account.accessToken, { transports: ["websocket"] });
  const reason = new Promise<string>((done) => live.socket.once("disconnect", done));
  const submits = Array.from({ length: 20 }, (_, at) =>
    account.post("/api/jobs/submit", { type: "At the end", data: { at }, delayMs: 60_000 }).then(
      (answer) => (answer.status === 202 ? (answer.body.data.id as string) : undefined),
      () => undefined,
    ),
  );
  const [accepted, code] = await Promise.all([Promise.all(submits), server.stop()]);
  expect(code).toBe(0);
  // "io server disconnect" would tell the client to stay away.
  expect(await reason).toMatch(/transport close|transport error/);

  const again = await server.again();
  for (const id of accepted.filter((one) => one !== undefined)) {
    expect((await again.client().get(`/api/jobs/${id}`, { token: account.accessToken })).status).toBe(200);
  }
  await again.stop();
});

test("SIGINT, as of Ctrl-C, ends it the same way", async () => {
  const server = await Server.start();
  process.kill(server.pid, "SIGINT");
  expect(await server.exitCode()).toBe(0);
});

test("a server that is idle ends within two seconds", async () => {
  const server = await Server.start();
  const begin = Date.now();
  expect(await server.stop()).toBe(0);
  expect(Date.now() - begin).toBeLessThan(2_000);
});
