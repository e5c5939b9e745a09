import { createMemoryHistory } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import axe from "axe-core";
import { expect, vi } from "vitest";
import { App } from "@/app/app";
import { createAppRouter } from "@/app/router";
import { session, socket } from "@/lib/client";
import type { User } from "@/lib/session";
import { storedMarker } from "@/lib/session_marker";
import { createFakeServer, type FakeServer, type Routes, refusal } from "./fake_server";
import type { FakeSocket } from "./fake_socket";

export interface OpenedApp {
  server: FakeServer;
  socket: FakeSocket;
  path(): string;
}

/** The routes every page may ask. `user` is whose refresh cookie the browser has. */
function commonRoutes(user: User | undefined, mail: "smtp" | "terminal"): Routes {
  return {
    "GET /api/system/info": () => ({
      body: {
        data: {
          name: "Taskgate",
          version: "0.1.0",
          environment: "development",
          simulate: true,
          guests: true,
          mail,
          publicUrl: "http://127.0.0.1:3000",
        },
      },
    }),
    "POST /api/auth/refresh-token": () =>
      user
        ? { body: { accessToken: `token-${user.id}`, user } }
        : { status: 401, body: refusal("no_session", "No session") },
    "POST /api/auth/logout": () => ({ body: { message: "Signed out" } }),
    "GET /api/auth/sessions": () => ({ body: { data: [] } }),
    "GET /api/jobs": () => ({ body: { results: 0, data: [] } }),
    "GET /api/jobs/types": () => ({ body: { data: [] } }),
    "GET /api/jobs/stats": () => ({
      body: { data: { pending: 0, processing: 0, completed: 0, failed: 0, cancelled: 0 } },
    }),
  };
}

/** The whole dashboard at `path`, against a fake server, with the socket played by the test (see pages.test.tsx). */
export function openApp(
  path: string,
  options: { user?: User; mail?: "smtp" | "terminal"; routes?: Routes } = {},
): OpenedApp {
  session.signedOut("absent");
  storedMarker.set(options.user !== undefined);
  session.state.set({ status: "unknown" });
  const server = createFakeServer({
    ...commonRoutes(options.user, options.mail ?? "smtp"),
    ...options.routes,
  });
  vi.stubGlobal("fetch", server.fetch);
  const router = createAppRouter(createMemoryHistory({ initialEntries: [path] }));
  render(<App router={router} />);
  return { server, socket: socket.raw as unknown as FakeSocket, path: () => router.state.location.href };
}

/** Colour contrast needs a real browser: the stories in tests/e2e measure it. */
export async function expectAccessible(): Promise<void> {
  const { violations } = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: true } },
  });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`)).toEqual(
    [],
  );
}
