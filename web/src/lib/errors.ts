import * as z from "zod/mini";

export interface FieldError {
  field: string;
  message: string;
}

const errorBody = z.object({
  code: z.optional(z.string()),
  message: z.string(),
  errors: z.optional(z.array(z.object({ field: z.string(), message: z.string() }))),
  requestId: z.optional(z.string()),
});

/** An answer of the server that says no, or no answer at all (`status` 0). `message` is fit to be shown. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string;
  readonly fields: readonly FieldError[];
  readonly requestId: string | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    fields: readonly FieldError[] = [],
    requestId?: string,
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.fields = fields;
    this.requestId = requestId;
  }

  /** True when the same request may well succeed a moment later. */
  get transient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  /** The request's id when somebody may have to look into it. A 4xx says itself what is wrong, so its id is noise. */
  get reportId(): string | undefined {
    return this.status >= 400 && this.status < 500 ? undefined : this.requestId;
  }

  static unreachable(): ApiError {
    return new ApiError(
      0,
      "unreachable",
      "The server cannot be reached. Check the connection and try again.",
    );
  }

  static fromBody(status: number, body: unknown, requestId: string | undefined): ApiError {
    const parsed = z.safeParse(errorBody, body);
    if (!parsed.success) {
      return new ApiError(status, "unexpected_answer", `The server answered ${status}.`, [], requestId);
    }
    const { code, message, errors } = parsed.data;
    return new ApiError(status, code ?? "unknown", message, errors ?? [], parsed.data.requestId ?? requestId);
  }
}

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(-1, "unexpected", error instanceof Error ? error.message : String(error));
}
