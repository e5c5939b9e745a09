import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { createFakeServer, type FakeServer, refusal } from "@/test/fake_server";
import { ada, createSession, grace, grantFor } from "@/test/sessions";
import { ApiError } from "./errors";
import { Http } from "./http";
import { RawNumber } from "./json";
import type { Session } from "./session";

const schema = z.object({ value: z.unknown() });

function setUp(server: FakeServer, refresh: () => Promise<ReturnType<typeof grantFor> | undefined>) {
  let refreshes = 0;
  const session: Session = createSession({
    refresh: () => {
      refreshes += 1;
      return refresh();
    },
  });
  const http = new Http(() => session, server.fetch);
  return { http, session, refreshes: () => refreshes };
}

/** Accepts only the second token. */
function expiringServer(): FakeServer {
  return createFakeServer({
    "GET /api/thing": ({ headers }) =>
      headers.get("authorization") === "Bearer token-a1-2"
        ? { body: { value: 1 } }
        : { status: 401, body: refusal("token_expired", "The token has expired") },
  });
}

async function failure(work: Promise<unknown>): Promise<ApiError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ApiError) return error;
  throw new Error(`expected an ApiError, got ${String(error)}`);
}

describe("the http client", () => {
  it("refreshes once for many refused requests and repeats each of them", async () => {
    const server = expiringServer();
    const { http, session, refreshes } = setUp(server, async () => grantFor(ada, 2));
    session.signedIn(grantFor(ada, 1));
    const answers = await Promise.all([1, 2, 3].map(() => http.get("/api/thing", { schema })));
    expect(answers).toEqual([{ value: 1 }, { value: 1 }, { value: 1 }]);
    expect(refreshes()).toBe(1);
    expect(server.seen).toHaveLength(6);
  });

  it("gives up after one repetition", async () => {
    const server = expiringServer();
    const { http, session, refreshes } = setUp(server, async () => grantFor(ada, 7));
    session.signedIn(grantFor(ada, 1));
    const error = await failure(http.get("/api/thing", { schema }));
    expect(error.code).toBe("token_expired");
    expect(refreshes()).toBe(1);
    expect(server.seen).toHaveLength(2);
  });

  it("ends the session when the refresh is refused", async () => {
    const { http, session } = setUp(expiringServer(), async () => undefined);
    session.signedIn(grantFor(ada, 1));
    await failure(http.get("/api/thing", { schema }));
    expect(session.state.get()).toEqual({ status: "signed-out", why: "ended" });
  });

  it("keeps the session when the server cannot be asked for a refresh", async () => {
    const { http, session } = setUp(expiringServer(), async () => {
      throw ApiError.unreachable();
    });
    session.signedIn(grantFor(ada, 1));
    const error = await failure(http.get("/api/thing", { schema }));
    expect(error.code).toBe("unreachable");
    expect(session.user).toEqual(ada);
  });

  it("takes a 401 of an anonymous route as its answer", async () => {
    const server = createFakeServer({
      "POST /api/auth/login": () => ({
        status: 401,
        body: refusal("wrong_credentials", "Wrong email or password"),
      }),
    });
    const { http, refreshes } = setUp(server, async () => grantFor(ada, 2));
    const error = await failure(http.post("/api/auth/login", { schema, body: {}, anonymous: true }));
    expect(error.message).toBe("Wrong email or password");
    expect(refreshes()).toBe(0);
  });

  it("carries the server's sentences, fields and request id", async () => {
    const fields = [{ field: "email", message: "Invalid email" }];
    const server = createFakeServer({
      "POST /api/x": () => ({ status: 400, body: refusal("validation_failed", "Validation failed", fields) }),
      "POST /api/proxy": () => ({ status: 502, body: "<html>" }),
    });
    const { http } = setUp(server, async () => undefined);
    const error = await failure(http.post("/api/x", { schema, body: {} }));
    expect(error).toMatchObject({
      status: 400,
      code: "validation_failed",
      fields,
      requestId: "req-1",
      reportId: undefined,
      transient: false,
    });
    const other = await failure(http.post("/api/proxy", { schema, body: {} }));
    expect(other).toMatchObject({
      status: 502,
      requestId: "req-header",
      reportId: "req-header",
      transient: true,
    });
    expect(other.message).toBe("The server answered 502.");
  });

  it("knows whether the server is reachable", async () => {
    const server = createFakeServer({ "GET /api/thing": () => ({ body: { value: 1 } }) });
    const { http } = setUp(server, async () => undefined);
    server.down = true;
    expect((await failure(http.get("/api/thing", { schema }))).status).toBe(0);
    expect(http.reachable.get()).toBe(false);
    server.down = false;
    await http.get("/api/thing", { schema });
    expect(http.reachable.get()).toBe(true);
  });

  it("drops an answer that was asked for as another account", async () => {
    const server = createFakeServer({
      "GET /api/thing": () => {
        session.signedIn(grantFor(grace));
        return { body: { value: "ada's" } };
      },
    });
    const { http, session } = setUp(server, async () => undefined);
    session.signedIn(grantFor(ada));
    expect((await failure(http.get("/api/thing", { schema }))).code).toBe("account_changed");
  });

  it("does not repeat a refused request as another account", async () => {
    const server = expiringServer();
    const { http, session } = setUp(server, async () => grantFor(grace));
    session.signedIn(grantFor(ada, 1));
    await failure(http.get("/api/thing", { schema }));
    expect(server.seen).toHaveLength(1);
  });

  it("refuses answers of an unexpected shape", async () => {
    const server = createFakeServer({ "GET /api/thing": () => ({ body: { other: 1 } }) });
    const { http } = setUp(server, async () => undefined);
    const strict = z.object({ value: z.number() });
    expect((await failure(http.get("/api/thing", { schema: strict }))).code).toBe("unexpected_answer");
  });

  it("keeps the digits of big integers where asked to", async () => {
    const text = '{"value":12345678901234567890}';
    const http = new Http(
      () => createSession(),
      async () => new Response(text, { status: 200 }),
    );
    const { value } = await http.get("/api/thing", { schema, lossless: true });
    expect(value).toBeInstanceOf(RawNumber);
  });

  it("leaves out empty filters", async () => {
    const server = createFakeServer({ "GET /api/thing": () => ({ body: { value: 1 } }) });
    const { http } = setUp(server, async () => undefined);
    await http.get("/api/thing", {
      schema,
      query: { type: "Fast Task", text: "", status: undefined, limit: 50 },
    });
    expect(server.seen[0]?.query.toString()).toBe("type=Fast+Task&limit=50");
  });
});
