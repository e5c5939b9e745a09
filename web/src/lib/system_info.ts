import { queryOptions } from "@tanstack/react-query";
import * as z from "zod/mini";
import { http } from "./client";
import { queryKeys } from "./query_keys";

const systemInfoSchema = z.object({
  data: z.object({
    name: z.string(),
    version: z.string(),
    environment: z.string(),
    simulate: z.boolean(),
    guests: z.boolean(),
    mail: z.enum(["smtp", "terminal"]),
    publicUrl: z.string(),
  }),
});
export type SystemInfo = z.infer<typeof systemInfoSchema>["data"];

/** What this server is and how it is set up. Public, and the same until the server restarts. */
export const systemInfoQuery = queryOptions({
  queryKey: queryKeys.systemInfo,
  queryFn: async ({ signal }): Promise<SystemInfo> =>
    (await http.get("/api/system/info", { schema: systemInfoSchema, signal, anonymous: true })).data,
  staleTime: 5 * 60_000,
});
