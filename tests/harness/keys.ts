import type { Account } from "./account";
import type { Answer, Client } from "./client";

// biome-ignore lint/suspicious/noExplicitAny: checked against the contract
type Json = any;

/** Makes an API key and returns what the server says about it. */
export async function newKey(owner: Account, scopes: string[], more: Record<string, unknown> = {}): Promise<Json> {
  const answer = await owner.post("/api/auth/keys", { name: "of a test", scopes, ...more });
  if (answer.status !== 201) throw new Error(`the key was not made: ${answer.status} ${answer.text}`);
  return answer.body.data;
}

/** A worker as anybody could write one. */
export class HttpWorker {
  constructor(
    readonly client: Client,
    readonly key: string,
    readonly name: string,
  ) {}

  send(path: string, json: unknown): Promise<Answer> {
    return this.client.post(`/api/worker/${path}`, json, { token: this.key });
  }

  async claim(types: string[], more: Record<string, unknown> = {}): Promise<Json> {
    const answer = await this.send("claim", { worker: this.name, types, ...more });
    if (answer.status !== 200) throw new Error(`the claim was refused: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  async claimOne(type: string, more: Record<string, unknown> = {}): Promise<Json> {
    const [job] = (await this.claim([type], { waitMs: 10_000, ...more })).jobs;
    if (job === undefined) throw new Error(`there was no ${type}`);
    return job;
  }

  async settle(job: Json, op: string, more: Record<string, unknown> = {}): Promise<string> {
    return (await this.send("settle", [{ id: job.id, lease: job.lease, op, ...more }])).body[0].outcome;
  }

  async beat(job: Json, more: Record<string, unknown> = {}): Promise<string> {
    return (await this.send("beat", [{ id: job.id, lease: job.lease, ...more }])).body[0].outcome;
  }
}
