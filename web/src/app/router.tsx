import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  type RouterHistory,
  redirect,
} from "@tanstack/react-router";
import * as z from "zod/mini";
import { session } from "@/lib/client";
import { NotFound } from "./not_found";
import { RouteError } from "./route_error";
import { RoutePending } from "./route_pending";
import { Shell } from "./shell";

/** A query parameter that is not what it should be counts as not given. */
function optional<T>(schema: z.ZodMiniType<T>) {
  return z.catch(z.optional(schema), undefined);
}

const statuses = z.enum(["pending", "processing", "completed", "failed", "cancelled"]);
const moment = z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text))));
const jobsSearch = z.object({
  status: optional(statuses),
  type: optional(z.string()),
  text: optional(z.string()),
  tag: optional(z.string()),
  queue: optional(z.string()),
  createdAfter: optional(moment),
  createdBefore: optional(moment),
  cursor: optional(z.string()),
  /** Whether the drawer with the new job is open. */
  new: optional(
    z.pipe(
      z.union([z.literal(true), z.literal("true")]),
      z.transform((): true => true),
    ),
  ),
});
export type JobsSearch = z.infer<typeof jobsSearch>;

/** Only a path of this dashboard: never another site. */
const localPath = z.string().check(z.regex(/^\/(?![/\\])/));

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: NotFound,
  errorComponent: RouteError,
});

const signUp = createRoute({
  getParentRoute: () => root,
  path: "/sign-up",
  component: lazyRouteComponent(() => import("@/features/accounts/sign_up_page"), "SignUpPage"),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search) =>
    z.parse(
      z.object({
        redirect: optional(localPath),
        email: optional(z.string()),
        done: optional(z.enum(["verified", "reset"])),
      }),
      search,
    ),
  // Also what leads on after signing in: the session changes, and the route is asked again (session_changes.ts).
  beforeLoad: ({ search }) => {
    if (session.user) throw redirect({ href: search.redirect ?? "/" });
  },
  component: lazyRouteComponent(() => import("@/features/accounts/sign_in_page"), "SignInPage"),
});

const checkMail = createRoute({
  getParentRoute: () => root,
  path: "/check-mail",
  validateSearch: (search) => z.parse(z.object({ email: optional(z.string()) }), search),
  component: lazyRouteComponent(() => import("@/features/accounts/check_mail_page"), "CheckMailPage"),
});

const verify = createRoute({
  getParentRoute: () => root,
  path: "/verify/$token",
  component: lazyRouteComponent(() => import("@/features/accounts/verify_page"), "VerifyPage"),
});

const forgot = createRoute({
  getParentRoute: () => root,
  path: "/forgot",
  component: lazyRouteComponent(() => import("@/features/accounts/forgot_page"), "ForgotPage"),
});

const reset = createRoute({
  getParentRoute: () => root,
  path: "/reset/$token",
  component: lazyRouteComponent(() => import("@/features/accounts/reset_page"), "ResetPage"),
});

const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  beforeLoad: async ({ location }) => {
    const user = await session.restore();
    if (user) return;
    const state = session.state.get();
    const comesBack = location.href !== "/" && !(state.status === "signed-out" && state.why === "left");
    throw redirect({ to: "/sign-in", search: comesBack ? { redirect: location.href } : {} });
  },
  component: Shell,
});

const jobs = createRoute({
  getParentRoute: () => signedIn,
  path: "/",
  validateSearch: (search) => z.parse(jobsSearch, search),
  component: lazyRouteComponent(() => import("@/features/jobs/jobs_page"), "MyJobsPage"),
});

const job = createRoute({
  getParentRoute: () => signedIn,
  path: "/jobs/$jobId",
  component: lazyRouteComponent(() => import("@/features/jobs/job_page"), "JobPage"),
});

const allJobs = createRoute({
  getParentRoute: () => signedIn,
  path: "/all-jobs",
  validateSearch: (search) => z.parse(jobsSearch, search),
  beforeLoad: () => {
    if (session.user?.role !== "admin") throw redirect({ to: "/" });
  },
  component: lazyRouteComponent(() => import("@/features/jobs/jobs_page"), "AllJobsPage"),
});

const schedulesSearch = z.object({
  cursor: optional(z.string()),
  /** Whether the drawer with the new schedule is open. */
  new: jobsSearch.shape.new,
});

const schedules = createRoute({
  getParentRoute: () => signedIn,
  path: "/schedules",
  validateSearch: (search) => z.parse(schedulesSearch, search),
  component: lazyRouteComponent(() => import("@/features/schedules/schedules_page"), "MySchedulesPage"),
});

const allSchedules = createRoute({
  getParentRoute: () => signedIn,
  path: "/all-schedules",
  validateSearch: (search) => z.parse(schedulesSearch, search),
  beforeLoad: () => {
    if (session.user?.role !== "admin") throw redirect({ to: "/schedules" });
  },
  component: lazyRouteComponent(() => import("@/features/schedules/schedules_page"), "AllSchedulesPage"),
});

const rooms = createRoute({
  getParentRoute: () => signedIn,
  path: "/rooms",
  validateSearch: (search) => z.parse(z.object({ room: optional(z.string()) }), search),
  component: lazyRouteComponent(() => import("@/features/rooms/rooms_page"), "RoomsPage"),
});

const account = createRoute({
  getParentRoute: () => signedIn,
  path: "/account",
  component: lazyRouteComponent(() => import("@/features/accounts/account_page"), "AccountPage"),
});

const nowhere = createRoute({
  getParentRoute: () => root,
  path: "$",
  // The page needs no session: without an answer it is shown as to a stranger.
  beforeLoad: async () => {
    await session.restore().catch(() => undefined);
  },
  component: NotFound,
});

const tree = root.addChildren([
  signUp,
  signIn,
  checkMail,
  verify,
  forgot,
  reset,
  signedIn.addChildren([jobs, job, allJobs, schedules, allSchedules, rooms, account]),
  nowhere,
]);

/** Addresses read as people would write them: `?text=2026`, not `?text=%222026%22`. */
function parseSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

function stringifySearch(search: Record<string, unknown>): string {
  const given = Object.entries(search).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? "" : `?${text}`;
}

/** Without a history it follows the browser's address. */
export function createAppRouter(history?: RouterHistory) {
  return createRouter({
    ...(history ? { history } : {}),
    routeTree: tree,
    parseSearch,
    stringifySearch,
    defaultPreload: "intent",
    defaultPendingComponent: RoutePending,
    defaultErrorComponent: RouteError,
    defaultNotFoundComponent: NotFound,
    scrollRestoration: true,
  });
}
export type AppRouter = ReturnType<typeof createAppRouter>;

declare module "@tanstack/react-router" {
  interface Register {
    router: AppRouter;
  }
}
