import { type Attempt, isOver, type Job } from "./model";

export interface Span {
  /** *idle*: over, until somebody retried it by hand; of no interest, however long it was. */
  kind: "waiting" | "running" | "idle";
  /** Of the attempt, for running spans. */
  attempt?: number;
  startMs: number;
  endMs: number;
  /** Still going on. */
  open: boolean;
}

type Told = Pick<Job, "status" | "retries" | "maxRetries" | "attemptsLog">;

/**
 * The attempts from one retry by hand to the next, oldest first. The server keeps no such mark, but it counts retries
 * from 0 again: a round ends with a cancellation or with the last failure that could be retried, and the newest one
 * holds as many failures as the job counts. Empty at the end: retried by hand, not started yet.
 */
export function attemptRounds(job: Told): Attempt[][] {
  const log = job.attemptsLog ?? [];
  const current = startOfCurrentRound(job, log);
  const rounds: Attempt[][] = [];
  let round: Attempt[] = [];
  for (const [index, attempt] of log.entries()) {
    round.push(attempt);
    const spent = attempt.outcome === "cancelled" || round.filter(hasFailed).length > job.maxRetries;
    if (index + 1 === current || (index + 1 < current && spent)) {
      rounds.push(round);
      round = [];
    }
  }
  return [...rounds, round];
}

/** Back from the newest attempt, until there is one more failure than the job counts, or a cancellation. */
function startOfCurrentRound(job: Told, log: Attempt[]): number {
  const last = log.at(-1);
  // The failure that ended a job was not retried, so it is not counted.
  let failures = job.retries + (job.status === "failed" && last && hasFailed(last) ? 1 : 0);
  let start = log.length;
  for (const [index, attempt] of [...log.entries()].reverse()) {
    const isEnd = attempt === last && isOver(job.status);
    if (attempt.outcome === "cancelled" && !isEnd) break;
    if (hasFailed(attempt)) {
      failures -= 1;
      if (failures < 0) break;
    }
    start = index;
  }
  return start;
}

/** A crash or a release counts as no failure of the job's own. */
function hasFailed(attempt: Attempt): boolean {
  return attempt.outcome === "failed";
}

/** The life of a job as spans without gaps, from its creation to its end (or `now`). */
export function jobSpans(job: Job, now: number): Span[] {
  const over = isOver(job.status);
  const end = over && job.completedAt ? Date.parse(job.completedAt) : now;
  const firstOfRound = new Set(
    attemptRounds(job)
      .slice(1)
      .map((round) => round[0]),
  );
  const spans: Span[] = [];
  let at = Date.parse(job.createdAt);
  const until = (kind: Span["kind"], stop: number, more: Partial<Span> = {}) => {
    if (stop > at || kind === "running") spans.push({ kind, startMs: at, endMs: stop, open: false, ...more });
    at = Math.max(at, stop);
  };
  for (const attempt of job.attemptsLog ?? []) {
    // When it was retried is not known; it starts at once after that when there is room.
    until(firstOfRound.has(attempt) ? "idle" : "waiting", Date.parse(attempt.startedAt));
    const stop = attempt.endedAt ? Date.parse(attempt.endedAt) : end;
    until("running", Math.max(at, stop), { attempt: attempt.attempt, open: !attempt.endedAt && !over });
  }
  if (job.status === "pending") {
    // Retried by hand, it is due from then on.
    if (firstOfRound.has(undefined)) until("idle", job.runAt ? Math.min(end, Date.parse(job.runAt)) : end);
    until("waiting", end, { open: true });
  }
  return spans;
}

/** How long it waited and ran, without the time in which nobody wanted anything of it. */
export function busyMs(spans: Span[]): number {
  return spans
    .filter((span) => span.kind !== "idle")
    .reduce((sum, span) => sum + span.endMs - span.startMs, 0);
}
