/** The server as the HTTP client sees it: routes answered by functions, and every request kept. */
export interface SeenRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Headers;
  body: unknown;
}

export interface Answer {
  status?: number;
  body?: unknown;
}

export type Routes = Record<string, (request: SeenRequest) => Answer>;

export interface FakeServer {
  fetch: typeof fetch;
  seen: SeenRequest[];
  routes: Routes;
  /** The connection is cut: every request fails. */
  down: boolean;
}

export function createFakeServer(routes: Routes): FakeServer {
  const server: FakeServer = {
    routes,
    seen: [],
    down: false,
    fetch: async (input, init) => {
      if (server.down) throw new TypeError("fetch failed");
      const url = new URL(String(input), "http://127.0.0.1");
      const request: SeenRequest = {
        method: init?.method ?? "GET",
        path: url.pathname,
        query: url.searchParams,
        headers: new Headers(init?.headers),
        body: typeof init?.body === "string" ? JSON.parse(init.body) : undefined,
      };
      server.seen.push(request);
      const route = server.routes[`${request.method} ${request.path}`];
      const { status = 200, body } = route?.(request) ?? {
        status: 404,
        body: refusal("not_found", "Not found"),
      };
      return new Response(JSON.stringify(body ?? {}), {
        status,
        headers: { "content-type": "application/json", "x-request-id": "req-header" },
      });
    },
  };
  return server;
}

export function refusal(code: string, message: string, errors?: { field: string; message: string }[]) {
  return { status: "fail", code, message, ...(errors ? { errors } : {}), requestId: "req-1" };
}
