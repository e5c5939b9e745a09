import { costs } from "../lib/bench.mjs";
import { bullmq } from "../lib/peers.mjs";

export const order = 20;
export const title = "single submit, 64 connections";

const CONNECTIONS = 64;
const BODY = JSON.stringify({ type: "bench", data: { order: 4711, to: "somebody@example.com", template: "receipt" } });

export async function measure(bench) {
  const server = await bench.taskgate();
  await server.signIn();
  const peers = { "BullMQ": await bullmq(bench, false), "BullMQ, fsync": await bullmq(bench, true) };
  const peerJobs = bench.count(20_000);
  const sides = {
    ours: () => server.load("flood", { connections: CONNECTIONS, seconds: bench.seconds, method: "POST", target: "/api/jobs/submit", authorization: server.key, body: BODY }),
  };
  for (const [name, peer] of Object.entries(peers)) sides[name] = () => peer.submitSingly(peerJobs, CONNECTIONS);
  const figures = await bench.turns(sides);
  await server.stop();
  for (const peer of Object.values(peers)) await peer.stop();
  const { ours } = figures;
  for (const name of Object.keys(peers)) {
    bench.row({
      measure: title,
      durability: name === "BullMQ" ? "ours fsync, peer none" : "fsync, both",
      unit: "jobs/s",
      ours: ours.perSecond,
      peer: { name, value: figures[name].perSecond },
      bar: name === "BullMQ" ? { text: "≥ 25,000 and ≥ 2 ×", met: (value, ratio) => value >= 25_000 && ratio >= 2 } : undefined,
      cost: `${costs(ours, ours.good, "job")}; p50 ${ours.P50Ms.toFixed(2)} ms, p99 ${ours.P99Ms.toFixed(2)} ms; peer ${((figures[name].cpuSeconds * 1e6) / peerJobs).toFixed(0)} µs/job`,
    });
  }
}
