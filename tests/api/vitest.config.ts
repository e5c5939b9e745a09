import { defineConfig } from "vitest/config";

// Each file starts servers of its own on free ports, so files run side by side; the tests of a file run in order.
export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    globalSetup: "../harness/run_folder.ts",
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
