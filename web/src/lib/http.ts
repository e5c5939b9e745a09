import * as z from "zod/mini";
import { ApiError } from "./errors";
import { parseJson } from "./json";
import { accountChanged, type Session } from "./session";
import { createStore, type Store } from "./store";

export interface RequestOptions<T> {
  /** What the answer must look like; an answer of another shape is an error, not a surprise in a component. */
  schema: z.ZodMiniType<T>;
  /** Sent as JSON. `rawBody` is JSON text that is sent as it is, which keeps the digits of big integers. */
  body?: unknown;
  rawBody?: string;
  query?: Record<string, string | number | boolean | undefined>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Without a token, and a 401 is an answer like any other. For the routes that make a session. */
  anonymous?: boolean;
  /** Keep the digits of numbers that a double cannot hold (see `lib/json`). Slower; for single documents. */
  lossless?: boolean;
}

/** The one way to the HTTP API: adds the token, refreshes it once when refused, and turns every failure into ApiError. */
export class Http {
  /** False after a request found nobody at the other end; true again after any answer. */
  readonly reachable: Store<boolean> = createStore(true);
  private readonly session: () => Session;
  private readonly send: typeof fetch;

  constructor(session: () => Session, send: typeof fetch = (input, init) => fetch(input, init)) {
    this.session = session;
    this.send = send;
  }

  get<T>(path: string, options: RequestOptions<T>): Promise<T> {
    return this.request("GET", path, options);
  }

  post<T>(path: string, options: RequestOptions<T>): Promise<T> {
    return this.request("POST", path, options);
  }

  patch<T>(path: string, options: RequestOptions<T>): Promise<T> {
    return this.request("PATCH", path, options);
  }

  delete<T>(path: string, options: RequestOptions<T>): Promise<T> {
    return this.request("DELETE", path, options);
  }

  private async request<T>(method: string, path: string, options: RequestOptions<T>): Promise<T> {
    const session = this.session();
    const generation = session.generation;
    const token = options.anonymous ? undefined : session.accessToken;
    let response = await this.attempt(method, path, options, token);
    if (response.status === 401 && !options.anonymous) {
      const renewed = await session.refresh(token);
      if (renewed !== undefined && session.generation === generation) {
        response = await this.attempt(method, path, options, renewed);
      }
    }
    const body = await readBody(response, options.lossless === true);
    if (!options.anonymous && session.generation !== generation && response.ok) throw accountChanged();
    const requestId = response.headers.get("x-request-id") ?? undefined;
    if (!response.ok) throw ApiError.fromBody(response.status, body, requestId);
    const parsed = z.safeParse(options.schema, body);
    if (parsed.success) return parsed.data;
    throw new ApiError(
      response.status,
      "unexpected_answer",
      `The server's answer to ${method} ${path} has an unexpected shape: ${z.prettifyError(parsed.error)}`,
      [],
      requestId,
    );
  }

  private async attempt<T>(
    method: string,
    path: string,
    options: RequestOptions<T>,
    token: string | undefined,
  ): Promise<Response> {
    const headers: Record<string, string> = { accept: "application/json", ...options.headers };
    const init: RequestInit = { method, headers, credentials: "same-origin" };
    const text = options.rawBody ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    if (text !== undefined) {
      headers["content-type"] = "application/json";
      init.body = text;
    }
    if (token !== undefined) headers.authorization = `Bearer ${token}`;
    if (options.signal) init.signal = options.signal;
    try {
      const response = await this.send(path + queryString(options.query), init);
      this.reachable.set(true);
      return response;
    } catch (error) {
      if (options.signal?.aborted) throw error;
      this.reachable.set(false);
      throw ApiError.unreachable();
    }
  }
}

function queryString(query: RequestOptions<unknown>["query"]): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== "") parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}

async function readBody(response: Response, lossless: boolean): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch {
    throw ApiError.unreachable();
  }
  if (text === "") return undefined;
  try {
    return lossless ? parseJson(text) : JSON.parse(text);
  } catch {
    return undefined;
  }
}
