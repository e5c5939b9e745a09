import { useQuery } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { http, socket } from "./client";
import { systemInfoQuery } from "./system_info";

/** *live*: pushed by the socket. *polling*: asked for every few seconds. *offline*: the server does not answer. */
export type Connection = "live" | "polling" | "offline";

export const POLL_INTERVAL_MS = 3_000;
/** While not live, so that every page knows whether the server is there, also one that asks for nothing itself. */
const PROBE_INTERVAL_MS = 2_500;
/** While live nothing should be missed; this is for the case that it was. */
export const SAFETY_INTERVAL_MS = 60_000;

export function readConnection(): Connection {
  if (socket.connected.get()) return "live";
  return http.reachable.get() && navigator.onLine ? "polling" : "offline";
}

function subscribe(listener: () => void): () => void {
  const stops = [socket.connected.subscribe(listener), http.reachable.subscribe(listener)];
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    for (const stop of stops) stop();
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
}

export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, readConnection);
}

/** The same, and asks the server whether it is there as soon as the socket is lost, and until it is back. */
export function useProbedConnection(): Connection {
  const connection = useConnection();
  const live = connection === "live";
  const { refetch } = useQuery({ ...systemInfoQuery, refetchInterval: live ? false : PROBE_INTERVAL_MS });
  useEffect(() => {
    if (!live) void refetch({ cancelRefetch: false });
  }, [live, refetch]);
  return connection;
}

/** For `refetchInterval` of every query that shows something live. */
export function useLiveInterval(): number {
  return useConnection() === "live" ? SAFETY_INTERVAL_MS : POLL_INTERVAL_MS;
}
