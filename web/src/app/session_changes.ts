import type { QueryClient } from "@tanstack/react-query";
import type { Session } from "@/lib/session";
import { systemInfoQuery } from "@/lib/system_info";
import type { AppRouter } from "./router";

/**
 * When another account, or none, takes over, in this tab or in another one: nothing of the account before stays in the
 * cache, and the page asks its route again whether it may be shown.
 */
export function followSession(session: Session, queries: QueryClient, router: AppRouter): () => void {
  let account = session.user?.id;
  return session.state.subscribe(() => {
    const next = session.user?.id;
    if (next === account) return;
    account = next;
    const info = queries.getQueryData(systemInfoQuery.queryKey);
    queries.clear();
    if (info) queries.setQueryData(systemInfoQuery.queryKey, info);
    void router.invalidate();
  });
}
