import { Attempt, type JobContext } from "./attempt.js";
import { Beater } from "./beater.js";
import { JobCancelled, LeaseLost, TaskgateError, WorkerStopped } from "./errors.js";
import { isFaultOfTheBody, Reports, type WorkerEvent } from "./events.js";
import { type Connection, Http, isPassing } from "./http.js";
import { Backoff, pause } from "./pause.js";
import { type ClaimAnswer, type ClaimedJob, WorkerApi } from "./protocol.js";
import { completion, failure, settlementOf } from "./settlement.js";
import { Settler } from "./settler.js";
import { Wake } from "./wake.js";

// biome-ignore lint/suspicious/noExplicitAny: what `data` is, is agreed between submitter and handler
export type Handler<Data = any> = (context: JobContext<Data>) => unknown;

export interface WorkerOptions extends Connection {
  /** Job type → what runs it. What the handler returns (or its promise resolves to) is the job's result; what it throws fails the job. */
  types: Record<string, Handler>;
  /** Jobs at the same time; 1 when not given. */
  concurrency?: number;
  /** Shown in the attempts of a job. Must be unique among running workers; made from host and process when not given. */
  name?: string;
  /** How long the server waits for a sign of life before it gives a job to another worker; 1 s to 1 h, 30 s when not given. */
  leaseMs?: number;
  /** How long one question for work may wait at the server; at most 30 s. */
  waitMs?: number;
  /** How long `stop` waits for running handlers before it aborts their signals. */
  stopGraceMs?: number;
  /** At most one beat with progress per job in so long. */
  progressEveryMs?: number;
  /** Ends the worker when the server says that it drains; otherwise the worker finishes what it has and asks again until the server is back. */
  endOnDrain?: boolean;
  /** Told of everything that happens; without it, only trouble is written, with console.warn. */
  onEvent?: (event: WorkerEvent) => void;
}

const CLAIM_MAX = 100;
const WAIT_MS_MAX = 30_000;
/** A question for work that carries news may not keep their answer waiting for long. */
const WAIT_WITH_NEWS_MS = 1_000;
/** Between questions that the server answers at once with nothing. */
const IDLE_PAUSE_MS = 1_000;
/** For handlers that end when their signal is aborted, and for the last settlements. */
const ABORT_MS = 1_000;
const LAST_WORDS_MS = 5_000;

/** Runs jobs. One `run` in the life of a worker. */
export class Worker {
  readonly name: string;
  private readonly options: WorkerOptions;
  private readonly concurrency: number;
  private readonly leaseMs: number;
  private stopGraceMs: number;
  private readonly api: WorkerApi;
  private readonly reports: Reports;
  private readonly settler: Settler;
  private readonly beater: Beater;
  /** By lease: a job may come again while its lost attempt has not ended yet. */
  private readonly running = new Map<string, Attempt>();
  private readonly slotFree = new Wake();
  /** The claim loop waits for a slot: what frees one may ride along with its next question. */
  private isFull = false;
  private readonly stopping = new AbortController();
  private fatal: Error | undefined;
  private ended: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    this.options = options;
    this.name = options.name ?? defaultName();
    this.concurrency = options.concurrency ?? 1;
    if (!Number.isInteger(this.concurrency) || this.concurrency < 1) throw new RangeError("concurrency must be a whole number from 1");
    if (Object.keys(options.types).length === 0) throw new RangeError("types must name at least one handler");
    this.leaseMs = options.leaseMs ?? 30_000;
    this.stopGraceMs = options.stopGraceMs ?? 10_000;
    this.api = new WorkerApi(new Http(options));
    this.reports = new Reports(options.onEvent, (error) => this.giveUp(error));
    this.settler = new Settler(this.api, this.reports, this.leaseMs, () => this.slotFree.notify());
    this.beater = new Beater(this.api, this.reports, this.leaseMs, this.running);
  }

  /**
   * Works until `stop` (or a drain, with `endOnDrain`), and resolves when every job is settled or handed back. Rejects when the server
   * refuses the worker for good, for instance because its key was revoked.
   */
  run(): Promise<void> {
    this.ended ??= this.live();
    return this.ended;
  }

  /** Takes no more jobs, lets the running ones finish (`stopGraceMs`), aborts what still runs and hands it back. As `run` resolves. */
  stop(options: { graceMs?: number } = {}): Promise<void> {
    if (options.graceMs !== undefined) this.stopGraceMs = options.graceMs;
    this.stopping.abort();
    this.slotFree.notify();
    return this.ended ?? Promise.resolve();
  }

  private async live(): Promise<void> {
    const over = new AbortController();
    const others = [this.settler.run(over.signal), this.beater.run(over.signal)];
    await this.claimLoop();
    this.settler.flush();
    await this.finishRunning();
    await this.lastWords();
    over.abort();
    await Promise.all(others);
    if (this.fatal !== undefined) throw this.fatal;
  }

  // ---- claiming

  private async claimLoop(): Promise<void> {
    const backoff = new Backoff(250, 30_000);
    while (!this.stopping.signal.aborted) {
      const free = this.concurrency - this.running.size - this.settler.load;
      if (free <= 0) {
        this.settler.flush();
        this.isFull = true;
        await this.slotFree.wait();
        this.isFull = false;
        continue;
      }
      try {
        const { directive, isIdle } = await this.claim(Math.min(free, CLAIM_MAX));
        backoff.reset();
        if (directive === "drain" && this.options.endOnDrain) return;
        if (!isIdle && directive === "run") continue;
        this.settler.flush();
        await pause(IDLE_PAUSE_MS, this.stopping.signal);
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        if (!isPassing(error)) return this.giveUp(error as Error);
        this.reports.trouble(error);
        await pause(backoff.next(error instanceof TaskgateError ? error.retryAfterMs : 0), this.stopping.signal);
      }
    }
  }

  private async claim(max: number): Promise<{ directive: ClaimAnswer["directive"]; isIdle: boolean }> {
    const begin = performance.now();
    const settles = this.settler.takeRiders();
    const beats = this.beater.takeRiders();
    const hasNews = settles.length + beats.length > 0;
    const waitMs = Math.min(this.options.waitMs ?? 25_000, hasNews ? WAIT_WITH_NEWS_MS : WAIT_MS_MAX);
    const request = {
      worker: this.name,
      types: Object.keys(this.options.types),
      max,
      waitMs,
      leaseMs: this.leaseMs,
      ...(settles.length === 0 ? {} : { settle: settles.map((item) => item.settle) }),
      ...(beats.length === 0 ? {} : { beat: beats.map((sent) => sent.beat) }),
    };
    this.settler.flush(); // what is left over has to go without us
    let answer: ClaimAnswer;
    try {
      answer = await this.api.claim(request, this.stopping.signal);
    } catch (error) {
      const isTheirFault = hasNews && isFaultOfTheBody(error);
      this.beater.ridersFailed(beats, error, isTheirFault);
      this.settler.ridersFailed(settles, isTheirFault);
      if (!isTheirFault) throw error;
      return { directive: "run", isIdle: true };
    }
    this.settler.settled(settles, answer.settled);
    this.beater.answered(beats, answer.beats);
    for (const { id, reason } of answer.cancels) this.cancel(id, reason);
    if (answer.directive !== "run") this.reports.event({ kind: "directive", directive: answer.directive });
    for (const job of answer.jobs) this.start(job);
    const tookMs = performance.now() - begin;
    return { directive: answer.directive, isIdle: answer.jobs.length === 0 && !hasNews && tookMs < Math.min(waitMs, IDLE_PAUSE_MS) / 2 };
  }

  private cancel(id: string, reason: string): void {
    for (const attempt of this.running.values()) {
      if (attempt.job.id !== id) continue;
      attempt.abort(reason === "lease_lost" ? new LeaseLost("the lease is not valid any more") : new JobCancelled("the job was cancelled"));
    }
  }

  // ---- running

  private start(job: ClaimedJob): void {
    const attempt = new Attempt(job, performance.now(), this.options.progressEveryMs ?? 500, () => this.beater.wake());
    if (this.stopping.signal.aborted) {
      this.settler.push(settlementOf(attempt, { op: "release" }));
      return;
    }
    this.running.set(job.lease, attempt);
    this.beater.wake();
    this.reports.event({ kind: "started", job });
    void this.execute(attempt);
  }

  private async execute(attempt: Attempt): Promise<void> {
    const { job } = attempt;
    const handler = this.options.types[job.type];
    let verdict: ReturnType<typeof completion>;
    try {
      // The server only gives what was asked for, but its word is not ours to trust.
      verdict = handler === undefined ? { op: "release" } : completion(await handler(attempt.context));
    } catch (error) {
      verdict = failure(attempt, error);
    }
    attempt.end();
    await this.beater.sendLog(attempt);
    if (!this.running.delete(job.lease)) return; // handed back while it would not end
    const { forfeit } = attempt;
    if (forfeit === undefined) this.settler.push(settlementOf(attempt, verdict));
    else this.reports.event({ kind: forfeit instanceof JobCancelled ? "cancelled" : "lease_lost", job, error: forfeit.message });
    if (!this.isFull) this.settler.flush();
    this.slotFree.notify();
  }

  // ---- ending

  /** Waits for the handlers; after the grace of a stop it aborts them, and soon after hands back what will not end. */
  private async finishRunning(): Promise<void> {
    while (!this.stopping.signal.aborted && this.running.size > 0) await this.slotFree.wait(); // draining has no limit
    await this.emptyWithin(this.stopGraceMs);
    for (const attempt of this.running.values()) attempt.abort(new WorkerStopped("the worker stops"));
    await this.emptyWithin(ABORT_MS);
    for (const attempt of this.running.values()) this.settler.push(settlementOf(attempt, { op: "release" }));
    this.running.clear();
    this.settler.flush();
  }

  private async emptyWithin(ms: number): Promise<void> {
    const deadline = performance.now() + ms;
    while (this.running.size > 0 && performance.now() < deadline) await this.slotFree.wait(deadline - performance.now());
  }

  /** Everything settled, and goodbye: what was claimed and never arrived goes back at once. */
  private async lastWords(): Promise<void> {
    const deadline = performance.now() + LAST_WORDS_MS;
    while (this.fatal === undefined && !this.settler.isEmpty && performance.now() < deadline) {
      await this.slotFree.wait(deadline - performance.now());
    }
    if (this.fatal !== undefined) return;
    await this.api.bye(this.name).catch((error: unknown) => this.reports.trouble(error));
  }

  private giveUp(error: Error): void {
    this.fatal ??= error;
    void this.stop({ graceMs: 0 });
  }
}

function defaultName(): string {
  const unique = crypto.randomUUID().slice(0, 8);
  const { process } = globalThis as { process?: { pid?: number; env?: Record<string, string | undefined> } };
  if (process?.pid === undefined) return `browser-${unique}`;
  return `${process.env?.["HOSTNAME"] ?? "worker"}-${process.pid}-${unique}`;
}
