import { expect, test } from "vitest";
import { openapi, operations } from "../harness/contract";
import { run } from "../harness/program";

test("the route table of the server and openapi.yaml name the same routes with the same policies and scopes of keys", async () => {
  const outcome = await run(["routes"]);
  expect(outcome.code, outcome.output).toBe(0);
  const served = outcome.stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().replace(/\s+/g, " "));
  const written = operations
    .map((operation) => `${operation.method} ${operation.path.replace(/\{(\w+)\}/g, ":$1")} ${operation.policy} ${operation.keyScope}`);
  expect(served.sort()).toEqual(written.sort());
});

test("the contract has the version of the program", async () => {
  const outcome = await run(["version"]);
  expect(outcome.stdout.trim()).toBe(`taskgate ${openapi.info.version}`);
});
