import { Button } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { asApiError } from "@/lib/errors";
import { EmptyState } from "@/ui/empty_state";

const RETRY_MS = 3_000;

/** A page that could not be made. When the server is not there, it is asked again by itself. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const problem = asApiError(error);
  const unreachable = problem.transient;
  useEffect(() => {
    if (!unreachable) return;
    const timer = setInterval(() => void router.invalidate(), RETRY_MS);
    return () => clearInterval(timer);
  }, [router, unreachable]);
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return (
    <main role="alert">
      <EmptyState
        icon={IconPlugConnectedX}
        title={unreachable ? "The server does not answer" : "This page failed"}
        asPage
      >
        <p>
          {unreachable ? "Taskgate tries again every few seconds." : problem.message}
          {problem.reportId ? ` (request ${problem.reportId})` : ""}
        </p>
        <Button variant="default" onClick={retry}>
          Try again
        </Button>
      </EmptyState>
    </main>
  );
}
