import type { ApiError } from "@/lib/errors";
import { ErrorNote } from "@/ui/error_note";

export function ProblemNote({ problem }: { problem: ApiError | undefined }) {
  return problem ? <ErrorNote message={problem.message} requestId={problem.reportId} /> : null;
}
