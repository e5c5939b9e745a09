import * as z from "zod/mini";
import { http } from "@/lib/client";
import {
  previewSchema,
  type Schedule,
  type ScheduleList,
  type ScheduleScope,
  scheduleAnswerSchema,
  scheduleListSchema,
} from "./model";

export const PAGE_SIZE = 50;

export interface Timing {
  cron?: string;
  timeZone?: string;
  everyMs?: number;
}

export function fetchSchedules(
  scope: ScheduleScope,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<ScheduleList> {
  return http.get(scope === "all" ? "/api/admin/schedules" : "/api/schedules", {
    schema: scheduleListSchema,
    query: { cursor, limit: PAGE_SIZE },
    signal,
  });
}

/** `body` is the JSON text of the request: big integers in the data keep their digits. */
export async function createSchedule(body: string): Promise<Schedule> {
  return (await http.post("/api/schedules", { schema: scheduleAnswerSchema, rawBody: body })).data;
}

export async function pauseSchedule(id: string, paused: boolean): Promise<Schedule> {
  return (await http.patch(schedulePath(id), { schema: scheduleAnswerSchema, body: { paused } })).data;
}

export async function deleteSchedule(id: string): Promise<void> {
  await http.delete(schedulePath(id), { schema: z.object({ message: z.string() }) });
}

export async function runSchedule(id: string): Promise<{ id: string }> {
  return (
    await http.post(`${schedulePath(id)}/run`, { schema: z.object({ data: z.object({ id: z.string() }) }) })
  ).data;
}

export async function previewRuns(timing: Timing, signal: AbortSignal): Promise<string[]> {
  return (await http.post("/api/schedules/preview", { schema: previewSchema, body: timing, signal })).data
    .nextRuns;
}

function schedulePath(id: string): string {
  return `/api/schedules/${encodeURIComponent(id)}`;
}
