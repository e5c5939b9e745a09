import { fillHistory } from "../lib/history.mjs";

export const order = 65;
export const title = "10 million finished and 1 million waiting jobs";

export async function measure(bench) {
  const finished = bench.count(10_000_000);
  const waiting = bench.count(1_000_000);
  const empty = await bench.taskgate();
  await empty.signIn();
  const before = empty.memory();
  await empty.stop();
  await fillHistory(empty, finished, waiting);

  const server = await bench.taskgate({ folder: empty.folder });
  const memory = server.memory();
  await server.logIn();
  server.key = empty.key;
  const page = (target) => () => server.load("flood", { connections: 1, requests: bench.count(2_000), target, authorization: server.token });
  const { claim, own, all, failed } = await bench.turns({
    claim: () => server.load("work", { key: server.key, jobs: bench.count(10_000), workers: 1, claim: 20 }),
    own: page("/api/jobs?limit=50"),
    all: page("/api/jobs/admin/all?limit=50"),
    failed: page("/api/jobs/admin/all?limit=50&status=failed"),
  });
  await server.stop();

  const bar = { text: "< 50 ms", met: (value) => value < 50 };
  const counted = `${finished.toLocaleString("en")} finished, ${waiting.toLocaleString("en")} waiting`;
  bench.row({ measure: "claim of 20 with 20 settles, p99", durability: "fsync", unit: "ms", ours: claim.claimP99Ms, bar, cost: `${counted}; p50 ${claim.claimP50Ms.toFixed(2)} ms` });
  for (const [name, figures] of Object.entries({ "own page of 50": own, "everybody's page of 50": all, "everybody's failed, page of 50": failed })) {
    bench.row({ measure: `${name}, p99`, unit: "ms", ours: figures.P99Ms, bar, cost: `${counted}; p50 ${figures.P50Ms.toFixed(2)} ms` });
  }
  bench.row({
    measure: "start to first answer, per million waiting jobs",
    unit: "ms",
    ours: (server.readyMs * 1e6) / waiting,
    bar: { text: "< 1,000 ms", met: (value) => value < 1_000 },
    cost: counted,
  });
  bench.row({
    measure: "memory per waiting job",
    unit: "bytes",
    ours: (memory - before) / waiting,
    bar: { text: "≤ 200", met: (value) => value <= 200 },
    cost: "resident memory after the start, less that of an empty server; the page cache of SQLite (64 MiB) is in it",
  });
}
