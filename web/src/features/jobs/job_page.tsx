import { ActionIcon } from "@mantine/core";
import { IconArrowLeft, IconFileOff } from "@tabler/icons-react";
import { getRouteApi, Link, useRouter } from "@tanstack/react-router";
import { asApiError } from "@/lib/errors";
import { formatJson } from "@/lib/json";
import { CodeBlock } from "@/ui/code_block";
import { EmptyState } from "@/ui/empty_state";
import { ErrorNote } from "@/ui/error_note";
import { PageHeader } from "@/ui/page_header";
import { ProgressBar } from "@/ui/progress_bar";
import { StatusBadge } from "@/ui/status_badge";
import { AttemptTimeline } from "./attempt_timeline";
import { JobActionButton } from "./job_action_button";
import { JobFacts } from "./job_facts";
import { JobHistory } from "./job_history";
import { JobLog } from "./job_log";
import classes from "./job_page.module.css";
import { canCancel, canRetry, type Job } from "./model";
import { useJob } from "./queries";

const route = getRouteApi("/signed-in/jobs/$jobId");

export function JobPage() {
  const { jobId } = route.useParams();
  const query = useJob(jobId);
  const problem = query.error ? asApiError(query.error) : undefined;

  if (problem?.status === 404) return <MissingJob />;
  return (
    <>
      {problem && (
        <div className={classes.problem}>
          <ErrorNote
            message={problem.message}
            requestId={problem.reportId}
            onRetry={() => void query.refetch()}
          />
        </div>
      )}
      {query.data && <JobDetails job={query.data} />}
    </>
  );
}

function MissingJob() {
  return (
    <>
      <PageHeader title="Job" before={<Back />} />
      <EmptyState icon={IconFileOff} title="There is no such job">
        <p>It does not exist, or it is not yours.</p>
        <Link to="/">Go to your jobs</Link>
      </EmptyState>
    </>
  );
}

function Back() {
  const router = useRouter();
  const goBack = () => (router.history.canGoBack() ? router.history.back() : router.navigate({ to: "/" }));
  return (
    <ActionIcon variant="subtle" color="gray" aria-label="Back" onClick={() => void goBack()}>
      <IconArrowLeft size={18} stroke={1.8} />
    </ActionIcon>
  );
}

function JobDetails({ job }: { job: Job }) {
  return (
    <div data-job-id={job.id}>
      <PageHeader
        title={job.type}
        before={<Back />}
        after={<StatusBadge status={job.status} />}
        actions={
          <>
            {canCancel(job) && <JobActionButton job={job} action="cancel" />}
            {canRetry(job) && <JobActionButton job={job} action="retry" />}
          </>
        }
      />
      <div className={classes.columns}>
        <div className={classes.main}>
          <Progress job={job} />
          {job.error && job.status !== "completed" && (
            <CodeBlock title={job.status === "failed" ? "Error" : "Last error"} text={job.error} tone="bad" />
          )}
          <AttemptTimeline job={job} />
          {job.result !== undefined && job.result !== null && (
            <CodeBlock title="Result" text={formatJson(job.result)} />
          )}
          <JobLog job={job} />
          <CodeBlock title="Data" text={formatJson(job.data ?? {})} />
          <JobHistory job={job} />
        </div>
        <JobFacts job={job} />
      </div>
    </div>
  );
}

function Progress({ job }: { job: Job }) {
  if (job.status !== "processing") return null;
  return (
    <section aria-label="Progress" className={classes.progress}>
      <div className={classes.progressText}>
        <span>{job.progressMessage ?? "Running"}</span>
        <span className="tabular">{Math.round(job.progress)}%</span>
      </div>
      <ProgressBar value={job.progress} label={`Progress of ${job.type}`} thick />
    </section>
  );
}
