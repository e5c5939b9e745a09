import { costs } from "../lib/bench.mjs";
import { bullmq, graphileWorker, pgBoss } from "../lib/peers.mjs";

export const order = 10;
export const title = "bulk submit, 1,000 per call";

const BATCH = 1_000;

export async function measure(bench) {
  const server = await bench.taskgate();
  await server.signIn();
  const peers = { "BullMQ": await bullmq(bench, false), "BullMQ, fsync": await bullmq(bench, true), "graphile-worker": await graphileWorker(bench), "pg-boss": await pgBoss(bench) };
  const jobs = bench.count(200_000);
  const peerJobs = bench.count(20_000);
  const sides = {
    ours: () => server.load("flood", { connections: 4, requests: jobs / BATCH, method: "POST", target: "/api/jobs/batch?return=ids", authorization: server.key, batch: BATCH }),
  };
  for (const [name, peer] of Object.entries(peers)) sides[name] = () => peer.submit(peerJobs, BATCH);
  const figures = await bench.turns(sides);
  await server.stop();
  for (const peer of Object.values(peers)) await peer.stop();
  const { ours } = figures;
  for (const name of Object.keys(peers)) {
    bench.row({
      measure: title,
      durability: name === "BullMQ" ? "ours fsync, peer none" : "fsync, both",
      unit: "jobs/s",
      ours: ours.perSecond * BATCH,
      peer: { name, value: figures[name].perSecond },
      bar: name === "BullMQ" ? { text: "≥ 120,000", met: (value) => value >= 120_000 } : undefined,
      cost: `${costs(ours, ours.good * BATCH, "job")}; peer ${((figures[name].cpuSeconds * 1e6) / peerJobs).toFixed(0)} µs/job`,
    });
  }
}
