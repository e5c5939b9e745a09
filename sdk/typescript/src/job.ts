export type JobStatus = "pending" | "processing" | "completed" | "failed" | "cancelled";

/** As in contract/openapi.yaml; later servers may add fields. Times are ISO 8601. */
export interface Job {
  id: string;
  userId: string;
  type: string;
  status: JobStatus;
  data: unknown;
  /** What the handler returned; of completed jobs. */
  result?: unknown;
  /** Why the last failed attempt failed. */
  error?: string;
  retries: number;
  maxRetries: number;
  priority: number;
  createdAt: string;
  updatedAt: string;
  startedAt?: string;
  completedAt?: string;
  progress: number;
  progressMessage?: string;
  runAt?: string;
  attempts: number;
  queue: string;
  tags: string[];
  /** The schedule that made it. */
  scheduleId?: string;
}

export interface Attempt {
  attempt: number;
  worker: string;
  startedAt: string;
  endedAt?: string;
  outcome?: string;
  error?: string;
}

/** `get` shows the attempts, too: oldest first, the running one last. */
export interface JobWithAttempts extends Job {
  attemptsLog: Attempt[];
}

export interface Backoff {
  type: "fixed" | "exponential" | "list";
  delayMs?: number;
  factor?: number;
  maxMs?: number;
  /** Share of the delay by which it varies both ways. */
  jitter?: number;
  delaysMs?: number[];
}

/** Options of one job, as `NewJob` in contract/openapi.yaml says. Names that this version does not know are passed on. */
export interface SubmitOptions {
  priority?: number;
  maxRetries?: number;
  delayMs?: number;
  /** ISO 8601, instead of `delayMs`. */
  runAt?: string;
  timeoutMs?: number;
  ttlMs?: number;
  backoff?: Backoff;
  retryUntil?: string;
  uniqueKey?: string;
  uniquePolicy?: "return" | "reject" | "replace";
  uniqueFor?: "live" | "pending";
  uniqueForMs?: number;
  queue?: string;
  tags?: string[];
  dependsOn?: string[];
  onDependencyFailure?: "fail" | "wait";
  [option: string]: unknown;
}

export interface NewJob extends SubmitOptions {
  type: string;
  data?: unknown;
}

/** An item of a batch that was not accepted. */
export interface Refusal {
  code: string;
  message: string;
}

export function isRefusal(item: Job | Refusal): item is Refusal {
  return "code" in item && !("id" in item);
}

export function isFinished(job: { status: JobStatus }): boolean {
  return job.status === "completed" || job.status === "failed" || job.status === "cancelled";
}
