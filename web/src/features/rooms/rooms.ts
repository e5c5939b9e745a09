import type { LiveSocket, ReceivedMessage } from "@/lib/socket";
import { createStore, type Store } from "@/lib/store";

export interface ChatMessage {
  key: string;
  author: { userId: string | undefined; socketId: string | undefined };
  mine: boolean;
  text: string;
  at: Date;
  state: "sent" | "sending" | "refused";
  /** Why it was refused. */
  problem?: string;
}

export interface Room {
  name: string;
  state: "joining" | "joined" | "refused" | "away";
  problem?: string;
  messages: ChatMessage[];
  unread: number;
}

export const MESSAGES_KEPT_MAX = 500;

/**
 * The rooms this tab is in, and what was said in them since. Lives as long as the account is signed in, so that going
 * to another page leaves no room. After a reconnect every room is joined again.
 */
export class Rooms {
  readonly list: Store<readonly Room[]> = createStore<readonly Room[]>([]);
  private readonly socket: LiveSocket;
  private readonly userId: string;
  private readonly now: () => Date;
  private watched: string | undefined;
  private counter = 0;

  constructor(socket: LiveSocket, userId: string, now: () => Date = () => new Date()) {
    this.socket = socket;
    this.userId = userId;
    this.now = now;
    socket.raw.on("receiveMessage", this.receive);
    socket.raw.on("connect", this.rejoin);
    socket.raw.on("disconnect", this.away);
  }

  stop(): void {
    this.socket.raw.off("receiveMessage", this.receive);
    this.socket.raw.off("connect", this.rejoin);
    this.socket.raw.off("disconnect", this.away);
  }

  find(name: string): Room | undefined {
    return this.list.get().find((room) => room.name === name);
  }

  /** Undefined when the room is joined; otherwise the server's sentence, and the room is not in the list. */
  async join(name: string): Promise<string | undefined> {
    if (this.find(name)?.state === "joined") return undefined;
    const answer = await this.socket.ask((socket) => socket.emitWithAck("joinRoom", name));
    if (!answer.ok) return answer.message;
    if (this.find(name)) this.change(name, () => ({ state: "joined" }));
    else this.list.set([...this.list.get(), { name, state: "joined", messages: [], unread: 0 }]);
    return undefined;
  }

  async leave(name: string): Promise<void> {
    this.list.set(this.list.get().filter((room) => room.name !== name));
    await this.socket.ask((socket) => socket.emitWithAck("leaveRoom", name));
  }

  /** The message is shown at once, as being sent. */
  async send(name: string, text: string): Promise<void> {
    this.counter += 1;
    const key = `mine ${this.counter}`;
    const author = { userId: this.userId, socketId: this.socket.raw.id };
    this.append(name, { key, author, mine: true, text, at: this.now(), state: "sending" });
    await this.deliver(name, key, text);
  }

  async sendAgain(name: string, key: string): Promise<void> {
    const message = this.find(name)?.messages.find((each) => each.key === key);
    if (message) await this.deliver(name, key, message.text);
  }

  /** Messages of the watched room are read as they come. */
  watch(name: string | undefined): void {
    this.watched = name;
    if (name !== undefined) this.change(name, () => ({ unread: 0 }));
  }

  private async deliver(name: string, key: string, text: string): Promise<void> {
    this.settle(name, key, { state: "sending" });
    const answer = await this.socket.ask((socket) =>
      socket.emitWithAck("sendMessage", { roomId: name, message: text }),
    );
    this.settle(name, key, answer.ok ? { state: "sent" } : { state: "refused", problem: answer.message });
  }

  private settle(name: string, key: string, outcome: Pick<ChatMessage, "state" | "problem">): void {
    this.change(name, (room) => ({
      messages: room.messages.map((message) => (message.key === key ? { ...message, ...outcome } : message)),
    }));
  }

  private readonly receive = (event: ReceivedMessage): void => {
    this.counter += 1;
    this.append(event.roomId, {
      key: event.id ?? `heard ${this.counter}`,
      author: { userId: event.userId, socketId: event.socketId },
      mine: event.userId === this.userId,
      text: event.message,
      at: event.at ? new Date(event.at) : this.now(),
      state: "sent",
    });
  };

  private append(name: string, message: ChatMessage): void {
    this.change(name, (room) => ({
      messages: [...room.messages.filter((each) => each.key !== message.key), message].slice(
        -MESSAGES_KEPT_MAX,
      ),
      unread: this.watched === name || message.mine ? room.unread : room.unread + 1,
    }));
  }

  private readonly away = (): void => {
    for (const room of this.list.get()) this.change(room.name, () => ({ state: "away" }));
  };

  private readonly rejoin = (): void => {
    for (const { name } of this.list.get()) void this.rejoinOne(name);
  };

  private async rejoinOne(name: string): Promise<void> {
    this.change(name, () => ({ state: "joining" }));
    const answer = await this.socket.ask((socket) => socket.emitWithAck("joinRoom", name));
    if (answer.ok) return this.change(name, () => ({ state: "joined" }));
    // Lost again meanwhile: the next connect asks again.
    if (answer.code === "not_connected" || answer.code === "no_answer") return;
    this.change(name, () => ({ state: "refused", problem: answer.message }));
  }

  private change(name: string, change: (room: Room) => Partial<Room>): void {
    this.list.set(this.list.get().map((room) => (room.name === name ? { ...room, ...change(room) } : room)));
  }
}
