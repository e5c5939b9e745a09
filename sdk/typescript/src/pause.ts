/** Resolves after `ms`, or at once when the signal is aborted. Never rejects. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal?.aborted) return done();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
}

/** Waits between tries: doubling from `firstMs` to `maxMs`, each a random half to the whole of it, so that clients do not come in step. */
export class Backoff {
  private tries = 0;
  private readonly firstMs: number;
  private readonly maxMs: number;

  constructor(firstMs: number, maxMs: number) {
    this.firstMs = firstMs;
    this.maxMs = maxMs;
  }

  /** `atLeastMs`: what the server asked for (`Retry-After`). */
  next(atLeastMs = 0): number {
    const ms = Math.min(this.maxMs, this.firstMs * 2 ** Math.min(this.tries, 30));
    this.tries += 1;
    return Math.max(atLeastMs, ms / 2 + (Math.random() * ms) / 2);
  }

  reset(): void {
    this.tries = 0;
  }
}
