import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { queryKeys } from "@/lib/query_keys";
import {
  createSchedule,
  deleteSchedule,
  fetchSchedules,
  pauseSchedule,
  previewRuns,
  runSchedule,
  type Timing,
} from "./api";
import type { ScheduleScope } from "./model";

// Slots come and go without an event of their own.
const REFRESH_MS = 15_000;

export function useSchedules(scope: ScheduleScope, cursor: string | undefined) {
  return useQuery({
    queryKey: queryKeys.scheduleList(scope, cursor),
    queryFn: ({ signal }) => fetchSchedules(scope, cursor, signal),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });
}

export function usePreview(timing: Timing | undefined) {
  return useQuery({
    queryKey: queryKeys.schedulePreview(timing ?? {}),
    queryFn: ({ signal }) => previewRuns(timing ?? {}, signal),
    enabled: timing !== undefined,
    placeholderData: keepPreviousData,
    retry: false,
  });
}

export function useCreateSchedule() {
  return useScheduleMutation(createSchedule);
}

export function usePauseSchedule(id: string) {
  return useScheduleMutation((paused: boolean) => pauseSchedule(id, paused));
}

export function useRunSchedule(id: string) {
  return useScheduleMutation<void, { id: string }>(() => runSchedule(id));
}

export function useDeleteSchedule(id: string) {
  return useScheduleMutation<void, void>(() => deleteSchedule(id));
}

function useScheduleMutation<Variables, Answer>(mutationFn: (variables: Variables) => Promise<Answer>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn,
    // Also after a refusal: it usually means that the schedule has changed meanwhile.
    onSettled: () => queries.invalidateQueries({ queryKey: queryKeys.schedules }),
  });
}
