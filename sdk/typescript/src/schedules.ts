import type { Http } from "./http.js";
import type { Backoff, Job } from "./job.js";

/** When, and what for: as `ScheduleFields` in contract/openapi.yaml says. Names that this version does not know are passed on. */
export interface ScheduleFields {
  /** The only one among its user's. */
  name?: string;
  /** `0 9 * * mon-fri`; six fields with the seconds first; `@daily`. */
  cron?: string;
  /** IANA name, of `cron`; UTC when not given. */
  timeZone?: string;
  /** Instead of `cron`: a fixed interval. */
  everyMs?: number;
  missedFire?: "skip" | "once";
  overlap?: "skip" | "allow" | "replace";
  paused?: boolean;
  type?: string;
  data?: unknown;
  priority?: number;
  maxRetries?: number | null;
  queue?: string | null;
  tags?: string[] | null;
  timeoutMs?: number | null;
  ttlMs?: number | null;
  backoff?: Backoff | null;
  [option: string]: unknown;
}

/** As in contract/openapi.yaml; later servers may add fields. Times are ISO 8601. */
export interface Schedule {
  id: string;
  userId: string;
  name: string;
  type: string;
  data: unknown;
  priority: number;
  queue: string;
  tags: string[];
  cron?: string;
  timeZone?: string;
  everyMs?: number;
  missedFire: "skip" | "once";
  overlap: "skip" | "allow" | "replace";
  paused: boolean;
  createdAt: string;
  updatedAt: string;
  nextRunAt?: string;
  /** The next five slots; none while it is paused. */
  nextRuns: string[];
  heldUp?: true;
  lastRunAt?: string;
  lastJobId?: string;
  lastSkippedAt?: string;
  lastSkipReason?: string;
}

interface Enveloped<T> {
  data: T;
}

/** One's schedules; see docs/schedules.md. */
export class Schedules {
  constructor(private readonly http: Http) {}

  /** 409 `schedule_name_taken` when there is one of this name. */
  async create(schedule: ScheduleFields & { name: string; type: string }): Promise<Schedule> {
    return (await this.http.post<Enveloped<Schedule>>("/api/schedules", { body: schedule, repeat: "refused" })).data;
  }

  async get(id: string): Promise<Schedule> {
    return (await this.http.get<Enveloped<Schedule>>(schedulePath(id))).data;
  }

  /** The newest first, fetched page by page while they are iterated over. */
  async *list(): AsyncGenerator<Schedule, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.http.get<Enveloped<Schedule[]> & { nextCursor?: string }>("/api/schedules", { query: { cursor } });
      yield* page.data;
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  }

  /** What is not given stays; `null` takes an option of the job away. */
  async change(id: string, change: ScheduleFields): Promise<Schedule> {
    return (await this.http.patch<Enveloped<Schedule>>(schedulePath(id), { body: change, repeat: "always" })).data;
  }

  /** Jobs that it made stay. */
  async delete(id: string): Promise<void> {
    await this.http.delete(schedulePath(id), { repeat: "refused" });
  }

  /** Makes its job now; 409 `schedule_busy` when the job before has not finished and `overlap` is `skip`. */
  async run(id: string): Promise<Job> {
    return (await this.http.post<Enveloped<Job>>(`${schedulePath(id)}/run`, { repeat: "refused" })).data;
  }

  /** When a timing would run next, up to 100 times. */
  async preview(timing: { cron?: string; timeZone?: string; everyMs?: number; count?: number }): Promise<string[]> {
    const answer = await this.http.post<Enveloped<{ nextRuns: string[] }>>("/api/schedules/preview", { body: timing, repeat: "always" });
    return answer.data.nextRuns;
  }
}

function schedulePath(id: string): string {
  return `/api/schedules/${encodeURIComponent(id)}`;
}
