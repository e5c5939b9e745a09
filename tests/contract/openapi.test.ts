import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { closed, CONTRACT_FOLDER, events, openapi, operations } from "../harness/contract";

const errorsPage = readFileSync(join(CONTRACT_FOLDER, "errors.md"), "utf8");

describe("openapi.yaml", () => {
  test("is a valid OpenAPI 3.1 document", async () => {
    const result = await new Validator().validate(structuredClone(openapi));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    expect(openapi.openapi).toMatch(/^3\.1\./);
  });

  test.each(operations)("$method $path names its policy, its answers and its credentials", (operation) => {
    const { policy, definition, path } = operation;
    expect(["public", "user", "admin", "internal", "worker"]).toContain(policy);
    expect(definition.summary).toBeTruthy();
    const statuses = Object.keys(definition.responses);
    expect(statuses.some((status) => status.startsWith("2"))).toBe(true);
    if (policy === "user" || policy === "admin") {
      // A key stands for its owner only where a scope is named.
      const keys = definition["x-key-scope"] ? [{ apiKey: [] }] : [];
      expect(definition.security).toEqual([{ accessToken: [] }, ...keys]);
      expect(statuses).toContain("401");
    }
    if (policy === "worker") {
      expect(definition["x-key-scope"]).toBe("worker");
      expect(definition.security).toEqual([{ apiKey: [] }]);
      expect(statuses).toContain("403");
    }
    if (policy === "admin") expect(statuses).toContain("403");
    const parameters = (definition.parameters ?? []).map((parameter: { $ref?: string; name?: string }) =>
      parameter.$ref ? parameter.$ref : parameter.name,
    );
    expect(parameters.length, "each parameter of the path is described").toBeGreaterThanOrEqual(path.split("{").length - 1);
  });

  test("gives every operation an id of its own", () => {
    const ids = operations.map((operation) => operation.definition.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("names only error codes that errors.md explains", () => {
    const documented = new Set([...errorsPage.matchAll(/^\| `([a-z_]+)` \|/gm)].map((row) => row[1]));
    const named = new Set<string>();
    for (const response of Object.values<{ description: string }>(openapi.components.responses)) {
      for (const word of response.description.matchAll(/`([a-z]+_[a-z_]+)`/g)) named.add(word[1] ?? "");
    }
    for (const event of Object.values<{ codes: string[] }>(events.client_events)) for (const code of event.codes) named.add(code);
    for (const code of events.connect.error_data.properties.code.enum) named.add(code);
    expect([...named].filter((code) => !documented.has(code))).toEqual([]);
    expect(named.size).toBeGreaterThan(15);
  });
});

describe("events.yaml", () => {
  const described = [
    ...Object.entries<{ args: unknown[]; ack?: unknown }>(events.client_events),
    ...Object.entries<{ args: unknown[]; ack?: unknown }>(events.server_events),
  ];

  test.each(described)("describes %s with schemas that compile, and a policy", (_name, event) => {
    const ajv = new Ajv2020({ strict: false });
    for (const schema of [...event.args, ...(event.ack ? [event.ack] : [])]) {
      expect(() => ajv.compile(closed(events, schema))).not.toThrow();
    }
    expect(["guest", "user"]).toContain((event as Record<string, unknown>)["x-policy"]);
  });
});
