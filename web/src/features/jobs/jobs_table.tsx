import { Button, Checkbox } from "@mantine/core";
import { IconArrowUp } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { type MouseEvent, memo, useState } from "react";
import { formatJson } from "@/lib/json";
import { useNow } from "@/lib/now";
import { formatExact } from "@/lib/time";
import { ProgressBar } from "@/ui/progress_bar";
import { RelativeTime } from "@/ui/relative_time";
import { StatusBadge } from "@/ui/status_badge";
import { useHeldList, usePointerHold } from "./held_list";
import { JobActionButton } from "./job_action_button";
import classes from "./jobs_table.module.css";
import { canCancel, canRetry, formatJobClock, type Job, jobClock } from "./model";
import type { Selection } from "./selection";

interface JobsTableProps {
  jobs: Job[];
  page: string;
  withOwner: boolean;
  /** The rows belong to the filter before; the new ones are under way. */
  stale: boolean;
  selection: Selection;
}

export function JobsTable({ jobs, page, withOwner, stale, selection }: JobsTableProps) {
  const { held, ...watching } = usePointerHold();
  const [releases, setReleases] = useState(0);
  const list = useHeldList(jobs, held, `${releases} ${page}`);
  return (
    <div className={classes.frame} data-stale={stale || undefined} {...watching}>
      {list.waiting > 0 && (
        <Button
          className={classes.waiting}
          size="compact-xs"
          radius="xl"
          leftSection={<IconArrowUp size={13} />}
          onClick={() => setReleases(releases + 1)}
        >
          {list.waiting === 1 ? "1 more job" : `${list.waiting} more jobs`}
        </Button>
      )}
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">
              <SelectAll ids={list.jobs.map((job) => job.id)} selection={selection} />
              Status
            </th>
            <th scope="col">Type</th>
            {withOwner && <th scope="col">Owner</th>}
            <th scope="col" data-number>
              Priority
            </th>
            <th scope="col" data-number>
              Attempts
            </th>
            <th scope="col" data-number>
              Time
            </th>
            <th scope="col" data-number>
              Created
            </th>
            <th scope="col">
              <span className={classes.hidden}>Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {list.jobs.map((job) => (
            <JobRow
              key={job.id}
              job={job}
              withOwner={withOwner}
              selected={selection.ids.has(job.id)}
              onSelect={selection.toggle}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A click anywhere in a row follows its link, but for one on another control and for one that ends a selection of text. */
function followLink(event: MouseEvent<HTMLTableRowElement>): void {
  const target = event.target as Element;
  if (target.closest("a, button, input") || window.getSelection()?.toString()) return;
  event.currentTarget.querySelector<HTMLAnchorElement>("[data-job-link]")?.click();
}

function SelectAll({ ids, selection }: { ids: string[]; selection: Selection }) {
  const chosen = ids.filter((id) => selection.ids.has(id)).length;
  return (
    <Checkbox
      size="xs"
      className={classes.choice}
      aria-label="Select all jobs of this page"
      checked={chosen > 0 && chosen === ids.length}
      indeterminate={chosen > 0 && chosen < ids.length}
      onChange={() => selection.choose(chosen === ids.length ? [] : ids)}
    />
  );
}

interface JobRowProps {
  job: Job;
  withOwner: boolean;
  selected: boolean;
  onSelect: (id: string) => void;
}

const JobRow = memo(function JobRow({ job, withOwner, selected, onSelect }: JobRowProps) {
  return (
    // The link in the row is what keyboards and screen readers use; the click is a larger target for pointers.
    <tr
      data-job-id={job.id}
      data-selected={selected || undefined}
      className={classes.row}
      onClick={followLink}
    >
      <td className={classes.status}>
        <Checkbox
          size="xs"
          className={classes.choice}
          aria-label={`Select ${job.type}`}
          checked={selected}
          onChange={() => onSelect(job.id)}
        />
        <StatusBadge status={job.status} />
        {job.status === "processing" && (
          <span className={classes.progress}>
            <ProgressBar value={job.progress} label={`Progress of ${job.type}`} />
            <span className={classes.percent}>{Math.round(job.progress)}%</span>
          </span>
        )}
      </td>
      <td className={classes.type}>
        <Link to="/jobs/$jobId" params={{ jobId: job.id }} data-job-link className={classes.link}>
          {job.type}
        </Link>
        {job.status === "failed" && job.error ? (
          <span className={classes.error} title={job.error}>
            {job.error}
          </span>
        ) : (
          job.status === "processing" &&
          job.progressMessage && <span className={classes.message}>{job.progressMessage}</span>
        )}
      </td>
      {withOwner && (
        <td className={classes.owner} title={job.userEmail ?? job.userId}>
          {job.userEmail ?? job.userId}
        </td>
      )}
      <td
        data-number
        data-label="priority"
        data-usual={job.priority === 0 || undefined}
        className={classes.priority}
        title={formatJson(job.priority)}
      >
        {formatJson(job.priority)}
      </td>
      <td
        data-number
        data-label="attempts"
        data-usual={job.attempts <= 1 || undefined}
        className={classes.attempts}
      >
        <Attempts job={job} />
      </td>
      <td data-number className={classes.time}>
        <Clock job={job} />
      </td>
      <td data-number className={classes.created}>
        <RelativeTime at={job.createdAt} />
      </td>
      <td className={classes.actions}>
        {canCancel(job) && <JobActionButton job={job} action="cancel" compact />}
        {canRetry(job) && <JobActionButton job={job} action="retry" compact />}
      </td>
    </tr>
  );
});

function Attempts({ job }: { job: Job }) {
  return (
    <span title={`${job.attempts} attempts; ${job.retries} of ${job.maxRetries} retries used`}>
      {job.attempts}
      {job.retries > 0 && (
        <span className={classes.retries}>
          {job.retries}/{job.maxRetries} {job.maxRetries === 1 ? "retry" : "retries"}
        </span>
      )}
    </span>
  );
}

function Clock({ job }: { job: Job }) {
  const now = useNow();
  const clock = jobClock(job, now);
  const { kind } = clock;
  if (kind === "never ran") return <span className={classes.dim}>–</span>;
  const title = job.startedAt ? `Started ${formatExact(new Date(job.startedAt))}` : undefined;
  return (
    <span title={title}>
      <span className={classes.dim}>{kind}</span> {formatJobClock(clock)}
    </span>
  );
}
