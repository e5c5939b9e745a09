import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bash, withFiles } from "./shell.mjs";

// Runs `./dev test fake` with a suite of this body, away from the results of the run under way.
function runSuite(body) {
  return withFiles({}, (folder) => {
    mkdirSync(join(folder, "logs"));
    const outcome = bash(
      ["steps", "packages", "node", "build", "suites"],
      `RESULTS=${folder}/results LOGS=${folder}/logs TEST_SECONDS_MAX=1
       install_packages() { :; }
       use_node() { :; }
       suite_fake() { ${body}; }
       run_suites no fake`,
    );
    return { status: outcome.status, lines: outcome.stdout.trim().split("\n") };
  });
}

const report = (failures) =>
  JSON.stringify({ testsuites: [{ testsuite: [{ classname: "A", name: "B", status: "RUN", result: "COMPLETED", failures }] }] });
const writes = (text) => `bash -c 'echo "$1" > "$RESULT"; exit "$2"' - '${text}'`;
const program = (text, code) => `export RESULT=$RESULTS/fake/p.json; run_tests fake p "$RESULT" ${writes(text)} ${code}`;

test("a suite that passes ends in one plain line", () => {
  const { status, lines } = runSuite(program(report([]), 0));
  expect(lines.at(-1)).toBe("1 passed, 0 failed");
  expect(lines.filter((line) => / passed, \d+ failed$/.test(line))).toHaveLength(1);
  expect(status).toBe(0);
});

test("a failed test is counted once and named", () => {
  const { status, lines } = runSuite(program(report([{ failure: "no" }]), 1));
  expect(lines).toContain("FAILED fake: A.B");
  expect(lines.at(-1)).toBe("0 passed, 1 failed");
  expect(status).toBe(1);
});

test("a program that fails although its tests passed is a failure", () => {
  const { lines } = runSuite(program(report([]), 23));
  expect(lines.join("\n")).toMatch(/FAILED fake: p ended with exit code 23/);
  expect(lines.at(-1)).toBe("1 passed, 1 failed");
});

test("a program that crashes before it reports is a failure", () => {
  expect(runSuite(`run_tests fake p "$RESULTS/fake/p.json" bash -c 'kill -SEGV $$'`).lines.at(-1)).toBe("0 passed, 1 failed");
});

test("a program that does not end is a failure", () => {
  const { lines } = runSuite(`run_tests fake p "$RESULTS/fake/p.json" sleep 60`);
  expect(lines.join("\n")).toContain("did not finish in 1 s");
  expect(lines.at(-1)).toBe("0 passed, 1 failed");
});

test("a suite that runs no test is a failure", () => {
  const { status, lines } = runSuite(":");
  expect(lines).toContain("FAILED fake: ran no test");
  expect(lines.at(-1)).toBe("0 passed, 1 failed");
  expect(status).toBe(1);
});

test("what a suite needs and cannot have is a failure", () => {
  const { lines } = runSuite("needs fake false || return");
  expect(lines.at(-1)).toBe("0 passed, 1 failed");
});

test("what several suites need is tried once", () => {
  const { lines } = runSuite("broken() { echo tried; false; }; needs fake broken; needs fake broken");
  expect(lines.filter((line) => line === "tried")).toHaveLength(1);
  expect(lines.at(-1)).toBe("0 passed, 2 failed");
});
