import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bash, dev, root, withFiles } from "./shell.mjs";

test("help lists every command and nothing else", () => {
  const { stdout, status } = dev("help");
  const listed = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map((match) => match[1]);
  const handled = readFileSync(`${root}/dev`, "utf8").match(/^ {4}(run \| .*)\)$/m)[1].split(" | ");
  expect(status).toBe(0);
  expect(listed.sort()).toEqual([...handled, "help"].sort());
});

test("an unknown command is named, with the commands there are", () => {
  const { stderr, status } = dev("biuld");
  expect(status).toBe(2);
  expect(stderr).toContain("'biuld'");
  expect(stderr).toContain("./dev COMMAND");
});

test("an unknown suite is named, with the suites there are", () => {
  const { stderr, status } = dev("test", "units");
  expect(status).toBe(1);
  expect(stderr).toContain("'units'");
  expect(stderr).toContain("unit web");
});

test("arguments where none belong are refused", () => {
  expect(dev("build", "--fast")).toMatchObject({ status: 1, stderr: expect.stringContaining("--fast") });
});

test("only the tests and only the benchmarks need the packages marked so", () => {
  const wanted = (purpose) => bash(["packages"], `wanted_packages "${purpose}"`).stdout.trim().split("\n");
  expect(wanted("")).toContain("cmake");
  expect(wanted("")).not.toContain("chromium");
  expect(wanted("")).not.toContain("redis-server");
  expect(wanted("test")).toEqual(expect.arrayContaining(["cmake", "chromium", "sqlite3"]));
  expect(wanted("test")).not.toContain("redis-server");
  expect(wanted("bench")).toEqual(expect.arrayContaining(["cmake", "redis-server", "sqlite3"]));
  expect(wanted("bench")).not.toContain("chromium");
});

test("without root and sudo the missing packages are named", () => {
  const { stderr, status } = bash(
    ["steps", "packages"],
    `missing_packages() { printf '%s\\n' cmake mold; }
     can_be_root() { return 1; }
     install_packages`,
  );
  expect(status).toBe(1);
  expect(stderr).toContain("apt-get install --no-install-recommends cmake mold");
});

test.each([
  ["cc1plus: error writing: No space left on device", "the disk is full"],
  ["Err:1 http://deb.debian.org Temporary failure resolving 'deb.debian.org'", "the network cannot be reached"],
  ["npm error code ENOTFOUND", "the network cannot be reached"],
  ["E: Could not get lock /var/lib/dpkg/lock-frontend", "another program is installing packages"],
  ["E: Unable to locate package libboost1.81-dev", "packages of Debian 12"],
  ["g++: fatal error: Killed signal terminated program cc1plus", "ran out of memory"],
])("a log with '%s' is explained", (line, sentence) => {
  withFiles({ log: line }, (folder) => {
    expect(bash(["steps"], `explain_failure ${folder}/log`).stderr).toContain(sentence);
  });
});

test.each([
  ["v18.20.4", false],
  ["v20.18.3", false],
  ["v20.19.0", true],
  ["v21.7.3", false],
  ["v22.12.0", false],
  ["v22.13.0", true],
  ["v24.1.0", true],
  ["", false],
])("Node %s is new enough: %s", (version, enough) => {
  withFiles({ node: `#!/bin/sh\necho '${version}'\n` }, (folder) => {
    expect(bash(["node"], `chmod +x ${folder}/node; node_is_new_enough ${folder}/node`).status).toBe(enough ? 0 : 1);
  });
});

test("a failed step shows the compiler's errors from anywhere in the log, and its end", () => {
  const noise = Array.from({ length: 200 }, (_, line) => `note ${line}`);
  withFiles({ log: ["a.cpp:1:2: error: no such thing", ...noise].join("\n") }, (folder) => {
    const { stdout } = bash(["steps"], `show_failure ${folder}/log`);
    expect(stdout).toContain("a.cpp:1:2: error: no such thing");
    expect(stdout).toContain("note 199");
    expect(stdout.split("\n").length).toBeLessThan(45);
  });
});
