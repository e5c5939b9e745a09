import { Queue, Worker } from "bullmq";
import { address, inFlight, JOB_DATA, serve } from "./ask.mjs";

const NAME = "bench";
const CONCURRENCY = 100;
const url = new URL(address);
const connection = { host: url.hostname, port: Number(url.port), maxRetriesPerRequest: null };
const queue = new Queue(NAME, { connection });

serve({
  prepare: () => queue.waitUntilReady(),
  submit: ({ jobs, batch }) =>
    inFlight(2, jobs, batch, (size) => queue.addBulk(Array.from({ length: size }, () => ({ name: "bench", data: JOB_DATA })))),
  submitSingly: ({ jobs, inFlight: calls }) => inFlight(calls, jobs, 1, () => queue.add("bench", JOB_DATA)),
  process: ({ jobs }) =>
    new Promise((done, failed) => {
      let left = jobs;
      const worker = new Worker(NAME, async () => ({ sent: true }), { connection, concurrency: CONCURRENCY });
      worker.on("completed", () => {
        if (--left === 0) worker.close().then(done, failed);
      });
      worker.on("error", failed);
    }),
  drain: () => queue.obliterate({ force: true }),
});
