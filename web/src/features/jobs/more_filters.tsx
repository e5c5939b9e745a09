import { Button, Popover, TextInput } from "@mantine/core";
import { IconAdjustmentsHorizontal } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import type { JobFilter } from "./model";
import classes from "./more_filters.module.css";

type More = Pick<JobFilter, "tag" | "queue" | "createdAfter" | "createdBefore">;

const RECENT = [
  { label: "Last hour", ms: 3_600_000 },
  { label: "Last day", ms: 86_400_000 },
  { label: "Last week", ms: 604_800_000 },
];

interface MoreFiltersProps {
  filter: JobFilter;
  onChange: (change: JobFilter) => void;
}

/** Filters that are asked for now and then: behind one button, which says how many are set. */
export function MoreFilters({ filter, onChange }: MoreFiltersProps) {
  const [opened, setOpened] = useState(false);
  const set = [filter.tag, filter.queue, filter.createdAfter, filter.createdBefore].filter(Boolean).length;
  const apply = (change: More) => {
    onChange(change);
    setOpened(false);
  };
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position="bottom-end"
      width={300}
      withinPortal
      trapFocus
      hideDetached={false}
    >
      <Popover.Target>
        <Button
          variant={set > 0 ? "light" : "default"}
          size="xs"
          fz="sm"
          fw={500}
          leftSection={<IconAdjustmentsHorizontal size={14} />}
          onClick={() => setOpened(!opened)}
        >
          {set > 0 ? `Filters (${set})` : "Filters"}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Filters">
        <MoreFiltersForm filter={filter} onApply={apply} />
      </Popover.Dropdown>
    </Popover>
  );
}

function MoreFiltersForm({ filter, onApply }: { filter: JobFilter; onApply: (more: More) => void }) {
  const [tag, setTag] = useState(filter.tag ?? "");
  const [queue, setQueue] = useState(filter.queue ?? "");
  const [from, setFrom] = useState(asLocal(filter.createdAfter));
  const [before, setBefore] = useState(asLocal(filter.createdBefore));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onApply({
      tag: tag || undefined,
      queue: queue || undefined,
      createdAfter: asMoment(from),
      createdBefore: asMoment(before),
    });
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <TextInput size="xs" label="Tag" value={tag} onChange={(event) => setTag(event.currentTarget.value)} />
      <TextInput
        size="xs"
        label="Queue"
        value={queue}
        onChange={(event) => setQueue(event.currentTarget.value)}
      />
      <TextInput
        size="xs"
        type="datetime-local"
        label="Created from"
        value={from}
        onChange={(event) => setFrom(event.currentTarget.value)}
      />
      <div className={classes.recent}>
        {RECENT.map(({ label, ms }) => (
          <Button
            key={label}
            variant="default"
            size="compact-xs"
            onClick={() => setFrom(asLocal(new Date(Date.now() - ms).toISOString()))}
          >
            {label}
          </Button>
        ))}
      </div>
      <TextInput
        size="xs"
        type="datetime-local"
        label="Created before"
        value={before}
        onChange={(event) => setBefore(event.currentTarget.value)}
      />
      <div className={classes.actions}>
        <Button
          variant="subtle"
          color="gray"
          size="xs"
          onClick={() =>
            onApply({ tag: undefined, queue: undefined, createdAfter: undefined, createdBefore: undefined })
          }
        >
          Clear
        </Button>
        <Button type="submit" size="xs">
          Apply
        </Button>
      </div>
    </form>
  );
}

/** A moment as a `datetime-local` field writes it: local, to the minute. */
export function asLocal(moment: string | undefined): string {
  if (!moment) return "";
  const at = new Date(moment);
  const two = (number: number) => String(number).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

export function asMoment(local: string): string | undefined {
  const at = Date.parse(local);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
