import { connect } from "node:net";
import { SMTPServer } from "smtp-server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newEmail, PASSWORD, signUp } from "../harness/account";
import { Server } from "../harness/server";
import { until } from "../harness/until";

interface Mail {
  from: string;
  to: string[];
  user: string;
  source: string;
  /** What the reader sees. */
  text: string;
}

/** The first text/plain part, decoded. */
function readable(source: string): string {
  const plain = source.split(/^--\S+\r\n/m).find((part) => /^Content-Type: text\/plain/im.test(part)) ?? source;
  const [head = "", body = ""] = [plain.slice(0, plain.indexOf("\r\n\r\n")), plain.slice(plain.indexOf("\r\n\r\n") + 4)];
  if (/^Content-Transfer-Encoding: base64/im.test(head)) return Buffer.from(body, "base64").toString();
  return body.replace(/=\r\n/g, "").replace(/=([0-9A-F]{2})/g, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}

const mails: Mail[] = [];
let refuseNext = 0;

const smtp = new SMTPServer({
  disabledCommands: ["STARTTLS"],
  allowInsecureAuth: true,
  authOptional: false,
  onAuth: (auth, _session, done) => {
    if (auth.username === "mailer" && auth.password === "mail password") done(null, { user: auth.username });
    else done(new Error("wrong credentials"));
  },
  onData: (stream, session, done) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      if (refuseNext > 0) {
        refuseNext -= 1;
        done(Object.assign(new Error("try later"), { responseCode: 451 }));
        return;
      }
      const source = Buffer.concat(chunks).toString();
      mails.push({
        from: session.envelope.mailFrom ? session.envelope.mailFrom.address : "",
        to: session.envelope.rcptTo.map((recipient) => recipient.address),
        user: String(session.user ?? ""),
        source,
        text: readable(source),
      });
      done();
    });
  },
});

let server: Server;
beforeAll(async () => {
  await new Promise<void>((done) => smtp.listen(0, "127.0.0.1", done));
  const address = smtp.server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  server = await Server.start({
    env: {
      EMAIL_HOST: "127.0.0.1",
      EMAIL_PORT: String(address.port),
      EMAIL_USER: "mailer",
      EMAIL_PASS: "mail password",
      EMAIL_FROM: "tasks@example.com",
      EMAIL_TLS: "off",
      PUBLIC_URL: "https://tasks.example.com/",
    },
  });
});
afterAll(async () => {
  await server.stop();
  await new Promise<void>((done) => smtp.close(done));
});

const mailTo = (email: string, pattern = /./) =>
  until(`a mail to ${email}`, () => mails.find((mail) => mail.to.includes(email) && pattern.test(mail.text)), 30_000);
const link = (mail: Mail, kind: string) => new RegExp(`(\\S*?)/${kind}/([\\w.~-]+)`).exec(mail.text) ?? [];

describe("with SMTP set up", () => {
  test("the verification link comes by mail, signed in to the mail server, and not in the terminal", async () => {
    expect((await server.client().get("/api/system/info")).body.data.mail).toBe("smtp");
    const email = newEmail();
    const answer = await server.client().post("/api/auth/signup", { email, password: PASSWORD });
    expect(answer.status).toBe(200);
    const mail = await mailTo(email);
    expect(mail).toMatchObject({ from: "tasks@example.com", to: [email], user: "mailer" });
    for (const header of [/^From: .*tasks@example\.com/m, new RegExp(`^To: .*${email}`, "m"), /^Subject: \S/m, /^Date: /m, /^Message-ID: /im, /^MIME-Version: 1\.0/im]) {
      expect(mail.source).toMatch(header);
    }
    const [, , token] = link(mail, "verify");
    expect(server.output).not.toContain(token);
    expect((await server.client().post(`/api/auth/verify/${token}`)).status).toBe(200);
  });

  test("a reset and a changed password are mailed, too", async () => {
    const email = newEmail();
    await server.client().post("/api/auth/signup", { email, password: PASSWORD });
    await server.client().post(`/api/auth/verify/${link(await mailTo(email), "verify")[2]}`);
    await server.client().post("/api/auth/forgot-password", { email });
    const token = link(await mailTo(email, /\/reset\//), "reset")[2];
    expect((await server.client().post(`/api/auth/reset/${token}`, { password: "copper 47 lantern drizzle" })).status).toBe(200);
    await until("the owner is told", () => mails.filter((mail) => mail.to.includes(email)).length >= 3);
  });

  test("the owner of an address is told when somebody signs up with it again, without a link that verifies", async () => {
    const email = newEmail();
    await server.client().post("/api/auth/signup", { email, password: PASSWORD });
    await mailTo(email);
    await server.client().post(`/api/auth/verify/${link(await mailTo(email), "verify")[2]}`);
    await server.client().post("/api/auth/signup", { email, password: PASSWORD });
    const second = await until("the second mail", () => mails.filter((mail) => mail.to.includes(email))[1]);
    expect(second.text).toMatch(/already/i);
    expect(second.text).not.toMatch(/\/verify\//);
  });

  test("links lead to PUBLIC_URL, whatever the request says about hosts", async () => {
    const email = newEmail();
    const headers = {
      host: "evil.example",
      "x-forwarded-host": "evil.example",
      "x-forwarded-proto": "javascript",
      forwarded: "host=evil.example",
      "x-original-url": "https://evil.example/",
    };
    await server.client().post("/api/auth/signup", { email, password: PASSWORD }, { headers });
    const mail = await mailTo(email);
    expect(link(mail, "verify")[0]).toMatch(/https:\/\/tasks\.example\.com\/verify\//);
    await server.client().post("/api/auth/forgot-password", { email }, { headers });
    expect(mails.filter((one) => one.source.includes("evil.example"))).toEqual([]);
  });

  test("an absolute target does not change the link either", async () => {
    const email = newEmail();
    const body = JSON.stringify({ email, password: PASSWORD });
    const text = await new Promise<string>((done, failed) => {
      const socket = connect(server.port, "127.0.0.1", () =>
        socket.end(
          `POST http://evil.example/api/auth/signup HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
        ),
      );
      let all = "";
      socket.on("data", (chunk) => (all += chunk.toString()));
      socket.once("error", failed);
      socket.once("close", () => done(all));
    });
    if (/^HTTP\/1\.1 200/.test(text)) expect((await mailTo(email)).source).not.toContain("evil.example");
    else expect(text).toMatch(/^HTTP\/1\.1 4\d\d/);
  });

  test("an address cannot smuggle recipients or headers", async () => {
    const known = mails.length;
    for (const email of ["a@example.com\r\nBcc: b@example.com", "a@example.com>\r\nRCPT TO:<b@example.com", "a@example.com,b@example.com", "\"a\r\nX: y\"@example.com"]) {
      expect((await server.client().post("/api/auth/signup", { email, password: PASSWORD })).status).toBe(400);
    }
    const email = newEmail();
    await server.client().post("/api/auth/signup", { email, password: PASSWORD });
    await mailTo(email);
    for (const mail of mails.slice(known)) {
      expect(mail.to).toEqual([email]);
      expect(mail.source).not.toMatch(/^(Bcc|X):/im);
    }
  });

  test("a mail that the mail server refuses for now is sent again", async () => {
    refuseNext = 1;
    const email = newEmail();
    expect((await server.client().post("/api/auth/signup", { email, password: PASSWORD })).status).toBe(200);
    await mailTo(email);
    expect(refuseNext).toBe(0);
  });

  test("the mail password is not in the log", () => {
    expect(server.output).not.toContain("mail password");
  });
});

test("without SMTP the link is printed at PUBLIC_URL, on a line of its own", async () => {
  const printing = await Server.start({ env: { PUBLIC_URL: "https://tasks.example.com" } });
  expect((await printing.client().get("/api/system/info")).body.data.mail).toBe("terminal");
  const token = await signUp(printing, newEmail());
  expect(printing.stdout.split("\n").map((line) => line.trim())).toContain(`https://tasks.example.com/verify/${token}`);
  await printing.stop();
});

test("a mail server that is away does not hold up the sign-up, and the log says what is wrong", async () => {
  const broken = await Server.start({
    env: { EMAIL_HOST: "127.0.0.1", EMAIL_PORT: "1", EMAIL_USER: "me@example.com", EMAIL_PASS: "mail password", EMAIL_TLS: "off" },
  });
  expect((await broken.client().post("/api/auth/signup", { email: newEmail(), password: PASSWORD })).status).toBe(200);
  await until("the failure is in the log", () => /mail/i.test(broken.stderr) && /connect|refused/i.test(broken.stderr));
  await broken.stop();
});
