import { defineConfig } from "vitest/config";

// A loop of kills keeps the machine busy by itself, so the files run one after another. TASKGATE_KILLS makes it longer.
export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    globalSetup: "../harness/run_folder.ts",
    pool: "forks",
    maxWorkers: 1,
    testTimeout: 600_000,
    hookTimeout: 60_000,
  },
});
