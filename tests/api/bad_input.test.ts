import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Account, newAccount, newAdmin, newEmail, PASSWORD } from "../harness/account";
import { type Operation, operations } from "../harness/contract";
import { newKey } from "../harness/keys";
import { closeSockets, Live } from "../harness/live";
import { Server } from "../harness/server";

let server: Server;
let account: Account;
let admin: Account;
let workerKey: string;
beforeAll(async () => {
  server = await Server.start();
  account = await newAccount(server);
  admin = await newAdmin(server);
  workerKey = (await newKey(account, ["worker"])).key;
});
afterEach(closeSockets);
// Whatever was thrown at it, the server is up, the account works, and nothing was called an internal error.
afterAll(async () => {
  expect(server.running).toBe(true);
  expect((await account.get("/api/auth/me")).status).toBe(200);
  expect(server.output).not.toMatch(/internal_error|terminate called|AddressSanitizer|runtime error/);
  expect(await server.stop()).toBe(0);
});

const send = (path: string, raw: string | Buffer, headers: Record<string, string> = {}) =>
  server.client().send("POST", path, { token: account.accessToken, raw, headers });

type Row = [field: string, body: Record<string, unknown>];

/** For names of tests. */
const short = (value: unknown) => JSON.stringify(value).replace(/(.{60}).+/, "$1…");

describe.each<[string, Row[]]>([
  [
    "/api/auth/signup",
    [
      ["email", { password: PASSWORD }],
      ["email", { email: null, password: PASSWORD }],
      ["email", { email: 7, password: PASSWORD }],
      ["email", { email: { $gt: "" }, password: PASSWORD }],
      ["email", { email: ["a@example.com"], password: PASSWORD }],
      ["password", { email: "x@example.com" }],
      ["password", { email: "x@example.com", password: 12345678 }],
      ["password", { email: "x@example.com", password: "" }],
      ["password", { email: "x@example.com", password: { length: 99 } }],
    ],
  ],
  [
    "/api/auth/login",
    [
      ["email", { password: PASSWORD }],
      ["email", { email: { $ne: null }, password: PASSWORD }],
      ["password", { email: "x@example.com" }],
      ["password", { email: "x@example.com", password: { $ne: null } }],
      ["password", { email: "x@example.com", password: null }],
    ],
  ],
  ["/api/auth/forgot-password", [["email", {}], ["email", { email: 1 }], ["email", { email: { $gt: "" } }]]],
  ["/api/auth/resend-verification", [["email", {}], ["email", { email: [] }]]],
  ["/api/auth/reset/nonsense", [["password", {}], ["password", { password: 1 }]]],
  ["/api/auth/logout", [["refreshToken", {}], ["refreshToken", { refreshToken: 1 }]]],
  [
    "/api/auth/change-password",
    [
      ["oldPassword", { newPassword: PASSWORD }],
      ["oldPassword", { oldPassword: {}, newPassword: PASSWORD }],
      ["newPassword", { oldPassword: PASSWORD }],
      ["newPassword", { oldPassword: PASSWORD, newPassword: 1 }],
    ],
  ],
  [
    "/api/jobs/submit",
    [
      ["type", {}],
      ["type", { type: "" }],
      ["type", { type: null }],
      ["type", { type: 7 }],
      ["type", { type: ["a"] }],
      ["type", { type: "   " }],
      ["type", { type: "a".repeat(129) }],
      ["type", { type: "a".repeat(10_000) }],
      ["type", { type: "two\nlines" }],
      ["type", { type: "bell\u0007" }],
      ["type", { type: "invisible\u202e" }],
      ["priority", { type: "x", priority: "high" }],
      ["priority", { type: "x", priority: true }],
      ["priority", { type: "x", priority: [1] }],
      ["priority", { type: "x", priority: {} }],
      ["maxRetries", { type: "x", maxRetries: -1 }],
      ["maxRetries", { type: "x", maxRetries: 101 }],
      ["maxRetries", { type: "x", maxRetries: 1.5 }],
      ["maxRetries", { type: "x", maxRetries: "3" }],
      ["delayMs", { type: "x", delayMs: -1 }],
      ["delayMs", { type: "x", delayMs: "soon" }],
      ["delayMs", { type: "x", delayMs: 1e18 }],
    ],
  ],
])("%s", (path, rows) => {
  test.each(rows.map(([field, body]) => [field, short(body), body] as const))("names %s in %s", async (field, _text, body) => {
    const answer = await send(path, JSON.stringify(body));
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toContain(field);
  });

  test.each(["[]", '"text"', "7", "null", "true"])("refuses the body %s: it is no object", async (raw) => {
    expect((await send(path, raw)).status).toBe(400);
  });
});

test("a missing job type is told in the words that existing clients show", async () => {
  const answer = await send("/api/jobs/submit", "{}");
  expect(answer.status).toBe(400);
  expect(answer.body.message).toBe("Job type is required");
});

test("a priority that is no finite number is refused", async () => {
  expect((await send("/api/jobs/submit", '{"type":"x","priority":1e999}')).status).toBe(400);
  expect((await send("/api/jobs/submit", '{"type":"x","priority":NaN}')).status).toBe(400);
});

const withBody = operations.filter((operation) => operation.definition.requestBody);

/** Large batches are taken here, up to 16 MiB. */
const TAKES_BATCHES = /^\/api\/(jobs\/batch|worker\/\w+)$/;

describe.each(withBody)("$method $path", (operation: Operation) => {
  const filled = operation.path.replace("{token}", "nonsense").replace("{userId}", "0".repeat(24)).replace("{id}", "0".repeat(16));
  const target = filled.replace(/\{\w+\}/g, "nonsense");
  const token = () => (operation.policy === "worker" ? workerKey : operation.policy === "admin" ? admin.accessToken : account.accessToken);
  const send = (path: string, raw: string | Buffer, headers: Record<string, string> = {}) =>
    server.client().send(operation.method, path, { token: token(), raw, headers });

  test.each([
    ["an open object", '{"type":'],
    ["single quotes", "{'type':'x'}"],
    ["a comma too many", '{"type":"x",}'],
    ["text behind it", '{"type":"x"} x'],
    ["two values", '{"type":"x"}{"type":"y"}'],
    ["a key twice", '{"type":"x","email":"a@example.com","type":"y","email":"b@example.com"}'],
    ["a key twice, once escaped", '{"type":"x","t\\u0079pe":"y"}'],
    ["a comment", '{"type":"x"/**/}'],
    ["invalid UTF-8", Buffer.from('{"type":"\xff\xfe"}', "latin1")],
    ["an overlong NUL", Buffer.from('{"type":"\xc0\x80"}', "latin1")],
    ["a lone surrogate", '{"type":"\\ud800"}'],
    ["a NUL in a string", '{"type":"a\\u0000b"}'],
    ["a hundred thousand brackets", `{"type":"x","data":${"[".repeat(100_000)}`],
    ["33 levels", `{"type":"x","data":${"[".repeat(33)}${"]".repeat(33)}}`],
    ["a byte order mark only", Buffer.from([0xef, 0xbb, 0xbf])],
    ["white space only", " \n "],
  ])("malformed JSON, %s: 400", async (_what, raw) => {
    const answer = await send(target, raw);
    expect(answer.status).toBe(400);
    expect(answer.body.code).toBe("malformed_json");
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", "application/xml", "multipart/form-data; boundary=x", "application/jsonx"])(
    "the content type %s: 415",
    async (type) => {
      const answer = await send(target, '{"type":"x"}', { "content-type": type });
      expect(answer.status).toBe(415);
      expect(answer.body.code).toBe("unsupported_media_type");
    },
  );

  const mebibytes = TAKES_BATCHES.test(operation.path) ? 17 : 2;
  test(`a body of ${mebibytes} MiB: 413`, async () => {
    const answer = await send(target, JSON.stringify({ type: "x", data: "x".repeat(mebibytes * 1024 * 1024) }));
    expect(answer.status).toBe(413);
    expect(answer.body.code).toBe("payload_too_large");
  });
});

test.each(["application/json", "application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"])(
  "the content type %s is JSON",
  async (type) => {
    expect((await send("/api/jobs/submit", '{"type":"x","delayMs":60000}', { "content-type": type })).status).toBe(202);
  },
);

test("32 levels of data are taken", async () => {
  const depth = 30;
  const answer = await send("/api/jobs/submit", `{"type":"x","delayMs":60000,"data":${"[".repeat(depth)}${"]".repeat(depth)}}`);
  expect(answer.status).toBe(202);
});

describe("routes", () => {
  test.each(["/api/nothing", "/api", "/api/", "/api/jobs/", "/api//jobs", "/api/jobs/a/b/c", "/API/jobs", "/api/jobs/%2e%2e/auth", "/nothing.png"])(
    "%s: 404 in the shape of every error",
    async (path) => {
      const answer = await account.get(path);
      expect(answer.status).toBe(404);
      expect(answer.body).toMatchObject({ status: "fail", code: "not_found" });
    },
  );

  const paths = [...new Set(operations.map((operation) => operation.path))].filter((path) => path !== "/");
  test.each(paths)("%s with other methods: 405 with Allow", async (path) => {
    const known = operations.filter((operation) => operation.path === path).map((operation) => operation.method);
    const target = path.replace("{token}", "nonsense").replace("{id}", "0".repeat(16));
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
      if (known.includes(method)) continue;
      // /api/jobs/{id} for GET only, while /api/jobs/submit is POST: a literal may share its place with a parameter.
      const shadowed = operations.some(
        (operation) => operation.method === method && new RegExp(`^${operation.path.replace(/\{\w+\}/g, "[^/]+")}$`).test(target),
      );
      if (shadowed) continue;
      const answer = await server.client().send(method, target, { token: account.accessToken });
      expect(answer.status, `${method} ${target}`).toBe(405);
      expect(answer.body.code).toBe("method_not_allowed");
      const allow = String(answer.headers.allow).split(/,\s*/);
      for (const one of known) expect(allow, `${method} ${target}`).toContain(one);
    }
  });

  test("TRACE is not answered with the request", async () => {
    const answer = await server.client().exchange("TRACE", "/api/auth/me", { headers: { "x-secret": "echo me" } });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.text).not.toContain("echo me");
  });

  test("HEAD answers like GET, without a body", async () => {
    const answer = await server.client().send("HEAD", "/healthz");
    expect(answer.status).toBe(200);
    expect(answer.text).toBe("");
  });
});

/** One raw exchange: what is written, all that comes back until the server closes. */
function raw(bytes: string): Promise<string> {
  return new Promise((done, failed) => {
    const socket = connect(server.port, "127.0.0.1", () => socket.end(Buffer.from(bytes, "latin1")));
    let text = "";
    socket.on("data", (chunk) => (text += chunk.toString("latin1")));
    socket.once("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNRESET" ? done(text) : failed(error)));
    socket.once("close", () => done(text));
    socket.setTimeout(10_000, () => failed(new Error(`no end after: ${text}`)));
  });
}

describe("HTTP itself", () => {
  const smuggled = "\r\nGET /api/auth/me HTTP/1.1\r\nHost: x\r\n\r\n";
  test.each([
    ["no request", "hello\r\n\r\n"],
    ["an unknown version", "GET / HTTP/9.9\r\nHost: x\r\n\r\n"],
    ["a NUL in the target", "GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["a broken percent-encoding", "GET /api/jobs/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"],
    ["a space before the colon", "GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n"],
    ["Content-Length twice", `POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 60\r\n${smuggled}`],
    ["Content-Length and Transfer-Encoding", `POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${smuggled}`],
    ["an unknown Transfer-Encoding", `POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: cow\r\n${smuggled}`],
    ["a negative Content-Length", `POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n${smuggled}`],
    ["a bad chunk size", `POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n${smuggled}`],
    ["a header without end", `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(200_000)}\r\n\r\n`],
    ["a target of 100,000 characters", `GET /${"a".repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
  ])("%s: a 4xx or 5xx at most once, and the connection is closed", async (_what, bytes) => {
    const text = await raw(bytes);
    const answers = text.match(/HTTP\/1\.[01] \d{3}/g) ?? [];
    expect(answers.length).toBeLessThanOrEqual(1);
    if (answers[0] !== undefined) expect(answers[0]).toMatch(/ (4|5)\d\d$/);
  });

  test("a body that announces too much is refused before it is sent", async () => {
    const text = await raw(
      "POST /api/jobs/submit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9000000000\r\n\r\n",
    );
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
  });

  test("keep-alive and pipelining answer in order", async () => {
    const one = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    const text = await raw(`${one}GET /api/nothing HTTP/1.1\r\nHost: x\r\n\r\n${one.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")}`);
    expect(text.match(/HTTP\/1\.1 \d{3}/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 404", "HTTP/1.1 200"]);
  });

  test("every answer has the headers that browsers need to be safe", async () => {
    for (const path of ["/api/auth/me", "/healthz", "/", "/api/nothing", "/api/openapi.json"]) {
      const answer = await server.client().get(path, { headers: { accept: "text/html" } });
      expect(answer.headers["x-content-type-options"]).toBe("nosniff");
      expect(answer.headers["content-security-policy"]).toMatch(/frame-ancestors 'none'/);
      expect(answer.headers).not.toHaveProperty("x-powered-by");
    }
  });

  test("a given X-Request-Id is used when it is harmless, and replaced when not", async () => {
    const given = await server.client().get("/healthz", { headers: { "x-request-id": "abc-123" } });
    expect(given.headers["x-request-id"]).toBe("abc-123");
    const harmful = await server.client().get("/api/nothing", { headers: { "x-request-id": '"><script>' } });
    expect(harmful.headers["x-request-id"]).not.toContain("script");
    const long = await server.client().get("/healthz", { headers: { "x-request-id": "a".repeat(5000) } });
    expect(String(long.headers["x-request-id"]).length).toBeLessThan(300);
  });
});

describe("socket events of the wrong shape", () => {
  const rows: [string, unknown[]][] = [
    ["joinRoom", []],
    ["joinRoom", [7]],
    ["joinRoom", [null]],
    ["joinRoom", [""]],
    ["joinRoom", [{ roomId: "x" }]],
    ["joinRoom", [["x"]]],
    ["joinRoom", ["a".repeat(10_000)]],
    ["joinRoom", ["line\nbreak"]],
    ["leaveRoom", [7]],
    ["sendMessage", []],
    ["sendMessage", ["hello"]],
    ["sendMessage", [null]],
    ["sendMessage", [[]]],
    ["sendMessage", [{}]],
    ["sendMessage", [{ roomId: "shapes" }]],
    ["sendMessage", [{ roomId: "shapes", message: 7 }]],
    ["sendMessage", [{ roomId: "shapes", message: null }]],
    ["sendMessage", [{ roomId: "shapes", message: "" }]],
    ["sendMessage", [{ roomId: "shapes", message: { html: "x" } }]],
    ["sendMessage", [{ roomId: 7, message: "hello" }]],
    ["sendMessage", [{ roomId: "shapes", message: "x".repeat(8 * 1024 + 1) }]],
    ["sendMessage", [{ roomId: "shapes", message: Buffer.from("binary") }]],
  ];
  const named = rows.map(([event, args]) => [event, short(args), args] as const);
  test.each(named)("%s %s is refused through the acknowledgement", async (event, _text, args) => {
    const live = await Live.connect(server, account.accessToken);
    expect(await live.ask("joinRoom", "shapes")).toMatchObject({ ok: true });
    expect(await live.ask(event, ...args)).toMatchObject({ ok: false, code: "validation_failed" });
    expect(await live.ask("sendMessage", { roomId: "shapes", message: "still here" })).toMatchObject({ ok: true });
  });

  test.each(named)("%s %s without a callback is refused by $error", async (event, _text, args) => {
    const live = await Live.connect(server, account.accessToken);
    await live.ask("joinRoom", "shapes");
    live.socket.emit(event, ...args);
    expect(await live.next("$error")).toMatchObject({ ok: false, code: "validation_failed" });
    expect(await live.ask("joinRoom", "after")).toMatchObject({ ok: true });
  });

  test("an unknown event is told so", async () => {
    const live = await Live.connect(server, account.accessToken);
    expect(await live.ask("makeCoffee", 1)).toMatchObject({ ok: false, code: "unknown_event" });
  });

  test.each(["42", '42["joinRoom"', '42{"a":1}', "42[]", "4", "49", "45-[]", '451-["x"]', "x", "42[null]", '42["connect"]', "4222222222222222"])(
    "the packet %s closes at most this connection",
    async (packet) => {
      const live = await Live.connect(server, account.accessToken, { transports: ["websocket"] });
      const other = await Live.connect(server, account.accessToken);
      (live.socket.io.engine.transport as unknown as { ws: WebSocket }).ws.send(packet);
      expect(await other.ask("joinRoom", "elsewhere")).toMatchObject({ ok: true });
      const answered = await live.ask("joinRoom", "after").catch(() => "closed");
      expect(answered === "closed" || answered.ok).toBeTruthy();
    },
  );

  test.each([
    ["an unknown transport", "EIO=4&transport=pigeon", 400],
    ["an unknown session", "EIO=4&transport=polling&sid=nonsense", 400],
    ["an unknown version", "EIO=9&transport=polling", 400],
    ["a prototype as transport", "EIO=4&transport=__proto__", 400],
  ])("an Engine.IO request with %s: %s → %d", async (_what, query, status) => {
    expect((await server.client().exchange("GET", `/socket.io/?${query}`)).status).toBe(status);
  });
});

test("sign-ups of strange but valid addresses work, and reach the mail unharmed", async () => {
  const email = newEmail("o'brien+tag");
  const answer = await server.client().post("/api/auth/signup", { email, password: PASSWORD });
  expect(answer.status).toBe(200);
});
