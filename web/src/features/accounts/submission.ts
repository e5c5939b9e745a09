import { useState } from "react";
import type { ApiError } from "@/lib/errors";
import { placeErrors } from "@/lib/forms";

interface FieldErrors {
  setFieldError(field: string, message: string): void;
}

/** Runs a form's request: busy while it lasts, refusals at their fields, the rest in `problem`. */
export function useSubmission(
  form: FieldErrors,
  fields: readonly string[],
  rename: Record<string, string> = {},
) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiError>();
  const run = async (work: () => Promise<void>) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await work();
    } catch (error) {
      setProblem(placeErrors(error, fields, (field, message) => form.setFieldError(field, message), rename));
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, run };
}
