import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { POLL_INTERVAL_MS, useLiveInterval } from "@/lib/connection";
import { queryKeys } from "@/lib/query_keys";
import {
  actOnJob,
  actOnJobs,
  fetchJob,
  fetchJobEvents,
  fetchJobLog,
  fetchJobs,
  fetchStats,
  fetchTypes,
  submitJob,
} from "./api";
import { isOver, type Job, type JobAction, type JobFilter, type JobScope } from "./model";

export function useJobs(scope: JobScope, filter: JobFilter) {
  return useQuery({
    queryKey: queryKeys.jobList(scope, filter),
    queryFn: ({ signal }) => fetchJobs(scope, filter, signal),
    placeholderData: keepPreviousData,
    refetchInterval: useLiveInterval(),
  });
}

export function useJobStats(scope: JobScope) {
  return useQuery({
    queryKey: queryKeys.jobStatsOf(scope),
    queryFn: ({ signal }) => fetchStats(scope, signal),
    refetchInterval: useLiveInterval(),
  });
}

const TYPES_FRESH_MS = 60_000;

export function useJobTypes(scope: JobScope) {
  return useQuery({
    queryKey: queryKeys.jobTypes(scope),
    queryFn: ({ signal }) => fetchTypes(scope, signal),
    staleTime: TYPES_FRESH_MS,
  });
}

export function useJob(id: string) {
  const interval = useLiveInterval();
  return useQuery({
    queryKey: queryKeys.job(id),
    queryFn: ({ signal }) => fetchJob(id, signal),
    refetchInterval: (query) => (query.state.data && isOver(query.state.data.status) ? false : interval),
  });
}

/** Lines come without an event, so they are asked for while the job runs; its changes renew this key, too. */
export function useJobLog(job: Job) {
  return useQuery({
    queryKey: queryKeys.jobLog(job.id),
    queryFn: ({ signal }) => fetchJobLog(job.id, signal),
    refetchInterval: job.status === "processing" ? POLL_INTERVAL_MS : false,
  });
}

export function useJobEvents(id: string) {
  return useQuery({
    queryKey: queryKeys.jobEvents(id),
    queryFn: ({ signal }) => fetchJobEvents(id, signal),
  });
}

export function useSubmitJob() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: submitJob,
    onSuccess: () => queries.invalidateQueries({ queryKey: queryKeys.jobs }),
  });
}

export function useJobAction(id: string, action: "cancel" | "retry") {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => actOnJob(id, action),
    // Also after a refusal: it usually means that the job has moved on meanwhile.
    onSettled: () => queries.invalidateQueries({ queryKey: queryKeys.jobs }),
  });
}

export interface ManyJobs {
  action: JobAction;
  which: { ids: string[] } | { filter: JobFilter };
}

export function useJobsAction(scope: JobScope) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ action, which }: ManyJobs) => actOnJobs(scope, action, which),
    onSettled: () => queries.invalidateQueries({ queryKey: queryKeys.jobs }),
  });
}
