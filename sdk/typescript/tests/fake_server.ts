import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Job, JobStatus } from "../src/index.js";
import type { Beat, ClaimRequest, Outcome, Settle } from "../src/protocol.js";

export const KEY = "tg_test";

interface FakeJob extends Job {
  lease?: string;
  leaseEndsAt?: number;
  worker?: string;
  checkpoint?: unknown;
  logs: string[];
  timeoutMs?: number;
}

/** What is done to the next requests of a path instead of a plain answer. */
export type Fault =
  /** Done, but the answer is lost. */
  | { kind: "lose_answer" }
  /** Not done. */
  | { kind: "refuse"; status: number; retryAfter?: string; code?: string }
  | { kind: "hang_up" };

interface Poll {
  request: ClaimRequest;
  answer: (body: unknown) => void;
  timer: NodeJS.Timeout;
  settled: Outcome[];
  beats: Outcome[];
}

/**
 * An honest small server of the protocol: leases that really run out, fencing, idempotent settlements, long polls with one waiter a
 * job, cancels, idempotency keys. Faults are injected by path.
 */
export class FakeServer {
  readonly jobs = new Map<string, FakeJob>();
  readonly faults = new Map<string, Fault[]>();
  /** "METHOD path" of each request, as it came. */
  readonly requests: { line: string; body: unknown; at: number }[] = [];
  readonly settlements = new Map<string, string>();
  readonly byes: string[] = [];
  directive: "run" | "quiet" | "drain" = "run";
  knowsWaitMs = true;
  keepsCheckpoints = true;
  bodyBytesMax = 1_048_576;
  key = KEY;
  url = "";
  readonly http: Server;
  private readonly polls = new Set<Poll>();
  private readonly submits = new Map<string, unknown>();
  private made = 0;
  private readonly clock: NodeJS.Timeout;

  static async start(): Promise<FakeServer> {
    const server = new FakeServer();
    await new Promise<void>((done) => server.http.listen(0, "127.0.0.1", done));
    server.url = `http://127.0.0.1:${(server.http.address() as AddressInfo).port}`;
    return server;
  }

  private constructor() {
    this.http = createServer((request, response) => void this.serve(request, response));
    this.clock = setInterval(() => this.expireLeases(), 10);
  }

  async stop(): Promise<void> {
    clearInterval(this.clock);
    for (const poll of this.polls) clearTimeout(poll.timer);
    this.http.closeAllConnections();
    await new Promise((done) => this.http.close(done));
  }

  fault(path: string, ...faults: Fault[]): void {
    this.faults.set(path, [...(this.faults.get(path) ?? []), ...faults]);
  }

  count(line: string): number {
    return this.requests.filter((request) => request.line === line).length;
  }

  submit(type: string, data: unknown = {}, more: Partial<FakeJob> = {}): FakeJob {
    this.made += 1;
    const now = new Date().toISOString();
    const job: FakeJob = {
      id: this.made.toString(16).padStart(16, "0"),
      userId: "0".repeat(24),
      type,
      status: "pending",
      data,
      retries: 0,
      maxRetries: 3,
      priority: 0,
      createdAt: now,
      updatedAt: now,
      progress: 0,
      attempts: 0,
      queue: "default",
      tags: [],
      logs: [],
      ...more,
    };
    this.jobs.set(job.id, job);
    this.serveWaiters();
    return job;
  }

  cancel(id: string): void {
    const job = this.one(id);
    const { worker } = job;
    this.end(job, "cancelled");
    for (const poll of this.polls) {
      if (poll.request.worker === worker) this.answer(poll, [], [{ id, reason: "cancelled" }]);
    }
  }

  /** As when another worker took over: the lease in use is worth nothing any more. */
  loseLease(id: string): void {
    const job = this.one(id);
    job.status = "pending";
    delete job.lease;
  }

  tell(directive: "run" | "quiet" | "drain"): void {
    this.directive = directive;
    for (const poll of this.polls) this.answer(poll, [], []);
  }

  one(id: string): FakeJob {
    const job = this.jobs.get(id);
    if (job === undefined) throw new Error(`no job ${id}`);
    return job;
  }

  // ---- HTTP

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const url = new URL(request.url ?? "/", "http://fake");
    const body = text === "" ? undefined : JSON.parse(text);
    this.requests.push({ line: `${request.method} ${url.pathname}`, body, at: performance.now() });
    const fault = this.faults.get(url.pathname)?.shift();
    const send = (status: number, answer: unknown, headers: Record<string, string> = {}) => {
      if (fault?.kind === "lose_answer") return void request.socket.destroy();
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(answer));
    };
    const refuse = (status: number, code: string, headers: Record<string, string> = {}) =>
      send(status, { status: status < 500 ? "fail" : "error", code, message: `refused: ${code}`, requestId: "r1" }, headers);
    if (fault?.kind === "hang_up") return void request.socket.destroy();
    if (fault?.kind === "refuse") {
      return refuse(fault.status, fault.code ?? "overloaded", fault.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter });
    }
    if (text.length > this.bodyBytesMax) return refuse(413, "payload_too_large");
    if (request.headers.authorization !== `Bearer ${this.key}`) return refuse(401, "invalid_token");
    this.route(`${request.method} ${url.pathname}`, url, body, request, response, send, refuse);
  }

  private route(
    line: string,
    url: URL,
    // biome-ignore lint/suspicious/noExplicitAny: whatever the client sends
    body: any,
    request: IncomingMessage,
    response: ServerResponse,
    send: (status: number, answer: unknown) => void,
    refuse: (status: number, code: string) => void,
  ): void {
    if (line === "POST /api/worker/claim") return this.claim(body, (answer) => send(200, answer), response);
    if (line === "POST /api/worker/settle") return send(200, body.map((item: Settle) => this.settle(item)));
    if (line === "POST /api/worker/beat") return send(200, body.map((item: Beat) => this.beat(item)));
    if (line === "POST /api/worker/bye") return send(200, this.bye(body.worker));
    const submitted = line === "POST /api/jobs/submit" || line === "POST /api/jobs/batch" ? this.submitted(line, body) : undefined;
    if (submitted !== undefined) {
      const key = String(request.headers["idempotency-key"]);
      this.submits.set(key, this.submits.get(key) ?? submitted());
      return send(202, this.submits.get(key));
    }
    if (line === "GET /api/jobs") return send(200, this.page(url));
    const [, id, act] = /^\S+ \/api\/jobs\/(\w+)(?:\/(\w+))?$/.exec(line) ?? [];
    const job = this.jobs.get(id ?? "");
    if (job === undefined) return refuse(404, "not_found");
    const answer = () => send(200, { status: "success", data: { ...job, attemptsLog: [] } });
    if (act === "cancel") {
      if (isOver(job.status)) return refuse(409, "already_finished");
      this.cancel(job.id);
    } else if (act === "retry") {
      if (!isOver(job.status)) return refuse(409, "not_finished");
      job.status = "pending";
      this.serveWaiters();
    } else if (this.knowsWaitMs && !isOver(job.status)) {
      const deadline = Date.now() + Number(url.searchParams.get("waitMs") ?? 0);
      const timer = setInterval(() => {
        if (!isOver(job.status) && Date.now() < deadline) return;
        clearInterval(timer);
        answer();
      }, 5);
      return;
    }
    answer();
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever the client sends
  private submitted(line: string, body: any): () => unknown {
    if (line.endsWith("submit")) {
      return () => ({ status: "success", data: this.submit(body.type, body.data, { priority: body.priority ?? 0 }) });
    }
    return () => {
      const items = body.jobs.map((one: { type: string; data: unknown }) =>
        one.type === "" ? { code: "validation_failed", message: "Job type is required" } : this.submit(one.type, one.data),
      );
      return { status: "success", results: items.length, data: items };
    };
  }

  private page(url: URL): unknown {
    const wanted = [...this.jobs.values()].reverse().filter((job) => {
      const { status, type } = Object.fromEntries(url.searchParams);
      return (status === undefined || job.status === status) && (type === undefined || job.type === type);
    });
    const begin = Number(url.searchParams.get("cursor") ?? 0);
    const end = begin + Number(url.searchParams.get("limit") ?? 100);
    const data = wanted.slice(begin, end);
    return { status: "success", results: data.length, data, ...(end < wanted.length ? { nextCursor: String(end) } : {}) };
  }

  // ---- the engine

  private claim(request: ClaimRequest, answer: (body: unknown) => void, response: ServerResponse): void {
    const settled = (request.settle ?? []).map((item) => this.settle(item));
    const beats = (request.beat ?? []).map((item) => this.beat(item));
    const poll: Poll = { request, answer, settled, beats, timer: setTimeout(() => this.answer(poll, [], []), request.waitMs) };
    this.polls.add(poll);
    response.once("close", () => {
      clearTimeout(poll.timer);
      this.polls.delete(poll);
    });
    if (this.directive === "run") this.serveWaiters();
    else this.answer(poll, [], []);
  }

  private answer(poll: Poll, jobs: unknown[], cancels: unknown[]): void {
    if (!this.polls.delete(poll)) return;
    clearTimeout(poll.timer);
    poll.answer({ jobs, settled: poll.settled, beats: poll.beats, cancels, directive: this.directive });
  }

  private serveWaiters(): void {
    for (const poll of this.polls) {
      const fits = [...this.jobs.values()].filter((job) => isReady(job) && poll.request.types.includes(job.type));
      if (fits.length === 0) continue;
      this.answer(poll, fits.slice(0, poll.request.max).map((job) => this.lend(job, poll.request)), []);
    }
  }

  private lend(job: FakeJob, request: ClaimRequest): unknown {
    job.status = "processing";
    job.attempts += 1;
    job.worker = request.worker;
    job.lease = `${job.id}.${job.attempts}.${performance.now()}`;
    job.leaseEndsAt = performance.now() + request.leaseMs;
    const { id, type, data, priority, lease, userId, checkpoint, timeoutMs } = job;
    return { id, type, data, priority, attempt: job.attempts, lease, leaseMs: request.leaseMs, userId, timeoutMs, ...(this.keepsCheckpoints ? { checkpoint: checkpoint ?? null } : {}) };
  }

  private settle(item: Settle): Outcome {
    const before = this.settlements.get(item.lease);
    if (before !== undefined) return { id: item.id, outcome: before === "cancelled" ? "cancelled" : "already_settled" };
    const job = this.jobs.get(item.id);
    if (job?.lease !== item.lease) return { id: item.id, outcome: "stale_lease" };
    this.settlements.set(item.lease, item.op);
    if (item.op === "complete") {
      job.result = item.result;
      this.end(job, "completed");
    } else if (item.op === "fail") {
      job.error = item.error ?? "";
      if (item.retryable === false || job.retries >= job.maxRetries) this.end(job, "failed");
      else {
        job.retries += 1;
        this.putBack(job);
      }
    } else {
      job.attempts -= 1;
      if (item.delayMs) job.runAt = new Date(Date.now() + item.delayMs).toISOString();
      this.putBack(job);
    }
    return { id: item.id, outcome: "ok" };
  }

  private beat(item: Beat): Outcome {
    const job = this.jobs.get(item.id);
    if (job !== undefined && this.settlements.get(item.lease) === "cancelled") return { id: item.id, outcome: "cancel" };
    if (job?.lease !== item.lease) return { id: item.id, outcome: "stale_lease" };
    job.leaseEndsAt = performance.now() + (item.extendMs ?? 0);
    if (item.progress !== undefined) job.progress = item.progress;
    if (item.message !== undefined) job.progressMessage = item.message;
    if (item.checkpoint !== undefined) job.checkpoint = item.checkpoint;
    job.logs.push(...(item.log ?? []));
    return { id: item.id, outcome: "ok" };
  }

  private bye(worker: string): unknown {
    this.byes.push(worker);
    for (const job of this.jobs.values()) {
      if (job.worker !== worker || job.status !== "processing") continue;
      job.attempts -= 1;
      this.putBack(job);
    }
    return { status: "success" };
  }

  private end(job: FakeJob, status: JobStatus): void {
    if (status === "cancelled" && job.lease !== undefined) this.settlements.set(job.lease, "cancelled");
    job.status = status;
    delete job.lease;
  }

  private putBack(job: FakeJob): void {
    job.status = "pending";
    delete job.lease;
    this.serveWaiters();
  }

  private expireLeases(): void {
    for (const job of this.jobs.values()) {
      if (job.status === "processing" && job.lease !== undefined && performance.now() > (job.leaseEndsAt ?? 0)) this.putBack(job);
    }
    this.serveWaiters();
  }
}

function isReady(job: FakeJob): boolean {
  return job.status === "pending" && Date.parse(job.runAt ?? job.createdAt) <= Date.now();
}

function isOver(status: JobStatus): boolean {
  return status === "completed" || status === "failed" || status === "cancelled";
}
