import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { events, mustMatch } from "./contract";
import type { Server } from "./server";
import { until } from "./until";

export interface Received {
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: checked against the contract
  payload: any;
}

export type Transports = Partial<ManagerOptions & SocketOptions>;

const open = new Set<Socket>();

/** The official client, unmodified. Everything it receives is checked against the contract. */
export class Live {
  readonly socket: Socket;
  readonly received: Received[] = [];
  readonly faults: string[] = [];

  /** Throws what the server refuses the connection with. */
  static async connect(server: Server, token?: string, options: Transports = {}): Promise<Live> {
    const live = new Live(server, token, options);
    await new Promise<void>((done, failed) => {
      const refused = (error: Error) => {
        live.close();
        failed(error);
      };
      live.socket.once("connect_error", refused);
      live.socket.once("connect", () => {
        live.socket.off("connect_error", refused);
        done();
      });
    });
    return live;
  }

  private constructor(server: Server, token: string | undefined, options: Transports) {
    this.socket = io(server.url, {
      forceNew: true,
      reconnection: false,
      ...(token === undefined ? {} : { auth: { token } }),
      ...options,
    });
    open.add(this.socket);
    this.socket.onAny((event: string, ...args: unknown[]) => this.hear(event, args));
  }

  private hear(event: string, args: unknown[]): void {
    const [payload] = args;
    this.received.push({ event, payload });
    try {
      const definition = events.server_events[event];
      if (!definition) throw new Error(`${event} is not an event of the contract`);
      if (args.length !== definition.args.length) throw new Error(`${event} has ${args.length} arguments`);
      mustMatch(event, events, definition.args[0], payload);
    } catch (error) {
      this.faults.push(String(error));
    }
  }

  /** Emits and returns the acknowledgement. */
  // biome-ignore lint/suspicious/noExplicitAny: checked against the contract
  async ask(event: string, ...args: unknown[]): Promise<any> {
    const answer = await this.socket.timeout(10_000).emitWithAck(event, ...args);
    const definition = events.client_events[event];
    if (answer?.ok === true) mustMatch(`${event} acknowledged`, events, definition.ack, answer);
    else mustMatch("a refusal", events, events.schemas.Refusal, answer);
    if (answer?.ok === false && definition && !definition.codes.includes(answer.code)) {
      throw new Error(`${event} was refused with ${answer.code}, which events.yaml does not name`);
    }
    return answer;
  }

  // biome-ignore lint/suspicious/noExplicitAny: checked against the contract
  of(event: string): any[] {
    return this.received.filter((one) => one.event === event).map((one) => one.payload);
  }

  /** The first such event, waiting for it when it has not come yet. */
  // biome-ignore lint/suspicious/noExplicitAny: checked against the contract
  async next(event: string, matches: (payload: any) => boolean = () => true, withinMs?: number): Promise<any> {
    const found = await until(`${event} arrives`, () => this.of(event).find(matches), withinMs);
    if (this.faults.length > 0) throw new Error(this.faults.join("\n"));
    return found;
  }

  get transport(): string {
    return this.socket.io.engine.transport.name;
  }

  async disconnected(withinMs = 2_000): Promise<void> {
    await until("the server closes the connection", () => !this.socket.connected, withinMs);
  }

  close(): void {
    open.delete(this.socket);
    this.socket.close();
  }
}

/** For afterEach. */
export function closeSockets(): void {
  for (const socket of open) socket.close();
  open.clear();
}
