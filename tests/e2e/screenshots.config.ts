import { defineConfig } from "@playwright/test";
import { browser } from "./browser";

// Writes the pictures of the documentation; not part of the tests. `npm run screenshots`
export default defineConfig({
  testMatch: "screenshots.ts",
  globalSetup: "../harness/run_folder.ts",
  outputDir: "../test-results/screenshots",
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: "list",
  use: browser,
});
