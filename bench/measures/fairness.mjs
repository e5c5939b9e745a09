import { mkdtempSync } from "node:fs";
import { join } from "node:path";

export const order = 50;
export const title = "cost of fair turns and limits with 10,000 users, in process";

const USERS = 10_000;

export async function measure(bench) {
  const jobs = bench.count(200_000);
  const engine = (options) => () => bench.load("engine", { folder: mkdtempSync(join(bench.folder, "engine-")), jobs, ...options });
  const figures = await bench.turns({ one: engine({ users: 1 }), many: engine({ users: USERS }), limited: engine({ users: USERS, limits: true }) });
  const lost = (side) => (1 - figures[side].cyclePerSecond / figures.one.cyclePerSecond) * 100;
  const bar = { text: "< 10 %", met: (value) => value < 10 };
  const cost = (side) => `${figures[side].cycleCpuMicroseconds.toFixed(1)} µs/job, with one user ${figures.one.cycleCpuMicroseconds.toFixed(1)}`;
  bench.row({ measure: "cost of fair turns with 10,000 users", durability: "fsync", unit: "%", ours: lost("many"), bar, cost: cost("many") });
  bench.row({ measure: "the same with limits per type, user and both, and weights", durability: "fsync", unit: "%", ours: lost("limited"), bar, cost: cost("limited") });
}
