import * as z from "zod/mini";

const optionalText = z.optional(z.nullable(z.string()));

export const scheduleSchema = z.object({
  id: z.string(),
  userId: z.string(),
  userEmail: optionalText,
  name: z.string(),
  type: z.string(),
  cron: optionalText,
  timeZone: optionalText,
  everyMs: z.optional(z.nullable(z.number())),
  overlap: z.string(),
  missedFire: z.string(),
  paused: z.boolean(),
  nextRuns: z.array(z.string()),
  heldUp: z.optional(z.boolean()),
  lastRunAt: optionalText,
  lastJobId: optionalText,
  lastSkippedAt: optionalText,
  lastSkipReason: optionalText,
});
export type Schedule = z.infer<typeof scheduleSchema>;

export const scheduleAnswerSchema = z.object({ data: scheduleSchema });
export const scheduleListSchema = z.object({
  data: z.array(scheduleSchema),
  nextCursor: z.optional(z.nullable(z.string())),
});
export type ScheduleList = z.infer<typeof scheduleListSchema>;
export const previewSchema = z.object({ data: z.object({ nextRuns: z.array(z.string()) }) });

/** Whose schedules a list shows. */
export type ScheduleScope = "mine" | "all";

const skipWords: Record<string, string> = {
  overlap: "the job before had not finished",
  missed: "it was missed",
  refused: "its job would be refused",
  account_disabled: "the account was disabled",
};

/** Why the last slot that was left out was left out. */
export function skipSentence(reason: string): string {
  return skipWords[reason] ?? reason;
}
