import { isOver, type Job } from "./model";

export interface Span {
  kind: "waiting" | "running";
  /** Of the attempt, for running spans. */
  attempt?: number;
  startMs: number;
  endMs: number;
  /** Still going on. */
  open: boolean;
}

/** The life of a job as spans without gaps, from its creation to its end (or `now`). */
export function jobSpans(job: Job, now: number): Span[] {
  const created = Date.parse(job.createdAt);
  const end = isOver(job.status) && job.completedAt ? Date.parse(job.completedAt) : now;
  const spans: Span[] = [];
  let at = created;
  for (const attempt of job.attemptsLog ?? []) {
    const start = Math.max(at, Date.parse(attempt.startedAt));
    if (start > at) spans.push({ kind: "waiting", startMs: at, endMs: start, open: false });
    const stop = attempt.endedAt ? Date.parse(attempt.endedAt) : end;
    spans.push({
      kind: "running",
      attempt: attempt.attempt,
      startMs: start,
      endMs: Math.max(start, stop),
      open: !attempt.endedAt && !isOver(job.status),
    });
    at = Math.max(start, stop);
  }
  if (!isOver(job.status) && job.status === "pending" && end > at) {
    spans.push({ kind: "waiting", startMs: at, endMs: end, open: true });
  }
  return spans;
}
