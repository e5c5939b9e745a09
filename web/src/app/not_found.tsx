import { IconMapOff } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { EmptyState } from "@/ui/empty_state";

export function NotFound() {
  return (
    <main>
      <EmptyState icon={IconMapOff} title="There is no such page" asPage>
        <p>The address may be mistyped, or the page has moved.</p>
        <Link to="/">Go to your jobs</Link>
      </EmptyState>
    </main>
  );
}
