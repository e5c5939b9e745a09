import { setTimeout as pause } from "node:timers/promises";

const POLL_MS = 20;

type Falsy = undefined | null | false | "" | 0;

/**
 * Asks `probe` until it answers something truthy, and returns that. Throws when it has not by the deadline; `what` says in the
 * message what was waited for.
 */
export async function until<T>(what: string, probe: () => T | Promise<T>, withinMs = 15_000): Promise<Exclude<T, Falsy>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await probe();
    if (answer) return answer as Exclude<T, Falsy>;
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(POLL_MS);
  }
}
