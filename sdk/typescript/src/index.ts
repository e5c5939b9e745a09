export type { JobContext } from "./attempt.js";
export { Client, type ListFilter, type WaitOptions } from "./client.js";
export * from "./errors.js";
export type { Connection } from "./http.js";
export * from "./job.js";
export type { ClaimedJob } from "./protocol.js";
export type { JobUpdate, JobWatch, WatchOptions } from "./watch.js";
export type { WorkerEvent } from "./events.js";
export { type Handler, Worker, type WorkerOptions } from "./worker.js";
