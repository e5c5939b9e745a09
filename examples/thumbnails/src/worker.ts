import { Worker } from "@taskgate/sdk";
import { JOB_TYPE, makeThumbnails } from "./thumbnails.js";

const worker = new Worker({
  url: process.env["TASKGATE_URL"] ?? "http://localhost:3000",
  key: process.env["TASKGATE_KEY"] ?? "",
  concurrency: 2,
  types: { [JOB_TYPE]: makeThumbnails },
  onEvent: (event) => {
    const job = "job" in event ? ` ${event.job.id}` : "";
    const error = "error" in event && event.error ? ` ${event.error instanceof Error ? event.error.message : event.error}` : "";
    console.log(`${event.kind}${job}${error}`);
  },
});

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void worker.stop());
console.log("waiting for jobs; Ctrl+C ends");
await worker.run();
