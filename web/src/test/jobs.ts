import type { Job } from "@/features/jobs/model";

export const CREATED_AT = "2026-01-31T09:30:00.000Z";

export function jobWith(change: Partial<Job> = {}): Job {
  return {
    id: "00000000000000a1",
    userId: "a1",
    type: "Fast Task",
    status: "pending",
    data: {},
    retries: 0,
    maxRetries: 3,
    priority: 0,
    createdAt: CREATED_AT,
    updatedAt: CREATED_AT,
    progress: 0,
    attempts: 0,
    ...change,
  };
}
