import { describe, expect, it } from "vitest";
import { formatJson, JsonSyntaxError, parseJson, RawNumber } from "./json";

function syntaxError(text: string): JsonSyntaxError {
  try {
    parseJson(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error;
    throw error;
  }
  throw new Error(`no error in ${text}`);
}

describe("parsing JSON", () => {
  it.each([
    ["{}", {}],
    [' [1, -2.5e3, "a\\u00e9\\n", true, false, null] ', [1, -2500, "aé\n", true, false, null]],
    ['{"a":{"b":[{}]}}', { a: { b: [{}] } }],
    ['"𝄞"', "𝄞"],
    ["0.1", 0.1],
  ])("reads %s", (text, value) => {
    expect(parseJson(text)).toEqual(value);
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it("keeps the digits of numbers that a double cannot hold", () => {
    const text = '{"id":12345678901234567890,"huge":1e400,"small":1}';
    expect(parseJson(text)).toMatchObject({ id: new RawNumber("12345678901234567890"), small: 1 });
    expect(formatJson(parseJson(text), 0)).toBe(text);
  });

  it("takes __proto__ for a name", () => {
    const value = parseJson('{"__proto__":{"polluted":true}}');
    expect(Object.keys(value as object)).toEqual(["__proto__"]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it.each([
    ["", 1, 1, /nothing here/],
    ['{\n  "a": 1,\n}', 3, 1, /Remove the comma/],
    ["[1,]", 1, 4, /Remove the comma/],
    ["{'a':1}", 1, 2, /double quotes/],
    ["{a:1}", 1, 2, /name in double quotes/],
    ['{"a" 1}', 1, 6, /Expected :/],
    ['{"a":1 "b":2}', 1, 8, /Expected , or }/],
    ['{"a":1,"a":2}', 1, 8, /twice/],
    ['{"a":"b', 1, 6, /no closing quote/],
    ['"a\nb"', 1, 3, /end of the line/],
    ['"\\x"', 1, 2, /not an escape/],
    ['"\\u12"', 1, 2, /four hexadecimal/],
    ["01", 1, 2, /not written as JSON/],
    ["1.", 1, 2, /not written as JSON/],
    ["-", 1, 1, /incomplete/],
    ["nul", 1, 1, /Expected a value/],
    ["1 2", 1, 3, /after the end/],
    [`${"[".repeat(33)}${"]".repeat(33)}`, 1, 33, /32 levels/],
  ])("says where %j is wrong", (text, line, column, message) => {
    const error = syntaxError(text);
    expect([error.line, error.column]).toEqual([line, column]);
    expect(error.message).toMatch(message);
  });

  it("agrees with the browser about what is JSON", () => {
    for (const text of [
      "1e5",
      "-0",
      "[[]]",
      '{"a":{}}',
      "tru",
      "+1",
      ".5",
      "[1 2]",
      '"\t"',
      "\u00a01",
      "1e",
    ]) {
      let native = true;
      try {
        JSON.parse(text);
      } catch {
        native = false;
      }
      let own = true;
      try {
        parseJson(text);
      } catch {
        own = false;
      }
      expect([text, own]).toEqual([text, native]);
    }
  });
});

describe("formatting JSON", () => {
  it("indents like JSON.stringify", () => {
    const value = { a: [1, { b: "x" }], c: {}, d: [] };
    expect(formatJson(value)).toBe(JSON.stringify(value, null, 2));
    expect(formatJson(value, 0)).toBe(JSON.stringify(value));
  });
});
