/** Every key of the query cache. A key is a prefix of the keys below it, so invalidating it reaches them all. */
export const queryKeys = {
  jobs: ["jobs"] as const,
  jobLists: ["jobs", "list"] as const,
  jobList: (scope: string, filter: object) => ["jobs", "list", scope, filter] as const,
  jobStats: ["jobs", "stats"] as const,
  jobStatsOf: (scope: string) => ["jobs", "stats", scope] as const,
  jobTypes: (scope: string) => ["job types", scope] as const,
  job: (id: string) => ["jobs", "one", id] as const,
  jobLog: (id: string) => ["jobs", "one", id, "log"] as const,
  jobEvents: (id: string) => ["jobs", "one", id, "events"] as const,
  schedules: ["schedules"] as const,
  scheduleList: (scope: string, cursor: string | undefined) => ["schedules", "list", scope, cursor] as const,
  schedulePreview: (timing: object) => ["schedule preview", timing] as const,
  sessions: ["sessions"] as const,
  systemInfo: ["system", "info"] as const,
};
