import { describe, expect, it } from "vitest";
import { CREATED_AT, jobWith } from "@/test/jobs";
import { canCancel, canRetry, jobClock } from "./model";
import { jobSpans } from "./timeline";

const T = Date.parse(CREATED_AT);
const at = (ms: number) => new Date(T + ms).toISOString();

describe("a job's clock", () => {
  it.each([
    [jobWith(), { kind: "waiting", ms: 9_000 }],
    [jobWith({ runAt: at(20_000) }), { kind: "starts in", ms: 11_000 }],
    [jobWith({ runAt: at(5_000) }), { kind: "waiting", ms: 4_000 }],
    [jobWith({ status: "processing", startedAt: at(7_000) }), { kind: "running", ms: 2_000 }],
    [
      jobWith({ status: "completed", startedAt: at(1_000), completedAt: at(3_000) }),
      { kind: "ran", ms: 2_000 },
    ],
    [jobWith({ status: "cancelled" }), { kind: "never ran", ms: 0 }],
  ] as const)("%# says what it does", (job, clock) => {
    expect(jobClock(job, T + 9_000)).toEqual(clock);
  });
});

describe("what can be done with a job", () => {
  const statuses = ["pending", "processing", "completed", "failed", "cancelled"] as const;
  it("depends on its status", () => {
    expect(statuses.filter((status) => canCancel({ status }))).toEqual(["pending", "processing"]);
    expect(statuses.filter((status) => canRetry({ status }))).toEqual(["failed", "cancelled"]);
  });
});

describe("a job's timeline", () => {
  it("is waiting, running, waiting, running, without gaps", () => {
    const job = jobWith({
      status: "processing",
      attemptsLog: [
        { attempt: 1, startedAt: at(1_000), endedAt: at(3_000), outcome: "failed" },
        { attempt: 2, startedAt: at(5_000) },
      ],
    });
    expect(jobSpans(job, T + 6_000)).toEqual([
      { kind: "waiting", startMs: T, endMs: T + 1_000, open: false },
      { kind: "running", attempt: 1, startMs: T + 1_000, endMs: T + 3_000, open: false },
      { kind: "waiting", startMs: T + 3_000, endMs: T + 5_000, open: false },
      { kind: "running", attempt: 2, startMs: T + 5_000, endMs: T + 6_000, open: true },
    ]);
  });
  it("ends with the job", () => {
    const job = jobWith({
      status: "completed",
      completedAt: at(3_000),
      attemptsLog: [{ attempt: 1, startedAt: at(0), endedAt: at(3_000) }],
    });
    expect(jobSpans(job, T + 60_000).at(-1)?.endMs).toBe(T + 3_000);
  });
  it("shows a job that waits", () => {
    expect(jobSpans(jobWith(), T + 4_000)).toEqual([
      { kind: "waiting", startMs: T, endMs: T + 4_000, open: true },
    ]);
  });
});
