/** Something to wait for that may happen before, while or after one waits: a notice is kept until somebody has taken it. */
export class Wake {
  private isNoted = false;
  private waiter: (() => void) | undefined;

  notify(): void {
    this.isNoted = true;
    this.waiter?.();
  }

  /** Resolves at the next notice, or after `ms`. One waiter at a time. */
  async wait(ms = Number.POSITIVE_INFINITY): Promise<void> {
    if (!this.isNoted && ms > 0) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((done) => {
        this.waiter = done;
        if (Number.isFinite(ms)) timer = setTimeout(done, Math.min(ms, 2 ** 31 - 1));
      });
      clearTimeout(timer);
      this.waiter = undefined;
    }
    this.isNoted = false;
  }
}
