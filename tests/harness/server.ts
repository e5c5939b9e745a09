import type { ChildProcess } from "node:child_process";
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "./client";
import { launch, type Outcome, run, temporaryFolder } from "./program";
import { until } from "./until";

/** Known to the tests, so that they can forge tokens. */
export const JWT_SECRET = "a secret of these tests only, 48 bytes of it: 0123456";

export interface ServerOptions {
  /** Settings; they come on top of the defaults of the tests. */
  env?: Record<string, string>;
  dataDir?: string;
  args?: string[];
  /** The port of an earlier server, to come back at the same address. */
  port?: number;
  /** A command that becomes the program, see `launch`. */
  through?: string[];
}

const DEFAULTS = { JWT_SECRET, RATE_LIMITS: "off", SIMULATE_SPEED: "50" };

/** The real program on a free port of the loopback, with a data folder of its own. */
export class Server {
  readonly dataDir: string;
  url = "";
  /** What it wrote so far: links and the greeting on stdout, the log on stderr. */
  stdout = "";
  stderr = "";
  private readonly options: ServerOptions;
  private readonly child: ChildProcess;
  private ended: { code: number | null; signal: NodeJS.Signals | null } | undefined;

  /** Returns when the server is ready for requests. */
  static async start(options: ServerOptions = {}): Promise<Server> {
    const server = new Server(options);
    await server.ready();
    return server;
  }

  private constructor(options: ServerOptions) {
    this.options = options;
    const folder = temporaryFolder();
    this.dataDir = options.dataDir ?? join(folder, "data");
    const args = ["serve", "--host", "127.0.0.1", "--port", String(options.port ?? 0), "--data-dir", this.dataDir];
    this.child = launch([...args, ...(options.args ?? [])], { ...DEFAULTS, ...options.env }, folder, options.through);
    this.child.stdin?.end();
    this.child.stdout?.on("data", (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr?.on("data", (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.child.once("close", (code, signal) => (this.ended = { code, signal }));
  }

  get output(): string {
    return this.stdout + this.stderr;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get running(): boolean {
    return this.ended === undefined;
  }

  private async ready(): Promise<void> {
    await until("the server prints its address", () => {
      if (this.ended) throw new Error(`the server ended with ${JSON.stringify(this.ended)}:\n${this.output}`);
      this.url = /https?:\/\/(?:127\.0\.0\.1|localhost):\d+/.exec(this.stdout)?.[0].replace("localhost", "127.0.0.1") ?? "";
      return this.url;
    });
    if (this.url.startsWith("https:")) return; // it listens; its test speaks TLS by itself
    await until("the server is ready", async () => (await this.client().get("/readyz")).status === 200);
  }

  client(): Client {
    return new Client(this.url);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** The program's commands on this server's data, while it runs. */
  command(...args: string[]): Promise<Outcome> {
    return run([...args, "--data-dir", this.dataDir], { env: { JWT_SECRET, ...this.options.env } });
  }

  /** Changes the database as an operator with the sqlite3 program would. */
  async sql(statement: string): Promise<string> {
    const file = readdirSync(this.dataDir).find((name) => /\.(db|sqlite3?)$/.test(name));
    if (file === undefined) throw new Error(`no database in ${this.dataDir}: ${readdirSync(this.dataDir).join(", ")}`);
    const { stdout } = await promisify(execFile)("sqlite3", ["-cmd", ".timeout 5000", join(this.dataDir, file), statement]);
    return stdout;
  }

  /** SIGTERM; returns the exit code. */
  async stop(): Promise<number | null> {
    this.child.kill("SIGTERM");
    return this.exitCode();
  }

  /** SIGKILL: as a crash or a power cut of the process. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.exitCode();
  }

  async exitCode(): Promise<number | null> {
    const { code } = await until("the server ends", () => this.ended, 20_000);
    // TASKGATE_BINARY may be a build with sanitizers.
    const finding = /^.*(runtime error:|ERROR: \w+Sanitizer|WARNING: ThreadSanitizer).*$/m.exec(this.stderr);
    if (finding) throw new Error(`${finding[0]}\n${this.stderr.slice(finding.index, finding.index + 5000)}`);
    return code;
  }

  /** A new process on the same data. */
  again(options: ServerOptions = {}): Promise<Server> {
    const env = { ...this.options.env, ...options.env };
    return Server.start({ ...this.options, ...options, env, dataDir: this.dataDir });
  }

  /** The first link of that kind printed after `from` (a length of `stdout`); returns its token. */
  linkToken(kind: "verify" | "reset", from: number): Promise<string> {
    return until(`the server prints a ${kind} link`, () => this.linkTokens(kind, from)[0]);
  }

  linkTokens(kind: "verify" | "reset", from = 0): string[] {
    const links = this.stdout.slice(from).matchAll(new RegExp(`https?://\\S+/${kind}/([\\w.~-]+)\\s`, "g"));
    return [...links].map((link) => link[1] ?? "");
  }
}
