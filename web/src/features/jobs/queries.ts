import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useLiveInterval } from "@/lib/connection";
import { queryKeys } from "@/lib/query_keys";
import { actOnJob, fetchJob, fetchJobs, fetchStats, submitJob } from "./api";
import { isOver, type JobFilter, type JobScope } from "./model";

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

export function useJob(id: string) {
  const interval = useLiveInterval();
  return useQuery({
    queryKey: queryKeys.job(id),
    queryFn: ({ signal }) => fetchJob(id, signal),
    refetchInterval: (query) => (query.state.data && isOver(query.state.data.status) ? false : interval),
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
