import type { Attempt, SentBeat } from "./attempt.js";
import type { TaskgateError } from "./errors.js";
import { isFaultOfTheBody, type Reports } from "./events.js";
import { isPassing } from "./http.js";
import { Backoff, pause } from "./pause.js";
import type { Outcome, WorkerApi } from "./protocol.js";
import { Wake } from "./wake.js";

const LOG_TRIES_MAX = 12;

/** Renews the leases of running attempts and brings their news to the server; gives an attempt up whose lease could not be renewed. */
export class Beater {
  private readonly due = new Wake();
  private readonly api: WorkerApi;
  private readonly reports: Reports;
  private readonly leaseMs: number;
  private readonly running: ReadonlyMap<string, Attempt>;

  constructor(api: WorkerApi, reports: Reports, leaseMs: number, running: ReadonlyMap<string, Attempt>) {
    this.api = api;
    this.reports = reports;
    this.leaseMs = leaseMs;
    this.running = running;
  }

  /** Something has changed: look again what is due. */
  wake(): void {
    this.due.notify();
  }

  /** What rides along with a claim; afterwards `answered` or `ridersFailed`. */
  takeRiders(): SentBeat[] {
    const now = performance.now();
    return take([...this.running.values()].filter((attempt) => attempt.hasNews || attempt.dueAt() <= now));
  }

  ridersFailed(beats: SentBeat[], error: unknown, isTheirFault: boolean): void {
    for (const sent of beats) isTheirFault ? sent.attempt.beatRefused(sent, error) : sent.attempt.beatFailed(sent);
  }

  answered(beats: SentBeat[], outcomes: Outcome[]): void {
    beats.forEach((sent, at) => sent.attempt.beatAnswered(sent, outcomes[at]?.outcome ?? "missing"));
  }

  /** Lines of the log and checkpoints belong before the end of an attempt. */
  async sendLog(attempt: Attempt): Promise<void> {
    for (let tries = 0; tries < LOG_TRIES_MAX && attempt.hasLog && !attempt.isForfeited; tries += 1) {
      await attempt.beatDone;
      await this.beat([attempt]);
    }
  }

  /** Until `over` is aborted. */
  async run(over: AbortSignal): Promise<void> {
    over.addEventListener("abort", () => this.due.notify(), { once: true });
    const backoff = new Backoff(250, Math.min(5_000, this.leaseMs / 6));
    while (!over.aborted) {
      const now = performance.now();
      const attempts = [...this.running.values()];
      for (const attempt of attempts) attempt.checkLease(now);
      const dueAt = Math.min(...attempts.map((attempt) => attempt.dueAt()));
      if (dueAt > now) {
        await this.due.wait(dueAt - now);
        continue;
      }
      const retryAfterMs = await this.beat(attempts.filter((attempt) => attempt.dueAt() <= now));
      if (retryAfterMs === undefined) backoff.reset();
      else await pause(Math.min(backoff.next(retryAfterMs), this.leaseMs / 4), over);
    }
  }

  /** Returns how long to wait at least before another try when no answer came. */
  private async beat(attempts: Attempt[]): Promise<number | undefined> {
    const beats = take(attempts);
    if (beats.length === 0) return undefined;
    try {
      this.answered(beats, await this.api.beat(beats.map((sent) => sent.beat)));
      return undefined;
    } catch (error) {
      return this.failed(beats, error as Error);
    }
  }

  private async failed(beats: SentBeat[], error: Error): Promise<number | undefined> {
    const [only] = beats;
    if (isFaultOfTheBody(error) && beats.length === 1 && only !== undefined) {
      only.attempt.beatRefused(only, error);
      this.reports.event({ kind: "refused", job: only.attempt.job, error: error.message });
      return undefined;
    }
    for (const sent of beats) sent.attempt.beatFailed(sent);
    if (isFaultOfTheBody(error)) {
      for (const sent of beats) await this.beat([sent.attempt]); // one of them is at fault
      return undefined;
    }
    if (isPassing(error)) this.reports.trouble(error);
    else this.reports.giveUp(error);
    return (error as TaskgateError).retryAfterMs ?? 0;
  }
}

function take(attempts: Attempt[]): SentBeat[] {
  const now = performance.now();
  return attempts.map((attempt) => attempt.takeBeat(now)).filter((sent) => sent !== undefined);
}
