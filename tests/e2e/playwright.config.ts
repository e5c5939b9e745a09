import { defineConfig } from "@playwright/test";
import { browser } from "./browser";

export default defineConfig({
  testMatch: "*.spec.ts",
  globalSetup: "../harness/run_folder.ts",
  outputDir: "../test-results/e2e",
  workers: 2,
  fullyParallel: true,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: "list",
  use: { ...browser, trace: "retain-on-failure" },
});
