import { Button } from "@mantine/core";
import { IconRefresh, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { asApiError } from "@/lib/errors";
import { ErrorNote } from "@/ui/error_note";
import type { ActionOutcome } from "./api";
import { canCancel, canRetry, type Job, type JobAction, type JobFilter, type JobScope } from "./model";
import { useJobsAction } from "./queries";
import type { Selection } from "./selection";
import classes from "./selection_bar.module.css";

interface SelectionBarProps {
  scope: JobScope;
  jobs: Job[];
  /** The list's filter, without its page. */
  criteria: JobFilter;
  /** There are more jobs of the filter than this page shows. */
  hasMore: boolean;
  selection: Selection;
}

/** What can be done with the ticked rows; there while any is, and to say what came of it. */
export function SelectionBar({ scope, jobs, criteria, hasMore, selection }: SelectionBarProps) {
  const [everyMatch, setEveryMatch] = useState(false);
  const mutation = useJobsAction(scope);
  const ticked = jobs.filter((job) => selection.ids.has(job.id));
  const wholePage = jobs.length > 0 && ticked.length === jobs.length;
  const beyondPage = everyMatch && wholePage && hasMore;
  if (ticked.length === 0 && mutation.isIdle) return null;

  const act = (action: JobAction) => {
    const which = beyondPage ? { filter: criteria } : { ids: ticked.map((job) => job.id) };
    mutation.mutate({ action, which }, { onSuccess: () => selection.choose([]) });
  };
  const problem = mutation.error ? asApiError(mutation.error) : undefined;
  // A new choice is about what is chosen now.
  const outcome =
    ticked.length === 0 && mutation.data ? told(mutation.variables?.action, mutation.data) : null;
  return (
    <section className={classes.bar} aria-label="Selected jobs">
      <span role="status" className={classes.words}>
        {outcome ?? (beyondPage ? "All jobs of this filter" : `${ticked.length} selected`)}
      </span>
      {wholePage && hasMore && !beyondPage && (
        <Button variant="subtle" size="compact-sm" onClick={() => setEveryMatch(true)}>
          Select all jobs of this filter
        </Button>
      )}
      {ticked.length > 0 && (
        <>
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<IconX size={14} />}
            disabled={!beyondPage && !ticked.some(canCancel)}
            loading={mutation.isPending && mutation.variables.action === "cancel"}
            onClick={() => act("cancel")}
          >
            Cancel jobs
          </Button>
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<IconRefresh size={14} />}
            disabled={!beyondPage && !ticked.some(canRetry)}
            loading={mutation.isPending && mutation.variables.action === "retry"}
            onClick={() => act("retry")}
          >
            Retry jobs
          </Button>
        </>
      )}
      <Button
        variant="subtle"
        color="gray"
        size="compact-sm"
        onClick={() => {
          selection.choose([]);
          setEveryMatch(false);
          mutation.reset();
        }}
      >
        {ticked.length > 0 ? "Clear the selection" : "Close"}
      </Button>
      {problem && <ErrorNote message={problem.message} requestId={problem.reportId} />}
    </section>
  );
}

/** What came of it, for a person. */
export function told(action: JobAction | undefined, { done, refused, why }: ActionOutcome): string {
  const jobs = (number: number) => `${number.toLocaleString()} ${number === 1 ? "job" : "jobs"}`;
  const verb = action === "retry" ? (done === 1 ? "waits to run again" : "wait to run again") : "cancelled";
  const left = refused === 0 ? "" : `; ${jobs(refused)} left as before${why ? `: ${why}` : ""}`;
  return `${jobs(done)} ${verb}${left}`;
}
