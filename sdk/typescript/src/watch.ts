import type { Http } from "./http.js";
import { isFinished, type Job, type JobStatus } from "./job.js";
import { pause } from "./pause.js";

/** What the event `jobUpdated` carries (contract/events.yaml). */
export interface JobUpdate {
  jobId: string;
  status: JobStatus;
  userId: string;
  type: string;
  progress: number;
  error?: string;
  /** Rises with each change of the job; absent where the change was found by asking. */
  seq?: number;
}

export interface WatchOptions {
  /** Only this job. */
  jobId?: string;
  /** Between two questions while there is no live connection. */
  pollMs?: number;
  /** `poll`: never Socket.IO. */
  transport?: "live" | "poll";
  /** Told of trouble that passes by itself: the watch goes on. */
  onError?: (error: Error) => void;
}

interface Known {
  status: JobStatus;
  progress: number;
  seq: number;
  /** When, by performance.now(): an answer to an older question says nothing. */
  heardAt: number;
}

const POLL_MS = 2_000;
const PAGE = 100;
const KNOWN_MAX = 10_000;
const ASKED_SINGLY_MAX = 50;

/**
 * Compares what it hears with what it has told, so that no change is told twice, whichever way it came. After each (re)connect it asks
 * once for what it may have missed.
 */
export class JobWatch {
  /** Resolves once changes from now on are noticed. */
  readonly ready: Promise<void>;
  private readonly http: Http;
  private readonly onUpdate: (update: JobUpdate) => void;
  private readonly options: WatchOptions;
  private readonly known = new Map<string, Known>();
  private readonly closed = new AbortController();
  private isBaseline = true;
  private live = false;
  private socket: { close(): void } | undefined;
  private questions: Promise<void> = Promise.resolve();

  constructor(http: Http, onUpdate: (update: JobUpdate) => void, options: WatchOptions) {
    this.http = http;
    this.onUpdate = onUpdate;
    this.options = options;
    this.ready = this.start();
  }

  /** Whether changes come over Socket.IO at the moment. */
  get isLive(): boolean {
    return this.live;
  }

  close(): void {
    this.closed.abort();
    this.socket?.close();
    this.live = false;
  }

  private async start(): Promise<void> {
    if (this.options.transport !== "poll") await this.connect();
    await this.ask();
    void this.poll();
  }

  /** Resolves when the first try has succeeded or failed; socket.io-client goes on trying by itself. */
  private async connect(): Promise<void> {
    const io = await import("socket.io-client").then((found) => found.io).catch(() => undefined);
    if (io === undefined || this.closed.signal.aborted) return;
    const socket = io(this.http.url, {
      forceNew: true,
      auth: (give) => void this.http.key().then((token) => give({ token }), () => give({})),
    });
    this.socket = socket;
    socket.on("jobUpdated", (update: JobUpdate) => this.hear(update));
    socket.on("disconnect", () => (this.live = false));
    await new Promise<void>((done) => {
      socket.on("connect", () => {
        this.live = true;
        if (!this.isBaseline) void this.ask();
        done();
      });
      socket.on("connect_error", (error) => {
        this.live = false;
        this.options.onError?.(error);
        done();
      });
      this.closed.signal.addEventListener("abort", () => done());
    });
  }

  private async poll(): Promise<void> {
    while (!this.closed.signal.aborted) {
      await pause(this.options.pollMs ?? POLL_MS, this.closed.signal);
      if (!this.live && !this.closed.signal.aborted) await this.ask();
    }
  }

  /** One after the other, so that an older answer cannot come after a newer one. */
  private ask(): Promise<void> {
    this.questions = this.questions.then(async () => {
      try {
        const askedAt = performance.now();
        for (const job of await this.current()) this.compare(job, askedAt);
        this.isBaseline = false;
      } catch (error) {
        if (!this.closed.signal.aborted) this.options.onError?.(error as Error);
      }
    });
    return this.questions;
  }

  /** The newest jobs, the running ones, and those that were unfinished when last heard of. */
  private async current(): Promise<Job[]> {
    const signal = this.closed.signal;
    const one = async (id: string) => (await this.http.get<{ data: Job }>(`/api/jobs/${encodeURIComponent(id)}`, { signal })).data;
    if (this.options.jobId !== undefined) return [await one(this.options.jobId)];
    const page = async (status?: JobStatus) =>
      (await this.http.get<{ data: Job[] }>("/api/jobs", { query: { limit: PAGE, status }, signal })).data;
    const found = new Map<string, Job>();
    for (const job of [...(await page("processing")), ...(await page())]) found.set(job.id, job);
    const missing = [...this.known].filter(([id, known]) => !found.has(id) && !isFinished(known)).map(([id]) => id);
    for (const id of missing.slice(0, ASKED_SINGLY_MAX)) {
      const job = await one(id).catch(() => undefined);
      if (job === undefined) this.known.delete(id);
      else found.set(id, job);
    }
    return [...found.values()].reverse();
  }

  private compare(job: Job, askedAt: number): void {
    const known = this.known.get(job.id);
    if (known !== undefined && known.heardAt > askedAt) return;
    const isNews = known === undefined ? !this.isBaseline : known.status !== job.status || known.progress !== job.progress;
    this.remember(job.id, { status: job.status, progress: job.progress, seq: known?.seq ?? -1, heardAt: askedAt });
    if (!isNews) return;
    const { id: jobId, status, userId, type, progress, error } = job;
    this.tell({ jobId, status, userId, type, progress, ...(error === undefined ? {} : { error }) });
  }

  private hear(update: JobUpdate): void {
    if (this.options.jobId !== undefined && update.jobId !== this.options.jobId) return;
    const known = this.known.get(update.jobId);
    const seq = update.seq ?? 0;
    if (known !== undefined && seq <= known.seq) return;
    this.remember(update.jobId, { status: update.status, progress: update.progress, seq, heardAt: performance.now() });
    if (known?.status === update.status && known.progress === update.progress) return;
    this.tell(update);
  }

  private tell(update: JobUpdate): void {
    if (!this.closed.signal.aborted) this.onUpdate(update);
  }

  private remember(id: string, known: Known): void {
    this.known.delete(id);
    this.known.set(id, known);
    if (this.known.size <= KNOWN_MAX) return;
    const oldest = this.known.keys().next().value;
    if (oldest !== undefined) this.known.delete(oldest);
  }
}
