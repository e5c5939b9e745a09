import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { queryKeys } from "@/lib/query_keys";
import type { JobUpdated } from "@/lib/socket";
import { jobWith } from "@/test/jobs";
import { createSequenceFilter, patchJob } from "./live";
import type { Job, JobList } from "./model";

const event: JobUpdated = {
  jobId: "j1",
  status: "processing",
  userId: "a1",
  progress: 40,
  progressMessage: "Page 4",
};

describe("an event about a job", () => {
  it("moves the job in every list and on its page", () => {
    const queries = new QueryClient();
    const key = queryKeys.jobList("mine", {});
    const list = { results: 2, data: [jobWith({ id: "j1" }), jobWith({ id: "j2" })] };
    queries.setQueryData<JobList>(key, list);
    queries.setQueryData<Job>(queryKeys.job("j1"), jobWith({ id: "j1" }));
    patchJob(queries, event);
    expect(queries.getQueryData<JobList>(key)?.data[0]).toMatchObject({
      status: "processing",
      progress: 40,
      progressMessage: "Page 4",
    });
    expect(queries.getQueryData<JobList>(key)?.data[1]).toBe(list.data[1]);
    expect(queries.getQueryData<Job>(queryKeys.job("j1"))?.progress).toBe(40);
  });

  it("drops the words of an earlier attempt", () => {
    const queries = new QueryClient();
    queries.setQueryData<Job>(queryKeys.job("j1"), jobWith({ id: "j1", progressMessage: "Page 4" }));
    patchJob(queries, { jobId: "j1", status: "processing", userId: "a1", progress: 0 });
    expect(queries.getQueryData<Job>(queryKeys.job("j1"))?.progressMessage).toBeUndefined();
  });

  it("leaves lists without the job untouched and makes none", () => {
    const queries = new QueryClient();
    const list: JobList = { results: 0, data: [] };
    queries.setQueryData<JobList>(queryKeys.jobList("mine", {}), list);
    patchJob(queries, event);
    expect(queries.getQueryData(queryKeys.jobList("mine", {}))).toBe(list);
    expect(queries.getQueryData(queryKeys.job("j1"))).toBeUndefined();
  });

  it("counts only when it is newer than the last one about the same job", () => {
    const filter = createSequenceFilter();
    const news = (jobId: string, seq?: number) =>
      filter.isNews({ ...event, jobId, ...(seq === undefined ? {} : { seq }) });
    expect([news("j1", 5), news("j1", 4), news("j1", 5), news("j2", 4), news("j1", 6), news("j1")]).toEqual([
      true,
      false,
      false,
      true,
      true,
      true,
    ]);
    filter.reset();
    expect(news("j1", 1)).toBe(true);
  });
});
