import { Fragment } from "react";
import { useNow } from "@/lib/now";
import { formatDuration, formatElapsed, formatExact } from "@/lib/time";
import { StatusIcon } from "@/ui/status_badge";
import classes from "./attempt_timeline.module.css";
import { type Attempt, isOver, type Job, type JobStatus } from "./model";
import { attemptRounds, busyMs, jobSpans, type Span } from "./timeline";

const words = { waiting: "waiting", running: "running", idle: "over, until it was retried by hand:" };

/** Waiting and running, drawn to scale without the time between rounds, and each attempt in words. */
export function AttemptTimeline({ job }: { job: Job }) {
  const now = useNow();
  const spans = jobSpans(job, now);
  const total = busyMs(spans);
  const attempts = job.attemptsLog ?? [];
  return (
    <section aria-label="Attempts" className={classes.timeline}>
      <header className={classes.head}>
        <h2>Attempts</h2>
        {spans.length > 0 && (
          <span className="tabular">
            {isOver(job.status) ? formatDuration(total) : formatElapsed(total)} in all
          </span>
        )}
      </header>
      {spans.length > 0 && (
        <div className={classes.scale} aria-hidden="true">
          {spans.map((span) => (
            <span
              key={`${span.kind} ${span.startMs}`}
              className={classes.span}
              data-kind={span.kind}
              data-status={statusOf(job, span, attempts)}
              data-open={span.open || undefined}
              style={
                span.kind === "idle" ? {} : { flexGrow: (span.endMs - span.startMs) / Math.max(1, total) }
              }
              title={`${words[span.kind]} ${formatDuration(span.endMs - span.startMs)}`}
            />
          ))}
        </div>
      )}
      {attempts.length === 0 ? (
        <p className={classes.none}>
          {job.status === "pending" ? "Waiting for its first attempt." : "It never ran."}
        </p>
      ) : (
        attemptRounds(job).map((round, index) => (
          <Fragment key={round[0]?.attempt ?? "next"}>
            {index > 0 && <p className={classes.again}>Retried by hand</p>}
            {round.length > 0 && (
              <ol className={classes.list}>
                {round.map((attempt) => (
                  <AttemptLine key={attempt.attempt} job={job} attempt={attempt} now={now} />
                ))}
              </ol>
            )}
          </Fragment>
        ))
      )}
    </section>
  );
}

function statusOf(job: Job, span: Span, attempts: Attempt[]): JobStatus | undefined {
  const attempt = attempts.find((each) => each.attempt === span.attempt);
  return attempt && attemptStatus(job, attempt);
}

/** An attempt's outcome as one of the job's statuses, for its colour. */
function attemptStatus(job: Job, attempt: Attempt): JobStatus {
  if (!attempt.endedAt && job.status === "processing") return "processing";
  const outcome = attempt.outcome ?? "";
  if (/complete|success|ok/i.test(outcome)) return "completed";
  if (/cancel|release|lost|abandon|interrupt/i.test(outcome)) return "cancelled";
  if (attempt.error || /fail|error|time/i.test(outcome)) return "failed";
  return job.status === "completed" ? "completed" : "cancelled";
}

function AttemptLine({ job, attempt, now }: { job: Job; attempt: Attempt; now: number }) {
  const status = attemptStatus(job, attempt);
  const started = Date.parse(attempt.startedAt);
  const ended = attempt.endedAt ? Date.parse(attempt.endedAt) : undefined;
  const length = ended === undefined ? formatElapsed(now - started) : formatDuration(ended - started);
  return (
    <li className={classes.line}>
      <StatusIcon status={status} size={15} />
      <span className={classes.words}>
        <span>
          Attempt {attempt.attempt}
          <span className={classes.minor}>
            {" "}
            · {attempt.outcome ?? (status === "processing" ? "running" : status)}
          </span>
        </span>
        {attempt.error && <span className={classes.error}>{attempt.error}</span>}
        {attempt.worker && <span className={classes.minor}>by {attempt.worker}</span>}
      </span>
      <span className={classes.when} title={formatExact(new Date(started))}>
        {length}
      </span>
    </li>
  );
}
