/** The one HTTP client, the one socket and the one session of this tab, wired to each other. */

import { ApiError } from "./errors";
import { Http } from "./http";
import { type Grant, grantSchema, Session } from "./session";
import { storedMarker } from "./session_marker";
import { LiveSocket } from "./socket";
import { createTabChannel, exclusively } from "./tab_channel";

/** Asks the server to keep the refresh token in an HttpOnly cookie. */
export const COOKIE_MODE = { "X-Token-Mode": "cookie" };

export const http: Http = new Http(() => session);

export const session: Session = new Session({
  refresh: requestRefresh,
  channel: createTabChannel(),
  marker: storedMarker,
  exclusively,
  now: () => performance.now(),
});

export const socket = new LiveSocket(session);

async function requestRefresh(): Promise<Grant | undefined> {
  try {
    return await http.post("/api/auth/refresh-token", {
      schema: grantSchema,
      body: {},
      headers: COOKIE_MODE,
      anonymous: true,
    });
  } catch (error) {
    if (error instanceof ApiError && (error.status === 400 || error.status === 401)) return undefined;
    throw error;
  }
}
