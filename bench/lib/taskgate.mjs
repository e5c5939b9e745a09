// The server under measurement: the release build on a free port with a folder of its own, and somebody signed in.
import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { processorSeconds, residentBytes, run, start, until } from "./processes.mjs";

const EMAIL = "bench@example.com";
const PASSWORD = "violet tram 93 orchard";
const SETTINGS = { RATE_LIMITS: "off", SIMULATE_UNHANDLED: "off", LOG_LEVEL: "warning", QUEUE_BACKLOG_MAX: "0", BODY_BYTES_MAX: "8388608" };

export class Taskgate {
  /** Starts on `folder`, or on a new one below `bench.folder`. Ready for requests when it returns; `readyMs` says after how long. */
  static async start(bench, { settings = {}, folder } = {}) {
    const server = new Taskgate();
    server.bench = bench;
    server.folder = folder ?? mkdtempSync(join(bench.folder, "taskgate-"));
    mkdirSync(server.folder, { recursive: true });
    server.env = { PATH: process.env.PATH, HOME: server.folder, TZ: "UTC", ...SETTINGS, ...settings };
    const begin = performance.now();
    server.process = start(bench.binary, ["serve", "--host", "127.0.0.1", "--port", "0", "--data-dir", join(server.folder, "data")], {
      cwd: server.folder,
      env: server.env,
    });
    const answered = async () => {
      if (server.process.outcome) throw new Error(`taskgate ${server.process.outcome}:\n${server.process.output()}`);
      server.port ||= Number(/http:\/\/(?:127\.0\.0\.1|localhost):(\d+)/.exec(server.process.output())?.[1] ?? 0);
      if (!server.port) return false;
      const response = await fetch(`${server.url}/readyz`).catch(() => undefined);
      return response?.ok;
    };
    await until("the server is ready", answered, 300);
    server.readyMs = performance.now() - begin;
    return server;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  async call(method, path, { body, token, expect = [200, 201, 202] } = {}) {
    const headers = { ...(body && { "Content-Type": "application/json" }), ...(token && { Authorization: `Bearer ${token}` }) };
    const response = await fetch(this.url + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    if (!expect.includes(response.status)) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  /** Makes an admin, signs in, and makes an API key that may submit, read and work for everybody. */
  async signIn() {
    const child = start(this.bench.binary, ["user", "create", EMAIL, "--role", "admin", "--data-dir", join(this.folder, "data")], {
      cwd: this.folder,
      env: this.env,
      stdin: "pipe",
    });
    child.child.stdin.end(`${PASSWORD}\n`);
    const how = await child.ended;
    if (how !== "ended with 0") throw new Error(`taskgate user create ${how}: ${child.output()}`);
    await this.logIn();
    const scopes = ["jobs:write", "jobs:read", "worker", "admin"];
    const made = await this.call("POST", "/api/auth/keys", { body: { name: "bench", scopes, allUsers: true }, token: this.token });
    this.key = made.data.key;
  }

  async logIn() {
    const login = await this.call("POST", "/api/auth/login", { body: this.credentials });
    this.token = login.tokens.accessToken;
    this.userId = login.user.id;
  }

  get credentials() {
    return { email: EMAIL, password: PASSWORD };
  }

  /** Runs a load generator against this server. Adds what the server used of the processor meanwhile. */
  async load(command, options = {}) {
    const before = processorSeconds(this.process.pid);
    const figures = await this.bench.load(command, { port: this.port, ...options });
    return { ...figures, cpuSeconds: processorSeconds(this.process.pid) - before };
  }

  memory() {
    return residentBytes(this.process.pid);
  }

  sql(script) {
    return run("sqlite3", ["-cmd", ".timeout 5000", join(this.folder, "data", "taskgate.db"), script]);
  }

  async stop() {
    await this.process.stop();
  }
}
