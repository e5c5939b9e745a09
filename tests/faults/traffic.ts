import { type Account, type Job } from "../harness/account";
import { type Answer, type Client } from "../harness/client";
import { HttpWorker } from "../harness/keys";

/** The same sequence of numbers in [0, 1) for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** From one start of the server to the kill. */
export interface Life {
  client: Client;
  /** Set just before the kill. */
  over: boolean;
  /** Answers that were heard in this life, of whatever kind. */
  heard: number;
}

/**
 * Somebody who uses the server while it is killed again and again, and keeps a log of what was promised. `act` goes on until the life
 * is over, and must survive every request that is cut off.
 */
export interface Actor {
  act(life: Life): Promise<void>;
  /** Called when nothing is killed any more and every job has ended: throws when a promise was broken. */
  check(jobs: Map<string, Job>): void | Promise<void>;
}

/** The answer, or nothing when the server died over the request. */
async function heard(life: Life, request: Promise<Answer>): Promise<Answer | undefined> {
  try {
    const answer = await request;
    life.heard += 1;
    return answer;
  } catch (error) {
    if (!life.over) throw error;
    return undefined;
  }
}

/** Submits jobs of these types one by one. A request without an answer is repeated with the same Idempotency-Key. */
export class Submitter implements Actor {
  readonly acknowledged = new Map<string, string>(); // number → id
  private unanswered: string | undefined;
  private made = 0;

  constructor(
    private readonly name: string,
    private readonly account: Account,
    private readonly types: string[],
    private readonly random: () => number,
  ) {}

  async act(life: Life): Promise<void> {
    while (!life.over) {
      this.unanswered ??= `${this.name}-${this.made++}`;
      const number = this.unanswered;
      const json = { type: this.types[Number(number.split("-")[1]) % this.types.length], data: { number }, maxRetries: 0 };
      const options = { json, token: this.account.accessToken, headers: { "Idempotency-Key": number } };
      const answer = await heard(life, life.client.send("POST", "/api/jobs/submit", options));
      if (answer === undefined) return;
      if (answer.status === 503) continue;
      if (answer.status !== 202) throw new Error(`${number} was not accepted: ${answer.status} ${answer.text}`);
      this.acknowledged.set(number, answer.body.data.id);
      this.unanswered = undefined;
      if (this.random() < 0.02) await this.cancel(life, answer.body.data.id);
    }
  }

  readonly cancelled = new Set<string>();

  private async cancel(life: Life, id: string): Promise<void> {
    const answer = await heard(life, life.client.send("POST", `/api/jobs/${id}/cancel`, { token: this.account.accessToken }));
    if (answer?.status === 200) this.cancelled.add(id);
  }

  check(jobs: Map<string, Job>): void {
    const byNumber = new Map<string, string[]>();
    for (const job of jobs.values()) {
      if (!String(job.data.number).startsWith(`${this.name}-`)) continue;
      byNumber.set(job.data.number, [...(byNumber.get(job.data.number) ?? []), job.id]);
    }
    for (const [number, id] of this.acknowledged) {
      const ids = byNumber.get(number) ?? [];
      if (!ids.includes(id)) throw new Error(`job ${id} was acknowledged and is lost`);
      if (ids.length > 1) throw new Error(`${number} was submitted once and is there ${ids.length} times: ${ids}`);
    }
    for (const id of this.cancelled) {
      if (jobs.get(id).status !== "cancelled") throw new Error(`the cancel of ${id} was acknowledged, but it is ${jobs.get(id).status}`);
    }
  }
}

/** Claims jobs and completes them, now and then twice; what it was about to settle when the server died it settles in the next life. */
export class Worker implements Actor {
  readonly completed = new Map<string, string>(); // job → the lease whose completion was accepted
  private readonly hands: Job[] = [];
  private readonly attempts = new Map<string, number>(); // job → the latest attempt this worker saw
  private claimed = 0;

  constructor(
    private readonly name: string,
    private readonly key: string,
    private readonly types: string[],
    private readonly random: () => number,
  ) {}

  async act(life: Life): Promise<void> {
    const worker = new HttpWorker(life.client, this.key, this.name);
    while (!life.over) {
      if (this.hands.length === 0 && !(await this.claim(life, worker))) return;
      while (this.hands.length > 0) {
        const job = this.hands[0];
        if (!(await this.complete(life, worker, job))) return;
        if (this.random() < 0.1 && !(await this.complete(life, worker, job))) return;
        this.hands.shift();
      }
    }
  }

  private async claim(life: Life, worker: HttpWorker): Promise<boolean> {
    const wanted = { worker: this.name, types: this.types, max: 1 + Math.floor(this.random() * 4), waitMs: 200 };
    const answer = await heard(life, worker.send("claim", wanted));
    if (answer?.status !== 200) return answer !== undefined;
    for (const job of answer.body.jobs) {
      const before = this.attempts.get(job.id) ?? 0;
      if (job.attempt <= before) throw new Error(`attempt ${job.attempt} of job ${job.id} was given out after attempt ${before}`);
      this.attempts.set(job.id, job.attempt);
      this.hands.push(job);
      this.claimed += 1;
    }
    return true;
  }

  private async complete(life: Life, worker: HttpWorker, job: Job): Promise<boolean> {
    const settle = [{ id: job.id, lease: job.lease, op: "complete", result: { by: this.name, attempt: job.attempt } }];
    const answer = await heard(life, worker.send("settle", settle));
    if (answer?.status !== 200) return answer !== undefined;
    if (answer.body[0].outcome !== "ok") return true;
    const earlier = this.completed.get(job.id);
    if (earlier !== undefined) throw new Error(`the completion of job ${job.id} was accepted twice`);
    this.completed.set(job.id, job.lease);
    return true;
  }

  /** What it was given in an answer that it never heard goes back. */
  async leave(client: Client): Promise<void> {
    this.hands.length = 0;
    this.attempts.clear(); // what goes back this way spends no attempt, so its number comes again
    const answer = await new HttpWorker(client, this.key, this.name).send("bye", { worker: this.name });
    if (answer.status !== 200) throw new Error(`bye was refused: ${answer.text}`);
  }

  check(jobs: Map<string, Job>): void {
    if (this.completed.size === 0) throw new Error(`${this.name} completed nothing (claimed ${this.claimed})`);
    for (const id of this.completed.keys()) {
      const job = jobs.get(id);
      if (job?.status !== "completed") throw new Error(`the completion of job ${id} was accepted, but it is ${job?.status}`);
      if (job.result.by !== this.name) throw new Error(`job ${id} was completed by ${this.name} and again by ${job.result.by}`);
    }
  }
}
