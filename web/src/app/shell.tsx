import { ActionIcon } from "@mantine/core";
import {
  IconCalendarRepeat,
  IconListDetails,
  IconLogout,
  IconMessages,
  IconStack2,
  IconUserCircle,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { signOut } from "@/features/accounts/api";
import { useJobPatches } from "@/features/jobs/live";
import { session } from "@/lib/client";
import { useProbedConnection } from "@/lib/connection";
import type { User } from "@/lib/session";
import { useStore } from "@/lib/store";
import { systemInfoQuery } from "@/lib/system_info";
import { Brand } from "@/ui/brand";
import { ColorSchemeControl } from "@/ui/color_scheme_control";
import { LiveIndicator } from "@/ui/live_indicator";
import classes from "./shell.module.css";

/** Navigation beside the page, which is `children` or the route's; on small screens along the lower edge. */
export function Shell({ children }: { children?: ReactNode }) {
  const state = useStore(session.state);
  if (state.status !== "signed-in") return null;
  // The key makes everything below start anew for another account.
  return (
    <SignedInShell key={state.user.id} user={state.user}>
      {children ?? <Outlet />}
    </SignedInShell>
  );
}

function SignedInShell({ user, children }: { user: User; children: ReactNode }) {
  useJobPatches();
  return (
    <div className={classes.shell}>
      <a href="#content" className={classes.skip}>
        Skip to content
      </a>
      <header className={classes.top}>
        <Link to="/" className={classes.brand} aria-label="Taskgate">
          <Brand />
        </Link>
        <div className={classes.topEnd}>
          <Connection />
        </div>
      </header>
      <Navigation admin={user.role === "admin"} />
      <footer className={classes.foot}>
        <Identity user={user} />
        <SignOut />
        <ColorSchemeControl />
      </footer>
      <main id="content" className={classes.content} tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function Connection() {
  return <LiveIndicator state={useProbedConnection()} />;
}

function Navigation({ admin }: { admin: boolean }) {
  const icon = { size: 17, stroke: 1.7, "aria-hidden": true } as const;
  const entry = { className: classes.entry, activeProps: { "data-active": true } };
  return (
    <nav className={classes.nav} aria-label="Main">
      <Link to="/" activeOptions={{ exact: true, includeSearch: false }} {...entry}>
        <IconListDetails {...icon} />
        Jobs
      </Link>
      <Link to="/schedules" activeOptions={{ includeSearch: false }} {...entry}>
        <IconCalendarRepeat {...icon} />
        Schedules
      </Link>
      <Link to="/rooms" activeOptions={{ includeSearch: false }} {...entry}>
        <IconMessages {...icon} />
        Rooms
      </Link>
      {admin && (
        <Link to="/all-jobs" activeOptions={{ includeSearch: false }} {...entry}>
          <IconStack2 {...icon} />
          All jobs
        </Link>
      )}
      <Link to="/account" {...entry}>
        <IconUserCircle {...icon} />
        Account
      </Link>
    </nav>
  );
}

function SignOut() {
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label="Sign out"
      title="Sign out"
      onClick={() => void signOut().catch(() => {})}
    >
      <IconLogout size={17} stroke={1.7} />
    </ActionIcon>
  );
}

function Identity({ user }: { user: User }) {
  const info = useQuery(systemInfoQuery);
  return (
    <div className={classes.identity}>
      <span className={classes.email} title={user.email}>
        {user.email}
      </span>
      {info.data && (
        <span className={classes.server}>
          {info.data.version} · {info.data.environment}
        </span>
      )}
    </div>
  );
}
