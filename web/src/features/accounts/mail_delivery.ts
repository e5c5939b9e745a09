import { useQuery } from "@tanstack/react-query";
import { systemInfoQuery } from "@/lib/system_info";

/** Where this server puts the links it makes; undefined until it has said so. Without its word: in a mail. */
export function useMailDelivery(): "smtp" | "terminal" | undefined {
  const info = useQuery(systemInfoQuery);
  return info.data?.mail ?? (info.isError ? "smtp" : undefined);
}
