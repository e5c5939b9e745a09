import { Button, Kbd } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconFilterOff, IconPlus, IconStack2 } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useRef } from "react";
import { asApiError } from "@/lib/errors";
import { EmptyState } from "@/ui/empty_state";
import { ErrorNote } from "@/ui/error_note";
import { PageHeader } from "@/ui/page_header";
import { JobsFilters } from "./jobs_filters";
import classes from "./jobs_page.module.css";
import { JobsTable } from "./jobs_table";
import type { JobFilter, JobScope } from "./model";
import { Pager } from "./pager";
import { useJobStats, useJobs, useJobTypes } from "./queries";
import { useSelection } from "./selection";
import { SelectionBar } from "./selection_bar";
import { StatusTabs } from "./status_tabs";
import { SubmitDrawer } from "./submit_drawer";

export function MyJobsPage() {
  return <JobsPage scope="mine" from="/signed-in/" />;
}

export function AllJobsPage() {
  return <JobsPage scope="all" from="/signed-in/all-jobs" />;
}

interface JobsPageProps {
  scope: JobScope;
  from: "/signed-in/" | "/signed-in/all-jobs";
}

function JobsPage({ scope, from }: JobsPageProps) {
  const search = useSearch({ from });
  const navigate = useNavigate();
  const path = scope === "all" ? "/all-jobs" : "/";
  const searchField = useRef<HTMLInputElement>(null);

  const { new: submitting, ...filter } = search;
  const jobs = useJobs(scope, filter);
  const stats = useJobStats(scope);
  const types = useJobTypes(scope);

  const setSearch = (change: Partial<typeof search>, replace = false) =>
    void navigate({ to: path, search: (before) => ({ ...before, ...change }), replace });
  const setFilter = (change: JobFilter) => setSearch({ ...change, cursor: undefined }, "text" in change);
  const openSubmit = () => setSearch({ new: true });

  useHotkeys([
    ["/", () => searchField.current?.focus()],
    ["n", openSubmit],
    ["j", () => focusRow(1)],
    ["k", () => focusRow(-1)],
  ]);

  const selection = useSelection(JSON.stringify([scope, filter]));
  const { cursor, ...criteria } = filter;
  const filtered = Object.values(criteria).some((value) => value !== undefined);
  const problem = jobs.error ? asApiError(jobs.error) : undefined;
  const rows = jobs.data?.data;
  // What is on the page is there before the types are, and may be newer.
  const known = [
    ...new Set([...(rows ?? []).map((job) => job.type), ...(types.data ?? []).map((each) => each.type)]),
  ];
  return (
    <div className={classes.page}>
      <PageHeader
        title={scope === "all" ? "All jobs" : "Jobs"}
        actions={
          <Button leftSection={<IconPlus size={16} />} size="compact-md" fz="sm" onClick={openSubmit}>
            New job
          </Button>
        }
      />
      <div className={classes.bar}>
        <StatusTabs status={filter.status} stats={stats.data} onChange={(status) => setFilter({ status })} />
        <JobsFilters filter={filter} types={known} searchField={searchField} onChange={setFilter} />
      </div>
      <SelectionBar
        scope={scope}
        jobs={rows ?? []}
        criteria={criteria}
        hasMore={Boolean(jobs.data?.nextCursor ?? cursor)}
        selection={selection}
      />
      <div className={classes.list}>
        {problem && (
          <div className={classes.problem}>
            <ErrorNote
              message={problem.message}
              requestId={problem.reportId}
              onRetry={() => void jobs.refetch()}
            />
          </div>
        )}
        {rows && rows.length > 0 && (
          <JobsTable
            jobs={rows}
            page={JSON.stringify([scope, filter])}
            withOwner={scope === "all"}
            stale={jobs.isPlaceholderData}
            selection={selection}
          />
        )}
        {!rows && !problem && <Skeleton />}
        {rows?.length === 0 &&
          (filtered || cursor || jobs.data?.nextCursor ? (
            <NoMatch
              older={jobs.data?.nextCursor ?? undefined}
              onOlder={(next) => setSearch({ cursor: next })}
              onAll={() => setFilter(NO_FILTER)}
            />
          ) : (
            <FirstJob scope={scope} onSubmit={openSubmit} />
          ))}
      </div>
      <div className={classes.foot}>
        <span className={classes.keys}>
          <Kbd size="xs">j</Kbd> <Kbd size="xs">k</Kbd> move <Kbd size="xs">enter</Kbd> open{" "}
          <Kbd size="xs">/</Kbd> search <Kbd size="xs">n</Kbd> new job
        </span>
        <Pager
          cursor={cursor}
          next={jobs.data?.nextCursor ?? undefined}
          onChange={(cursor) => setSearch({ cursor })}
        />
      </div>
      <SubmitDrawer
        opened={submitting === true}
        knownTypes={known}
        onClose={() => setSearch({ new: undefined })}
      />
    </div>
  );
}

const NO_FILTER: JobFilter = {
  status: undefined,
  type: undefined,
  text: undefined,
  tag: undefined,
  queue: undefined,
  createdAfter: undefined,
  createdBefore: undefined,
};

interface NoMatchProps {
  /** Where to go on: the server looks at so many jobs for one page, and there are older ones. */
  older: string | undefined;
  onOlder: (cursor: string) => void;
  onAll: () => void;
}

function NoMatch({ older, onOlder, onAll }: NoMatchProps) {
  return (
    <EmptyState icon={IconFilterOff} title={older ? "No job matches yet" : "No job matches"}>
      <p>
        {older ? "Many jobs were searched, and there are older ones." : "Nothing here with these filters."}
      </p>
      {older && <Button onClick={() => onOlder(older)}>Search older jobs</Button>}
      <Button variant="default" onClick={onAll}>
        Show all jobs
      </Button>
    </EmptyState>
  );
}

/** Moves the focus along the rows' links; enter is then the browser's own. */
function focusRow(step: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>("[data-job-id] a[data-job-link]")];
  const at = links.indexOf(document.activeElement as HTMLAnchorElement);
  const next = at === -1 ? (step === 1 ? 0 : links.length - 1) : at + step;
  const link = links[next];
  link?.focus({ preventScroll: true });
  link?.closest("[data-job-id]")?.scrollIntoView({ block: "nearest" });
}

function FirstJob({ scope, onSubmit }: { scope: JobScope; onSubmit: () => void }) {
  return (
    <EmptyState icon={IconStack2} title={scope === "all" ? "Nobody has submitted a job yet" : "No jobs yet"}>
      <p>A job is work that runs in the background. Submit one and watch it here while it runs.</p>
      <Button leftSection={<IconPlus size={16} />} onClick={onSubmit}>
        Submit your first job
      </Button>
    </EmptyState>
  );
}

function Skeleton() {
  return (
    <div className={classes.skeleton} role="progressbar" aria-label="Loading jobs">
      {Array.from({ length: 8 }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: identical placeholders
        <span key={row} />
      ))}
    </div>
  );
}
