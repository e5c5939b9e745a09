import { mkdtempSync } from "node:fs";
import { join } from "node:path";

export const order = 40;
export const title = "submit + claim + settle, batched, in process";

export async function measure(bench) {
  const jobs = bench.count(200_000);
  const folder = () => mkdtempSync(join(bench.folder, "engine-"));
  const { ours } = await bench.turns({ ours: () => bench.load("engine", { folder: folder(), jobs }) });
  const row = (measure, name, bar) =>
    bench.row({ measure, durability: "fsync", unit: "jobs/s", ours: ours[`${name}PerSecond`], bar, cost: `${ours[`${name}CpuMicroseconds`].toFixed(1)} µs/job, the caller's work included` });
  row(title, "cycle", { text: "≥ 75,000", met: (value) => value >= 75_000 });
  row("submit of 1,000, in process", "submit");
  row("claim + settle of jobs that wait, in process", "process");
}
