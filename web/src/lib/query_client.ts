import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./errors";

const RETRIES_MAX = 2;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (failures, error) =>
          error instanceof ApiError && error.transient && error.status !== 0 && failures < RETRIES_MAX,
        // Asking is how the page finds out that it is online again.
        networkMode: "always",
      },
      mutations: { networkMode: "always" },
    },
  });
}
