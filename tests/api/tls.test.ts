import { execFile } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request as httpRequest } from "node:http";
import { request } from "node:https";
import { join } from "node:path";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { io } from "socket.io-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newEmail, PASSWORD } from "../harness/account";
import { run, temporaryFolder } from "../harness/program";
import { Server } from "../harness/server";
import { until } from "../harness/until";

interface Identity {
  cert: string;
  key: string;
}

/** A self-made certificate for 127.0.0.1 and its key. */
async function makeIdentity(name: string): Promise<Identity> {
  const folder = temporaryFolder();
  const identity = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
  const algorithm = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  await promisify(execFile)("openssl", ["req", "-x509", ...algorithm, ...subject, "-keyout", identity.key, "-out", identity.cert]);
  return identity;
}

let identity: Identity;
let server: Server;
let ca: Buffer;
beforeAll(async () => {
  identity = await makeIdentity("first");
  ca = readFileSync(identity.cert);
  server = await Server.start({ env: { TLS_CERT: identity.cert, TLS_KEY: identity.key } });
});
afterAll(() => server.stop());

interface Got {
  response: IncomingMessage;
  text: string;
}
async function get(method: string, path: string, body?: string, headers: Record<string, string> = {}): Promise<Got> {
  const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
  const asked = request(`${server.url}${path}`, { method, ca, headers: { ...type, ...headers }, agent: false });
  asked.end(body);
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return { response, text: Buffer.concat(parts).toString() };
}

async function shake(options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connectTls({ host: "127.0.0.1", port: server.port, ca, ...options });
  await once(socket, "secureConnect");
  return socket;
}

test("requests are answered over TLS, and browsers are told to stay with it", async () => {
  expect(server.url).toMatch(/^https:/);
  const health = await get("GET", "/healthz");
  expect(health.response.statusCode).toBe(200);
  expect(health.response.headers["strict-transport-security"]).toMatch(/max-age=31536000/);
  const large = await get("GET", "/api/openapi.json");
  expect(JSON.parse(large.text).openapi).toMatch(/^3/);
  expect((await get("GET", "/api/system/info")).text).toContain('"publicUrl":"https://');
});

test("the refresh cookie has the prefix that binds it to this host", async () => {
  const email = newEmail();
  const made = await run(["user", "create", email, "--data-dir", server.dataDir], { input: `${PASSWORD}\n` });
  expect(made.code).toBe(0);
  const login = await get("POST", "/api/auth/login", JSON.stringify({ email, password: PASSWORD }), { "x-token-mode": "cookie" });
  expect(login.response.statusCode).toBe(200);
  expect(login.response.headers["set-cookie"]?.[0]).toMatch(/^__Host-.*; *Secure/);
});

test("a body that is too large is answered, not cut off", async () => {
  const answer = await get("POST", "/api/auth/login", JSON.stringify({ email: "x".repeat(3 * 1024 * 1024) }));
  expect(answer.response.statusCode).toBe(413);
});

test("TLS 1.2 and 1.3 are spoken, nothing older, and http/1.1 of the protocols offered", async () => {
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    const socket = await shake({ minVersion: version, maxVersion: version, ALPNProtocols: ["h2", "http/1.1"] });
    expect(socket.getProtocol()).toBe(version);
    expect(socket.alpnProtocol).toBe("http/1.1");
    socket.destroy();
  }
  await expect(shake({ minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" })).rejects.toThrow();
  await expect(shake({ ALPNProtocols: ["h2"] })).rejects.toThrow(/alert|protocol/i);
});

test("the official client connects by WebSocket and by polling", async () => {
  for (const transports of [["websocket"], ["polling"]]) {
    const socket = io(server.url, { transports, ca: ca.toString(), reconnection: false, forceNew: true });
    await new Promise<void>((done, failed) => {
      socket.once("connect", done);
      socket.once("connect_error", failed);
    });
    expect(await socket.timeout(5_000).emitWithAck("joinRoom", "tls")).toMatchObject({ ok: true });
    socket.close();
  }
});

test("plain HTTP gets nothing, and disturbs nobody", async () => {
  const plain = httpRequest(`http://127.0.0.1:${server.port}/healthz`, { agent: false });
  plain.end();
  await expect(once(plain, "response")).rejects.toThrow();
  expect((await get("GET", "/healthz")).response.statusCode).toBe(200);
});

test("a connection that ends in the middle leaves no place taken", async () => {
  for (let count = 0; count < 20; ++count) (await shake()).destroy();
  const open = async () => Number(/^taskgate_connections (\d+)$/m.exec((await get("GET", "/metrics")).text)?.[1]);
  await until("only this one is open", async () => (await open()) === 1);
});

test("a new certificate is shown to new connections once the files have changed; one that cannot be used is not", async () => {
  const commonName = async () => {
    const socket = await shake({ rejectUnauthorized: false });
    const name = socket.getPeerCertificate().subject.CN;
    socket.destroy();
    return name;
  };
  expect(await commonName()).toBe("first");
  const log = server.stderr.length;
  writeFileSync(identity.cert, "no certificate");
  await until("the fault is told", async () => (await commonName()) === "first" && server.stderr.slice(log).includes("TLS_CERT"));
  const next = await makeIdentity("second");
  copyFileSync(next.key, identity.key);
  copyFileSync(next.cert, identity.cert);
  await until("the new one is shown", async () => (await commonName()) === "second");
  ca = readFileSync(next.cert);
  expect((await get("GET", "/healthz")).response.statusCode).toBe(200);
});

test("files that cannot be used stop the start with a sentence", async () => {
  const [one, other] = [await makeIdentity("one"), await makeIdentity("other")];
  const start = (cert: string, key: string) => run(["serve", "--port", "0", "--data-dir", temporaryFolder()], { env: { TLS_CERT: cert, TLS_KEY: key } });
  for (const [cert, key, sentence] of [
    ["/nowhere/cert.pem", one.key, /TLS_CERT \/nowhere\/cert\.pem cannot be used/],
    [one.key, one.key, /TLS_CERT .* cannot be used/],
    [one.cert, "/nowhere/key.pem", /TLS_KEY \/nowhere\/key\.pem cannot be used/],
    [one.cert, other.key, /TLS_KEY .* cannot be used/],
  ] as const) {
    const outcome = await start(cert, key);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(sentence);
  }
});
