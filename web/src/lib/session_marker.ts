/**
 * Whether somebody signed in with this browser and did not sign out: no secret, only the reason to ask the server for
 * the session at all. All tabs share it.
 */
export interface SessionMarker {
  get(): boolean;
  set(signedIn: boolean): void;
}

const KEY = "taskgate.signed-in";

/** Where storage is refused there may always be a session. */
export const storedMarker: SessionMarker = {
  get() {
    try {
      return localStorage.getItem(KEY) !== null;
    } catch {
      return true;
    }
  },
  set(signedIn) {
    try {
      if (signedIn) localStorage.setItem(KEY, "yes");
      else localStorage.removeItem(KEY);
    } catch {
      // Then the server is asked each time.
    }
  },
};
