import { io, type Socket } from "socket.io-client";
import type { Session } from "./session";
import { createStore, type Store } from "./store";

export type Ack = { ok: true; id?: string } | { ok: false; code: string; message: string };

export interface JobUpdated {
  jobId: string;
  status: "pending" | "processing" | "completed" | "failed" | "cancelled";
  userId: string;
  progress?: number;
  type?: string;
  progressMessage?: string;
  error?: string;
  seq?: number;
}

export interface ReceivedMessage {
  socketId: string;
  message: string;
  roomId: string;
  id?: string;
  userId?: string;
  at?: string;
}

/** server → client */
export interface ServerEvents {
  jobUpdated: (event: JobUpdated) => void;
  receiveMessage: (event: ReceivedMessage) => void;
}

/** client → server */
export interface ClientEvents {
  joinRoom: (roomId: string, ack: (answer: Ack) => void) => void;
  leaveRoom: (roomId: string, ack: (answer: Ack) => void) => void;
  sendMessage: (message: { roomId: string; message: string }, ack: (answer: Ack) => void) => void;
}

export type TaskgateSocket = Socket<ServerEvents, ClientEvents>;

export const ACK_TIMEOUT_MS = 10_000;
/** Between attempts that socket.io-client does not make by itself; doubled each time until one succeeds. */
const RETRY_MS = 1_000;
const RETRY_MAX_MS = 30_000;

/**
 * The one Socket.IO connection of this tab. It follows the session: connected as the account that is signed in, closed
 * when nobody is. socket.io-client reconnects by itself after a lost transport; it does not after a refusal or a
 * disconnect by the server, so those are retried here with a fresh token.
 */
export class LiveSocket {
  readonly connected: Store<boolean> = createStore(false);
  readonly raw: TaskgateSocket;
  private readonly session: Session;
  private account: string | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private settled: ReturnType<typeof setTimeout> | undefined;
  private retryMs = RETRY_MS;

  constructor(session: Session, connect: typeof io = io) {
    this.session = session;
    this.raw = connect({
      path: "/socket.io/",
      autoConnect: false,
      auth: (give) => void this.giveToken(give),
    });
    this.raw.on("connect", () => {
      this.connected.set(true);
      // One that lives for a while has succeeded; one that is closed at once has not.
      clearTimeout(this.settled);
      this.settled = setTimeout(() => {
        this.retryMs = RETRY_MS;
      }, RETRY_MAX_MS);
    });
    this.raw.on("disconnect", (reason) => {
      this.connected.set(false);
      clearTimeout(this.settled);
      // The token has expired, the role has changed, or the session was ended elsewhere: a refresh tells which.
      if (reason === "io server disconnect") this.renewLater();
    });
    this.raw.on("connect_error", () => {
      this.connected.set(false);
      // Refused by the server, mostly for its token. Not reached: socket.io-client tries again.
      if (!this.raw.active) this.renewLater();
    });
    session.state.subscribe(() => this.follow());
  }

  /** Emits and waits for the acknowledgement. Not connected or no answer in time is an answer too. */
  async ask(emit: (socket: ReturnType<TaskgateSocket["timeout"]>) => Promise<Ack>): Promise<Ack> {
    if (!this.raw.connected) {
      return { ok: false, code: "not_connected", message: "Not connected to the server." };
    }
    try {
      return await emit(this.raw.timeout(ACK_TIMEOUT_MS));
    } catch {
      return { ok: false, code: "no_answer", message: "The server did not answer in time." };
    }
  }

  private follow(): void {
    const user = this.session.user?.id;
    if (user === this.account) return;
    this.account = user;
    clearTimeout(this.retry);
    this.retryMs = RETRY_MS;
    this.raw.disconnect();
    if (user !== undefined) this.raw.connect();
  }

  private async giveToken(give: (auth: { token: string }) => void): Promise<void> {
    try {
      const token = await this.session.freshToken();
      if (token !== undefined) return give({ token });
    } catch {
      // Falls through: without a token this would become a guest's connection, which hears nothing of one's jobs.
    }
    this.raw.disconnect();
    this.renewLater();
  }

  private renewLater(): void {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => void this.renewAndConnect(), this.retryMs);
    this.retryMs = Math.min(2 * this.retryMs, RETRY_MAX_MS);
  }

  private async renewAndConnect(): Promise<void> {
    try {
      await this.session.refresh(this.session.accessToken);
    } catch {
      return this.renewLater();
    }
    if (this.account !== undefined && !this.raw.connected) this.raw.connect();
  }
}
