import PgBoss from "pg-boss";
import { address, inFlight, JOB_DATA, serve } from "./ask.mjs";

const NAME = "bench";
const FETCHERS = 2;
const BATCH = 500;
const boss = new PgBoss({ connectionString: address, supervise: false, schedule: false });
boss.on("error", (error) => console.error(error));

serve({
  prepare: async () => {
    await boss.start();
    await boss.createQueue(NAME);
  },
  submit: ({ jobs, batch }) =>
    inFlight(2, jobs, batch, (size) => boss.insert(Array.from({ length: size }, () => ({ name: NAME, data: JOB_DATA })))),
  submitSingly: ({ jobs, inFlight: calls }) => inFlight(calls, jobs, 1, () => boss.send(NAME, JOB_DATA)),
  process: async ({ jobs }) => {
    let left = jobs;
    const fetcher = async () => {
      while (left > 0) {
        const fetched = await boss.fetch(NAME, { batchSize: BATCH });
        if (fetched.length === 0) {
          await new Promise((done) => setTimeout(done, 2));
          continue;
        }
        await boss.complete(NAME, fetched.map((job) => job.id), { sent: true });
        left -= fetched.length;
      }
    };
    await Promise.all(Array.from({ length: FETCHERS }, fetcher));
  },
  drain: () => boss.purgeQueue(NAME),
});
