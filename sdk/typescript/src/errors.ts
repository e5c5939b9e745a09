/** An answer of the server that is not a success. Program against `code` (contract/errors.md). */
export class TaskgateError extends Error {
  override readonly name = "TaskgateError";
  readonly status: number;
  readonly code: string;
  /** The fields that were refused, where there are some. */
  readonly errors: readonly { field: string; message: string }[];
  /** Quote it when you ask the operator for help. */
  readonly requestId: string | undefined;
  /** How long the server asks to wait before another try. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    answer: {
      status: number;
      code: string;
      errors?: readonly { field: string; message: string }[] | undefined;
      requestId?: string | undefined;
      retryAfterMs?: number | undefined;
    },
  ) {
    super(message);
    this.status = answer.status;
    this.code = answer.code;
    this.errors = answer.errors ?? [];
    this.requestId = answer.requestId;
    this.retryAfterMs = answer.retryAfterMs;
  }
}

/** No answer came: the server cannot be reached, or the connection broke. What was asked may or may not have happened. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
}

/** Thrown by a handler: the job fails for good, whatever retries it has left. */
export class NonRetryableError extends Error {
  override readonly name = "NonRetryableError";
}

/** Thrown by a handler: not now. The job waits `delayMs` and runs again; neither an attempt nor a retry is spent. */
export class RetryLater extends Error {
  override readonly name = "RetryLater";
  readonly delayMs: number;

  constructor(delayMs: number, message = `again in ${delayMs} ms`) {
    super(message);
    this.delayMs = delayMs;
  }
}

/** Why the signal of a running job was aborted: it was cancelled at the server. */
export class JobCancelled extends Error {
  override readonly name = "JobCancelled";
}

/** Why the signal of a running job was aborted: its lease ended, so another worker may be running it by now. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

/** Why the signal of a running job was aborted: the attempt took longer than the job's `timeoutMs`. */
export class JobTimedOut extends Error {
  override readonly name = "JobTimedOut";
}

/** Why the signal of a running job was aborted: the worker stops, and its time to finish is over. */
export class WorkerStopped extends Error {
  override readonly name = "WorkerStopped";
}
