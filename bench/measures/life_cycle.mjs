import { costs } from "../lib/bench.mjs";
import { bullmq, graphileWorker, pgBoss } from "../lib/peers.mjs";

export const order = 30;
export const title = "submit + claim + settle, batched, over HTTP";

const BATCH = 1_000;
const WORKING = { workers: 4, claim: 1_000 };

// Two questions: how fast jobs that wait are worked off, and how fast they pass while others keep coming.
export async function measure(bench) {
  const server = await bench.taskgate();
  await server.signIn();
  const peers = { "BullMQ": await bullmq(bench, false), "BullMQ, fsync": await bullmq(bench, true), "graphile-worker": await graphileWorker(bench), "pg-boss": await pgBoss(bench) };
  const jobs = bench.count(200_000);
  const peerJobs = bench.count(20_000);
  const fill = (count) =>
    server.load("flood", { connections: 2, requests: count / BATCH, method: "POST", target: "/api/jobs/batch?return=ids", authorization: server.key, batch: BATCH });

  const steady = { ours: () => server.load("work", { key: server.key, jobs, submitters: 2, batch: BATCH, ...WORKING }) };
  for (const [name, peer] of Object.entries(peers)) steady[name] = () => peer.cycle(peerJobs, BATCH);
  add(bench, title, await bench.turns(steady), jobs, peerJobs, true);

  const burnDown = {
    ours: async () => {
      await fill(jobs);
      return server.load("work", { key: server.key, jobs, ...WORKING });
    },
  };
  for (const [name, peer] of Object.entries(peers)) {
    burnDown[name] = async () => {
      await peer.submit(peerJobs, BATCH);
      return peer.burnDown(peerJobs);
    };
  }
  add(bench, "claim + settle of jobs that wait", await bench.turns(burnDown), jobs, peerJobs, false);
  await server.stop();
  for (const peer of Object.values(peers)) await peer.stop();
}

const BARS = {
  "BullMQ": { text: "≥ 50,000 and ≥ 5 ×", met: (value, ratio) => value >= 50_000 && ratio >= 5 },
  "graphile-worker": { text: "≥ 50,000 and ≥ 3 ×", met: (value, ratio) => value >= 50_000 && ratio >= 3 },
};

function add(bench, measure, figures, jobs, peerJobs, barred) {
  const { ours, ...peers } = figures;
  for (const [name, peer] of Object.entries(peers)) {
    bench.row({
      measure,
      durability: name === "BullMQ" ? "ours fsync, peer none" : "fsync, both",
      unit: "jobs/s",
      ours: ours.perSecond,
      peer: { name, value: peer.perSecond },
      bar: barred ? BARS[name] : undefined,
      cost: `${costs(ours, jobs, "job")}; peer ${((peer.cpuSeconds * 1e6) / peerJobs).toFixed(0)} µs/job`,
    });
  }
}
