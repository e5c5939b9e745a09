import type { TaskgateError } from "./errors.js";
import { isFaultOfTheBody, type Reports } from "./events.js";
import { isPassing } from "./http.js";
import { Backoff, pause } from "./pause.js";
import type { Outcome, WorkerApi } from "./protocol.js";
import { type Settlement, settlementOf, takeBatch } from "./settlement.js";
import { Wake } from "./wake.js";

const ITEMS_MAX = 100;
const REQUEST_BYTES_MAX = 512 * 1024;

/** Brings the outcomes of attempts to the server, until it has answered for each. */
export class Settler {
  private readonly queue: Settlement[] = [];
  private underWay = 0;
  private readonly due = new Wake();
  private readonly api: WorkerApi;
  private readonly reports: Reports;
  private readonly leaseMs: number;
  private readonly onSettled: () => void;

  /** `onSettled`: called whenever `load` may have become less. */
  constructor(api: WorkerApi, reports: Reports, leaseMs: number, onSettled: () => void) {
    this.api = api;
    this.reports = reports;
    this.leaseMs = leaseMs;
    this.onSettled = onSettled;
  }

  get isEmpty(): boolean {
    return this.queue.length + this.underWay === 0;
  }

  /** How many slots of the worker unsettled work keeps taken, so that it cannot pile up while the server does not take it. */
  get load(): number {
    return this.underWay + Math.max(0, this.queue.length - ITEMS_MAX);
  }

  push(item: Settlement): void {
    this.queue.push(item);
  }

  /** What is queued goes now, without waiting for a claim. */
  flush(): void {
    if (this.queue.length > 0) this.due.notify();
  }

  /** What rides along with a claim; afterwards `settled` or `ridersFailed`. */
  takeRiders(): Settlement[] {
    return this.queue[0]?.alone ? [] : takeBatch(this.queue, ITEMS_MAX, REQUEST_BYTES_MAX);
  }

  ridersFailed(items: Settlement[], isTheirFault: boolean): void {
    for (const item of items) item.alone ||= isTheirFault;
    this.queue.unshift(...items);
    this.flush();
  }

  settled(items: Settlement[], outcomes: Outcome[]): void {
    items.forEach((item, at) => {
      const outcome = outcomes[at]?.outcome ?? "missing";
      const { job } = item.attempt;
      const { op, error } = item.settle;
      if (outcome === "stale_lease") this.reports.event({ kind: "lease_lost", job, error: "it was settled too late" });
      else if (outcome === "cancelled") this.reports.event({ kind: "cancelled", job });
      else this.reports.event({ kind: "settled", job, outcome, op, ...(error ? { error } : {}) });
    });
  }

  /** Carries what is flushed, until `over` is aborted. */
  async run(over: AbortSignal): Promise<void> {
    over.addEventListener("abort", () => this.due.notify(), { once: true });
    const backoff = new Backoff(250, Math.min(5_000, this.leaseMs / 4));
    while (!over.aborted) {
      await this.due.wait();
      while (this.queue.length > 0 && !over.aborted) {
        const retryAfterMs = await this.carry(takeBatch(this.queue, ITEMS_MAX, REQUEST_BYTES_MAX));
        if (retryAfterMs === undefined) backoff.reset();
        else await pause(backoff.next(retryAfterMs), over);
      }
    }
  }

  /** Returns how long to wait at least before another try; undefined: no wait. */
  private async carry(items: Settlement[]): Promise<number | undefined> {
    this.underWay += items.length;
    try {
      this.settled(items, await this.api.settle(items.map((item) => item.settle)));
      return undefined;
    } catch (error) {
      return this.failed(items, error as Error);
    } finally {
      this.underWay -= items.length;
      this.onSettled();
    }
  }

  private failed(items: Settlement[], error: Error): number | undefined {
    if (isPassing(error)) {
      this.reports.trouble(error);
      this.queue.unshift(...items);
      return (error as TaskgateError).retryAfterMs ?? 0;
    }
    if (!isFaultOfTheBody(error)) this.reports.giveUp(error);
    else if (items.length > 1) this.queue.unshift(...items.map((item) => ({ ...item, alone: true })));
    else if (items[0] !== undefined) this.refused(items[0], error.message);
    return undefined;
  }

  /** The plainest thing that can be said instead; if that is refused, too, the lease runs out. */
  private refused(item: Settlement, message: string): void {
    this.reports.event({ kind: "refused", job: item.attempt.job, error: message });
    if (item.settle.op === "fail" && item.settle.retryable === false) return;
    const verdict = { op: "fail" as const, error: `the server refused the outcome: ${message}`.slice(0, 500), retryable: false };
    this.queue.unshift({ ...settlementOf(item.attempt, verdict), alone: true });
  }
}
