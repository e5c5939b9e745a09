import { SMTPServer } from "smtp-server";
import { afterEach, describe, expect, test } from "vitest";
import { type Account, type Job, newAccount, newAdmin, newEmail, PASSWORD } from "../harness/account";
import { Server } from "../harness/server";
import { until } from "../harness/until";

// Mails are jobs of the server, stored with what causes them: once that was answered, they go out whatever happens.

const MAILS = "/api/jobs/admin/all?userId=system";

interface Mail {
  to: string;
  id: string;
  source: string;
  token: string;
}

const decoded = (source: string) =>
  source
    .split(/^--\S+\r\n/m)
    .filter((part) => /^Content-Type: text\/plain/im.test(part))
    .map((part) => Buffer.from(part.slice(part.indexOf("\r\n\r\n")), "base64").toString())
    .join("\n");

/** A mail server that can go away and come back at the same port. */
class MailServer {
  readonly mails: Mail[] = [];
  refuse: { code: number; text: string } | undefined;
  private smtp: SMTPServer | undefined;
  port = 0;

  async start(): Promise<void> {
    const smtp = new SMTPServer({
      disabledCommands: ["STARTTLS"],
      allowInsecureAuth: true,
      onAuth: (auth, _session, done) => done(null, { user: auth.username }),
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("end", () => {
          if (this.refuse) return done(Object.assign(new Error(this.refuse.text), { responseCode: this.refuse.code }));
          const source = Buffer.concat(chunks).toString();
          this.mails.push({
            to: session.envelope.rcptTo.map((recipient) => recipient.address).join(),
            id: /^Message-ID: <(\S+)@/im.exec(source)?.[1] ?? "",
            source,
            token: /\/(?:verify|reset)\/([\w-]+)/.exec(decoded(source))?.[1] ?? "",
          });
          done();
        });
      },
    });
    await new Promise<void>((done, failed) => {
      smtp.once("error", failed);
      smtp.listen(this.port, "127.0.0.1", done);
    });
    const address = smtp.server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    this.port = address.port;
    this.smtp = smtp;
  }

  async stop(): Promise<void> {
    const smtp = this.smtp;
    this.smtp = undefined;
    if (smtp) await new Promise<void>((done) => smtp.close(done));
  }

  get env(): Record<string, string> {
    return { EMAIL_HOST: "127.0.0.1", EMAIL_PORT: String(this.port), EMAIL_USER: "me@example.com", EMAIL_PASS: "secret", EMAIL_TLS: "off" };
  }

  to(email: string): Promise<Mail> {
    return until(`a mail to ${email}`, () => this.mails.find((mail) => mail.to === email), 30_000);
  }
}

const started: Server[] = [];
const mailServer = async () => {
  const smtp = new MailServer();
  await smtp.start();
  return smtp;
};
const start = async (env: Record<string, string> = {}) => {
  const server = await Server.start({ env });
  started.push(server);
  return server;
};
afterEach(async () => {
  for (const server of started.splice(0)) if (server.running) await server.stop();
});

const signUp = (server: Server, email: string) => server.client().post("/api/auth/signup", { email, password: PASSWORD });
const sealedRows = async (server: Server) => Number(await server.sql("SELECT count(*) FROM job_sealed"));
const mailJobs = async (admin: Account, query = ""): Promise<Job[]> => (await admin.get(`${MAILS}${query}`)).body.data;

describe("a mail that was promised", () => {
  test("goes out after kill -9, while the mail server is away, and when it is back; then its token is gone", async () => {
    const smtp = await mailServer();
    const server = await start(smtp.env);
    await smtp.stop();
    const email = newEmail();
    expect((await signUp(server, email)).status).toBe(200);
    await server.kill();
    expect(smtp.mails).toEqual([]);
    expect(await sealedRows(server)).toBe(1);

    const survivor = await server.again();
    started.push(survivor);
    const job = await until("it is tried in vain", async () => {
      const row = await survivor.sql("SELECT error FROM jobs WHERE type = 'taskgate.mail' AND retries > 0");
      return row.trim();
    });
    expect(job).toMatch(/Mail not sent/);
    await smtp.start();
    const mail = await smtp.to(email);
    expect((await survivor.client().post(`/api/auth/verify/${mail.token}`)).status).toBe(200);
    await until("its token is dropped", async () => (await sealedRows(survivor)) === 0);
    expect(survivor.output + server.output).not.toContain(mail.token);
    await smtp.stop();
  });

  test("is given up when the mail server refuses it for good, and its token is dropped", async () => {
    const smtp = await mailServer();
    smtp.refuse = { code: 550, text: "no such mailbox" };
    const server = await start(smtp.env);
    const admin = await newAdmin(server);
    const email = newEmail();
    await signUp(server, email);
    const failed = await until("it has failed", async () => (await mailJobs(admin, "&status=failed"))[0]);
    expect(failed).toMatchObject({ type: "taskgate.mail", data: { kind: "verification", to: email }, retries: 0, attempts: 1 });
    expect(failed.error).toMatch(/550/);
    expect(await sealedRows(server)).toBe(0);

    // Nothing is left that could be sent again.
    smtp.refuse = undefined;
    expect((await admin.post(`/api/jobs/${failed.id}/retry`)).status).toBe(200);
    expect((await admin.jobThatIs("failed", failed.id)).error).toMatch(/token of this mail is gone/);
    expect(smtp.mails).toEqual([]);
    await smtp.stop();
  });

  test("is not sent once its job is cancelled", async () => {
    const smtp = await mailServer();
    const server = await start(smtp.env);
    const admin = await newAdmin(server);
    await smtp.stop();
    await signUp(server, newEmail());
    const waiting = await until("it waits for a retry", async () => (await mailJobs(admin, "&status=pending")).find((job) => job.retries > 0));
    expect((await admin.post(`/api/jobs/${waiting.id}/cancel`)).status).toBe(200);
    expect(await sealedRows(server)).toBe(0);
  });

  test("does not wait behind the jobs of users, and counts for no user", async () => {
    const server = await start({ SIMULATE_SPEED: "0.01", QUEUE_BACKLOG_MAX: "50" });
    const account = await newAccount(server);
    await account.post("/api/jobs/batch", { jobs: Array.from({ length: 50 }, () => ({ type: "Slow", priority: 1000 })) });
    const from = server.stdout.length;
    expect((await signUp(server, newEmail())).status).toBe(200);
    expect(await server.linkToken("verify", from)).toHaveLength(43);
  });
});

describe("mails among the jobs", () => {
  test("are seen by admins alone, without their content, and in nobody's list or count", async () => {
    const server = await start();
    const admin = await newAdmin(server);
    const account = await newAccount(server);
    await account.submit("Of somebody", { delayMs: 60_000 });
    const email = newEmail();
    const from = server.stdout.length;
    await signUp(server, email);
    const token = await server.linkToken("verify", from);
    const sent = await until("it was sent", async () => (await mailJobs(admin, "&status=completed")).find((job) => job.data.to === email));
    expect(sent).toMatchObject({ userId: "0".repeat(24), queue: "system", data: { kind: "verification", to: email } });
    expect(Object.keys(sent.data).sort()).toEqual(["kind", "to"]);
    const read = await admin.get(`/api/jobs/${sent.id}`);
    expect(read.status).toBe(200);
    expect(read.text).not.toContain(token);
    expect(server.stderr).not.toContain(token);

    const everybodys = await admin.get("/api/jobs/admin/all");
    expect(everybodys.body.data.map((job: Job) => job.type)).toEqual(["Of somebody"]);
    expect((await admin.get("/api/jobs/stats?all=true")).body.data).toEqual({ pending: 1, processing: 0, completed: 0, failed: 0, cancelled: 0 });
    expect((await account.get(MAILS)).status).toBe(403);
    expect((await account.get(`/api/jobs/${sent.id}`)).status).toBe(404);
    expect((await account.post(`/api/jobs/${sent.id}/retry`)).status).toBe(404);
    expect((await admin.get("/api/jobs/admin/all?userId=perhaps")).status).toBe(400);
  });

  test("cannot be submitted, one by one or in a batch, nor claimed by a worker that sees everybody's jobs", async () => {
    const server = await start();
    const admin = await newAdmin(server);
    for (const type of ["taskgate.mail", "Taskgate.mail", "taskgate.other"]) {
      const refused = await admin.post("/api/jobs/submit", { type, data: { kind: "verification", to: "x@example.com" } });
      expect(refused.status).toBe(400);
      expect(refused.body.errors).toEqual([{ field: "type", message: 'Types that begin with "taskgate." are the server\'s own' }]);
    }
    const batch = await admin.post("/api/jobs/batch", { jobs: [{ type: "taskgate.mail" }, { type: "Fine" }] });
    expect(batch.status).toBe(202);
    expect(batch.body.data.map((each: Job) => each.code ?? each.type)).toEqual(["validation_failed", "Fine"]);
    const key = await admin.post("/api/auth/keys", { name: "worker", scopes: ["worker"], allUsers: true });
    const claim = await server.client().post("/api/worker/claim", { worker: "w", types: ["taskgate.mail"], max: 1, waitMs: 0, leaseMs: 30_000 }, { token: key.body.data.key });
    expect(claim.status).toBe(400);
    expect(claim.body.errors[0].field).toBe("types");
  });

  test("keep their tokens sealed in the database", async () => {
    const smtp = await mailServer();
    const server = await start(smtp.env);
    await smtp.stop();
    const email = newEmail();
    await signUp(server, email);
    const dump = await server.sql(".dump");
    expect(dump).toContain(email);
    await smtp.start();
    const mail = await smtp.to(email);
    expect(mail.token).toHaveLength(43);
    expect(dump).not.toContain(mail.token);
    expect(mail.id).toMatch(/^[0-9a-f]{16}$/);
    await smtp.stop();
  });

  test("that were sealed with another key fail and say so", async () => {
    const smtp = await mailServer();
    const server = await start({ ...smtp.env, DATA_KEY: "a data key of these tests, 40 bytes of it" });
    await smtp.stop();
    await signUp(server, newEmail());
    await server.kill();
    await smtp.start();
    const other = await server.again({ env: { DATA_KEY: "another data key of these tests, 40 bytes" } });
    started.push(other);
    const error = await until("it has failed", async () => (await other.sql("SELECT error FROM jobs WHERE status = 3")).trim());
    expect(error).toMatch(/cannot be unsealed: DATA_KEY/);
    expect(smtp.mails).toEqual([]);
    await smtp.stop();
  });
});

test("sign-up, forgot and resend answer the same for an address with and without an account, and store something either way", async () => {
  const server = await start();
  const known = (await newAccount(server)).email;
  const written = async () => `${await server.sql("SELECT count(*) FROM jobs")} ${await server.sql("SELECT hex(hash) FROM one_time_tokens ORDER BY 1")}`;
  for (const path of ["/api/auth/signup", "/api/auth/forgot-password", "/api/auth/resend-verification"]) {
    const answers = [];
    for (const email of [known, newEmail("nobody")]) {
      const before = await written();
      const answer = await server.client().post(path, path.endsWith("signup") ? { email, password: PASSWORD } : { email });
      answers.push({ status: answer.status, text: answer.text });
      expect(await written(), `${path} of ${email}`).not.toBe(before);
    }
    expect(answers[0]?.status).toBe(200);
    expect(answers[0]).toEqual(answers[1]);
  }
});
