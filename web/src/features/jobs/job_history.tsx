import { RelativeTime } from "@/ui/relative_time";
import classes from "./job_history.module.css";
import type { Job, JobEvent } from "./model";
import { useJobEvents } from "./queries";

const WORDS: Record<string, string> = {
  submitted: "Submitted",
  started: "Started",
  completed: "Completed",
  retry_scheduled: "Failed, to be retried",
  failed: "Failed",
  crashed: "Crashed",
  poisoned: "Given up: it crashed too often",
  released: "Handed back",
  cancelled: "Cancelled",
  retried: "Retried by hand",
  changed: "Changed",
  expired: "Expired: not started in time",
  dependency_failed: "Failed: a job it depends on did not complete",
};

/** What happened to the job, oldest first. */
export function JobHistory({ job }: { job: Job }) {
  const { data: events = [] } = useJobEvents(job.id);
  if (events.length === 0) return null;
  return (
    <section className={classes.history} aria-label="History">
      <h2>History</h2>
      <ol>
        {events.map((event, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a history only grows at its end
          <li key={index} data-event={event.event}>
            <span>
              {describe(event)}
              <span className={classes.minor}>{detail(event, job)}</span>
            </span>
            <RelativeTime at={event.at} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function describe(event: JobEvent): string {
  const words = WORDS[event.event] ?? event.event;
  return event.attempt === undefined ? words : `${words} · attempt ${event.attempt}`;
}

function detail(event: JobEvent, job: Job): string {
  const parts: string[] = [];
  if (event.event === "started" && event.worker) parts.push(`by ${event.worker}`);
  if (event.priority !== undefined) parts.push(`priority ${event.priorityBefore ?? "?"} → ${event.priority}`);
  if (event.event === "changed" && event.runAt !== undefined) parts.push("another time");
  // Only its owner and administrators can act on a job.
  if (event.by !== undefined) parts.push(event.by === job.userId ? "by the owner" : "by an administrator");
  if (event.error && event.event !== "expired") parts.push(event.error);
  return parts.map((part) => ` · ${part}`).join("");
}
