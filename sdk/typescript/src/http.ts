import { ConnectionError, TaskgateError } from "./errors.js";
import { Backoff, pause } from "./pause.js";

export interface Connection {
  /** Where the server is: `https://tasks.example.com`. */
  url: string;
  /** An API key (`tg_…`) or an access token; a function is asked before each request. */
  key: string | (() => string | Promise<string>);
  /** Another `fetch` than the global one. */
  fetch?: typeof globalThis.fetch;
}

/**
 * When a request is sent again by itself: `always` (also when no answer came: only for what may safely happen twice), `refused`
 * (only when the server says that it did nothing: 429), `never`.
 */
export type Repeat = "always" | "refused" | "never";

export interface Ask {
  body?: unknown;
  query?: Record<string, string | number | boolean | undefined>;
  headers?: Record<string, string>;
  /** Until the whole answer is there; 30 s when not given. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  repeat?: Repeat;
}

const TIMEOUT_MS = 30_000;
const TRIES_MAX = 5;

/** JSON over HTTP with the server's errors as exceptions. */
export class Http {
  readonly url: string;
  private readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
    this.url = connection.url.replace(/\/+$/, "");
  }

  async key(): Promise<string> {
    const { key } = this.connection;
    return typeof key === "function" ? key() : key;
  }

  get<T>(path: string, ask: Ask = {}): Promise<T> {
    return this.send<T>("GET", path, { repeat: "always", ...ask });
  }

  post<T>(path: string, ask: Ask = {}): Promise<T> {
    return this.send<T>("POST", path, ask);
  }

  patch<T>(path: string, ask: Ask = {}): Promise<T> {
    return this.send<T>("PATCH", path, ask);
  }

  delete<T>(path: string, ask: Ask = {}): Promise<T> {
    return this.send<T>("DELETE", path, ask);
  }

  private async send<T>(method: string, path: string, ask: Ask): Promise<T> {
    const backoff = new Backoff(200, 5_000);
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.once<T>(method, path, ask);
      } catch (error) {
        if (tries >= TRIES_MAX || ask.signal?.aborted || !mayRepeat(error, ask.repeat ?? "never")) throw error;
        await pause(backoff.next(error instanceof TaskgateError ? error.retryAfterMs : 0), ask.signal);
      }
    }
  }

  private async once<T>(method: string, path: string, ask: Ask): Promise<T> {
    const headers: Record<string, string> = { authorization: `Bearer ${await this.key()}`, ...ask.headers };
    if (ask.body !== undefined) headers["content-type"] = "application/json";
    const body = ask.body === undefined ? {} : { body: JSON.stringify(ask.body) };
    const stop = new AbortController();
    const abort = () => stop.abort(ask.signal?.reason);
    if (ask.signal?.aborted) abort();
    ask.signal?.addEventListener("abort", abort);
    const timeoutMs = ask.timeoutMs ?? TIMEOUT_MS;
    const timer = setTimeout(() => stop.abort(new ConnectionError(`no answer within ${timeoutMs} ms`)), timeoutMs);
    try {
      const fetch = this.connection.fetch ?? globalThis.fetch;
      const response = await fetch(this.url + path + queryText(ask.query), {
        method,
        headers,
        signal: stop.signal,
        ...body,
      });
      const text = await response.text();
      if (!response.ok) throw refusal(response, text);
      const answer = text === "" ? undefined : parse(text);
      if (answer === undefined) throw new ConnectionError(`${method} ${this.url}${path}: the answer is not JSON`);
      return answer as T;
    } catch (error) {
      if (error instanceof TaskgateError || error instanceof ConnectionError) throw error;
      if (stop.signal.aborted) throw stop.signal.reason ?? error;
      throw new ConnectionError(`${method} ${this.url}${path}: ${describe(error)}`, { cause: error });
    } finally {
      clearTimeout(timer);
      ask.signal?.removeEventListener("abort", abort);
    }
  }
}

/** Trouble that passes by itself: no answer, a limit, an overload, a restart. */
export function isPassing(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  return error instanceof TaskgateError && (error.status === 408 || error.status === 429 || error.status >= 500);
}

function mayRepeat(error: unknown, repeat: Repeat): boolean {
  if (repeat === "never") return false;
  if (error instanceof TaskgateError && error.status === 429) return true;
  return repeat === "always" && isPassing(error);
}

function queryText(query: Ask["query"]): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  return given.length === 0 ? "" : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

function refusal(response: Response, text: string): TaskgateError {
  const body = parse(text) as Partial<{ message: string; code: string; errors: { field: string; message: string }[]; requestId: string }>;
  const fields = body?.errors?.map((error) => error.message).join("; ");
  const message = body?.message ?? `${response.status} ${response.statusText}`;
  return new TaskgateError(fields ? `${message}: ${fields}` : message, {
    status: response.status,
    code: body?.code ?? "unknown",
    errors: body?.errors,
    requestId: body?.requestId ?? response.headers.get("x-request-id") ?? undefined,
    retryAfterMs: retryAfterMs(response.headers.get("retry-after")),
  });
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function retryAfterMs(value: string | null): number | undefined {
  if (value === null || value.trim() === "") return undefined;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** What is not JSON comes from something in between, such as a proxy. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describe(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && cause.message ? cause.message : String(error instanceof Error ? error.message : error);
}
