import * as z from "zod/mini";
import { formatDuration, formatElapsed } from "@/lib/time";

export const statusSchema = z.enum(["pending", "processing", "completed", "failed", "cancelled"]);
export type JobStatus = z.infer<typeof statusSchema>;
export const JOB_STATUSES = statusSchema.options;

export const attemptSchema = z.object({
  attempt: z.number(),
  startedAt: z.string(),
  endedAt: z.optional(z.nullable(z.string())),
  outcome: z.optional(z.nullable(z.string())),
  error: z.optional(z.nullable(z.string())),
  worker: z.optional(z.nullable(z.string())),
});
export type Attempt = z.infer<typeof attemptSchema>;

const optionalText = z.optional(z.nullable(z.string()));

export const jobSchema = z.object({
  id: z.string(),
  userId: z.string(),
  userEmail: optionalText,
  type: z.string(),
  status: statusSchema,
  data: z.optional(z.unknown()),
  result: z.optional(z.unknown()),
  error: optionalText,
  retries: z.number(),
  maxRetries: z.number(),
  // A priority of many digits keeps them (lib/json), so it need not be a number.
  priority: z.unknown(),
  createdAt: z.string(),
  updatedAt: z.string(),
  startedAt: optionalText,
  completedAt: optionalText,
  runAt: optionalText,
  progress: z._default(z.number(), 0),
  progressMessage: optionalText,
  attempts: z._default(z.number(), 0),
  queue: optionalText,
  attemptsLog: z.optional(z.array(attemptSchema)),
});
export type Job = z.infer<typeof jobSchema>;

export const jobAnswerSchema = z.object({ data: jobSchema });
export const jobListSchema = z.object({
  results: z.number(),
  data: z.array(jobSchema),
  nextCursor: z.optional(z.nullable(z.string())),
});
export type JobList = z.infer<typeof jobListSchema>;

export const logLineSchema = z.object({
  number: z.number(),
  attempt: z.number(),
  at: z.string(),
  level: z.optional(z.string()),
  line: z.string(),
});
export type LogLine = z.infer<typeof logLineSchema>;
export const logAnswerSchema = z.object({ data: z.array(logLineSchema), more: z.boolean() });

export const jobEventSchema = z.object({
  // Words that this page does not know are shown as they are.
  event: z.string(),
  at: z.string(),
  attempt: z.optional(z.number()),
  worker: z.optional(z.string()),
  error: z.optional(z.string()),
  by: z.optional(z.string()),
  priority: z.optional(z.number()),
  priorityBefore: z.optional(z.number()),
  runAt: z.optional(z.string()),
});
export type JobEvent = z.infer<typeof jobEventSchema>;
export const eventsAnswerSchema = z.object({ data: z.array(jobEventSchema) });

const count = z._default(z.number(), 0);
export const statsSchema = z.object({
  data: z.object({ pending: count, processing: count, completed: count, failed: count, cancelled: count }),
});
export type JobStats = z.infer<typeof statsSchema>["data"];

export const typesAnswerSchema = z.object({
  data: z.array(z.object({ type: z.string(), served: z.boolean() })),
});
export type JobType = z.infer<typeof typesAnswerSchema>["data"][number];

export const actionAnswerSchema = z.object({
  data: z.object({
    matched: z.number(),
    done: z.number(),
    refused: z.array(z.object({ id: z.string(), code: z.string(), message: z.string() })),
    nextCursor: z.optional(z.nullable(z.string())),
  }),
});
export type JobAction = "cancel" | "retry";

/** Whose jobs a list shows. */
export type JobScope = "mine" | "all";

export interface JobFilter {
  status?: JobStatus | undefined;
  type?: string | undefined;
  text?: string | undefined;
  tag?: string | undefined;
  queue?: string | undefined;
  /** ISO 8601; the first included, the second not. */
  createdAfter?: string | undefined;
  createdBefore?: string | undefined;
  cursor?: string | undefined;
}

export function isOver(status: JobStatus): boolean {
  return status === "completed" || status === "failed" || status === "cancelled";
}

export function canCancel(job: Pick<Job, "status">): boolean {
  return !isOver(job.status);
}

export function canRetry(job: Pick<Job, "status">): boolean {
  return job.status === "failed" || job.status === "cancelled";
}

export interface JobClock {
  kind: "waiting" | "starts in" | "running" | "ran" | "never ran";
  ms: number;
}

/** Whole seconds while it ticks; once it is over, as precise as its attempts. */
export function formatJobClock({ kind, ms }: JobClock): string {
  return kind === "ran" ? formatDuration(ms) : formatElapsed(ms);
}

/** What the time column says: waiting since, running since, or how long it ran. */
export function jobClock(
  job: Pick<Job, "status" | "createdAt" | "runAt" | "startedAt" | "completedAt">,
  now: number,
): JobClock {
  const at = (text: string | null | undefined) => (text ? Date.parse(text) : undefined);
  const started = at(job.startedAt);
  const runAt = at(job.runAt);
  if (job.status === "pending") {
    if (runAt !== undefined && runAt > now) return { kind: "starts in", ms: runAt - now };
    return { kind: "waiting", ms: now - (runAt ?? Date.parse(job.createdAt)) };
  }
  if (started === undefined) return { kind: "never ran", ms: 0 };
  if (job.status === "processing") return { kind: "running", ms: now - started };
  return { kind: "ran", ms: (at(job.completedAt) ?? started) - started };
}
