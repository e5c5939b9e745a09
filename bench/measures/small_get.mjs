import { costs } from "../lib/bench.mjs";
import { Peer } from "../lib/peers.mjs";

export const order = 70;
export const title = "small GET with a token, one loop";

// The first does what the peer does: check a signed token, render an answer from memory. The second reads the account from the store, on
// another thread.
const FROM_MEMORY = "/api/admin/workers";
const FROM_STORE = "/api/auth/me";

const CONNECTIONS = 32;

export async function measure(bench) {
  const server = await bench.taskgate({ settings: { IO_THREADS: "1" } });
  await server.signIn();
  const express = new Peer(bench, "express.mjs", "0");
  const { port, token } = await express.ask("prepare");
  const get = (target) => () => server.load("flood", { connections: CONNECTIONS, seconds: bench.seconds, target, authorization: server.token });
  const { ours, peer, stored } = await bench.turns({
    ours: get(FROM_MEMORY),
    stored: get(FROM_STORE),
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
  bench.row({ measure: "small GET that reads the store, one loop", unit: "requests/s", ours: stored.perSecond, cost: costs(stored, stored.good, "request") });
}
