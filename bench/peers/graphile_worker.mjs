import { makeWorkerUtils, run } from "graphile-worker";
import { address, inFlight, JOB_DATA, serve } from "./ask.mjs";

const quiet = { log() {} };
const logger = { scope: () => logger, error: console.error, warn() {}, info() {}, debug() {}, ...quiet };
const utils = await makeWorkerUtils({ connectionString: address, logger });

serve({
  prepare: () => utils.migrate(),
  submit: ({ jobs, batch }) =>
    inFlight(2, jobs, batch, (size) => utils.addJobs(Array.from({ length: size }, () => ({ identifier: "bench", payload: JOB_DATA })))),
  submitSingly: ({ jobs, inFlight: calls }) => inFlight(calls, jobs, 1, () => utils.addJob("bench", JOB_DATA)),
  // With its local queue, and completions in batches: the fastest it has.
  process: async ({ jobs }) => {
    let left = jobs;
    let done;
    const all = new Promise((resolve) => (done = resolve));
    const runner = await run({
      connectionString: address,
      logger,
      noHandleSignals: true,
      taskList: {
        bench: async () => {
          if (--left === 0) done();
        },
      },
      preset: {
        worker: {
          concurrentJobs: 24,
          maxPoolSize: 24,
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
          localQueue: { size: 500 },
        },
      },
    });
    await all;
    await runner.stop();
  },
  drain: () => utils.withPgClient((client) => client.query("DELETE FROM graphile_worker._private_jobs")),
});
