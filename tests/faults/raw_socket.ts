import { readdirSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { until } from "../harness/until";

/** A TCP connection that sends exactly what it is told and survives whatever becomes of it. */
export class RawSocket {
  received = Buffer.alloc(0);
  ended = false;

  private constructor(readonly socket: Socket) {
    socket.on("data", (part: Buffer) => {
      this.received = Buffer.concat([this.received, part]);
    });
    socket.on("error", () => {});
    socket.on("close", () => (this.ended = true));
  }

  static dial(port: number): Promise<RawSocket> {
    return new Promise((done, failed) => {
      const socket = connect(port, "127.0.0.1");
      const raw = new RawSocket(socket);
      socket.once("connect", () => done(raw));
      socket.once("error", failed);
    });
  }

  /** With a WebSocket open as a session of its own, or as the one a polling session shall move to. */
  static async webSocket(port: number, sid?: string): Promise<RawSocket> {
    const raw = await RawSocket.dial(port);
    const query = `EIO=4&transport=websocket${sid === undefined ? "" : `&sid=${sid}`}`;
    raw.send(
      `GET /socket.io/?${query} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    await raw.hears("101 Switching Protocols");
    return raw;
  }

  send(bytes: string | Buffer): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  /** One text message of a WebSocket. */
  say(text: string): void {
    this.send(webSocketFrame(0x81, Buffer.from(text)));
  }

  async hears(text: string): Promise<void> {
    await until(`a connection hears ${text}`, () => this.received.includes(text), 30_000);
  }

  /** Leaves without a word, with a reset. */
  abort(): void {
    this.socket.resetAndDestroy();
  }
}

/** Masked with zeros, as a client's frames must be masked with something. */
export function webSocketFrame(firstByte: number, payload: Buffer): Buffer {
  const head =
    payload.length < 126
      ? Buffer.from([firstByte, 0x80 | payload.length])
      : Buffer.from([firstByte, 0xfe, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

/** The id of a new polling session. */
export async function pollingSession(port: number): Promise<string> {
  const raw = await RawSocket.dial(port);
  raw.send("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  await raw.hears('"sid":"');
  return /"sid":"([\w-]+)"/.exec(raw.received.toString())?.[1] ?? "";
}

/** What a process has at the moment. */
export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) * 1024;
}
export const descriptors = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;
