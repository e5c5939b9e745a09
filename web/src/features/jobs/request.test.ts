import { describe, expect, it } from "vitest";
import { curlCommand, type NewJob, priorityProblem, requestBody, takesToggles, typeProblem } from "./request";

const job: NewJob = { type: " Fast Task ", data: "{}", priority: "0", failOnce: false, alwaysFail: false };

describe("the request of a new job", () => {
  it("is what the API takes", () => {
    expect(requestBody(job)).toBe('{"type":"Fast Task","data":{},"priority":0}');
  });
  it("puts the toggles into the data", () => {
    const body = requestBody({ ...job, data: '{"a":1}', failOnce: true, alwaysFail: true });
    expect(JSON.parse(body).data).toEqual({ a: 1, failOnce: true, shouldFail: true });
  });
  it("keeps big integers and any JSON value", () => {
    expect(requestBody({ ...job, data: "12345678901234567890" })).toContain('"data":12345678901234567890,');
    expect(requestBody({ ...job, data: "[1]", failOnce: true })).toContain('"data":[1],');
  });
  it("offers the toggles for objects only", () => {
    expect(["{}", "[]", "1", "{", "null"].map(takesToggles)).toEqual([true, false, false, false, false]);
  });
  it("is shown for the shell with quotes that hold", () => {
    const command = curlCommand("http://127.0.0.1:3000", requestBody({ ...job, data: '"it\'s"' }));
    expect(command).toContain("curl http://127.0.0.1:3000/api/jobs/submit");
    expect(command).toContain(`-d '{"type":"Fast Task","data":"it'\\''s","priority":0}'`);
  });
  it("is not made without a type or with a priority that is no number", () => {
    expect(typeProblem("  ")).not.toBeNull();
    expect(typeProblem("𝄞".repeat(128))).toBeNull();
    expect(typeProblem("x".repeat(129))).toMatch(/129 of at most 128/);
    expect(["", "high", "1e999", "-1", "0.5"].map((text) => priorityProblem(text) === null)).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
  });
});
