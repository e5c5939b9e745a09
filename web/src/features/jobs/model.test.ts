import { describe, expect, it } from "vitest";
import { CREATED_AT, jobWith } from "@/test/jobs";
import { type Attempt, canCancel, canRetry, formatJobClock, jobClock } from "./model";
import { attemptRounds, busyMs, jobSpans } from "./timeline";

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

describe("a job's time", () => {
  it("ticks in whole seconds, and is exact when it is over", () => {
    expect(formatJobClock({ kind: "running", ms: 2_530 })).toBe("2 s");
    expect(formatJobClock({ kind: "ran", ms: 2_530 })).toBe("2.5 s");
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
      retries: 1,
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

describe("a job that was retried by hand", () => {
  /** One second each, one second after the other, but for a minute before `later`. */
  const log = (outcomes: (string | undefined)[], later: number): Attempt[] =>
    outcomes.map((outcome, index) => {
      const start = 1_000 + index * 2_000 + (index >= later ? 60_000 : 0);
      return {
        attempt: index + 1,
        startedAt: at(start),
        ...(outcome ? { outcome, endedAt: at(start + 1_000) } : {}),
      };
    });
  const rounds = (change: Parameters<typeof jobWith>[0]) =>
    attemptRounds(jobWith(change)).map((round) => round.map(({ attempt }) => attempt));

  it.each([
    ["never", { status: "completed", retries: 1 }, ["failed", "completed"], [[1, 2]]],
    ["not started yet", { status: "pending" }, [], [[]]],
    [
      "after its last retry",
      { status: "completed" },
      ["failed", "failed", "failed", "failed", "completed"],
      [[1, 2, 3, 4], [5]],
    ],
    ["after a failure that is not retried", { status: "processing" }, ["failed", undefined], [[1], [2]]],
    ["and waits", { status: "pending" }, ["failed"], [[1], []]],
    ["after it was cancelled", { status: "processing" }, ["cancelled", undefined], [[1], [2]]],
    [
      "twice",
      { status: "failed", maxRetries: 1, retries: 1 },
      ["failed", "failed", "failed", "failed", "failed", "failed"],
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ],
    [
      "never, but lost its worker",
      { status: "completed", retries: 1 },
      ["crashed", "failed", "released", "completed"],
      [[1, 2, 3, 4]],
    ],
  ] as const)("has rounds: %s", (_, change, outcomes, expected) => {
    expect(rounds({ ...change, attemptsLog: log([...outcomes], 99) })).toEqual(expected);
  });

  it("does not count the time until then", () => {
    const job = jobWith({
      status: "completed",
      completedAt: at(64_000),
      attemptsLog: log(["cancelled", "completed"], 1),
    });
    const spans = jobSpans(job, T + 999_000);
    expect(spans.map(({ kind }) => kind)).toEqual(["waiting", "running", "idle", "running"]);
    expect(busyMs(spans)).toBe(3_000);
  });

  it("waits from then on", () => {
    const job = jobWith({ runAt: at(50_000), attemptsLog: log(["cancelled"], 99) });
    expect(jobSpans(job, T + 52_000).slice(2)).toEqual([
      { kind: "idle", startMs: T + 2_000, endMs: T + 50_000, open: false },
      { kind: "waiting", startMs: T + 50_000, endMs: T + 52_000, open: true },
    ]);
  });
});
