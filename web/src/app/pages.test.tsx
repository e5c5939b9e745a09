import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { session } from "@/lib/client";
import { expectAccessible, openApp } from "@/test/app";
import { refusal } from "@/test/fake_server";
import { jobWith } from "@/test/jobs";
import { ada, grace } from "@/test/sessions";

vi.mock("socket.io-client", async () => {
  const { FakeSocket } = await import("@/test/fake_socket");
  return { io: () => new FakeSocket() };
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const ok = () => ({ body: { message: "ok" } });
const button = (name: string) => screen.findByRole("button", { name });
const field = (label: string) => screen.findByLabelText(label);

async function fill(label: string, text: string): Promise<void> {
  await userEvent.type(await field(label), text);
}

describe("sign up", () => {
  it("shows the server's sentence at its field", async () => {
    const errors = [{ field: "password", message: "This is among the most common passwords" }];
    openApp("/sign-up", {
      routes: {
        "POST /api/auth/signup": () => ({
          status: 400,
          body: refusal("validation_failed", "Validation failed", errors),
        }),
      },
    });
    await fill("Email", "ada@example.com");
    await fill("Password", "password1");
    await userEvent.click(await button("Sign up"));
    await waitFor(async () => expect(await field("Password")).toBeInvalid());
    expect(await field("Password")).toHaveAccessibleDescription(/most common passwords/);
    await expectAccessible();
  });

  it("asks nothing of the server while a field is certainly wrong", async () => {
    const { server } = openApp("/sign-up");
    await fill("Email", "ada");
    await fill("Password", "short");
    await userEvent.click(await button("Sign up"));
    expect(await field("Email")).toHaveAccessibleDescription(/not an email address/);
    expect(await field("Password")).toHaveAccessibleDescription(/5 of at least 8/);
    expect(server.seen.filter(({ path }) => path === "/api/auth/signup")).toEqual([]);
  });

  it.each([
    ["smtp", "Check your mail", /We sent a link to ada@example.com\. Open it/],
    ["terminal", "Confirm your address", /The link for ada@example.com was printed in the server's terminal/],
  ] as const)("leads to the page that says where the link is: %s", async (mail, title, words) => {
    const { path } = openApp("/sign-up", { mail, routes: { "POST /api/auth/signup": ok } });
    await fill("Email", "ada@example.com");
    await fill("Password", "correct horse");
    await userEvent.click(await button("Sign up"));
    await screen.findByRole("heading", { name: title });
    expect(path()).toBe("/check-mail?email=ada%40example.com");
    expect(screen.getByRole("main")).toHaveTextContent(words);
    expect(screen.queryByText(mail === "smtp" ? /terminal|print/i : /send|sent|mail/i)).toBeNull();
    await expectAccessible();
  });
});

describe("verify", () => {
  it("uses the token at the click, not before", async () => {
    const { server, path } = openApp("/verify/t0ken", { routes: { "POST /api/auth/verify/t0ken": ok } });
    const confirm = await button("Confirm my address");
    expect(server.seen.filter((request) => request.path.includes("verify"))).toEqual([]);
    await expectAccessible();
    await userEvent.click(confirm);
    await screen.findByText(/Your address is confirmed/);
    expect(path()).toBe("/sign-in?done=verified");
  });

  it("offers a new link when the token is refused", async () => {
    openApp("/verify/old", {
      routes: {
        "POST /api/auth/verify/old": () => ({
          status: 400,
          body: refusal("invalid_token", "Invalid or expired token"),
        }),
        "POST /api/auth/resend-verification": ok,
      },
    });
    await userEvent.click(await button("Confirm my address"));
    expect(await screen.findByRole("alert")).toHaveTextContent(/^Invalid or expired token$/);
    await fill("Email", "ada@example.com");
    await userEvent.click(await button("Send the link again"));
    await screen.findByText(/A new link is on its way/);
    await expectAccessible();
  });
});

describe("a first visit", () => {
  it("asks for no session", async () => {
    const { server, path } = openApp("/");
    await button("Sign in");
    expect(path()).toBe("/sign-in");
    expect(server.seen.filter((request) => request.path.includes("refresh"))).toEqual([]);
  });
});

describe("sign in", () => {
  const login = {
    "POST /api/auth/login": () => ({ body: { tokens: { accessToken: "token-a1" }, user: ada } }),
  };

  it("asks for cookie mode and leads where one wanted to go", async () => {
    const { server, path } = openApp("/account", { routes: login });
    await fill("Email", "ada@example.com");
    await fill("Password", "correct horse");
    await expectAccessible();
    await userEvent.click(await button("Sign in"));
    await screen.findByRole("heading", { name: "Account" });
    expect(path()).toBe("/account");
    expect(server.seen.find((request) => request.path.endsWith("login"))?.headers.get("x-token-mode")).toBe(
      "cookie",
    );
  });

  it("never leads to another site", async () => {
    const { path } = openApp("/sign-in?redirect=%2F%2Fevil.example", { routes: login });
    await fill("Email", "ada@example.com");
    await fill("Password", "correct horse");
    await userEvent.click(await button("Sign in"));
    await screen.findByRole("heading", { name: "Jobs" });
    expect(path()).toBe("/");
  });

  it("shows a refusal, and the way to a new link when the address is not confirmed", async () => {
    openApp("/sign-in", {
      routes: {
        "POST /api/auth/login": () => ({
          status: 401,
          body: refusal("email_not_verified", "Confirm your email address first"),
        }),
      },
    });
    await fill("Email", "ada@example.com");
    await fill("Password", "correct horse");
    await userEvent.click(await button("Sign in"));
    expect(await screen.findByRole("alert")).toHaveTextContent("Confirm your email address first");
    await screen.findByRole("link", { name: "Send the verification link again" });
  });
});

describe("forgot and reset", () => {
  it("answer the same for every address", async () => {
    openApp("/forgot", { routes: { "POST /api/auth/forgot-password": ok } });
    await fill("Email", "nobody@example.com");
    await userEvent.click(await button("Send reset link"));
    await screen.findByText("If nobody@example.com has an account, a link is on its way.");
    await expectAccessible();
  });

  it("say where the link is when this server sends no mail", async () => {
    openApp("/forgot", { mail: "terminal", routes: { "POST /api/auth/forgot-password": ok } });
    await screen.findByText(/^A link to set a new one is printed in the server's terminal/);
    await fill("Email", "nobody@example.com");
    await userEvent.click(await button("Send reset link"));
    await screen.findByText(
      "If nobody@example.com has an account, the link was printed in the server's terminal.",
    );
    expect(screen.queryByText(/on its way|we send/i)).toBeNull();
  });

  it("set the new password", async () => {
    const { server, path } = openApp("/reset/t0ken", { routes: { "POST /api/auth/reset/t0ken": ok } });
    await fill("New password", "correct horse");
    await expectAccessible();
    await userEvent.click(await button("Set new password"));
    await screen.findByText(/Your new password is set/);
    expect(path()).toBe("/sign-in?done=reset");
    expect(server.seen.find((request) => request.path.includes("reset"))?.body).toEqual({
      password: "correct horse",
    });
  });
});

describe("account", () => {
  it("changes the password and shows what the server has against it", async () => {
    let right = false;
    openApp("/account", {
      user: ada,
      routes: {
        "POST /api/auth/change-password": () =>
          right
            ? ok()
            : {
                status: 400,
                body: refusal("validation_failed", "Validation failed", [
                  { field: "oldPassword", message: "Wrong password" },
                ]),
              },
      },
    });
    await fill("Current password", "wrong");
    await fill("New password", "battery staple");
    await userEvent.click(await button("Change password"));
    await waitFor(async () =>
      expect(await field("Current password")).toHaveAccessibleDescription("Wrong password"),
    );
    right = true;
    await userEvent.click(await button("Change password"));
    await screen.findByText("Your password is changed.");
    await expectAccessible();
  });

  const here = {
    id: "s1",
    current: true,
    userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    address: "192.0.2.1",
    createdAt: "2026-01-30T09:30:00.000Z",
    lastUsedAt: "2026-01-30T09:30:00.000Z",
  };
  const there = { ...here, id: "s2", current: false, userAgent: "curl/7.88.1", address: "192.0.2.2" };

  it("lists where one is signed in, and ends one of these sessions", async () => {
    let sessions = [there, here];
    const { server } = openApp("/account", {
      user: ada,
      routes: {
        "GET /api/auth/sessions": () => ({ body: { data: sessions } }),
        "DELETE /api/auth/sessions/s2": () => {
          sessions = [here];
          return ok();
        },
      },
    });
    const lines = within(await screen.findByRole("list", { name: "Sessions" })).getAllByRole("listitem");
    expect(lines[0]).toHaveTextContent(/^Firefox on Linuxthis devicelast used .* from 192.0.2.1$/);
    expect(lines[1]).toHaveTextContent(/^curllast used .* from 192.0.2.2End$/);
    expect(within(lines[0] as HTMLElement).queryByRole("button")).toBeNull();
    await expectAccessible();
    await userEvent.click(await button("End the session on curl from 192.0.2.2"));
    await waitFor(() => expect(screen.queryByText("curl")).toBeNull());
    expect(server.seen.filter(({ method }) => method === "DELETE")).toHaveLength(1);
    expect(screen.getByText("this device")).toBeVisible();
  });

  it("says why a session could not be ended", async () => {
    openApp("/account", {
      user: ada,
      routes: {
        "GET /api/auth/sessions": () => ({ body: { data: [here, there] } }),
        "DELETE /api/auth/sessions/s2": () => ({
          status: 404,
          body: refusal("not_found", "Session not found"),
        }),
      },
    });
    await userEvent.click(await button("End the session on curl from 192.0.2.2"));
    expect(await screen.findByRole("alert")).toHaveTextContent("Session not found");
  });

  it("ends all sessions, and stays signed in when the server could not", async () => {
    let broken = true;
    const { path } = openApp("/account", {
      user: ada,
      routes: {
        "POST /api/auth/logout-all": () =>
          broken ? { status: 500, body: refusal("internal", "Something went wrong") } : ok(),
      },
    });
    await userEvent.click(await button("End all sessions"));
    expect(await screen.findByRole("alert")).toHaveTextContent("Something went wrongRequest req-1");
    expect(path()).toBe("/account");
    broken = false;
    await userEvent.click(await button("End all sessions"));
    await screen.findByRole("button", { name: "Sign in" });
    expect(path()).toBe("/sign-in");
  });

  it("signs out", async () => {
    const { server, path } = openApp("/account", { user: ada });
    await userEvent.click(await button("Sign out"));
    await screen.findByRole("button", { name: "Sign in" });
    expect(path()).toBe("/sign-in");
    expect(server.seen.some((request) => request.path === "/api/auth/logout")).toBe(true);
  });
});

const running = jobWith({ id: "00000000000000a1", type: "Render Video", status: "processing", progress: 20 });

function jobRoutes() {
  return {
    "GET /api/jobs": () => ({ body: { results: 1, data: [running] } }),
    "GET /api/jobs/stats": () => ({
      body: { data: { pending: 0, processing: 1, completed: 0, failed: 0, cancelled: 0 } },
    }),
  };
}

describe("jobs", () => {
  it("lead to the first one", async () => {
    const { path } = openApp("/", { user: ada });
    await userEvent.click(await button("Submit your first job"));
    await screen.findByRole("dialog", { name: "Submit a job" });
    expect(path()).toBe("/?new=true");
    await expectAccessible();
  });

  it("move with the events of the socket", async () => {
    const { socket, server } = openApp("/", { user: ada, routes: jobRoutes() });
    const bar = await screen.findByRole("progressbar", { name: "Progress of Render Video" });
    expect(bar).toHaveAttribute("aria-valuenow", "20");
    const event = { jobId: running.id, status: "processing", userId: ada.id, progress: 20, seq: 1 } as const;
    act(() => socket.push("jobUpdated", event));
    const asked = () => server.seen.filter((request) => request.path === "/api/jobs").length;
    await waitFor(() => expect(asked()).toBe(2));
    act(() => socket.push("jobUpdated", { ...event, progress: 60, seq: 2 }));
    await waitFor(() => expect(bar).toHaveAttribute("aria-valuenow", "60"));
    expect(asked()).toBe(2);
    await expectAccessible();
  });

  it("say on a small screen only what is unusual", async () => {
    const plain = jobWith({ id: "00000000000000a2", type: "Plain", attempts: 1 });
    const urgent = jobWith({ id: "00000000000000a3", type: "Urgent", priority: 5, attempts: 3, retries: 2 });
    openApp("/", {
      user: ada,
      routes: { ...jobRoutes(), "GET /api/jobs": () => ({ body: { results: 2, data: [plain, urgent] } }) },
    });
    const cells = async (type: string) =>
      [...((await screen.findByRole("link", { name: type })).closest("tr")?.cells ?? [])]
        .filter((cell) => cell.dataset.label !== undefined)
        .map((cell) => [cell.dataset.label, cell.textContent, cell.dataset.usual]);
    expect(await cells("Plain")).toEqual([
      ["priority", "0", "true"],
      ["attempts", "1", "true"],
    ]);
    expect(await cells("Urgent")).toEqual([
      ["priority", "5", undefined],
      ["attempts", "32/3 retries", undefined],
    ]);
    await expectAccessible();
  });

  it("open with a click anywhere in their row", async () => {
    const { path } = openApp("/", { user: ada, routes: jobRoutes() });
    await userEvent.click(await screen.findByText("20%"));
    await waitFor(() => expect(path()).toBe(`/jobs/${running.id}`));
  });

  it("say whether they are live", async () => {
    const { socket, server } = openApp("/", { user: ada, routes: jobRoutes() });
    expect(await screen.findByRole("status")).toHaveTextContent("polling");
    act(() => socket.accept());
    expect(screen.getByRole("status")).toHaveTextContent("live");
    server.down = true;
    act(() => socket.drop("transport close"));
    await waitFor(() => expect(screen.getByRole("status")).toHaveTextContent("offline"), { timeout: 8_000 });
    server.down = false;
    await waitFor(() => expect(screen.getByRole("status")).toHaveTextContent("polling"), { timeout: 8_000 });
  });

  it("are filtered by the address", async () => {
    const { server, path } = openApp("/?status=failed&type=Fast+Task&text=2026", {
      user: ada,
      routes: jobRoutes(),
    });
    await screen.findByText("Render Video");
    const asked = server.seen.find((request) => request.path === "/api/jobs")?.query;
    expect(Object.fromEntries(asked ?? [])).toEqual({
      status: "failed",
      type: "Fast Task",
      text: "2026",
      limit: "50",
    });
    await userEvent.click(screen.getByRole("button", { name: /^completed/ }));
    await waitFor(() => expect(path()).toContain("status=completed"));
    await userEvent.clear(screen.getByLabelText("Search jobs"));
    await userEvent.type(screen.getByLabelText("Search jobs"), "invoice");
    await waitFor(() => expect(path()).toContain("text=invoice"));
  });

  it("are filtered by tag, queue and time, which the address keeps", async () => {
    const since = "2026-01-31T00:00:00.000Z";
    const { server, path } = openApp(`/?tag=old&createdAfter=${since}&createdBefore=never`, {
      user: ada,
      routes: jobRoutes(),
    });
    const asked = () =>
      Object.fromEntries(server.seen.findLast((request) => request.path === "/api/jobs")?.query ?? []);
    await screen.findByText("Render Video");
    expect(asked()).toEqual({ tag: "old", createdAfter: since, limit: "50" });
    await userEvent.click(await button("Filters (2)"));
    await userEvent.clear(await field("Tag"));
    await userEvent.type(await field("Tag"), "customer-42");
    await userEvent.type(await field("Queue"), "slow");
    await userEvent.clear(await field("Created from"));
    await userEvent.click(await button("Apply"));
    await waitFor(() => expect(asked()).toEqual({ tag: "customer-42", queue: "slow", limit: "50" }));
    expect(path()).toBe("/?tag=customer-42&queue=slow");
    await userEvent.click(await button("Filters (2)"));
    await userEvent.click(await button("Clear"));
    await waitFor(() => expect(path()).toBe("/"));
  });

  it("are filtered by a type that was submitted before", async () => {
    const { path } = openApp("/", {
      user: ada,
      routes: {
        ...jobRoutes(),
        "GET /api/jobs/types": () => ({ body: { data: [{ type: "Last year's report", served: false }] } }),
      },
    });
    await screen.findByText("Render Video");
    await userEvent.click(await button("Any type"));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Last year's report", hidden: true }));
    await waitFor(() => expect(path()).toBe("/?type=Last+year%27s+report"));
  });

  it("are searched on where a page of the search found none", async () => {
    const { path } = openApp("/?text=rare", {
      user: ada,
      routes: { "GET /api/jobs": () => ({ body: { results: 0, data: [], nextCursor: "00000000000000ff" } }) },
    });
    await screen.findByText("No job matches yet");
    await userEvent.click(await button("Search older jobs"));
    await waitFor(() => expect(path()).toBe("/?text=rare&cursor=00000000000000ff"));
  });

  describe("many at once", () => {
    const first = jobWith({ id: "00000000000000b1", type: "First" });
    const second = jobWith({ id: "00000000000000b2", type: "Second", status: "failed" });
    const report = (data: object) => () => ({
      body: { data: { matched: 1, done: 1, refused: [], ...data } },
    });
    const list = (nextCursor?: string) => ({
      "GET /api/jobs": () => ({ body: { results: 2, data: [first, second], nextCursor } }),
    });
    const bodies = (server: { seen: { path: string; body: unknown }[] }) =>
      server.seen.filter(({ path }) => path === "/api/jobs/actions").map(({ body }) => body);
    const tick = async (name: string) => userEvent.click(await screen.findByRole("checkbox", { name }));

    it("are ticked and cancelled, and it is said what came of it", async () => {
      const { server, path } = openApp("/", {
        user: ada,
        routes: {
          ...list(),
          "POST /api/jobs/actions": report({
            matched: 2,
            refused: [{ id: second.id, code: "already_finished", message: "The job has already finished" }],
          }),
        },
      });
      await tick("Select First");
      await tick("Select Second");
      await expectAccessible();
      const bar = within(await screen.findByRole("region", { name: "Selected jobs" }));
      expect(bar.getByRole("status")).toHaveTextContent("2 selected");
      await userEvent.click(bar.getByRole("button", { name: "Cancel jobs" }));
      await waitFor(() =>
        expect(bar.getByRole("status")).toHaveTextContent(
          "1 job cancelled; 1 job left as before: The job has already finished",
        ),
      );
      expect(bodies(server)).toEqual([{ action: "cancel", ids: [first.id, second.id], all: false }]);
      expect(screen.getByRole("checkbox", { name: "Select First" })).not.toBeChecked();
      expect(path()).toBe("/");
    });

    it("can be all jobs of the filter, in as many requests as it takes", async () => {
      let requests = 0;
      const { server } = openApp("/?text=fi", {
        user: ada,
        routes: {
          ...list("00000000000000ff"),
          "POST /api/jobs/actions": () => {
            requests += 1;
            return report({ done: 1_000, nextCursor: requests < 2 ? "00000000000000aa" : undefined })();
          },
        },
      });
      await tick("Select all jobs of this page");
      await userEvent.click(await button("Select all jobs of this filter"));
      await userEvent.click(await button("Retry jobs"));
      await screen.findByText("2,000 jobs wait to run again");
      expect(bodies(server)).toEqual([
        { action: "retry", filter: { text: "fi" }, all: false },
        { action: "retry", filter: { text: "fi" }, all: false, cursor: "00000000000000aa" },
      ]);
    });

    it("are not ticked any more on another page", async () => {
      openApp("/", { user: ada, routes: list() });
      await tick("Select First");
      await userEvent.click(screen.getByRole("button", { name: /^completed/ }));
      await waitFor(() => expect(screen.queryByRole("region", { name: "Selected jobs" })).toBeNull());
    });

    it("keep their ticks when the server fails", async () => {
      openApp("/", {
        user: ada,
        routes: {
          ...list(),
          "POST /api/jobs/actions": () => ({
            status: 503,
            body: refusal("unavailable", "Try again in a moment"),
          }),
        },
      });
      await tick("Select First");
      await userEvent.click(await button("Cancel jobs"));
      expect(await screen.findByText("Try again in a moment")).toBeVisible();
      expect(screen.getByRole("checkbox", { name: "Select First" })).toBeChecked();
    });
  });

  it("are reached by the keyboard", async () => {
    const { path } = openApp("/", { user: ada, routes: jobRoutes() });
    const link = await screen.findByRole("link", { name: "Render Video" });
    await userEvent.keyboard("j");
    expect(link).toHaveFocus();
    await userEvent.keyboard("/");
    expect(screen.getByLabelText("Search jobs")).toHaveFocus();
    await userEvent.keyboard("{Escape}n");
    await screen.findByRole("dialog", { name: "Submit a job" });
    expect(path()).toContain("new=true");
  });

  it("show a refused cancellation at the button, without the request id", async () => {
    openApp("/", {
      user: ada,
      routes: {
        ...jobRoutes(),
        [`POST /api/jobs/${running.id}/cancel`]: () => ({
          status: 409,
          body: refusal("finished", "It has finished"),
        }),
      },
    });
    await userEvent.click(await button("Cancel Render Video"));
    expect(await screen.findByRole("alert")).toHaveTextContent(/^It has finished$/);
  });

  it("show a failure of the server with its request id, and ask again", async () => {
    let broken = true;
    openApp("/", {
      user: ada,
      routes: {
        ...jobRoutes(),
        "GET /api/jobs": () =>
          broken
            ? { status: 500, body: refusal("internal", "Something went wrong") }
            : { body: { results: 1, data: [running] } },
      },
    });
    const alert = await screen.findByRole("alert");
    expect(alert).toHaveTextContent("Something went wrongRequest req-1");
    broken = false;
    await userEvent.click(within(alert).getByRole("button", { name: "Try again" }));
    await screen.findByText("Render Video");
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("submitting a job", () => {
  it("sends what it shows as curl", async () => {
    const { server } = openApp("/?new=true", {
      user: ada,
      routes: {
        "POST /api/jobs/submit": () => ({ status: 202, body: { status: "success", data: jobWith() } }),
      },
    });
    await userEvent.click(await button("Fast Task"));
    await userEvent.click(await screen.findByRole("switch", { name: /Fail once/ }));
    expect(screen.getByText(/curl http/)).toHaveTextContent('"data":{"failOnce":true}');
    await userEvent.click(await button("Submit job"));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(server.seen.find((request) => request.path === "/api/jobs/submit")?.body).toEqual({
      type: "Fast Task",
      data: { failOnce: true },
      priority: 0,
    });
  });

  it("shows the server's refusal at its field and stays open", async () => {
    openApp("/?new=true", {
      user: ada,
      routes: {
        "POST /api/jobs/submit": () => ({
          status: 400,
          body: refusal("validation_failed", "Validation failed", [
            { field: "type", message: "This type is reserved" },
          ]),
        }),
      },
    });
    await userEvent.type(await screen.findByRole("textbox", { name: "Type" }), "x");
    await userEvent.click(await button("Submit job"));
    await waitFor(() =>
      expect(screen.getByRole("textbox", { name: "Type" })).toHaveAccessibleDescription(
        "This type is reserved",
      ),
    );
    expect(screen.getByRole("dialog")).toBeVisible();
  });

  it("shows a failure that belongs to no field beside the button, where it is in sight", async () => {
    openApp("/?new=true", {
      user: ada,
      routes: {
        "POST /api/jobs/submit": () => ({ status: 503, body: refusal("overloaded", "Too much to do") }),
      },
    });
    await userEvent.click(await button("Fast Task"));
    await userEvent.click(await button("Submit job"));
    const alert = await screen.findByRole("alert");
    expect(alert).toHaveTextContent("Too much to do");
    // The foot sticks to the lower edge; the fields above it scroll.
    expect(alert.parentElement).toContainElement(await button("Submit job"));
    expect(alert.parentElement).not.toContainElement(screen.getByRole("textbox", { name: "Type" }));
  });
});

describe("a job", () => {
  const failed = jobWith({
    type: "Render Video",
    status: "failed",
    error: "Out of film",
    attempts: 2,
    retries: 1,
    maxRetries: 1,
    data: { url: "https://example.com" },
    startedAt: "2026-01-31T09:30:01.000Z",
    completedAt: "2026-01-31T09:30:09.000Z",
    attemptsLog: [
      {
        attempt: 1,
        startedAt: "2026-01-31T09:30:01.000Z",
        endedAt: "2026-01-31T09:30:03.000Z",
        outcome: "failed",
        error: "Jam",
      },
      {
        attempt: 2,
        startedAt: "2026-01-31T09:30:07.000Z",
        endedAt: "2026-01-31T09:30:09.000Z",
        outcome: "failed",
      },
    ],
  });

  it("tells its story", async () => {
    openApp(`/jobs/${failed.id}`, {
      user: ada,
      routes: { [`GET /api/jobs/${failed.id}`]: () => ({ body: { data: failed } }) },
    });
    await screen.findByRole("heading", { name: "Render Video" });
    expect(screen.getByRole("region", { name: "Error" })).toHaveTextContent("Out of film");
    const attempts = within(screen.getByRole("region", { name: "Attempts" })).getAllByRole("listitem");
    expect(attempts.map((item) => item.textContent)).toEqual([
      "Attempt 1 · failedJam2.0 s",
      "Attempt 2 · failed2.0 s",
    ]);
    await button("Retry");
    await expectAccessible();
  });

  it("that was retried by hand tells its rounds", async () => {
    const job = { ...failed, status: "processing", retries: 0, completedAt: null };
    const again = { attempt: 3, startedAt: "2026-01-31T11:30:00.000Z" };
    openApp(`/jobs/${failed.id}`, {
      user: ada,
      routes: {
        [`GET /api/jobs/${failed.id}`]: () => ({
          body: { data: { ...job, attempts: 3, attemptsLog: [...(failed.attemptsLog ?? []), again] } },
        }),
      },
    });
    const attempts = await screen.findByRole("region", { name: "Attempts" });
    expect(attempts).toHaveTextContent(/Attempt 2.*Retried by handAttempt 3/);
    expect(screen.getByText("(0 of 1 retries since it was retried by hand)")).toBeVisible();
    await expectAccessible();
  });

  it("shows its log and its history", async () => {
    const job = jobWith({ userId: ada.id, status: "failed", attempts: 2 });
    const at = "2026-01-31T09:30:00.000Z";
    openApp(`/jobs/${job.id}`, {
      user: ada,
      routes: {
        [`GET /api/jobs/${job.id}`]: () => ({ body: { data: job } }),
        [`GET /api/jobs/${job.id}/logs`]: () => ({
          body: {
            data: [
              { number: 5, attempt: 1, at, line: "opening" },
              { number: 6, attempt: 2, at, line: "disk full", level: "error" },
            ],
            more: false,
          },
        }),
        [`GET /api/jobs/${job.id}/events`]: () => ({
          body: {
            data: [
              { event: "submitted", at, by: ada.id },
              { event: "changed", at, by: "b2", priorityBefore: 0, priority: 7 },
              { event: "started", at, attempt: 1, worker: "box-1" },
              { event: "failed", at, attempt: 1, error: "disk full" },
              { event: "moved", at },
            ],
          },
        }),
      },
    });
    const lines = within(await screen.findByRole("region", { name: "Log" })).getAllByRole("listitem");
    expect(lines.map((line) => line.dataset.level)).toEqual([undefined, "error"]);
    expect(lines[1]).toHaveTextContent("attempt 2 disk full");
    expect(screen.getByText("Earlier lines are not kept.")).toBeInTheDocument();
    const events = within(await screen.findByRole("region", { name: "History" })).getAllByRole("listitem");
    expect(events.map((event) => event.firstElementChild?.textContent)).toEqual([
      "Submitted · by the owner",
      "Changed · priority 0 → 7 · by an administrator",
      "Started · attempt 1 · by box-1",
      "Failed · attempt 1 · disk full",
      "moved",
    ]);
    await expectAccessible();
  });

  it("that said nothing has no log", async () => {
    const job = jobWith({ userId: ada.id });
    const { server } = openApp(`/jobs/${job.id}`, {
      user: ada,
      routes: {
        [`GET /api/jobs/${job.id}`]: () => ({ body: { data: job } }),
        [`GET /api/jobs/${job.id}/logs`]: () => ({ body: { data: [], more: false } }),
      },
    });
    await waitFor(() => expect(server.seen.some(({ path }) => path.endsWith("/logs"))).toBe(true));
    await screen.findByRole("region", { name: "Data" });
    expect(screen.queryByRole("region", { name: "Log" })).toBeNull();
  });

  it("of somebody else is no job", async () => {
    openApp("/jobs/00000000000000ff", { user: ada });
    await screen.findByText("There is no such job");
    await expectAccessible();
  });
});

describe("everybody's jobs", () => {
  const routes = {
    "GET /api/jobs/admin/all": () => ({
      body: { results: 1, data: [{ ...running, userEmail: "somebody@example.com" }] },
    }),
  };

  it("are shown to an admin, with their owners", async () => {
    openApp("/all-jobs", { user: grace, routes });
    await screen.findByText("somebody@example.com");
    await screen.findByRole("link", { name: "All jobs" });
    await expectAccessible();
  });

  it("are neither offered to a user nor asked for", async () => {
    const { server, path } = openApp("/all-jobs", { user: ada, routes });
    await screen.findByRole("heading", { name: "Jobs" });
    expect(path()).toBe("/");
    expect(screen.queryByRole("link", { name: "All jobs" })).toBeNull();
    expect(server.seen.some((request) => request.path.includes("admin"))).toBe(false);
  });
});

describe("rooms", () => {
  it("are joined, talked in and left", async () => {
    const { socket, path } = openApp("/rooms", { user: ada });
    expect(await button("Join")).toBeDisabled();
    act(() => socket.accept());
    await fill("Room", "lobby");
    await userEvent.click(await button("Join"));
    await screen.findByRole("heading", { name: "lobby" });
    expect(path()).toBe("/rooms?room=lobby");
    act(() =>
      socket.push("receiveMessage", { socketId: "s2", userId: "c3c3c3", roomId: "lobby", message: "hello" }),
    );
    await screen.findByText("hello");
    await fill("Message", "hi{Enter}");
    await waitFor(() =>
      expect(socket.sent.at(-1)).toEqual({
        event: "sendMessage",
        argument: { roomId: "lobby", message: "hi" },
      }),
    );
    expect(within(screen.getByRole("log")).getByText("You")).toBeVisible();
    await expectAccessible();
    await userEvent.click(await button("Leave"));
    await screen.findByText("No room is open");
    expect(path()).toBe("/rooms");
  });
});

describe("the live indicator", () => {
  it.each(["/rooms", "/account"])(
    "of %s soon says that the server is gone, and that it is back",
    async (path) => {
      const { socket, server } = openApp(path, { user: ada });
      await screen.findByRole("status");
      act(() => socket.accept());
      expect(screen.getByRole("status")).toHaveTextContent("live");
      server.down = true;
      act(() => socket.drop("transport close"));
      await waitFor(() => expect(screen.getByRole("status")).toHaveTextContent("offline"), {
        timeout: 3_000,
      });
      server.down = false;
      await waitFor(() => expect(screen.getByRole("status")).toHaveTextContent("polling"), {
        timeout: 8_000,
      });
    },
  );
});

describe("another account", () => {
  it("sees nothing of the one before, not even in the cache", async () => {
    let whose = "ada's job";
    openApp("/", {
      user: ada,
      routes: {
        ...jobRoutes(),
        "GET /api/jobs": () => ({ body: { results: 1, data: [{ ...running, type: whose }] } }),
      },
    });
    await screen.findByText("ada's job");
    whose = "grace's job";
    act(() => session.signedIn({ accessToken: "token-b2", user: grace }));
    expect(screen.queryByText("ada's job")).toBeNull();
    await screen.findByText("grace's job");
  });
});

describe("an address that leads nowhere", () => {
  it("says so", async () => {
    openApp("/nowhere");
    await screen.findByText("There is no such page");
    expect(screen.queryByRole("navigation")).toBeNull();
    await expectAccessible();
  });

  it("keeps the navigation for who is signed in", async () => {
    const { path } = openApp("/no/where", { user: ada });
    await screen.findByRole("heading", { name: "There is no such page" });
    const navigation = await screen.findByRole("navigation", { name: "Main" });
    await expectAccessible();
    await userEvent.click(within(navigation).getByRole("link", { name: "Account" }));
    await screen.findByRole("heading", { name: "Account" });
    expect(path()).toBe("/account");
  });
});
