import { createHmac } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server as WebServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Account, type Job, newAccount } from "../harness/account";
import { run, temporaryFolder } from "../harness/program";
import { Server } from "../harness/server";
import { until } from "../harness/until";

const SECRET = "a secret of these tests only";

/** Writes a handlers file and returns its path. */
function handlersFile(content: unknown): string {
  const path = join(temporaryFolder(), "handlers.json");
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const shell = (script: string, more: Record<string, unknown> = {}) => ({ command: ["/bin/sh", "-c", script], ...more });

/** Whether a process still runs; one that nobody has collected yet does not. */
function runs(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return false;
  try {
    return !/^\d+ \(.*\) Z /.test(readFileSync(file, "utf8"));
  } catch {
    return false; // gone between the two
  }
}

describe("a type that a command runs", () => {
  const folder = temporaryFolder();
  let server: Server;
  let account: Account;
  beforeAll(async () => {
    server = await Server.start({
      env: {
        STOP_GRACE_MS: "200",
        HANDLERS_FILE: handlersFile({
          exec: {
            "Count bytes": shell("echo progress 50 counting; echo a line for the log; printf 'result '; cat | wc -c"),
            "Echo job": shell("cat"),
            "Show environment": shell("env | sort | tr '\\n' ';'", { environment: { GREETING: "hello" } }),
            "Bad data": shell("echo the data is wrong >&2; exit 65"),
            "Fails once": shell('grep -q \'"attempt":1\' && { echo try later >&2; exit 75; }; echo 7'),
            "Too long": shell("exec sleep 1000", { timeoutMs: 200 }),
            Stubborn: shell(`trap '' TERM; echo $$ > ${folder}/stubborn.pid; while :; do sleep 0.02; done`, { graceMs: 100 }),
            "Pair up": shell(`echo $$ >> ${folder}/pairs; while [ "$(wc -l < ${folder}/pairs)" -lt 2 ]; do sleep 0.02; done; echo '"met"'`, {
              concurrency: 2,
              timeoutMs: 20_000,
            }),
          },
        }),
      },
    });
    account = await newAccount(server);
    expect(server.stdout).toContain("jobs:  8 types as ");
  });
  afterAll(() => server.stop());

  test("is told the job, and gives its progress, its log and its result", async () => {
    const job = await account.submit("Count bytes", { data: { text: "to be" } });
    const done = await account.jobThatIs("completed", job.id);
    const told = JSON.stringify({ id: job.id, type: "Count bytes", data: { text: "to be" }, attempt: 1, userId: account.id });
    expect(done).toMatchObject({ result: told.length, progress: 100, attempts: 1 });
    const log = await account.get(`/api/jobs/${job.id}/logs`);
    expect(log.body.data, "stored before the outcome").toMatchObject([{ number: 1, attempt: 1, line: "a line for the log" }]);
    await until("the line is in the log", () => server.output.split("\n").some((line) => line.includes(job.id) && line.includes("a line for the log")));
  });

  test("gets the data as it was submitted, never on a command line", async () => {
    const data = { digits: 1, text: '$(touch /tmp/never); "; exit 1' };
    const job = await account.submit("Echo job", { data });
    expect((await account.jobThatIs("completed", job.id)).result.data).toEqual(data);
  });

  test("sees nothing of the server's environment", async () => {
    const job = await account.submit("Show environment");
    const { result } = await account.jobThatIs("completed", job.id);
    expect(result).toContain("GREETING=hello;");
    expect(result).toContain("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin;");
    expect(result).not.toMatch(/JWT_SECRET|HANDLERS_FILE|HOME=/);
  });

  test("fails for good with exit code 65, with what it said", async () => {
    const job = await account.submit("Bad data");
    expect(await account.jobThatIs("failed", job.id)).toMatchObject({
      retries: 0,
      attempts: 1,
      error: "The command ended with exit code 65: the data is wrong",
    });
  });

  test("is retried after exit code 75", async () => {
    const job = await account.submit("Fails once");
    const done = await account.jobThatIs("completed", job.id);
    expect(done).toMatchObject({ result: 7, retries: 1, attempts: 2 });
    expect(done.attemptsLog[0]).toMatchObject({ outcome: "failed", error: expect.stringContaining("exit code 75: try later") });
  });

  test("is ended at its timeout", async () => {
    const job = await account.submit("Too long", { maxRetries: 0 });
    expect(await account.jobThatIs("failed", job.id)).toMatchObject({ error: "Timed out after 0.2 s" });
  });

  test("runs as many at once as configured", async () => {
    const jobs = [await account.submit("Pair up"), await account.submit("Pair up")];
    for (const job of jobs) expect((await account.jobThatIs("completed", job.id)).result).toBe("met");
  });

  const stubbornPid = () =>
    until("the command has started", () => {
      const path = join(folder, "stubborn.pid");
      return existsSync(path) && Number(readFileSync(path, "utf8"));
    });

  test("is killed when it is cancelled and does not end", async () => {
    const job = await account.submit("Stubborn");
    const pid = await stubbornPid();
    expect(runs(pid)).toBe(true);
    expect((await account.post(`/api/jobs/${job.id}/cancel`)).status).toBe(200);
    await until("the command is gone", () => !runs(pid));
    expect(await account.job(job.id)).toMatchObject({ status: "cancelled" });
  });

  test("leaves no process behind when the server stops, and the job goes back unharmed", async () => {
    writeFileSync(join(folder, "stubborn.pid"), "");
    const job = await account.submit("Stubborn");
    const pid = await stubbornPid();
    expect(await server.stop()).toBe(0);
    expect(runs(pid)).toBe(false);
    server = await server.again({ env: { HANDLERS_FILE: handlersFile({ exec: { Stubborn: shell("echo '\"second\"'") } }) } });
    const read = () => server.client().get(`/api/jobs/${job.id}`, { token: account.accessToken });
    const done: Job = await until("it is completed", async () => {
      const answer = await read();
      return answer.body.data.status === "completed" && answer.body.data;
    });
    expect(done).toMatchObject({ result: "second", attempts: 1, retries: 0 });
  });
});

describe("a type that is posted to a URL", () => {
  interface Received {
    headers: IncomingMessage["headers"];
    body: string;
  }
  const received: Received[] = [];
  let answer: (body: string, response: ServerResponse) => void;
  let web: WebServer;
  let server: Server;
  let account: Account;

  beforeAll(async () => {
    web = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.once("end", () => {
        received.push({ headers: request.headers, body });
        answer(body, response);
      });
    });
    await new Promise<void>((listening) => web.listen(0, "127.0.0.1", listening));
    const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/jobs`;
    server = await Server.start({
      env: {
        HANDLERS_FILE: handlersFile({
          http: {
            "Send invoice": { url, secret: SECRET, allowPrivate: true },
            "Call inside": { url, secret: SECRET },
            "Call metadata": { url: "http://169.254.169.254/latest/meta-data/", secret: SECRET },
            "Call localhost": { url: url.replace("127.0.0.1", "localhost"), secret: SECRET },
          },
        }),
      },
    });
    account = await newAccount(server);
  });
  afterAll(async () => {
    await server.stop();
    web.closeAllConnections();
    web.close();
  });

  const reply = (status: number, body = "", headers: Record<string, string> = {}) => (_: string, response: ServerResponse) => {
    response.writeHead(status, headers).end(body);
  };

  test("gets the job signed, and its answer is the result", async () => {
    answer = reply(200, '{"sent":true}');
    const job = await account.submit("Send invoice", { data: { invoice: 17 } });
    expect((await account.jobThatIs("completed", job.id)).result).toEqual({ sent: true });
    const { headers, body } = received.at(-1) as Received;
    expect(JSON.parse(body)).toEqual({ id: job.id, type: "Send invoice", data: { invoice: 17 }, attempt: 1, userId: account.id });
    const timestamp = String(headers["x-taskgate-timestamp"]);
    expect(Math.abs(Date.now() / 1000 - Number(timestamp))).toBeLessThan(60);
    expect(headers).toMatchObject({
      "x-taskgate-job": job.id,
      "x-taskgate-attempt": "1",
      "x-taskgate-signature": `sha256=${createHmac("sha256", SECRET).update(`${timestamp}.${body}`).digest("hex")}`,
    });
  });

  test("is retried after 503, when Retry-After says", async () => {
    answer = (body, response) => {
      const isFirst = JSON.parse(body).attempt === 1;
      reply(isFirst ? 503 : 200, isFirst ? "busy" : "2", isFirst ? { "Retry-After": "2" } : {})(body, response);
    };
    const job = await account.submit("Send invoice");
    const done = await account.jobThatIs("completed", job.id);
    expect(done).toMatchObject({ result: 2, retries: 1, attempts: 2 });
    const [first, second] = done.attemptsLog;
    expect(first.error).toBe("HTTP 503: busy");
    expect(Date.parse(second.startedAt) - Date.parse(first.endedAt)).toBeGreaterThanOrEqual(1_990);
  });

  test("fails for good after 422", async () => {
    answer = reply(422, "no such invoice");
    const job = await account.submit("Send invoice");
    expect(await account.jobThatIs("failed", job.id)).toMatchObject({ attempts: 1, error: "HTTP 422: no such invoice" });
  });

  test("is not redirected", async () => {
    const before = received.length;
    answer = reply(307, "", { Location: "/elsewhere" });
    const job = await account.submit("Send invoice");
    expect(await account.jobThatIs("failed", job.id)).toMatchObject({ error: "HTTP 307: redirects are not followed" });
    expect(received.length).toBe(before + 1);
  });

  test.each(["Call inside", "Call metadata", "Call localhost"])("is refused when its address is private: %s", async (type) => {
    const before = received.length;
    answer = reply(200);
    const job = await account.submit(type);
    expect(await account.jobThatIs("failed", job.id)).toMatchObject({ attempts: 1, error: expect.stringMatching(/^The address is not public/) });
    expect(received.length).toBe(before);
  });

  test("sees its client go when the job is cancelled", async () => {
    let clientLeft = false;
    answer = (_, response) => response.once("close", () => (clientLeft = true));
    const before = received.length;
    const job = await account.submit("Send invoice");
    await until("it was called", () => received.length > before);
    await account.post(`/api/jobs/${job.id}/cancel`);
    await until("the client is gone", () => clientLeft);
    expect((await account.job(job.id)).status).toBe("cancelled");
  });

  test("leaves the other types to the simulation", async () => {
    expect((await account.jobThatIs("completed", (await account.submit("Anything else")).id)).result).toMatchObject({ simulated: true });
  });
});

describe("HANDLERS_FILE", () => {
  test.each<[string, string, RegExp]>([
    ["that is no JSON", '{\n  "exec": {,}\n}', /line 2: Malformed JSON/],
    ["with a wrong field", '{"exec":{"Resize image":{"command":["/bin/sh"],"timeoutMs":0}}}', /exec\."Resize image"\.timeoutMs: must be a whole number/],
    ["with an unknown field", '{"http":{"a":{"url":"https://example.com","secret":"0123456789abcdef","retries":3}}}', /http\.a\.retries: is unknown/],
  ])("%s stops the start, and the check, with a sentence", async (_what, content, sentence) => {
    const path = handlersFile(content);
    for (const args of [["serve", "--port", "0", "--data-dir", join(temporaryFolder(), "data")], ["config"]]) {
      const outcome = await run(args, { env: { HANDLERS_FILE: path } });
      expect(outcome.code).toBe(1);
      expect(outcome.stderr).toMatch(sentence);
      expect(outcome.stderr).toContain(path);
    }
  });

  test("that is not there stops the start", async () => {
    const outcome = await run(["serve", "--port", "0"], { env: { HANDLERS_FILE: "/nonexistent/handlers.json" } });
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain("HANDLERS_FILE /nonexistent/handlers.json cannot be read");
  });
});
