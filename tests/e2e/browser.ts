import type { PlaywrightTestConfig } from "@playwright/test";

/** Debian's Chromium, offline: nothing is downloaded, nothing calls home. */
export const browser: PlaywrightTestConfig["use"] = {
  browserName: "chromium",
  contextOptions: { reducedMotion: "reduce" },
  launchOptions: {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  },
};
