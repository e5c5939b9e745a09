import { ActionIcon, Popover } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay, IconPlayerSkipForward, IconTrash } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { asApiError } from "@/lib/errors";
import { ErrorNote } from "@/ui/error_note";
import type { Schedule } from "./model";
import { useDeleteSchedule, usePauseSchedule, useRunSchedule } from "./queries";
import classes from "./schedules_page.module.css";

export function ScheduleActions({ schedule }: { schedule: Pick<Schedule, "id" | "name" | "paused"> }) {
  const run = useRunSchedule(schedule.id);
  const pause = usePauseSchedule(schedule.id);
  const remove = useDeleteSchedule(schedule.id);
  const { name, paused } = schedule;
  const PauseIcon = paused ? IconPlayerPlay : IconPlayerPause;
  return (
    <div className={classes.actions}>
      <Action label="Run now" name={name} mutation={run} onAct={() => run.mutate()}>
        <IconPlayerSkipForward size={16} stroke={1.8} />
      </Action>
      <Action
        label={paused ? "Resume" : "Pause"}
        name={name}
        mutation={pause}
        onAct={() => pause.mutate(!paused)}
      >
        <PauseIcon size={16} stroke={1.8} />
      </Action>
      <Action label="Delete" name={name} mutation={remove} onAct={() => remove.mutate()}>
        <IconTrash size={16} stroke={1.8} />
      </Action>
    </div>
  );
}

interface ActionProps {
  label: string;
  name: string;
  mutation: { error: unknown; isPending: boolean; reset(): void };
  onAct: () => void;
  children: ReactNode;
}

/** A refusal is shown at the button itself. */
function Action({ label, name, mutation, onAct, children }: ActionProps) {
  const problem = mutation.error ? asApiError(mutation.error) : undefined;
  return (
    <Popover
      opened={problem !== undefined}
      onChange={(opened) => !opened && mutation.reset()}
      position="bottom-end"
      width={300}
      withArrow
    >
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          loading={mutation.isPending}
          onClick={onAct}
          aria-label={`${label} ${name}`}
          title={label}
        >
          {children}
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown p={6}>
        {problem && <ErrorNote message={problem.message} requestId={problem.reportId} />}
      </Popover.Dropdown>
    </Popover>
  );
}
