/**
 * JSON as the server reads it: strict, no duplicate keys, at most 32 levels deep, and numbers keep their digits.
 * The browser's own parser rounds big integers and says where an error is in some browsers only.
 */

/** A number that a double cannot hold; `source` is its JSON text. */
export class RawNumber {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";
  /** Index into the text, in UTF-16 units; `line` and `column` count from 1. */
  readonly offset: number;
  readonly line: number;
  readonly column: number;

  constructor(message: string, text: string, offset: number) {
    super(message);
    this.offset = offset;
    const before = text.slice(0, offset);
    this.line = before.split("\n").length;
    this.column = offset - (before.lastIndexOf("\n") + 1) + 1;
  }
}

export const JSON_DEPTH_MAX = 32;

/** Throws JsonSyntaxError. */
export function parseJson(text: string): unknown {
  return new Parser(text).document();
}

/** Like JSON.stringify, with RawNumber written as it was read. */
export function formatJson(value: unknown, indent = 2): string {
  return write(value, indent, "");
}

function write(value: unknown, indent: number, margin: string): string {
  if (value instanceof RawNumber) return value.source;
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  const inner = margin + " ".repeat(indent);
  const isArray = Array.isArray(value);
  const items = isArray
    ? value.map((item) => write(item, indent, inner))
    : Object.entries(value).map(
        ([key, item]) => `${JSON.stringify(key)}:${indent ? " " : ""}${write(item, indent, inner)}`,
      );
  const [open, close] = isArray ? ["[", "]"] : ["{", "}"];
  if (items.length === 0) return open + close;
  if (indent === 0) return open + items.join(",") + close;
  return `${open}\n${items.map((item) => inner + item).join(",\n")}\n${margin}${close}`;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPES: Record<string, string> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

class Parser {
  private at = 0;
  private depth = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  document(): unknown {
    this.space();
    if (this.at === this.text.length) this.fail("There is nothing here; an empty object is written {}");
    const value = this.value();
    this.space();
    if (this.at < this.text.length) this.fail(`Unexpected ${this.here()} after the end of the value`);
    return value;
  }

  private value(): unknown {
    const character = this.text[this.at];
    if (character === "{") return this.nested(() => this.object());
    if (character === "[") return this.nested(() => this.array());
    if (character === '"') return this.string();
    if (character === "-" || (character !== undefined && character >= "0" && character <= "9")) {
      return this.number();
    }
    for (const [word, meaning] of [
      ["true", true],
      ["false", false],
      ["null", null],
    ] as const) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return meaning;
      }
    }
    if (character === "'") this.fail('Strings are written in double quotes "…"');
    return this.fail(`Expected a value, found ${this.here()}`);
  }

  private nested<T>(read: () => T): T {
    if (this.depth === JSON_DEPTH_MAX) this.fail(`More than ${JSON_DEPTH_MAX} levels deep`);
    this.depth += 1;
    const value = read();
    this.depth -= 1;
    return value;
  }

  private object(): Record<string, unknown> {
    const members = new Map<string, unknown>();
    this.at += 1;
    this.space();
    if (this.take("}")) return {};
    for (;;) {
      if (this.text[this.at] !== '"') {
        this.fail(
          this.text[this.at] === "}"
            ? "Remove the comma before }"
            : `Expected a name in double quotes, found ${this.here()}`,
        );
      }
      const start = this.at;
      const key = this.string();
      if (members.has(key)) this.fail(`The name ${JSON.stringify(key)} is there twice`, start);
      this.space();
      if (!this.take(":")) this.fail(`Expected : after the name, found ${this.here()}`);
      this.space();
      members.set(key, this.value());
      this.space();
      if (this.take("}")) return fromEntries(members);
      if (!this.take(",")) this.fail(`Expected , or } here, found ${this.here()}`);
      this.space();
    }
  }

  private array(): unknown[] {
    const items: unknown[] = [];
    this.at += 1;
    this.space();
    if (this.take("]")) return items;
    for (;;) {
      if (this.text[this.at] === "]") this.fail("Remove the comma before ]");
      items.push(this.value());
      this.space();
      if (this.take("]")) return items;
      if (!this.take(",")) this.fail(`Expected , or ] here, found ${this.here()}`);
      this.space();
    }
  }

  private number(): number | RawNumber {
    NUMBER.lastIndex = this.at;
    const source = NUMBER.exec(this.text)?.[0];
    if (source === undefined) return this.fail("A number is incomplete here");
    this.at += source.length;
    const next = this.text[this.at];
    if (next !== undefined && /[\d.eE+-]/.test(next)) this.fail("This number is not written as JSON allows");
    const value = Number(source);
    const isExact = Number.isSafeInteger(value) || (/[.eE]/.test(source) && Number.isFinite(value));
    return isExact ? value : new RawNumber(source);
  }

  private string(): string {
    const start = this.at;
    let result = "";
    this.at += 1;
    for (;;) {
      const character = this.text[this.at];
      if (character === undefined) return this.fail("This string has no closing quote", start);
      if (character === '"') {
        this.at += 1;
        return result;
      }
      if (character < " ") {
        this.fail(
          character === "\n" ? "A string cannot go over the end of the line" : "Unescaped control character",
        );
      }
      result += character === "\\" ? this.escape() : character;
      this.at += 1;
    }
  }

  /** Leaves `at` on the last character of the escape. */
  private escape(): string {
    this.at += 1;
    const letter = this.text[this.at] ?? "";
    if (letter !== "u")
      return ESCAPES[letter] ?? this.fail(`\\${letter} is not an escape of JSON`, this.at - 1);
    const digits = this.text.slice(this.at + 1, this.at + 5);
    if (!/^[\da-fA-F]{4}$/.test(digits)) this.fail("\\u needs four hexadecimal digits", this.at - 1);
    this.at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  private space(): void {
    while (" \t\n\r".includes(this.text[this.at] ?? "x")) this.at += 1;
  }

  private take(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private here(): string {
    const character = this.text[this.at];
    return character === undefined ? "the end" : character;
  }

  private fail(message: string, offset = this.at): never {
    throw new JsonSyntaxError(message, this.text, offset);
  }
}

/** `__proto__` is a name like any other. */
function fromEntries(members: Map<string, unknown>): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [key, value] of members) {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return object;
}
