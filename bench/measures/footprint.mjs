import { copyFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { pause, residentBytes, run } from "../lib/processes.mjs";

export const order = 90;
export const title = "start, idle memory, size";

export async function measure(bench) {
  const { ours } = await bench.turns({
    ours: async () => {
      const server = await bench.taskgate();
      await pause(500); // idle is what it is after the start, too
      const figures = { ready: server.readyMs, idle: residentBytes(server.process.pid) };
      await server.stop();
      return figures;
    },
  });
  const stripped = join(bench.folder, "taskgate");
  copyFileSync(bench.binary, stripped);
  await run("strip", [stripped]);
  bench.row({ measure: "start to first answer, new data folder", unit: "ms", ours: ours.ready, bar: { text: "< 150 ms", met: (value) => value < 150 } });
  bench.row({ measure: "idle memory", unit: "MB", ours: ours.idle / 1e6, bar: { text: "< 40 MB", met: (value) => value < 40 } });
  bench.row({ measure: "program, stripped", unit: "MB", ours: statSync(stripped).size / 1e6, bar: { text: "< 25 MB", met: (value) => value < 25 } });
}
