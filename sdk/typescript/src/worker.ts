import { Attempt, type JobContext, type SentBeat } from "./attempt.js";
import { ConnectionError, JobCancelled, LeaseLost, TaskgateError, WorkerStopped } from "./errors.js";
import { type Connection, Http, isPassing } from "./http.js";
import { Backoff, pause } from "./pause.js";
import { type ClaimAnswer, type ClaimedJob, type Outcome, WorkerApi } from "./protocol.js";
import { completion, failure, type Settlement, settlementOf, takeBatch } from "./settlement.js";
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
  /** How long the server waits for a sign of life before it gives a job to another worker. */
  leaseMs?: number;
  /** How long one question for work may wait at the server. */
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

export type WorkerEvent =
  | { kind: "started" | "settled" | "cancelled" | "lease_lost"; job: ClaimedJob; outcome?: string; op?: string; error?: string }
  /** The server will never take what the handler made: see `error`. */
  | { kind: "refused"; job: ClaimedJob; error: string }
  /** Something that passes by itself; the worker tries again. */
  | { kind: "trouble"; error: Error }
  | { kind: "directive"; directive: ClaimAnswer["directive"] };

const SETTLES_MAX = 100;
const CLAIM_MAX = 100;
const REQUEST_BYTES_MAX = 512 * 1024;
/** A question for work that carries news may not keep their answer waiting for long. */
const WAIT_WITH_NEWS_MS = 1_000;
/** Between questions that the server answers at once with nothing. */
const IDLE_PAUSE_MS = 1_000;
const LOG_TRIES_MAX = 12;
const LAST_WORDS_MS = 5_000;

/** Runs jobs. One `run` in the life of a worker. */
export class Worker {
  readonly name: string;
  private readonly options: WorkerOptions;
  private readonly api: WorkerApi;
  private readonly concurrency: number;
  private readonly leaseMs: number;
  private readonly newsEveryMs: number;
  /** By lease: a job may come again while its lost attempt has not ended yet. */
  private readonly running = new Map<string, Attempt>();
  private readonly unsettled: Settlement[] = [];
  private settlesUnderWay = 0;
  private readonly stopping = new AbortController();
  private stopGraceMs: number;
  private fatal: Error | undefined;
  private ended: Promise<void> | undefined;
  private readonly over = new AbortController();
  /** The claim loop has nothing to do until a slot is free: what frees one may ride along with its next question. */
  private isFull = false;
  private readonly slotFree = new Wake();
  private readonly settleDue = new Wake();
  private readonly beatDue = new Wake();

  constructor(options: WorkerOptions) {
    this.options = options;
    this.api = new WorkerApi(new Http(options));
    this.name = options.name ?? defaultName();
    this.concurrency = options.concurrency ?? 1;
    if (!Number.isInteger(this.concurrency) || this.concurrency < 1) throw new RangeError("concurrency must be a whole number from 1");
    if (Object.keys(options.types).length === 0) throw new RangeError("types must name at least one handler");
    this.leaseMs = options.leaseMs ?? 30_000;
    this.newsEveryMs = options.progressEveryMs ?? 500;
    this.stopGraceMs = options.stopGraceMs ?? 10_000;
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
    const settling = this.settleLoop();
    const beating = this.beatLoop();
    await this.claimLoop();
    this.settleDue.notify();
    await this.finishRunning();
    await this.lastWords();
    this.over.abort();
    this.settleDue.notify();
    this.beatDue.notify();
    await Promise.all([settling, beating]);
    if (this.fatal !== undefined) throw this.fatal;
  }

  // ---- claiming

  private async claimLoop(): Promise<void> {
    const backoff = new Backoff(250, 30_000);
    while (!this.stopping.signal.aborted) {
      const free = this.concurrency - this.running.size - this.settlesUnderWay - Math.max(0, this.unsettled.length - SETTLES_MAX);
      if (free <= 0) {
        if (this.unsettled.length > 0) this.settleDue.notify();
        this.isFull = true;
        await this.slotFree.wait();
        this.isFull = false;
        continue;
      }
      try {
        const { directive, isIdle } = await this.claim(Math.min(free, CLAIM_MAX));
        backoff.reset();
        if (directive === "drain" && this.options.endOnDrain) return;
        if (isIdle || directive !== "run") await pause(IDLE_PAUSE_MS, this.stopping.signal);
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        if (!isPassing(error)) return this.giveUp(error as Error);
        this.trouble(error);
        this.settleDue.notify();
        await pause(backoff.next(error instanceof TaskgateError ? error.retryAfterMs : 0), this.stopping.signal);
      }
    }
  }

  private async claim(max: number): Promise<{ directive: ClaimAnswer["directive"]; isIdle: boolean }> {
    const begin = performance.now();
    const settles = this.unsettled[0]?.alone ? [] : takeBatch(this.unsettled, SETTLES_MAX, REQUEST_BYTES_MAX);
    const beats = this.dueBeats(begin);
    const hasNews = settles.length + beats.length > 0;
    const waitMs = Math.min(this.options.waitMs ?? 25_000, hasNews ? WAIT_WITH_NEWS_MS : 30_000);
    let answer: ClaimAnswer;
    try {
      answer = await this.api.claim(
        {
          worker: this.name,
          types: Object.keys(this.options.types),
          max,
          waitMs,
          leaseMs: this.leaseMs,
          ...(settles.length === 0 ? {} : { settle: settles.map((item) => item.settle) }),
          ...(beats.length === 0 ? {} : { beat: beats.map((sent) => sent.beat) }),
        },
        this.stopping.signal,
      );
    } catch (error) {
      const isNewsFault = hasNews && isFaultOfTheBody(error);
      for (const sent of beats) isNewsFault ? sent.attempt.beatRefused(sent, error) : sent.attempt.beatFailed(sent);
      for (const item of settles) item.alone ||= isNewsFault;
      this.unsettled.unshift(...settles);
      if (!isNewsFault) throw error;
      this.settleDue.notify();
      return { directive: "run", isIdle: true };
    }
    this.settled(settles, answer.settled);
    this.beaten(beats, answer.beats);
    for (const { id, reason } of answer.cancels) this.cancel(id, reason);
    if (answer.directive !== "run") this.event({ kind: "directive", directive: answer.directive });
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
    const attempt = new Attempt(job, performance.now(), this.newsEveryMs, () => this.beatDue.notify());
    if (this.stopping.signal.aborted) return this.push(settlementOf(attempt, { op: "release" }));
    this.running.set(job.lease, attempt);
    this.beatDue.notify();
    this.event({ kind: "started", job });
    void this.execute(attempt);
  }

  private async execute(attempt: Attempt): Promise<void> {
    const handler = this.options.types[attempt.job.type];
    let verdict: ReturnType<typeof completion>;
    try {
      // The server only gives what was asked for, but its word is not ours to trust.
      verdict = handler === undefined ? { op: "release" } : completion(await handler(attempt.context));
    } catch (error) {
      verdict = failure(attempt, error);
    }
    attempt.end();
    await this.sendLog(attempt);
    if (!this.running.delete(attempt.job.lease)) return; // handed back while it would not end
    if (attempt.forfeit !== undefined) this.forfeited(attempt.job, attempt.forfeit);
    else this.push(settlementOf(attempt, verdict));
    this.slotFree.notify();
  }

  /** Lines of the log belong before the end of the attempt. */
  private async sendLog(attempt: Attempt): Promise<void> {
    for (let tries = 0; tries < LOG_TRIES_MAX && attempt.hasLog && !attempt.isForfeited; tries += 1) {
      await attempt.beatDone;
      await this.beat([attempt]);
    }
  }

  private forfeited(job: ClaimedJob, reason: Error): void {
    this.event({ kind: reason instanceof JobCancelled ? "cancelled" : "lease_lost", job, error: reason.message });
  }

  // ---- settling

  private push(item: Settlement): void {
    this.unsettled.push(item);
    if (this.isFull) this.slotFree.notify();
    else this.settleDue.notify();
  }

  /** Carries the settlements that the claim loop is too busy for. */
  private async settleLoop(): Promise<void> {
    const backoff = new Backoff(250, Math.min(5_000, this.leaseMs / 4));
    while (!this.over.signal.aborted) {
      if (this.unsettled.length === 0) {
        await this.settleDue.wait();
        continue;
      }
      const items = takeBatch(this.unsettled, SETTLES_MAX, REQUEST_BYTES_MAX);
      this.settlesUnderWay += items.length;
      let retryAfterMs: number | undefined;
      try {
        this.settled(items, await this.api.settle(items.map((item) => item.settle)));
        backoff.reset();
      } catch (error) {
        retryAfterMs = this.settleFailed(items, error);
      } finally {
        this.settlesUnderWay -= items.length;
        this.slotFree.notify();
      }
      if (retryAfterMs !== undefined) await pause(backoff.next(retryAfterMs), this.over.signal);
    }
  }

  /** Returns how long to wait at least before another try; undefined: no wait. */
  private settleFailed(items: Settlement[], error: unknown): number | undefined {
    if (isPassing(error)) {
      this.trouble(error);
      this.unsettled.unshift(...items);
      return (error as TaskgateError).retryAfterMs ?? 0;
    }
    if (!isFaultOfTheBody(error)) {
      this.giveUp(error as Error);
      return undefined;
    }
    const [item] = items;
    if (items.length > 1) {
      this.unsettled.unshift(...items.map((one) => ({ ...one, alone: true })));
    } else if (item !== undefined) {
      const { message } = error as Error;
      this.event({ kind: "refused", job: item.attempt.job, error: message });
      // The plainest thing that can be said; if that is refused, too, the lease runs out.
      const isPlain = item.settle.op === "fail" && item.settle.retryable === false;
      if (!isPlain) {
        const verdict = { op: "fail" as const, error: `the server refused the outcome: ${message}`.slice(0, 500), retryable: false };
        this.unsettled.unshift({ ...settlementOf(item.attempt, verdict), alone: true });
      }
    }
    return undefined;
  }

  private settled(items: Settlement[], outcomes: Outcome[]): void {
    items.forEach((item, at) => {
      const outcome = outcomes[at]?.outcome ?? "missing";
      const { job } = item.attempt;
      if (outcome === "stale_lease") this.event({ kind: "lease_lost", job, error: "it was settled too late" });
      else if (outcome === "cancelled") this.event({ kind: "cancelled", job });
      else this.event({ kind: "settled", job, outcome, op: item.settle.op, ...(item.settle.error ? { error: item.settle.error } : {}) });
    });
  }

  // ---- beating

  private async beatLoop(): Promise<void> {
    const backoff = new Backoff(250, Math.min(5_000, this.leaseMs / 6));
    while (!this.over.signal.aborted) {
      const now = performance.now();
      for (const attempt of this.running.values()) attempt.checkLease(now);
      const dueAt = Math.min(...[...this.running.values()].map((attempt) => attempt.dueAt()));
      if (dueAt > now) {
        await this.beatDue.wait(dueAt - now);
        continue;
      }
      const retryAfterMs = await this.beat([...this.running.values()].filter((attempt) => attempt.dueAt() <= now));
      if (retryAfterMs === undefined) backoff.reset();
      else await pause(Math.min(backoff.next(retryAfterMs), this.leaseMs / 4), this.over.signal);
    }
  }

  private dueBeats(now: number): SentBeat[] {
    const due = [...this.running.values()].filter((attempt) => attempt.hasNews || attempt.dueAt() <= now);
    return due.map((attempt) => attempt.takeBeat(now)).filter((sent) => sent !== undefined);
  }

  /** Returns how long to wait at least before another try when no answer came. */
  private async beat(attempts: Attempt[]): Promise<number | undefined> {
    const now = performance.now();
    const beats = attempts.map((attempt) => attempt.takeBeat(now)).filter((sent) => sent !== undefined);
    if (beats.length === 0) return undefined;
    try {
      this.beaten(beats, await this.api.beat(beats.map((sent) => sent.beat)));
      return undefined;
    } catch (error) {
      const [only] = beats;
      if (!isFaultOfTheBody(error)) {
        for (const sent of beats) sent.attempt.beatFailed(sent);
        if (!isPassing(error)) this.giveUp(error as Error);
        else this.trouble(error);
        return (error as TaskgateError).retryAfterMs ?? 0;
      }
      if (beats.length === 1 && only !== undefined) {
        only.attempt.beatRefused(only, error);
        this.event({ kind: "refused", job: only.attempt.job, error: (error as Error).message });
        return undefined;
      }
      for (const sent of beats) sent.attempt.beatFailed(sent);
      for (const attempt of attempts) await this.beat([attempt]);
      return undefined;
    }
  }

  private beaten(beats: SentBeat[], outcomes: Outcome[]): void {
    beats.forEach((sent, at) => sent.attempt.beatAnswered(sent, outcomes[at]?.outcome ?? "missing"));
  }

  // ---- ending

  /** Waits for the handlers; after the grace of a stop it aborts them, and soon after hands back what will not end. */
  private async finishRunning(): Promise<void> {
    const graceIsOver = (async () => {
      while (!this.stopping.signal.aborted && this.running.size > 0) await this.slotFree.wait(); // draining has no limit
      await this.emptyWithin(this.stopGraceMs);
    })();
    await graceIsOver;
    for (const attempt of this.running.values()) attempt.abort(new WorkerStopped("the worker stops"));
    await this.emptyWithin(1_000);
    for (const attempt of this.running.values()) this.push(settlementOf(attempt, { op: "release" }));
    this.running.clear();
  }

  private async emptyWithin(ms: number): Promise<void> {
    const deadline = performance.now() + ms;
    while (this.running.size > 0 && performance.now() < deadline) await this.slotFree.wait(deadline - performance.now());
  }

  /** Everything settled, and goodbye: what was claimed and never arrived goes back at once. */
  private async lastWords(): Promise<void> {
    const deadline = performance.now() + LAST_WORDS_MS;
    while (this.fatal === undefined && this.unsettled.length + this.settlesUnderWay > 0 && performance.now() < deadline) {
      await this.slotFree.wait(deadline - performance.now());
    }
    if (this.fatal !== undefined) return;
    await this.api.bye(this.name).catch((error: unknown) => this.trouble(error));
  }

  private giveUp(error: Error): void {
    this.fatal ??= error;
    void this.stop({ graceMs: 0 });
  }

  private trouble(error: unknown): void {
    this.event({ kind: "trouble", error: error instanceof Error ? error : new ConnectionError(String(error)) });
  }

  private event(event: WorkerEvent): void {
    if (this.options.onEvent !== undefined) {
      try {
        this.options.onEvent(event);
      } catch (error) {
        console.error(error); // a fault of the listener, which must not end the worker
      }
    } else if (event.kind === "trouble") console.warn(`taskgate: ${event.error.message}`);
    else if (event.kind === "refused") console.warn(`taskgate: job ${event.job.id}: ${event.error}`);
  }
}

/** The server cannot read or will not take what was sent, but would take something else. */
function isFaultOfTheBody(error: unknown): boolean {
  return error instanceof TaskgateError && (error.status === 400 || error.status === 413 || error.status === 422);
}

function defaultName(): string {
  const unique = crypto.randomUUID().slice(0, 8);
  const { process } = globalThis as { process?: { pid?: number; env?: Record<string, string | undefined> } };
  if (process?.pid === undefined) return `browser-${unique}`;
  return `${process.env?.["HOSTNAME"] ?? "worker"}-${process.pid}-${unique}`;
}
