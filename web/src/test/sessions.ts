import { type Grant, Session, type SessionPorts, type User } from "@/lib/session";
import type { TabChannel, TabMessage } from "@/lib/tab_channel";

export const ada: User = { id: "a1", email: "ada@example.com", role: "user" };
export const grace: User = { id: "b2", email: "grace@example.com", role: "admin" };

export function grantFor(user: User, number = 1): Grant {
  return { accessToken: `token-${user.id}-${number}`, user };
}

/** Tabs of one browser: channels that hear each other, and one lock. */
export function createBrowser() {
  const channels: { listeners: Set<(message: TabMessage) => void> }[] = [];
  let tail: Promise<unknown> = Promise.resolve();
  let holders = 0;
  let marked = true;
  return {
    /** As after a sign-in in an earlier visit. */
    marker: {
      get: () => marked,
      set: (signedIn: boolean) => {
        marked = signedIn;
      },
    },
    channel(): TabChannel {
      const own = { listeners: new Set<(message: TabMessage) => void>() };
      channels.push(own);
      return {
        post: (message) => {
          for (const each of channels) {
            if (each !== own) for (const listener of [...each.listeners]) listener(message);
          }
        },
        listen: (listener) => void own.listeners.add(listener),
        next: () => Promise.resolve(),
      };
    },
    exclusively<T>(work: (waited: boolean) => Promise<T>): Promise<T> {
      const waited = holders > 0;
      holders += 1;
      const result = tail.then(() => work(waited));
      tail = result
        .catch(() => {})
        .finally(() => {
          holders -= 1;
        });
      return result;
    },
  };
}

export function createSession(ports: Partial<SessionPorts> = {}): Session {
  const browser = createBrowser();
  return new Session({
    refresh: async () => undefined,
    channel: browser.channel(),
    marker: browser.marker,
    exclusively: (work) => browser.exclusively(work),
    now: () => 0,
    ...ports,
  });
}
