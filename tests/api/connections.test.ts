import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { Server } from "../harness/server";
import { until } from "../harness/until";

const request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

/** Opens a connection and gives the head and body of what it is told: asked for, or of the server's own accord. */
async function open(server: Server, send: string): Promise<{ socket: Socket; answer: string }> {
  const socket = connect(server.port, "127.0.0.1");
  const parts: Buffer[] = [];
  socket.on("data", (part) => parts.push(part));
  socket.on("error", () => {});
  await once(socket, "connect");
  if (send !== "") socket.write(send);
  const answer = await until("an answer", () => {
    const text = Buffer.concat(parts).toString();
    return text.includes("\r\n\r\n") ? text : undefined;
  });
  return { socket, answer };
}

test("one address gets so many connections; the next is told why, and has a place once another is closed", async () => {
  const server = await Server.start({ env: { RATE_LIMITS: "on", CONNECTIONS_PER_ADDRESS_MAX: "4" } });
  // The client of the harness keeps one connection of its own.
  const kept = [];
  for (let count = 0; count < 3; ++count) kept.push(await open(server, request));
  for (const { answer } of kept) expect(answer).toContain("HTTP/1.1 200");

  const refused = await open(server, "");
  expect(refused.answer).toContain("HTTP/1.1 429");
  expect(refused.answer).toContain("Retry-After: 5");
  expect(refused.answer).toContain('"code":"too_many_connections_of_address"');
  refused.socket.destroy();
  expect(server.stderr).toContain("CONNECTIONS_PER_ADDRESS_MAX");

  kept.pop()?.socket.destroy();
  await until("there is a place again", async () => {
    const { text } = await server.client().get("/metrics");
    return /^taskgate_connections 3$/m.test(text);
  });
  const again = await open(server, request);
  expect(again.answer).toContain("HTTP/1.1 200");
  const { text } = await server.client().get("/metrics");
  expect(text).toMatch(/^taskgate_connections_refused_total\{limit="address"\} 1$/m);
  for (const { socket } of [...kept, again]) socket.destroy();
  await server.stop();
});
