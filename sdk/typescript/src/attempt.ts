import { JobCancelled, JobTimedOut, LeaseLost } from "./errors.js";
import type { Beat, ClaimedJob } from "./protocol.js";

/** What a handler is called with. */
// biome-ignore lint/suspicious/noExplicitAny: what `data` is, is agreed between submitter and handler
export interface JobContext<Data = any> {
  readonly job: ClaimedJob;
  readonly data: Data;
  /** Aborted when the job was cancelled, its lease is lost, it took too long, or the worker stops; `signal.reason` says which. */
  readonly signal: AbortSignal;
  /** 0–100. Sent along with the next beat: call it as often as you like, the latest wins. */
  progress(percent: number, message?: string): void;
  /** A line for the job's log. */
  log(line: string): void;
  /** Keeps a value for the next attempt (`job.checkpoint` there). Resolves when the server has it; rejects where the server keeps none. */
  checkpoint(value: unknown): Promise<void>;
}

const LOG_LINES_MAX = 1000;
const LOG_LINES_PER_BEAT_MAX = 100;
const TIMER_MS_MAX = 2 ** 31 - 1;

interface Waiter {
  done: () => void;
  failed: (reason: unknown) => void;
}

interface News {
  progress?: number;
  message?: string;
  log: string[];
  checkpoint?: { value: unknown; waiters: Waiter[] };
}

/** A beat under way: what it says, and what to put back when no answer comes. */
export interface SentBeat {
  attempt: Attempt;
  beat: Beat;
  news: News;
  sentAt: number;
}

/** One attempt of a job on this worker: its lease, its signal, and the news that the next beat carries. Times are performance.now(). */
export class Attempt {
  readonly context: JobContext;
  readonly job: ClaimedJob;
  private readonly controller = new AbortController();
  private readonly newsEveryMs: number;
  private readonly onNews: () => void;
  private readonly leaseMs: number;
  private leaseEndsAt: number;
  private renewAt: number;
  private lastBeatAt = Number.NEGATIVE_INFINITY;
  private news: News = { log: [] };
  private beatUnderWay = false;
  /** Why it is forfeited; its signal may have been aborted for another reason before. */
  forfeit: JobCancelled | LeaseLost | undefined;
  private beatIsDone: () => void = () => {};
  /** Resolves when no beat is under way. */
  beatDone: Promise<void> = Promise.resolve();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(job: ClaimedJob, claimedAt: number, newsEveryMs: number, onNews: () => void) {
    this.job = job;
    this.newsEveryMs = newsEveryMs;
    this.onNews = onNews;
    this.leaseMs = job.leaseMs;
    this.leaseEndsAt = claimedAt + this.leaseMs;
    this.renewAt = claimedAt + this.leaseMs / 3;
    this.context = {
      job,
      data: job.data,
      signal: this.controller.signal,
      progress: (percent, message) => this.reportProgress(percent, message),
      log: (line) => this.appendLog(line),
      checkpoint: (value) => this.saveCheckpoint(value),
    };
    if (job.timeoutMs !== undefined) {
      const late = () => this.abort(new JobTimedOut(`timed out after ${job.timeoutMs} ms`));
      this.timer = setTimeout(late, Math.min(job.timeoutMs, TIMER_MS_MAX));
    }
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** The server will not take a word about this attempt any more. */
  get isForfeited(): boolean {
    return this.forfeit !== undefined;
  }

  get hasNews(): boolean {
    return this.news.progress !== undefined || this.news.log.length > 0 || this.news.checkpoint !== undefined;
  }

  get hasLog(): boolean {
    return this.news.log.length > 0 || this.news.checkpoint !== undefined;
  }

  abort(reason: Error): void {
    if (reason instanceof JobCancelled || reason instanceof LeaseLost) {
      this.forfeit ??= reason;
      this.giveUpCheckpoint(this.news);
    }
    if (!this.signal.aborted) this.controller.abort(reason);
  }

  /** The handler has returned. */
  end(): void {
    clearTimeout(this.timer);
  }

  /** When the next beat is due; infinite once there is nothing to keep alive, or while one is under way. */
  dueAt(): number {
    if (this.isForfeited) return Number.POSITIVE_INFINITY;
    if (this.beatUnderWay) return this.leaseEndsAt;
    const news = this.hasNews ? this.lastBeatAt + this.newsEveryMs : Number.POSITIVE_INFINITY;
    return Math.min(this.renewAt, news, this.leaseEndsAt);
  }

  /** Ends an attempt whose lease nobody has renewed in time. */
  checkLease(now: number): void {
    if (!this.isForfeited && now >= this.leaseEndsAt) this.abort(new LeaseLost("the lease could not be renewed in time"));
  }

  /** The beat to send now. */
  takeBeat(now: number): SentBeat | undefined {
    if (this.beatUnderWay || this.isForfeited) return undefined;
    const { news } = this;
    const rest = news.log.splice(LOG_LINES_PER_BEAT_MAX);
    this.news = { log: rest };
    this.beatUnderWay = true;
    this.beatDone = new Promise((done) => (this.beatIsDone = done));
    this.lastBeatAt = now;
    const beat: Beat = {
      id: this.job.id,
      lease: this.job.lease,
      extendMs: this.leaseMs,
      ...(news.progress === undefined ? {} : { progress: news.progress }),
      ...(news.message === undefined ? {} : { message: news.message }),
      ...(news.log.length === 0 ? {} : { log: news.log }),
      ...(news.checkpoint === undefined ? {} : { checkpoint: news.checkpoint.value }),
    };
    return { attempt: this, beat, news, sentAt: now };
  }

  beatAnswered(sent: SentBeat, outcome: string): void {
    this.endBeat();
    if (outcome === "ok") {
      this.leaseEndsAt = sent.sentAt + this.leaseMs;
      this.renewAt = sent.sentAt + this.leaseMs / 3;
      for (const waiter of sent.news.checkpoint?.waiters ?? []) waiter.done();
      return;
    }
    const isCancelled = outcome === "cancel" || outcome === "cancelled";
    this.abort(isCancelled ? new JobCancelled("the job was cancelled") : new LeaseLost(`the lease is not valid any more (${outcome})`));
    this.giveUpCheckpoint(sent.news);
  }

  /** The server will never take this beat: its news are dropped, so that the lease can be renewed without them. */
  beatRefused(sent: SentBeat, error: unknown): void {
    this.endBeat();
    for (const waiter of sent.news.checkpoint?.waiters ?? []) waiter.failed(error);
  }

  /** No answer came: its news go with the next one, after what has come since. */
  beatFailed(sent: SentBeat): void {
    this.endBeat();
    if (this.isForfeited) return this.giveUpCheckpoint(sent.news);
    const { news } = this;
    news.log = [...sent.news.log, ...news.log].slice(-LOG_LINES_MAX);
    if (news.progress === undefined && sent.news.progress !== undefined) news.progress = sent.news.progress;
    if (news.message === undefined && sent.news.message !== undefined) news.message = sent.news.message;
    if (sent.news.checkpoint === undefined) return;
    if (news.checkpoint === undefined) news.checkpoint = sent.news.checkpoint;
    else news.checkpoint.waiters.push(...sent.news.checkpoint.waiters);
  }

  private endBeat(): void {
    this.beatUnderWay = false;
    this.beatIsDone();
  }

  private reportProgress(percent: number, message: string | undefined): void {
    if (!Number.isFinite(percent)) throw new RangeError("progress must be a number from 0 to 100");
    this.news.progress = Math.min(100, Math.max(0, percent));
    if (message !== undefined) this.news.message = message;
    this.onNews();
  }

  private appendLog(line: string): void {
    this.news.log.push(String(line));
    if (this.news.log.length > LOG_LINES_MAX) this.news.log.shift();
    this.onNews();
  }

  private saveCheckpoint(value: unknown): Promise<void> {
    if (this.job.checkpoint === undefined) return Promise.reject(new Error("this server keeps no checkpoints"));
    JSON.stringify(value); // throws here and now what could not be sent
    if (this.forfeit !== undefined) return Promise.reject(this.forfeit);
    const saved = new Promise<void>((done, failed) => {
      const waiters = [...(this.news.checkpoint?.waiters ?? []), { done, failed }];
      this.news.checkpoint = { value, waiters };
      this.onNews();
    });
    saved.catch(() => {}); // a handler that does not await it must not end the process
    return saved;
  }

  private giveUpCheckpoint(news: News): void {
    for (const waiter of news.checkpoint?.waiters ?? []) waiter.failed(this.forfeit);
    delete news.checkpoint;
  }
}
