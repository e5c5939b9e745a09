import { costs } from "../lib/bench.mjs";
import { Peer } from "../lib/peers.mjs";

export const order = 70;
export const title = "small GET with a token, one loop";

const CONNECTIONS = 32;

export async function measure(bench) {
  const server = await bench.taskgate({ settings: { IO_THREADS: "1" } });
  await server.signIn();
  const express = new Peer(bench, "express.mjs", "0");
  const { port, token } = await express.ask("prepare");
  const { ours, peer } = await bench.turns({
    ours: () => server.load("flood", { connections: CONNECTIONS, seconds: bench.seconds, target: "/api/auth/me", authorization: server.token }),
    peer: () => bench.load("flood", { port, connections: CONNECTIONS, seconds: bench.seconds, target: "/me", authorization: token }),
  });
  await server.stop();
  await express.stop();
  bench.row({
    measure: title,
    unit: "requests/s",
    ours: ours.perSecond,
    peer: { name: "Express", value: peer.perSecond },
    bar: { text: "≥ 35,000", met: (value) => value >= 35_000 },
    cost: costs(ours, ours.good, "request"),
  });
}
