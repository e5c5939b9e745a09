import type { Http } from "./http.js";

// The worker protocol (docs/workers.md, contract/openapi.yaml): durations only, so that clocks need not agree.

export interface ClaimedJob {
  id: string;
  type: string;
  data: unknown;
  priority: number;
  /** 1 for the first. */
  attempt: number;
  /** Opaque; every message about this attempt carries it. */
  lease: string;
  leaseMs: number;
  /** Of this attempt. */
  timeoutMs?: number;
  userId: string;
  /** What an earlier attempt has saved, or null; absent where the server keeps no checkpoints. */
  checkpoint?: unknown;
}

export interface Settle {
  id: string;
  lease: string;
  op: "complete" | "fail" | "snooze" | "release";
  result?: unknown;
  error?: string;
  retryable?: boolean;
  delayMs?: number;
}

export interface Beat {
  id: string;
  lease: string;
  extendMs?: number;
  progress?: number;
  message?: string;
  log?: string[];
  checkpoint?: unknown;
}

export interface ClaimRequest {
  worker: string;
  types: string[];
  max: number;
  waitMs: number;
  leaseMs: number;
  settle?: Settle[];
  beat?: Beat[];
}

export interface Outcome {
  id: string;
  outcome: string;
}

export interface ClaimAnswer {
  jobs: ClaimedJob[];
  settled: Outcome[];
  beats: Outcome[];
  cancels: { id: string; reason: string }[];
  directive: "run" | "quiet" | "drain";
}

const ANSWER_MS = 10_000;

export class WorkerApi {
  private readonly http: Http;

  constructor(http: Http) {
    this.http = http;
  }

  claim(request: ClaimRequest, signal: AbortSignal): Promise<ClaimAnswer> {
    return this.http.post("/api/worker/claim", { body: request, timeoutMs: request.waitMs + ANSWER_MS, signal });
  }

  settle(items: Settle[]): Promise<Outcome[]> {
    return this.http.post("/api/worker/settle", { body: items, timeoutMs: ANSWER_MS });
  }

  beat(items: Beat[]): Promise<Outcome[]> {
    return this.http.post("/api/worker/beat", { body: items, timeoutMs: ANSWER_MS });
  }

  async bye(worker: string): Promise<void> {
    await this.http.post("/api/worker/bye", { body: { worker }, timeoutMs: ANSWER_MS });
  }
}
