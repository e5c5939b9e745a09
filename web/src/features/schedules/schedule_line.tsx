import { Badge } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { formatExact } from "@/lib/time";
import { RelativeTime } from "@/ui/relative_time";
import { timingInWords } from "./cron_words";
import { type Schedule, skipSentence } from "./model";
import { ScheduleActions } from "./schedule_actions";
import classes from "./schedules_page.module.css";

interface ScheduleLineProps {
  schedule: Schedule;
  withOwner: boolean;
}

export function ScheduleLine({ schedule, withOwner }: ScheduleLineProps) {
  const { lastRunAt, lastJobId, lastSkippedAt, lastSkipReason } = schedule;
  return (
    <li className={classes.line}>
      <div className={classes.words}>
        <div className={classes.head}>
          <h2 className={classes.name}>{schedule.name}</h2>
          {schedule.paused && <Mark>paused</Mark>}
          {schedule.heldUp && <Mark>waits for room</Mark>}
        </div>
        <span className={classes.timing} title={schedule.cron ?? undefined}>
          {timingInWords(schedule)}
        </span>
        <span className={classes.minor}>
          {schedule.type}
          {withOwner && schedule.userEmail && ` · ${schedule.userEmail}`}
          {lastRunAt && (
            <>
              {" · last run "}
              {lastJobId ? (
                <Link to="/jobs/$jobId" params={{ jobId: lastJobId }}>
                  <RelativeTime at={lastRunAt} />
                </Link>
              ) : (
                <RelativeTime at={lastRunAt} />
              )}
            </>
          )}
        </span>
        {lastSkippedAt && lastSkipReason && (
          <span className={classes.minor}>
            last left out <RelativeTime at={lastSkippedAt} />: {skipSentence(lastSkipReason)}
          </span>
        )}
      </div>
      <NextRuns runs={schedule.nextRuns} zone={schedule.timeZone ?? undefined} />
      <ScheduleActions schedule={schedule} />
    </li>
  );
}

function Mark({ children }: { children: string }) {
  return (
    <Badge variant="default" tt="none" radius="sm">
      {children}
    </Badge>
  );
}

/** In the zone of the schedule; the reader's own on hover. */
export function NextRuns({ runs, zone }: { runs: readonly string[]; zone?: string | undefined }) {
  if (runs.length === 0) return <span className={classes.runs} />;
  return (
    <ol className={classes.runs} aria-label="Next runs">
      {runs.map((run) => (
        <li key={run}>
          <time dateTime={run} title={formatExact(new Date(run))} className="tabular">
            {formatRun(new Date(run), zone)}
          </time>
        </li>
      ))}
    </ol>
  );
}

function formatRun(at: Date, zone: string | undefined): string {
  const form = {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  } as const;
  try {
    return at.toLocaleString(undefined, { ...form, ...(zone ? { timeZone: zone } : {}) });
  } catch {
    // A zone that the server knows and this browser does not.
    return at.toLocaleString(undefined, form);
  }
}
