import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { socket } from "@/lib/client";
import { queryKeys } from "@/lib/query_keys";
import type { JobUpdated } from "@/lib/socket";
import type { Job, JobList } from "./model";

function patched<T extends Job>(job: T, event: JobUpdated): T {
  return {
    ...job,
    status: event.status,
    progress: event.progress ?? (event.status === "completed" ? 100 : job.progress),
    // Without words there are none now: those of an earlier attempt would stand beside its successor's number.
    progressMessage: event.progressMessage,
    ...(event.error === undefined ? {} : { error: event.error }),
  };
}

/** Puts what an event says into what is already shown, so that bars move without asking the server. */
export function patchJob(queries: QueryClient, event: JobUpdated): void {
  queries.setQueriesData<JobList>({ queryKey: queryKeys.jobLists }, (list) =>
    list?.data.some((job) => job.id === event.jobId)
      ? { ...list, data: list.data.map((job) => (job.id === event.jobId ? patched(job, event) : job)) }
      : list,
  );
  queries.setQueryData<Job>(queryKeys.job(event.jobId), (job) => job && patched(job, event));
}

/** Forgets events that arrive after newer ones about the same job. */
export function createSequenceFilter(): { isNews(event: JobUpdated): boolean; reset(): void } {
  const last = new Map<string, number>();
  return {
    isNews({ jobId, seq }) {
      if (seq === undefined) return true;
      const known = last.get(jobId);
      if (known !== undefined && seq <= known) return false;
      last.set(jobId, seq);
      return true;
    },
    reset: () => last.clear(),
  };
}

/** For the shell: while it is mounted, events of the socket reach the cached jobs. */
export function useJobPatches(): void {
  const queries = useQueryClient();
  useEffect(() => {
    const filter = createSequenceFilter();
    const onJobUpdated = (event: JobUpdated) => {
      if (filter.isNews(event)) patchJob(queries, event);
    };
    // A restarted server may count anew.
    const onConnect = () => filter.reset();
    socket.raw.on("jobUpdated", onJobUpdated);
    socket.raw.on("connect", onConnect);
    return () => {
      socket.raw.off("jobUpdated", onJobUpdated);
      socket.raw.off("connect", onConnect);
    };
  }, [queries]);
}
