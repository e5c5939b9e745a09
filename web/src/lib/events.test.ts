import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeSocket } from "@/test/fake_socket";
import { createSession } from "@/test/sessions";
import { followEvents, invalidations } from "./events";
import { queryKeys } from "./query_keys";
import { type JobUpdated, LiveSocket } from "./socket";

const processing: JobUpdated = { jobId: "j1", status: "processing", userId: "a1", progress: 10 };

describe("the table of events", () => {
  it("asks for lists, counts and the job again when a status changes", () => {
    const keys = invalidations.jobUpdated({ ...processing, status: "completed" }, processing);
    expect(keys).toEqual([queryKeys.jobLists, queryKeys.jobStats, queryKeys.job("j1")]);
  });
  it("asks for nothing when only the progress moved", () => {
    expect(invalidations.jobUpdated({ ...processing, progress: 20 }, processing)).toEqual([]);
  });
  it("asks for everything about a job not heard of before", () => {
    expect(invalidations.jobUpdated(processing, undefined)).toHaveLength(3);
  });
  it("leaves the cache alone for messages", () => {
    expect(invalidations.receiveMessage({ socketId: "s", message: "m", roomId: "r" }, undefined)).toEqual([]);
  });
});

describe("following the events", () => {
  let socket: FakeSocket;
  let refetched: string[];
  let stop: () => void;

  beforeEach(() => {
    vi.useFakeTimers();
    socket = new FakeSocket();
    refetched = [];
    const queries = new QueryClient();
    vi.spyOn(queries, "invalidateQueries").mockImplementation(async (filters) => {
      refetched.push(JSON.stringify(filters?.queryKey));
    });
    stop = followEvents(new LiveSocket(createSession(), () => socket as never), queries);
  });
  afterEach(() => {
    stop();
    vi.useRealTimers();
  });

  const listRefetches = () => refetched.filter((key) => key === JSON.stringify(queryKeys.jobLists)).length;

  it("refetches once at the start of a burst and once after it", () => {
    for (let job = 0; job < 100; job += 1) socket.push("jobUpdated", { ...processing, jobId: `j${job}` });
    expect(listRefetches()).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect(listRefetches()).toBe(2);
  });

  it("refetches all jobs after a reconnect, and hears about known jobs anew", () => {
    socket.push("jobUpdated", processing);
    vi.advanceTimersByTime(1_000);
    socket.accept();
    expect(refetched).toContain(JSON.stringify(queryKeys.jobs));
    const before = listRefetches();
    socket.push("jobUpdated", processing);
    expect(listRefetches()).toBe(before + 1);
  });

  it("stops", () => {
    stop();
    socket.push("jobUpdated", processing);
    expect(refetched).toEqual([]);
  });
});
