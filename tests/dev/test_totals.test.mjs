import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { root, withFiles } from "./shell.mjs";

const script = `${root}/packaging/dev/test_totals.mjs`;

function totals(files) {
  return withFiles(files, (folder) => spawnSync("node", [script, folder], { encoding: "utf8" }).stdout.trim().split("\n"));
}

const googletest = {
  testsuites: [
    {
      testsuite: [
        { classname: "Job", name: "Waits", status: "RUN", result: "COMPLETED" },
        { classname: "Job", name: "Runs", status: "RUN", result: "COMPLETED", failures: [{ failure: "no" }] },
        { classname: "Job", name: "Skips", status: "RUN", result: "SKIPPED" },
        { classname: "Job", name: "DISABLED_Sleeps", status: "NOTRUN", result: "SUPPRESSED" },
      ],
    },
  ],
};

const vitest = {
  testResults: [
    {
      name: "a.test.ts",
      status: "failed",
      assertionResults: [
        { status: "passed", fullName: "adds" },
        { status: "failed", fullName: "divides" },
        { status: "pending", fullName: "waits" },
      ],
    },
    { name: "b.test.ts", status: "failed", message: "Cannot find module\n at …", assertionResults: [] },
  ],
};

const playwright = {
  errors: [{ message: "no browser" }],
  suites: [
    {
      specs: [{ title: "signs up", tests: [{ status: "expected" }] }],
      suites: [{ specs: [{ title: "chats", tests: [{ status: "unexpected" }] }, { title: "resets", tests: [{ status: "flaky" }] }] }],
    },
  ],
};

const unittest = { unittest: { passed: 7, skipped: 1, failed: ["test_worker.WorkerTest.test_stop"] } };

test("the reports of every tool are told apart and added up", () => {
  const check = { check: "format", ok: true };
  expect(totals({ "a.json": googletest, "b.json": vitest, "c.json": playwright, "d.json": check, "e.json": unittest })).toEqual([
    "12 6 4",
    "Job.Runs",
    "divides",
    "b.test.ts: Cannot find module",
    "chats",
    "no browser",
    "test_worker.WorkerTest.test_stop",
  ]);
});

test("a report cut off in the middle is a failure", () => {
  const [counts, name] = totals({ "job_tests.json": '{"testsuites":[' });
  expect(counts).toBe("0 1 0");
  expect(name).toContain("job_tests.json");
});

test("no report is no test", () => {
  expect(totals({})).toEqual(["0 0 0"]);
});

test("a report says whether it shows a failure", () => {
  const has_failures = (files) =>
    withFiles(files, (folder) => spawnSync("node", [script, "--has-failures", `${folder}/a.json`]).status === 0);
  expect(has_failures({ "a.json": vitest })).toBe(true);
  expect(has_failures({ "a.json": { check: "format", ok: true } })).toBe(false);
  expect(has_failures({})).toBe(false);
});
