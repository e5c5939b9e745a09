import { IconMapOff } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { session } from "@/lib/client";
import { useStore } from "@/lib/store";
import { EmptyState } from "@/ui/empty_state";
import { Shell } from "./shell";

/** Within the navigation for who is signed in. */
export function NotFound() {
  const state = useStore(session.state);
  const message = (
    <EmptyState icon={IconMapOff} title="There is no such page" asPage>
      <p>The address may be mistyped, or the page has moved.</p>
      <Link to="/">Go to your jobs</Link>
    </EmptyState>
  );
  return state.status === "signed-in" ? <Shell>{message}</Shell> : <main>{message}</main>;
}
