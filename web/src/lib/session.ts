import * as z from "zod/mini";
import { ApiError } from "./errors";
import type { SessionMarker } from "./session_marker";
import { createStore, type Store } from "./store";
import type { TabChannel } from "./tab_channel";

export const userSchema = z.object({
  id: z.string(),
  email: z.string(),
  role: z.enum(["user", "admin"]),
});
export type User = z.infer<typeof userSchema>;

export const grantSchema = z.object({ accessToken: z.string(), user: userSchema });
/** What a sign-in or a refresh gives: a short-lived access token and whose it is. */
export type Grant = z.infer<typeof grantSchema>;

/** *absent*: there was no session. *left*: the person signed out. *ended*: the server ended it. */
export type SignedOutReason = "absent" | "left" | "ended";

export type SessionState =
  /** Not asked yet: a refresh cookie may or may not be there. */
  | { status: "unknown" }
  | { status: "signed-out"; why: SignedOutReason }
  | { status: "signed-in"; user: User };

export interface SessionPorts {
  /** Trades the refresh cookie for a grant; undefined when the server refuses it; throws when it cannot be asked. */
  refresh(): Promise<Grant | undefined>;
  channel: TabChannel;
  marker: SessionMarker;
  /** Runs `work` while no other tab runs its own; `waited` says whether another tab held the lock first. */
  exclusively<T>(work: (waited: boolean) => Promise<T>): Promise<T>;
  now(): number;
}

/** How long a tab that waited for another tab's refresh listens for its result before asking by itself. */
const PEER_ANSWER_MS = 250;
/** Tokens that end within this time are renewed before they are used where a refusal is expensive (sockets). */
const FRESH_MARGIN_MS = 30_000;

/**
 * Who is signed in, and the access token, which lives in memory only. All tabs share one session: one of them
 * refreshes and tells the others; signing in or out in one does it in all.
 */
export class Session {
  readonly state: Store<SessionState> = createStore<SessionState>({ status: "unknown" });
  private readonly ports: SessionPorts;
  private token: string | undefined;
  private expiresAt = 0;
  private refreshing: Promise<string | undefined> | undefined;
  private changes = 0;

  constructor(ports: SessionPorts) {
    this.ports = ports;
    ports.channel.listen((message) => {
      if (message.kind === "signed-out") this.forget(message.why);
      else this.accept(message.grant);
    });
  }

  get accessToken(): string | undefined {
    return this.token;
  }

  /** Changes whenever another account (or none) takes over; answers to older generations must be dropped. */
  get generation(): number {
    return this.changes;
  }

  get user(): User | undefined {
    const state = this.state.get();
    return state.status === "signed-in" ? state.user : undefined;
  }

  /**
   * Resolves once it is known whether somebody is signed in. Throws ApiError when the server cannot say. Where nobody
   * signed in before, the server is not asked: its refusal would be noise in the browser's console.
   */
  async restore(): Promise<User | undefined> {
    if (this.state.get().status === "unknown") {
      if (this.ports.marker.get()) await this.refresh(undefined);
      else this.forget("absent");
    }
    return this.user;
  }

  /** This tab signed in. */
  signedIn(grant: Grant): void {
    this.accept(grant);
    this.ports.marker.set(true);
    this.ports.channel.post({ kind: "granted", grant });
  }

  signedOut(why: SignedOutReason): void {
    this.forget(why);
    this.ports.marker.set(false);
    this.ports.channel.post({ kind: "signed-out", why });
  }

  /** A token that is not about to expire; undefined when signed out. */
  async freshToken(): Promise<string | undefined> {
    if (this.token !== undefined && this.ports.now() < this.expiresAt - FRESH_MARGIN_MS) return this.token;
    return this.refresh(this.token);
  }

  /**
   * Replaces `stale`, the token the server has just refused. Concurrent calls, in this tab and in others, make one
   * request. Undefined when the session is over.
   */
  refresh(stale: string | undefined): Promise<string | undefined> {
    if (this.token !== undefined && this.token !== stale) return Promise.resolve(this.token);
    this.refreshing ??= this.ports
      .exclusively((waited) => this.refreshAlone(stale, waited))
      .finally(() => {
        this.refreshing = undefined;
      });
    return this.refreshing;
  }

  private async refreshAlone(stale: string | undefined, waited: boolean): Promise<string | undefined> {
    const settled = () => this.token !== undefined && this.token !== stale;
    if (waited && !settled()) await this.ports.channel.next(PEER_ANSWER_MS);
    if (settled()) return this.token;
    const before = this.changes;
    const grant = await this.ports.refresh();
    if (this.changes !== before) return this.token;
    if (grant === undefined) {
      this.signedOut(this.user === undefined ? "absent" : "ended");
      return undefined;
    }
    this.signedIn(grant);
    return grant.accessToken;
  }

  private accept(grant: Grant): void {
    const known = this.user;
    this.token = grant.accessToken;
    this.expiresAt = this.ports.now() + tokenLifeMs(grant.accessToken);
    if (known?.id !== grant.user.id) this.changes += 1;
    if (known?.id !== grant.user.id || known.role !== grant.user.role || known.email !== grant.user.email) {
      this.state.set({ status: "signed-in", user: grant.user });
    }
  }

  private forget(why: SignedOutReason): void {
    this.token = undefined;
    if (this.state.get().status === "signed-out") return;
    this.changes += 1;
    this.state.set({ status: "signed-out", why });
  }
}

/** `exp - iat` of a JWT, so that a wrong clock on this machine does not matter. 15 minutes when unreadable. */
export function tokenLifeMs(token: string): number {
  const fallback = 15 * 60_000;
  try {
    const payload = token.split(".")[1] ?? "";
    const text = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
    const claims: unknown = JSON.parse(text);
    const parsed = z.safeParse(z.object({ iat: z.number(), exp: z.number() }), claims);
    return parsed.success ? (parsed.data.exp - parsed.data.iat) * 1000 : fallback;
  } catch {
    return fallback;
  }
}

/** Refuses to use an answer that belongs to the account that was signed in before. */
export function accountChanged(): ApiError {
  return new ApiError(-1, "account_changed", "Another account signed in while this was under way.");
}
