import { formatJson, parseJson } from "@/lib/json";
import type { Timing } from "./api";

export interface NewSchedule {
  name: string;
  type: string;
  /** JSON text as typed. */
  data: string;
  cron: string;
  timeZone: string;
  overlap: string;
}

/** The timing as far as it can be asked about. */
export function timingOf({ cron, timeZone }: Pick<NewSchedule, "cron" | "timeZone">): Timing | undefined {
  return cron.trim() === "" ? undefined : { cron: cron.trim(), timeZone };
}

/** The JSON text of the request. Throws JsonSyntaxError when `data` is not JSON. */
export function requestBody(schedule: NewSchedule): string {
  return formatJson(
    {
      name: schedule.name.trim(),
      type: schedule.type.trim(),
      data: parseJson(schedule.data),
      cron: schedule.cron.trim(),
      timeZone: schedule.timeZone,
      overlap: schedule.overlap,
    },
    0,
  );
}

/** The zones that the browser knows, with the reader's own first. */
export function timeZones(): string[] {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const known = Intl.supportedValuesOf("timeZone");
  return [...new Set([own || "UTC", "UTC", ...known])];
}
