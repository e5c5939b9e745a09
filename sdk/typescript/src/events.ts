import { ConnectionError, TaskgateError } from "./errors.js";
import type { ClaimAnswer, ClaimedJob } from "./protocol.js";

/** What a worker tells `onEvent`. */
export type WorkerEvent =
  | { kind: "started" | "settled" | "cancelled" | "lease_lost"; job: ClaimedJob; outcome?: string; op?: string; error?: string }
  /** The server will never take what the handler made: see `error`. */
  | { kind: "refused"; job: ClaimedJob; error: string }
  /** Something that passes by itself; the worker tries again. */
  | { kind: "trouble"; error: Error }
  | { kind: "directive"; directive: ClaimAnswer["directive"] };

/** Where the parts of a worker report to. */
export class Reports {
  /** The worker cannot go on, for instance because its key was revoked. */
  readonly giveUp: (error: Error) => void;
  private readonly listener: ((event: WorkerEvent) => void) | undefined;

  constructor(listener: ((event: WorkerEvent) => void) | undefined, giveUp: (error: Error) => void) {
    this.listener = listener;
    this.giveUp = giveUp;
  }

  event(event: WorkerEvent): void {
    if (this.listener !== undefined) {
      try {
        this.listener(event);
      } catch (error) {
        console.error(error); // a fault of the listener, which must not end the worker
      }
    } else if (event.kind === "trouble") console.warn(`taskgate: ${event.error.message}`);
    else if (event.kind === "refused") console.warn(`taskgate: job ${event.job.id}: ${event.error}`);
  }

  trouble(error: unknown): void {
    this.event({ kind: "trouble", error: error instanceof Error ? error : new ConnectionError(String(error)) });
  }
}

/** The server cannot read or will not take what was sent, but would take something else. */
export function isFaultOfTheBody(error: unknown): boolean {
  return error instanceof TaskgateError && (error.status === 400 || error.status === 413 || error.status === 422);
}
