import { describe, expect, it } from "vitest";
import { ada, createBrowser, createSession, grace, grantFor } from "@/test/sessions";
import { Session, tokenLifeMs } from "./session";

function jwt(claims: object): string {
  return `e30.${btoa(JSON.stringify(claims)).replaceAll("=", "")}.x`;
}

/** Tabs of one browser on one server that counts refreshes. */
function someTabs() {
  const browser = createBrowser();
  const server = { refreshes: 0 };
  const open = () =>
    new Session({
      refresh: async () => {
        server.refreshes += 1;
        return grantFor(ada, server.refreshes);
      },
      channel: browser.channel(),
      marker: browser.marker,
      exclusively: (work) => browser.exclusively(work),
      now: () => 0,
    });
  return { server, browser, open };
}

function twoTabs() {
  const { server, open } = someTabs();
  return { server, first: open(), second: open() };
}

describe("the session", () => {
  it("is refreshed once by several tabs", async () => {
    const { server, first, second } = twoTabs();
    const users = await Promise.all([first.restore(), second.restore()]);
    expect(users).toEqual([ada, ada]);
    expect(server.refreshes).toBe(1);
    expect(second.accessToken).toBe(first.accessToken);
  });

  it("is refreshed once more when a token expires in both", async () => {
    const { server, first, second } = twoTabs();
    await Promise.all([first.restore(), second.restore()]);
    const stale = first.accessToken;
    await Promise.all([first.refresh(stale), second.refresh(stale)]);
    expect(server.refreshes).toBe(2);
    expect(second.accessToken).toBe("token-a1-2");
  });

  it("ends in all tabs when one signs out", async () => {
    const { first, second } = twoTabs();
    await Promise.all([first.restore(), second.restore()]);
    first.signedOut("left");
    expect(second.state.get()).toEqual({ status: "signed-out", why: "left" });
    expect(second.accessToken).toBeUndefined();
  });

  it("becomes another account's in all tabs, as a new generation", async () => {
    const { first, second } = twoTabs();
    await Promise.all([first.restore(), second.restore()]);
    const before = second.generation;
    first.signedIn(grantFor(grace));
    expect(second.user).toEqual(grace);
    expect(second.generation).not.toBe(before);
  });

  it("is not the same generation after signing out while a refresh was under way", async () => {
    let answer: (grant: ReturnType<typeof grantFor>) => void = () => {};
    const session = createSession({ refresh: () => new Promise((resolve) => (answer = resolve)) });
    session.signedIn(grantFor(ada, 1));
    const refreshed = session.refresh("token-a1-1");
    await Promise.resolve();
    session.signedOut("left");
    answer(grantFor(ada, 2));
    expect(await refreshed).toBeUndefined();
    expect(session.user).toBeUndefined();
  });

  it("renews a token that is about to expire before it is used on a socket", async () => {
    let now = 0;
    const session = createSession({ refresh: async () => grantFor(ada, 2), now: () => now });
    const accessToken = jwt({ iat: 1_000, exp: 1_900 });
    session.signedIn({ accessToken, user: ada });
    now = 860_000;
    expect(await session.freshToken()).toBe(accessToken);
    now = 880_000;
    expect(await session.freshToken()).toBe("token-a1-2");
  });

  it("says that there was none, without calling it ended", async () => {
    const session = createSession();
    expect(await session.restore()).toBeUndefined();
    expect(session.state.get()).toEqual({ status: "signed-out", why: "absent" });
  });
});

describe("where nobody has signed in", () => {
  it("the server is not asked", async () => {
    const { server, browser, open } = someTabs();
    browser.marker.set(false);
    const tab = open();
    expect(await tab.restore()).toBeUndefined();
    expect(tab.state.get()).toEqual({ status: "signed-out", why: "absent" });
    expect(server.refreshes).toBe(0);
  });

  it("signing in works, and tabs opened later ask", async () => {
    const { server, browser, open } = someTabs();
    browser.marker.set(false);
    const [first, second] = [open(), open()];
    await Promise.all([first.restore(), second.restore()]);
    first.signedIn(grantFor(ada));
    expect(second.user).toEqual(ada);
    expect(await open().restore()).toEqual(ada);
    expect(server.refreshes).toBe(1);
  });

  it("after signing out in one tab, tabs opened later do not ask", async () => {
    const { server, open } = someTabs();
    const [first, second] = [open(), open()];
    await Promise.all([first.restore(), second.restore()]);
    second.signedOut("left");
    expect(await open().restore()).toBeUndefined();
    expect(server.refreshes).toBe(1);
  });
});

describe("a token's life", () => {
  it("is the difference of its own times", () => {
    expect(tokenLifeMs(jwt({ iat: 100, exp: 160 }))).toBe(60_000);
  });
  it("is fifteen minutes when it cannot be read", () => {
    expect(tokenLifeMs("opaque")).toBe(900_000);
  });
});
