import type { ReactNode } from "react";
import { formatJson } from "@/lib/json";
import { useNow } from "@/lib/now";
import { formatExact } from "@/lib/time";
import { CopyButton } from "@/ui/copy_button";
import { RelativeTime } from "@/ui/relative_time";
import classes from "./job_page.module.css";
import { formatJobClock, type Job, jobClock } from "./model";
import { attemptRounds } from "./timeline";

export function JobFacts({ job }: { job: Job }) {
  return (
    <dl className={classes.facts}>
      <Fact name="Id">
        <span className={classes.id}>
          <code>{job.id}</code>
          <CopyButton value={job.id} what="id" />
        </span>
      </Fact>
      {job.userEmail && <Fact name="Owner">{job.userEmail}</Fact>}
      <Fact name="Priority">{formatJson(job.priority)}</Fact>
      <Fact name="Attempts">
        {job.attempts}{" "}
        <span className={classes.minor}>
          ({job.retries} of {job.maxRetries} retries
          {attemptRounds(job).length > 1 && " since it was retried by hand"})
        </span>
      </Fact>
      {job.queue && <Fact name="Queue">{job.queue}</Fact>}
      <Fact name="Time">
        <Clock job={job} />
      </Fact>
      <Moment name="Created" at={job.createdAt} />
      <Moment name="Started" at={job.startedAt} />
      <Moment name="Finished" at={job.completedAt} />
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Moment({ name, at }: { name: string; at: string | null | undefined }) {
  if (!at) return null;
  return (
    <Fact name={name}>
      <RelativeTime at={at} />
      <div className={classes.exact}>{formatExact(new Date(at))}</div>
    </Fact>
  );
}

function Clock({ job }: { job: Job }) {
  const now = useNow();
  const clock = jobClock(job, now);
  const { kind } = clock;
  return <span className="tabular">{kind === "never ran" ? kind : `${kind} ${formatJobClock(clock)}`}</span>;
}
