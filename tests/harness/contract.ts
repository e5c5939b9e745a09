import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { parse } from "yaml";

export const CONTRACT_FOLDER = join(import.meta.dirname, "../../contract");

// biome-ignore lint/suspicious/noExplicitAny: a parsed document
type Document = any;

function load(name: string): Document {
  return parse(readFileSync(join(CONTRACT_FOLDER, name), "utf8"), { maxAliasCount: 100 });
}

/** Each row of errors.md as "code status". */
export const documentedErrors = new Set(
  [...readFileSync(join(CONTRACT_FOLDER, "errors.md"), "utf8").matchAll(/^\| `([a-z_]+)` \| (\d{3}) \|/gm)].map((row) => `${row[1]} ${row[2]}`),
);

export const openapi: Document = load("openapi.yaml");
export const events: Document = load("events.yaml");

const ajv = new Ajv2020({ allErrors: true, strict: false });
addFormats.default(ajv);

/** Follows a reference within its document. Keywords beside `$ref` are descriptions here, and are dropped. */
export function resolve(document: Document, node: Document): Document {
  if (typeof node?.$ref !== "string") return node;
  const path = node.$ref.replace(/^#\//, "").split("/");
  return resolve(document, path.reduce((at: Document, key: string) => at[key], document));
}

/**
 * A copy of a schema with its references in place, closed for fields that it does not name: clients must expect more fields, but a
 * field that nobody has written into the contract is a fault (or a leak) of the server.
 */
export function closed(document: Document, schema: Document, partOfUnion = false): Document {
  const node = resolve(document, schema);
  if (node === null || typeof node !== "object") return node;
  if (node.allOf) {
    return { ...node, allOf: node.allOf.map((part: Document) => closed(document, part, true)), unevaluatedProperties: false };
  }
  if (node.anyOf) return { ...node, anyOf: node.anyOf.map((part: Document) => closed(document, part)) };
  const copy = { ...node };
  if (copy.items) copy.items = closed(document, copy.items);
  if (copy.properties) {
    copy.properties = Object.fromEntries(
      Object.entries(copy.properties).map(([name, property]) => [name, closed(document, property)]),
    );
    if (copy.additionalProperties === undefined && !partOfUnion) copy.additionalProperties = false;
  }
  return copy;
}

const compiled = new Map<string, ValidateFunction>();

/** Throws when the value does not match; `name` names the schema, and is used to compile it only once. */
export function mustMatch(name: string, document: Document, schema: Document, value: unknown): void {
  let validate = compiled.get(name);
  if (validate === undefined) {
    validate = ajv.compile(closed(document, schema));
    compiled.set(name, validate);
  }
  if (validate(value)) return;
  const problems = validate.errors?.map((error) => `  ${error.instancePath || "/"} ${error.message} ${JSON.stringify(error.params)}`);
  throw new Error(`${name} is not as the contract says:\n${problems?.join("\n")}\n${JSON.stringify(value)?.slice(0, 2000)}`);
}

export interface Operation {
  method: string;
  /** As in the contract: "/api/jobs/{id}". */
  path: string;
  policy: string;
  /** What an API key needs; "none": keys are refused. */
  keyScope: string;
  definition: Document;
}

export const METHODS = ["get", "put", "post", "delete", "patch", "head", "options", "trace"];

export const operations: Operation[] = Object.entries<Document>(openapi.paths).flatMap(([path, item]) =>
  METHODS.filter((method) => item[method]).map((method) => ({
    method: method.toUpperCase(),
    path,
    policy: item[method]["x-policy"],
    keyScope: item[method]["x-key-scope"] ?? "none",
    definition: item[method],
  })),
);

/** The operation that a request means; a literal segment wins over a parameter. */
export function findOperation(method: string, path: string): Operation | undefined {
  const wanted = path.split("/");
  const fits = (operation: Operation) => {
    const own = operation.path.split("/");
    return own.length === wanted.length && own.every((part, at) => (part.startsWith("{") ? wanted[at] !== "" : part === wanted[at]));
  };
  const parameters = (operation: Operation) => operation.path.split("{").length;
  return operations
    .filter((operation) => operation.method === (method === "HEAD" ? "GET" : method) && fits(operation))
    .sort((a, b) => parameters(a) - parameters(b))[0];
}

/** What any operation may answer besides what is listed at it. 500 is not among them: it is always a fault. */
const ANYWHERE: Record<number, string> = { 405: "MethodNotAllowed", 413: "PayloadTooLarge", 503: "Unavailable" };

export interface WireAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** Throws when an answer is not one that the contract allows for the request. */
export function checkAnswer(method: string, path: string, answer: WireAnswer): void {
  const name = `${method} ${path.length > 100 ? `${path.slice(0, 100)}…` : path} → ${answer.status}`;
  const requestId = answer.headers["x-request-id"];
  if (!requestId) throw new Error(`${name}: no X-Request-Id`);
  if (answer.status === 500) throw new Error(`${name}: a fault of the server: ${answer.text}`);
  if (method === "HEAD" || method === "OPTIONS" || answer.status === 304) return;

  const operation = findOperation(method, path);
  const listed = operation?.definition.responses[answer.status];
  const anywhere = ANYWHERE[answer.status] && openapi.components.responses[ANYWHERE[answer.status] ?? ""];
  const unknownRoute = operation === undefined && answer.status >= 400 && openapi.components.responses.NotFound;
  const definition = resolve(openapi, listed ?? anywhere ?? unknownRoute ?? undefined);
  if (!definition) {
    if (operation === undefined) return; // an asset or a page of the dashboard
    throw new Error(`${name}: the contract does not list this status; the body was ${answer.text.slice(0, 500)}`);
  }
  for (const [header, rule] of Object.entries<Document>(definition.headers ?? {})) {
    const value = answer.headers[header.toLowerCase()];
    if (value === undefined && resolve(openapi, rule).required) throw new Error(`${name}: no ${header}`);
  }
  const type = String(answer.headers["content-type"] ?? "").split(";")[0]?.trim() ?? "";
  const media = definition.content?.[type];
  if (!media) throw new Error(`${name}: content type "${type}" is not in the contract`);
  if (type !== "application/json") return;
  const body: Document = JSON.parse(answer.text);
  mustMatch(`${operation?.method ?? "ANY"} ${operation?.path ?? "*"} → ${answer.status}`, openapi, media.schema, body);
  if (answer.status < 400) return;
  if (!documentedErrors.has(`${body.code} ${answer.status}`)) throw new Error(`${name}: errors.md does not know ${body.code}`);
  if (body.requestId !== requestId) throw new Error(`${name}: requestId ${body.requestId} is not X-Request-Id ${requestId}`);
  if (body.status !== (answer.status < 500 ? "fail" : "error")) throw new Error(`${name}: status is "${body.status}"`);
}
