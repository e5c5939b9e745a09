import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeSocket } from "@/test/fake_socket";
import { ada, createSession, grace, grantFor } from "@/test/sessions";
import type { Session } from "./session";
import { LiveSocket } from "./socket";

describe("the live socket", () => {
  let raw: FakeSocket;
  let session: Session;
  let live: LiveSocket;
  let refreshes: number;
  let sessionOver: boolean;

  beforeEach(() => {
    vi.useFakeTimers();
    raw = new FakeSocket();
    refreshes = 0;
    sessionOver = false;
    session = createSession({
      refresh: async () => {
        refreshes += 1;
        if (sessionOver) return undefined;
        return grantFor(ada, 1 + refreshes);
      },
    });
    live = new LiveSocket(session, ((options: FakeSocket["options"]) => {
      raw.options = options;
      return raw;
    }) as never);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("connects when somebody signs in and disconnects when nobody is", () => {
    expect(raw.connect).not.toHaveBeenCalled();
    session.signedIn(grantFor(ada));
    expect(raw.connect).toHaveBeenCalledOnce();
    raw.accept();
    expect(live.connected.get()).toBe(true);
    session.signedOut("left");
    expect(live.connected.get()).toBe(false);
  });

  it("connects anew for another account", () => {
    session.signedIn(grantFor(ada));
    raw.accept();
    session.signedIn(grantFor(grace));
    expect(raw.disconnect).toHaveBeenCalledTimes(2);
    expect(raw.connect).toHaveBeenCalledTimes(2);
  });

  it("gives the current token at each connect", async () => {
    session.signedIn(grantFor(ada));
    const auth = await new Promise((resolve) => raw.options.auth?.(resolve));
    expect(auth).toEqual({ token: "token-a1-1" });
  });

  it("refreshes after a refusal about authentication and connects again", async () => {
    session.signedIn(grantFor(ada));
    raw.refuse("Authentication required");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(refreshes).toBe(1);
    expect(raw.connect).toHaveBeenCalledTimes(2);
  });

  it("comes back with a new token after the server closed it", async () => {
    session.signedIn(grantFor(ada));
    raw.accept();
    raw.drop("io server disconnect");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(refreshes).toBe(1);
    expect(raw.connect).toHaveBeenCalledTimes(2);
  });

  it("asks less and less often when it is refused again and again", async () => {
    session.signedIn(grantFor(ada));
    raw.connect.mockImplementation(() => {
      raw.refuse("Not now");
      return raw;
    });
    raw.refuse("Not now");
    await vi.advanceTimersByTimeAsync(120_000);
    expect(refreshes).toBeGreaterThanOrEqual(6);
    expect(refreshes).toBeLessThanOrEqual(8);
  });

  it("signs out when the session was ended elsewhere", async () => {
    session.signedIn(grantFor(ada));
    raw.accept();
    sessionOver = true;
    raw.drop("io server disconnect");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(session.state.get()).toEqual({ status: "signed-out", why: "ended" });
    expect(raw.connect).toHaveBeenCalledTimes(1);
  });

  it("leaves a lost transport to socket.io-client", async () => {
    session.signedIn(grantFor(ada));
    raw.accept();
    raw.drop("transport close");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(raw.connect).toHaveBeenCalledTimes(1);
  });

  it("answers at once when it is not connected", async () => {
    const answer = await live.ask((socket) => socket.emitWithAck("joinRoom", "lobby"));
    expect(answer).toMatchObject({ ok: false, code: "not_connected" });
    expect(raw.sent).toEqual([]);
  });
});
