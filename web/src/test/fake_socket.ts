import { vi } from "vitest";
import type { Ack, ServerEvents } from "@/lib/socket";

type Listener = (...args: unknown[]) => void;

/** Stands in for socket.io-client's socket: the test plays the server. */
export class FakeSocket {
  connected = false;
  active = false;
  id: string | undefined = "socket-1";
  readonly sent: { event: string; argument: unknown }[] = [];
  answer: (event: string, argument: unknown) => Ack = () => ({ ok: true });
  options: { auth?: (give: (auth: unknown) => void) => void } = {};
  private readonly listeners = new Map<string, Set<Listener>>();

  connect = vi.fn(() => this);
  disconnect = vi.fn(() => {
    if (this.connected) this.drop("io client disconnect");
    return this;
  });

  on(event: string, listener: Listener): this {
    this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(listener));
    return this;
  }

  off(event: string, listener: Listener): this {
    this.listeners.get(event)?.delete(listener);
    return this;
  }

  timeout(): { emitWithAck: (event: string, argument: unknown) => Promise<Ack> } {
    return {
      emitWithAck: async (event, argument) => {
        this.sent.push({ event, argument });
        return this.answer(event, argument);
      },
    };
  }

  /** The server accepted the connection. */
  accept(): void {
    this.connected = true;
    this.fire("connect");
  }

  drop(reason: string): void {
    this.connected = false;
    this.fire("disconnect", reason);
  }

  refuse(message: string): void {
    this.fire("connect_error", new Error(message));
  }

  push<Name extends keyof ServerEvents>(name: Name, event: Parameters<ServerEvents[Name]>[0]): void {
    this.fire(name, event);
  }

  private fire(event: string, ...args: unknown[]): void {
    for (const listener of [...(this.listeners.get(event) ?? [])]) listener(...args);
  }
}
