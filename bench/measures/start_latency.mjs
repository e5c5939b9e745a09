export const order = 60;
export const title = "from submit to start, with a worker that waits";

export async function measure(bench) {
  const server = await bench.taskgate();
  await server.signIn();
  const rounds = bench.count(300);
  const { ours, disk } = await bench.turns({
    ours: () => server.load("start-latency", { key: server.key, rounds }),
    disk: () => bench.load("sync", { folder: bench.folder, rounds }),
  });
  await server.stop();
  const row = (name, plus) =>
    bench.row({
      measure: `${title}, ${name.toLowerCase()}`,
      durability: "fsync before each answer",
      unit: "ms",
      ours: ours[`start${name}Ms`],
      bar: { text: `< ${plus} ms + fsync ${disk[`sync${name}Ms`].toFixed(2)} ms`, met: (value) => value < plus + disk[`sync${name}Ms`] },
      cost: `submit answered after ${ours[`acknowledge${name}Ms`].toFixed(2)} ms; two transactions (submit, claim)`,
    });
  row("P50", 1);
  row("P99", 5);
}
