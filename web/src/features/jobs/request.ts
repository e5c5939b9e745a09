import { formatJson, parseJson, RawNumber } from "@/lib/json";

export interface NewJob {
  type: string;
  /** JSON text as typed. */
  data: string;
  priority: string;
  failOnce: boolean;
  alwaysFail: boolean;
}

export function typeProblem(type: string): string | null {
  const length = [...type.trim()].length;
  if (length === 0) return "Name the kind of work, such as Fast Task";
  return length > 128 ? `${length} of at most 128 characters` : null;
}

export function priorityProblem(priority: string): string | null {
  const value = Number(priority);
  return priority.trim() !== "" && Number.isFinite(value) ? null : "A number; higher runs first, 0 is normal";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof RawNumber)
  );
}

/** The toggles are members of `data`, so they need an object to be put into. */
export function takesToggles(data: string): boolean {
  try {
    return isObject(parseJson(data));
  } catch {
    return false;
  }
}

/** The JSON text of the request. Throws JsonSyntaxError when `data` is not JSON. */
export function requestBody(job: NewJob, indent = 0): string {
  const data = parseJson(job.data);
  const toggles = {
    ...(job.failOnce ? { failOnce: true } : {}),
    ...(job.alwaysFail ? { shouldFail: true } : {}),
  };
  const request = {
    type: job.type.trim(),
    data: isObject(data) ? { ...data, ...toggles } : data,
    priority: Number(job.priority),
  };
  return formatJson(request, indent);
}

/** The same request for a shell. The token is not written out. */
export function curlCommand(origin: string, body: string): string {
  const quoted = body.replaceAll("'", `'\\''`);
  return [
    `curl ${origin}/api/jobs/submit`,
    `  -H "Authorization: Bearer $TOKEN"`,
    `  -H "Content-Type: application/json"`,
    `  -d '${quoted}'`,
  ].join(" \\\n");
}
