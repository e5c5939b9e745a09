import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { queryKeys } from "./query_keys";
import type { LiveSocket, ServerEvents } from "./socket";

type EventName = keyof ServerEvents;
type EventOf<Name extends EventName> = Parameters<ServerEvents[Name]>[0];

/** `previous` is the event of the same name last heard about the same thing. */
type Invalidations = {
  [Name in EventName]: (event: EventOf<Name>, previous: EventOf<Name> | undefined) => QueryKey[];
};

/** The one table from what the server says to what must be asked for again. */
export const invalidations: Invalidations = {
  // Progress alone is patched in place by the jobs feature; a change of status moves jobs between lists and counts.
  jobUpdated: (event, previous) =>
    previous?.status === event.status && event.status === "processing"
      ? []
      : [queryKeys.jobLists, queryKeys.jobStats, queryKeys.job(event.jobId)],
  // Messages are kept by the rooms feature, not by the query cache.
  receiveMessage: () => [],
};

/** A burst of events makes one refetch at its start and one per interval while it lasts. */
const COALESCE_MS = 400;
/** How many jobs' last events are remembered. */
const REMEMBERED_MAX = 5_000;

/** Applies the table, and refetches everything after each reconnect. Returns the function that stops it. */
export function followEvents(socket: LiveSocket, queries: QueryClient): () => void {
  const last = new Map<string, EventOf<"jobUpdated">>();
  const due = new Map<string, QueryKey>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const flush = () => {
    timer = undefined;
    if (due.size === 0) return;
    for (const key of due.values()) void queries.invalidateQueries({ queryKey: key });
    due.clear();
    timer = setTimeout(flush, COALESCE_MS);
  };
  const invalidate = (keys: QueryKey[]) => {
    for (const key of keys) due.set(JSON.stringify(key), key);
    if (timer === undefined) flush();
  };
  const onJobUpdated = (event: EventOf<"jobUpdated">) => {
    invalidate(invalidations.jobUpdated(event, last.get(event.jobId)));
    last.delete(event.jobId);
    last.set(event.jobId, event);
    const oldest = last.keys().next().value;
    if (last.size > REMEMBERED_MAX && oldest !== undefined) last.delete(oldest);
  };
  const onConnect = () => {
    // What happened while the connection was away was not heard. The first connect of a page asks again as well: the
    // first answers may be older than the subscription.
    last.clear();
    void queries.invalidateQueries({ queryKey: queryKeys.jobs });
  };

  socket.raw.on("jobUpdated", onJobUpdated);
  socket.raw.on("connect", onConnect);
  return () => {
    clearTimeout(timer);
    socket.raw.off("jobUpdated", onJobUpdated);
    socket.raw.off("connect", onConnect);
  };
}
