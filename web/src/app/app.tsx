import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { session, socket } from "@/lib/client";
import { followEvents } from "@/lib/events";
import { createQueryClient } from "@/lib/query_client";
import { cssVariables, theme } from "@/ui/theme";
import { type AppRouter, createAppRouter } from "./router";
import { followSession } from "./session_changes";

const browserRouter = createAppRouter();

export function App({ router = browserRouter }: { router?: AppRouter }) {
  const [queryClient] = useState(createQueryClient);
  useEffect(() => followSession(session, queryClient, router), [queryClient, router]);
  useEffect(() => followEvents(socket, queryClient), [queryClient]);
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <QueryClientProvider client={queryClient}>
        <Notifications position="top-center" limit={3} />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
