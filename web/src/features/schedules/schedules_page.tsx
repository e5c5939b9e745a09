import { Button } from "@mantine/core";
import { IconCalendarRepeat, IconPlus } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { session } from "@/lib/client";
import { asApiError } from "@/lib/errors";
import { EmptyState } from "@/ui/empty_state";
import { ErrorNote } from "@/ui/error_note";
import { PageHeader } from "@/ui/page_header";
import type { ScheduleScope } from "./model";
import { useSchedules } from "./queries";
import { ScheduleDrawer } from "./schedule_drawer";
import { ScheduleLine } from "./schedule_line";
import classes from "./schedules_page.module.css";

export function MySchedulesPage() {
  return <SchedulesPage scope="mine" from="/signed-in/schedules" />;
}

export function AllSchedulesPage() {
  return <SchedulesPage scope="all" from="/signed-in/all-schedules" />;
}

interface SchedulesPageProps {
  scope: ScheduleScope;
  from: "/signed-in/schedules" | "/signed-in/all-schedules";
}

function SchedulesPage({ scope, from }: SchedulesPageProps) {
  const search = useSearch({ from });
  const navigate = useNavigate();
  const schedules = useSchedules(scope, search.cursor);
  const problem = schedules.error ? asApiError(schedules.error) : undefined;
  const rows = schedules.data?.data;
  const next = schedules.data?.nextCursor ?? undefined;
  const to = scope === "all" ? "/all-schedules" : "/schedules";
  const setSearch = (change: Partial<typeof search>) =>
    void navigate({ to, search: (before) => ({ ...before, ...change }) });
  const add = (
    <Button
      leftSection={<IconPlus size={16} />}
      size="compact-md"
      fz="sm"
      onClick={() => setSearch({ new: true })}
    >
      New schedule
    </Button>
  );
  return (
    <>
      <PageHeader
        title={scope === "all" ? "All schedules" : "Schedules"}
        after={session.user?.role === "admin" && <OtherScope scope={scope} />}
        actions={add}
      />
      <div className={classes.page}>
        {problem && (
          <ErrorNote
            message={problem.message}
            requestId={problem.reportId}
            onRetry={() => void schedules.refetch()}
          />
        )}
        {rows && rows.length > 0 && (
          <ul className={classes.list} aria-label="Schedules">
            {rows.map((schedule) => (
              <ScheduleLine key={schedule.id} schedule={schedule} withOwner={scope === "all"} />
            ))}
          </ul>
        )}
        {rows?.length === 0 && (
          <EmptyState icon={IconCalendarRepeat} title="No schedules yet">
            <p>A schedule submits a job again and again, such as every weekday at 09:00 in your time zone.</p>
          </EmptyState>
        )}
        {(search.cursor !== undefined || next !== undefined) && (
          <div className={classes.foot}>
            <Button
              variant="default"
              size="compact-md"
              disabled={search.cursor === undefined}
              onClick={() => setSearch({ cursor: undefined })}
            >
              Newest
            </Button>
            <Button
              variant="default"
              size="compact-md"
              disabled={next === undefined}
              onClick={() => setSearch({ cursor: next })}
            >
              Older
            </Button>
          </div>
        )}
      </div>
      <ScheduleDrawer opened={search.new === true} onClose={() => setSearch({ new: undefined })} />
    </>
  );
}

function OtherScope({ scope }: { scope: ScheduleScope }) {
  return (
    <Link to={scope === "all" ? "/schedules" : "/all-schedules"} className={classes.other}>
      {scope === "all" ? "My schedules" : "Everybody's"}
    </Link>
  );
}
