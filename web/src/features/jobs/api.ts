import { http } from "@/lib/client";
import {
  actionAnswerSchema,
  eventsAnswerSchema,
  type Job,
  type JobAction,
  type JobEvent,
  type JobFilter,
  type JobList,
  type JobScope,
  type JobStats,
  type JobType,
  jobAnswerSchema,
  jobListSchema,
  type LogLine,
  logAnswerSchema,
  statsSchema,
  typesAnswerSchema,
} from "./model";

export const PAGE_SIZE = 50;

export function fetchJobs(scope: JobScope, filter: JobFilter, signal: AbortSignal): Promise<JobList> {
  return http.get(scope === "all" ? "/api/jobs/admin/all" : "/api/jobs", {
    schema: jobListSchema,
    query: { ...filter, limit: PAGE_SIZE },
    signal,
  });
}

export async function fetchStats(scope: JobScope, signal: AbortSignal): Promise<JobStats> {
  const query = scope === "all" ? { all: true } : {};
  return (await http.get("/api/jobs/stats", { schema: statsSchema, query, signal })).data;
}

/** The types of jobs submitted so far, by name. */
export async function fetchTypes(scope: JobScope, signal: AbortSignal): Promise<JobType[]> {
  const query = scope === "all" ? { all: true } : {};
  return (await http.get("/api/jobs/types", { schema: typesAnswerSchema, query, signal })).data;
}

export async function fetchJob(id: string, signal: AbortSignal): Promise<Job> {
  const path = `/api/jobs/${encodeURIComponent(id)}`;
  return (await http.get(path, { schema: jobAnswerSchema, signal, lossless: true })).data;
}

/** As many lines as the server keeps of one job. */
const LOG_LINES_MAX = 1000;

export async function fetchJobLog(id: string, signal: AbortSignal): Promise<LogLine[]> {
  const path = `/api/jobs/${encodeURIComponent(id)}/logs`;
  return (await http.get(path, { schema: logAnswerSchema, query: { limit: LOG_LINES_MAX }, signal })).data;
}

export async function fetchJobEvents(id: string, signal: AbortSignal): Promise<JobEvent[]> {
  const path = `/api/jobs/${encodeURIComponent(id)}/events`;
  return (await http.get(path, { schema: eventsAnswerSchema, signal })).data;
}

/** `body` is the JSON text of the request, so that what is shown as curl is what is sent. */
export async function submitJob(body: string): Promise<Job> {
  return (await http.post("/api/jobs/submit", { schema: jobAnswerSchema, rawBody: body })).data;
}

/** What became of an action on many jobs. */
export interface ActionOutcome {
  done: number;
  /** The first refusal's sentence, and how many there were. */
  refused: number;
  why?: string | undefined;
}

/** The jobs named, or all that match a filter, however many requests that takes. */
export async function actOnJobs(
  scope: JobScope,
  action: JobAction,
  which: { ids: string[] } | { filter: JobFilter },
): Promise<ActionOutcome> {
  const outcome: ActionOutcome = { done: 0, refused: 0 };
  let cursor: string | undefined;
  do {
    const body = { action, ...which, all: scope === "all", cursor };
    const { data } = await http.post("/api/jobs/actions", { schema: actionAnswerSchema, body });
    outcome.done += data.done;
    outcome.refused += data.refused.length;
    outcome.why ??= data.refused[0]?.message;
    cursor = data.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return outcome;
}

export async function actOnJob(id: string, action: JobAction): Promise<Job> {
  const path = `/api/jobs/${encodeURIComponent(id)}/${action}`;
  return (await http.post(path, { schema: jobAnswerSchema, body: {} })).data;
}
