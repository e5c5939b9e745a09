import type { Grant, SignedOutReason } from "./session";

export type TabMessage = { kind: "granted"; grant: Grant } | { kind: "signed-out"; why: SignedOutReason };

/** What the tabs of one browser tell each other about the session. Never stored. */
export interface TabChannel {
  post(message: TabMessage): void;
  listen(listener: (message: TabMessage) => void): void;
  /** Resolves at the next message, or after `timeoutMs`. */
  next(timeoutMs: number): Promise<void>;
}

export function createTabChannel(name = "taskgate.session"): TabChannel {
  const listeners = new Set<(message: TabMessage) => void>();
  const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(name);
  channel?.addEventListener("message", (event: MessageEvent<TabMessage>) => {
    for (const listener of [...listeners]) listener(event.data);
  });
  return {
    post: (message) => channel?.postMessage(message),
    listen: (listener) => void listeners.add(listener),
    next: (timeoutMs) =>
      new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer);
          listeners.delete(done);
          resolve();
        };
        const timer = setTimeout(done, timeoutMs);
        listeners.add(done);
      }),
  };
}

/** Web Locks where the browser has them (secure contexts and loopback); otherwise this tab alone decides. */
export async function exclusively<T>(work: (waited: boolean) => Promise<T>): Promise<T> {
  const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
  if (locks === undefined) return work(false);
  const name = "taskgate.refresh";
  const first = await locks.request(name, { ifAvailable: true }, async (lock) =>
    lock === null ? { free: false as const } : { free: true as const, value: await work(false) },
  );
  return first.free ? first.value : locks.request(name, () => work(true));
}
