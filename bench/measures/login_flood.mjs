export const order = 80;
export const title = "other requests during a login flood at ten times capacity";

const PROBES_PER_SECOND = 200;

export async function measure(bench) {
  const server = await bench.taskgate();
  await server.signIn();
  const logins = { method: "POST", target: "/api/auth/login", body: JSON.stringify(server.credentials) };
  const probes = { connections: 16, rate: PROBES_PER_SECOND, target: "/api/auth/me", authorization: server.token };
  const capacity = (await server.load("flood", { connections: 2, seconds: bench.seconds, ...logins })).perSecond;
  const { ours } = await bench.turns({
    ours: async () => {
      const before = server.memory();
      const [flood, probe] = await Promise.all([
        server.load("flood", { connections: 512, seconds: bench.seconds, rate: capacity * 10, ...logins }),
        server.load("flood", { seconds: bench.seconds, ...probes }),
      ]);
      return { p50: probe.P50Ms, p99: probe.P99Ms, refused: flood.bad, good: flood.good, grown: server.memory() - before };
    },
  });
  await server.stop();
  bench.row({
    measure: `${title}, p99`,
    unit: "ms",
    ours: ours.p99,
    bar: { text: "< 20 ms", met: (value) => value < 20 },
    cost: `capacity ${capacity.toFixed(0)} logins/s; p50 ${ours.p50.toFixed(2)} ms; ${ours.good} answered and ${ours.refused} refused a round`,
  });
  bench.row({ measure: "memory that a round of the flood adds", unit: "MB", ours: ours.grown / 1e6, bar: { text: "flat (< 5 MB)", met: (value) => value < 5 } });
}
