import type { Answer, Client, RequestOptions } from "./client";
import type { Server } from "./server";
import { until } from "./until";

export const PASSWORD = "violet tram 93 orchard";

let made = 0;

/** Another address each time, also over the processes of a test run. */
export function newEmail(name = "user"): string {
  made += 1;
  return `${name}-${process.pid}-${made}@example.com`;
}

// biome-ignore lint/suspicious/noExplicitAny: checked against the contract
export type Job = any;

/** Somebody who is signed in. */
export class Account {
  readonly client: Client;
  readonly id: string;
  readonly email: string;
  accessToken: string;
  refreshToken: string;

  constructor(client: Client, login: Answer) {
    this.client = client;
    this.id = login.body.user.id;
    this.email = login.body.user.email;
    this.accessToken = login.body.tokens.accessToken;
    this.refreshToken = login.body.tokens.refreshToken;
  }

  get(path: string): Promise<Answer> {
    return this.client.get(path, { token: this.accessToken });
  }

  post(path: string, json?: unknown, options: RequestOptions = {}): Promise<Answer> {
    return this.client.post(path, json, { token: this.accessToken, ...options });
  }

  async submit(type: string, more: Record<string, unknown> = {}): Promise<Job> {
    const answer = await this.post("/api/jobs/submit", { type, ...more });
    if (answer.status !== 202) throw new Error(`the job was not accepted: ${answer.status} ${answer.text}`);
    return answer.body.data;
  }

  async job(id: string): Promise<Job> {
    const answer = await this.get(`/api/jobs/${id}`);
    if (answer.status !== 200) throw new Error(`the job cannot be read: ${answer.status} ${answer.text}`);
    return answer.body.data;
  }

  /** The job once it has that status. */
  jobThatIs(status: string, id: string, withinMs = 15_000): Promise<Job> {
    return until(
      `job ${id} is ${status}`,
      async () => {
        const job = await this.job(id);
        return job.status === status && job;
      },
      withinMs,
    );
  }

  /** All of them, page by page. */
  async jobs(path = "/api/jobs/all", limit = 500): Promise<Job[]> {
    const jobs: Job[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.get(`${path}?limit=${limit}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
      jobs.push(...page.body.data);
      cursor = page.body.nextCursor;
    } while (cursor !== undefined);
    return jobs;
  }
}

/** Signs up, verifies with the printed link, and signs in. */
export async function newAccount(server: Server, email = newEmail()): Promise<Account> {
  await signUpVerified(server, email);
  return logIn(server, email);
}

export async function signUpVerified(server: Server, email: string, password = PASSWORD): Promise<void> {
  const token = await signUp(server, email, password);
  const answer = await server.client().post(`/api/auth/verify/${token}`);
  if (answer.status !== 200) throw new Error(`the printed link does not verify: ${answer.text}`);
}

/** Returns the token of the printed link. */
export async function signUp(server: Server, email: string, password = PASSWORD): Promise<string> {
  const before = server.stdout.length;
  const answer = await server.client().post("/api/auth/signup", { email, password });
  if (answer.status !== 200) throw new Error(`sign-up failed: ${answer.status} ${answer.text}`);
  return server.linkToken("verify", before);
}

export async function logIn(server: Server, email: string, password = PASSWORD): Promise<Account> {
  const answer = await server.client().post("/api/auth/login", { email, password });
  if (answer.status !== 200) throw new Error(`log-in failed: ${answer.status} ${answer.text}`);
  return new Account(server.client(), answer);
}

/** An account that was made an admin with the command line. */
export async function newAdmin(server: Server, email = newEmail("admin")): Promise<Account> {
  const outcome = await server.command("user", "create", email, "--role", "admin", "--password", PASSWORD);
  if (outcome.code !== 0) throw new Error(`the admin was not made: ${outcome.output}`);
  return logIn(server, email);
}
