import { ConnectionError } from "./errors.js";
import { type Connection, Http } from "./http.js";
import { isFinished, type Job, type JobStatus, type JobWithAttempts, type NewJob, type Refusal, type SubmitOptions } from "./job.js";
import { Backoff, pause } from "./pause.js";
import { Schedules } from "./schedules.js";
import { JobWatch, type JobUpdate, type WatchOptions } from "./watch.js";

export interface JobFilter {
  status?: JobStatus | readonly JobStatus[];
  type?: string;
  tag?: string;
  queue?: string;
  /** A part of the type, of a tag or of the error. */
  text?: string;
  /** ISO 8601; the first included, the second not. */
  createdAfter?: string;
  createdBefore?: string;
}

export interface ListFilter extends JobFilter {
  /** Jobs a page, at most 1000. */
  limit?: number;
  /** Filters that this version does not know are passed on. */
  [filter: string]: string | number | readonly string[] | undefined;
}

/** The jobs meant: by id (at most 1,000), or all of one's own that match a filter. */
export type Which = { ids: readonly string[] } | { filter: JobFilter };

export interface ActionReport {
  /** Jobs that were meant. */
  matched: number;
  /** Of those, jobs that changed. */
  done: number;
  /** Jobs that did not, and ids without a job, each with the reason. */
  refused: { id: string; code: string; message: string }[];
}

export interface WaitOptions {
  /** Gives up with a ConnectionError after so long; without it, never. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

const WAIT_MS = 25_000;
const BATCH_ANSWER_MS = 120_000;
// A server that answers before the job has finished and before `waitMs` has passed is asked again in these steps.
const POLL_FIRST_MS = 100;
const POLL_MAX_MS = 2_000;

interface Enveloped<T> {
  data: T;
}

/** Submits jobs and reads them, as one user. Refusals are TaskgateErrors, a lost connection is a ConnectionError. */
export class Client {
  private readonly http: Http;
  /** What makes jobs again and again. */
  readonly schedules: Schedules;

  constructor(connection: Connection) {
    this.http = new Http(connection);
    this.schedules = new Schedules(this.http);
  }

  /**
   * Adds a job; when this resolves, the job is on the server's disk. Each call has an idempotency key, under which a submit whose
   * answer was lost is repeated without adding a second job; give your own `idempotencyKey` to be safe across restarts, too.
   */
  async submit(type: string, data: unknown = {}, options: SubmitOptions & { idempotencyKey?: string } = {}): Promise<Job> {
    const { idempotencyKey = crypto.randomUUID(), ...more } = options;
    const body = { type, data, ...more };
    const answer = await this.http.post<Enveloped<Job>>("/api/jobs/submit", {
      body,
      headers: { "idempotency-key": idempotencyKey },
      repeat: "always",
    });
    return answer.data;
  }

  /**
   * Adds up to 10,000 jobs at once. The answer has one item for each, in order: the job, or why it was refused (see `isRefusal`). Safe
   * to repeat as `submit` is.
   */
  async submitBatch(jobs: readonly NewJob[], options: { idempotencyKey?: string } = {}): Promise<(Job | Refusal)[]> {
    const answer = await this.http.post<Enveloped<(Job | Refusal)[]>>("/api/jobs/batch", {
      body: { jobs },
      headers: { "idempotency-key": options.idempotencyKey ?? crypto.randomUUID() },
      timeoutMs: BATCH_ANSWER_MS,
      repeat: "always",
    });
    return answer.data;
  }

  async get(id: string): Promise<JobWithAttempts> {
    return (await this.http.get<Enveloped<JobWithAttempts>>(jobPath(id))).data;
  }

  /** One's jobs, newest first, fetched page by page while they are iterated over. */
  async *list(filter: ListFilter = {}): AsyncGenerator<Job, void, undefined> {
    const query = Object.fromEntries(Object.entries(filter).map(([name, value]) => [name, typeof value === "object" ? value.join(",") : value]));
    let cursor: string | undefined;
    do {
      const page = await this.http.get<Enveloped<Job[]> & { nextCursor?: string }>("/api/jobs", { query: { ...query, cursor } });
      yield* page.data;
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  }

  /** The job once it is completed, failed or cancelled: look at its `status`. */
  async wait(id: string, options: WaitOptions = {}): Promise<JobWithAttempts> {
    const deadline = performance.now() + (options.timeoutMs ?? Number.POSITIVE_INFINITY);
    const backoff = new Backoff(POLL_FIRST_MS, POLL_MAX_MS);
    for (;;) {
      options.signal?.throwIfAborted();
      const begin = performance.now();
      const waitMs = Math.max(0, Math.min(WAIT_MS, Math.floor(deadline - begin)));
      const job = await this.http.get<Enveloped<JobWithAttempts>>(jobPath(id), {
        query: { waitMs },
        timeoutMs: waitMs + 10_000,
        signal: options.signal,
      });
      if (isFinished(job.data)) return job.data;
      const now = performance.now();
      if (now >= deadline) throw new ConnectionError(`job ${id} has not finished within ${options.timeoutMs} ms`);
      if (now - begin < waitMs / 2) await pause(Math.min(backoff.next(), deadline - now), options.signal);
    }
  }

  /** Ends a pending or running job. 409 `already_finished` when there is nothing to end. */
  async cancel(id: string): Promise<Job> {
    return (await this.http.post<Enveloped<Job>>(`${jobPath(id)}/cancel`, { repeat: "refused" })).data;
  }

  /** Runs a failed or cancelled job again, from the start, with all its retries. */
  async retry(id: string): Promise<Job> {
    return (await this.http.post<Enveloped<Job>>(`${jobPath(id)}/retry`, { repeat: "refused" })).data;
  }

  /** Cancels many pending and running jobs; with a filter, as often as it takes until none is left. Safe to repeat. */
  cancelMany(which: Which): Promise<ActionReport> {
    return this.act("cancel", which);
  }

  /** Runs many failed and cancelled jobs again; likewise. */
  retryMany(which: Which): Promise<ActionReport> {
    return this.act("retry", which);
  }

  private async act(action: "cancel" | "retry", which: Which): Promise<ActionReport> {
    const sum: ActionReport = { matched: 0, done: 0, refused: [] };
    let cursor: string | undefined;
    do {
      const part = await this.http.post<Enveloped<ActionReport & { nextCursor?: string }>>("/api/jobs/actions", {
        body: { action, ...which, cursor },
        repeat: "refused",
      });
      sum.matched += part.data.matched;
      sum.done += part.data.done;
      sum.refused.push(...part.data.refused);
      cursor = part.data.nextCursor;
    } while (cursor !== undefined);
    return sum;
  }

  /**
   * Calls back on each change of one's jobs, or of one job (`jobId`), until `close()`. Live over Socket.IO where the package
   * socket.io-client is installed and the server accepts the key; otherwise by asking every `pollMs`. Updates are hints that may skip
   * states in between: read the job for the truth.
   */
  watch(onUpdate: (update: JobUpdate) => void, options: WatchOptions = {}): JobWatch {
    return new JobWatch(this.http, onUpdate, options);
  }
}

function jobPath(id: string): string {
  return `/api/jobs/${encodeURIComponent(id)}`;
}
