import type { Attempt } from "./attempt.js";
import { JobTimedOut, NonRetryableError, RetryLater, WorkerStopped } from "./errors.js";
import type { Settle } from "./protocol.js";

/** Of a result, as JSON in UTF-8; the server's limit. */
export const RESULT_BYTES_MAX = 256 * 1024;
const ERROR_CHARACTERS_MAX = 2_000;

export interface Settlement {
  attempt: Attempt;
  settle: Settle;
  /** As JSON, for the size of a request. */
  bytes: number;
  /** The server has refused a request with it in: it goes alone now. */
  alone: boolean;
}

type Verdict = Omit<Settle, "id" | "lease">;

export function settlementOf(attempt: Attempt, verdict: Verdict): Settlement {
  const settle: Settle = { id: attempt.job.id, lease: attempt.job.lease, ...verdict };
  return { attempt, settle, bytes: byteLength(JSON.stringify(settle)), alone: false };
}

/** What a handler's return means. */
export function completion(result: unknown): Verdict {
  let text: string | undefined;
  try {
    text = JSON.stringify(result);
  } catch (error) {
    return { op: "fail", error: `the result cannot be written as JSON: ${messageOf(error)}`, retryable: false };
  }
  if (text === undefined) return { op: "complete" };
  const bytes = byteLength(text);
  if (bytes > RESULT_BYTES_MAX) {
    return { op: "fail", error: `the result has ${bytes} bytes, more than ${RESULT_BYTES_MAX}`, retryable: false };
  }
  return { op: "complete", result };
}

/** What a handler's exception means. */
export function failure(attempt: Attempt, error: unknown): Verdict {
  if (error instanceof RetryLater) return { op: "snooze", delayMs: Math.max(0, Math.round(error.delayMs)) };
  if (error instanceof NonRetryableError) return { op: "fail", error: messageOf(error), retryable: false };
  const { reason } = attempt.signal;
  if (reason instanceof WorkerStopped) return { op: "release" };
  if (reason instanceof JobTimedOut) return { op: "fail", error: reason.message, retryable: true };
  return { op: "fail", error: messageOf(error), retryable: true };
}

/** As much of the front of the queue as goes into one request: one at least, and nothing together with one that goes alone. */
export function takeBatch(queue: Settlement[], itemsMax: number, bytesMax: number): Settlement[] {
  const batch: Settlement[] = [];
  let bytes = 0;
  for (const item of queue) {
    if (batch.length >= itemsMax || (batch.length > 0 && (item.alone || bytes + item.bytes > bytesMax))) break;
    batch.push(item);
    bytes += item.bytes;
    if (item.alone) break;
  }
  queue.splice(0, batch.length);
  return batch;
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.length > ERROR_CHARACTERS_MAX ? `${text.slice(0, ERROR_CHARACTERS_MAX - 1)}…` : text || "failed without a message";
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
