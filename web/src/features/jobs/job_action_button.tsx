import { ActionIcon, Button, Popover } from "@mantine/core";
import { IconRefresh, IconX } from "@tabler/icons-react";
import { asApiError } from "@/lib/errors";
import { ErrorNote } from "@/ui/error_note";
import type { Job } from "./model";
import { useJobAction } from "./queries";

const words = {
  cancel: { label: "Cancel", icon: IconX },
  retry: { label: "Retry", icon: IconRefresh },
};

interface JobActionButtonProps {
  job: Pick<Job, "id" | "type">;
  action: "cancel" | "retry";
  /** In a row: an icon alone. */
  compact?: boolean;
}

/** A refusal is shown at the button itself. */
export function JobActionButton({ job, action, compact = false }: JobActionButtonProps) {
  const mutation = useJobAction(job.id, action);
  const { label, icon: Icon } = words[action];
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
        {compact ? (
          <ActionIcon
            variant="subtle"
            color="gray"
            loading={mutation.isPending}
            onClick={() => mutation.mutate()}
            aria-label={`${label} ${job.type}`}
            title={label}
          >
            <Icon size={16} stroke={1.8} />
          </ActionIcon>
        ) : (
          <Button
            variant="default"
            size="compact-md"
            fz="sm"
            leftSection={<Icon size={15} />}
            loading={mutation.isPending}
            onClick={() => mutation.mutate()}
          >
            {label}
          </Button>
        )}
      </Popover.Target>
      <Popover.Dropdown p={6}>
        {problem && <ErrorNote message={problem.message} requestId={problem.reportId} />}
      </Popover.Dropdown>
    </Popover>
  );
}
