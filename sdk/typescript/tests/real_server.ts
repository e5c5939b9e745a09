import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { until } from "./until.js";

/** The program under test: TASKGATE_BINARY, or the release build. */
export const BINARY = resolve(process.env["TASKGATE_BINARY"] ?? join(import.meta.dirname, "../../../build/release/taskgate"));
/** Without a build there is nothing to test, unless one was named. */
export const canRun = process.env["TASKGATE_BINARY"] !== undefined || existsSync(BINARY);

const PASSWORD = "violet tram 93 orchard";

/** The real program on a free port of the loopback, with a data folder of its own. */
export class RealServer {
  url = "";
  private output = "";
  private readonly folder = mkdtempSync(join(tmpdir(), "taskgate-sdk-"));
  private readonly env: Record<string, string>;
  private child: ChildProcess | undefined;

  static async start(env: Record<string, string> = {}): Promise<RealServer> {
    const server = new RealServer(env);
    await server.launch(0);
    return server;
  }

  private constructor(env: Record<string, string>) {
    this.env = env;
    process.once("exit", () => this.child?.kill("SIGKILL"));
  }

  private async launch(port: number): Promise<void> {
    this.output = "";
    const args = ["serve", "--host", "127.0.0.1", "--port", String(port), "--data-dir", join(this.folder, "data")];
    const env = { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", RATE_LIMITS: "off", SIMULATE_UNHANDLED: "off", ...this.env };
    const child = spawn(BINARY, args, { cwd: this.folder, env, stdio: ["ignore", "pipe", "pipe"] });
    this.child = child;
    let failed: Error | undefined;
    child.once("error", (error) => (failed = error));
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    await until("the server is ready", async () => {
      if (failed !== undefined) throw failed;
      if (child.exitCode !== null) throw new Error(`the server ended:\n${this.output}`);
      this.url = /http:\/\/127\.0\.0\.1:\d+/.exec(this.output)?.[0] ?? "";
      return this.url !== "" && (await fetch(`${this.url}/readyz`).then((answer) => answer.ok, () => false));
    });
  }

  /** SIGKILL, and a new process on the same data at the same address. */
  async crash(): Promise<void> {
    await this.end("SIGKILL");
    await this.launch(Number(new URL(this.url).port));
  }

  async stop(): Promise<void> {
    await this.end("SIGTERM");
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    await ended;
  }

  /** Signs somebody up, verifies with the printed link and signs in; returns an access token. */
  async newUser(email = "ann@example.com"): Promise<string> {
    const credentials = { email, password: PASSWORD };
    await this.call("/api/auth/signup", credentials);
    const link = await until("the link is printed", () => /\/verify\/([\w.~-]+)\s/.exec(this.output)?.[1]);
    await this.call(`/api/auth/verify/${link}`, undefined);
    return (await this.call("/api/auth/login", credentials)).tokens.accessToken;
  }

  /** An API key of that user. */
  async newKey(token: string, scopes = ["jobs:read", "jobs:write", "worker"]): Promise<{ id: string; key: string }> {
    return (await this.call("/api/auth/keys", { name: "tests", scopes }, token)).data;
  }

  // biome-ignore lint/suspicious/noExplicitAny: the contract's tests look at shapes
  async call(path: string, body: unknown, token?: string, method = "POST"): Promise<any> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { "content-type": "application/json", ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }
}
