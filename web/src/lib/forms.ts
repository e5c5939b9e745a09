import { type ApiError, asApiError } from "./errors";

/**
 * Shows the server's refusal in a form: sentences about fields the form has go to those fields; the rest comes back, to
 * be shown above the button. `rename` maps the server's field names to the form's.
 */
export function placeErrors(
  error: unknown,
  fields: readonly string[],
  setFieldError: (field: string, message: string) => void,
  rename: Record<string, string> = {},
): ApiError | undefined {
  const refusal = asApiError(error);
  let placed = 0;
  for (const { field, message } of refusal.fields) {
    const name = rename[field] ?? field;
    if (!fields.includes(name)) continue;
    setFieldError(name, message);
    placed += 1;
  }
  return placed > 0 && placed === refusal.fields.length ? undefined : refusal;
}
