import { JOB_STATUSES, type JobStats, type JobStatus } from "./model";
import classes from "./status_tabs.module.css";

interface StatusTabsProps {
  status: JobStatus | undefined;
  stats: JobStats | undefined;
  onChange: (status: JobStatus | undefined) => void;
}

export function StatusTabs({ status, stats, onChange }: StatusTabsProps) {
  const all = stats && JOB_STATUSES.reduce((sum, each) => sum + stats[each], 0);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring a border and a legend
    <div className={classes.tabs} role="group" aria-label="Status">
      <Tab label="all" count={all} selected={status === undefined} onSelect={() => onChange(undefined)} />
      {JOB_STATUSES.map((each) => (
        <Tab
          key={each}
          label={each}
          count={stats?.[each]}
          selected={status === each}
          onSelect={() => onChange(each)}
        />
      ))}
    </div>
  );
}

interface TabProps {
  label: string;
  count: number | undefined;
  selected: boolean;
  onSelect: () => void;
}

function Tab({ label, count, selected, onSelect }: TabProps) {
  return (
    <button type="button" className={classes.tab} aria-pressed={selected} onClick={onSelect}>
      <span className={classes.word}>{label}</span>
      <span className={classes.count}>{count === undefined ? "" : count.toLocaleString()}</span>
    </button>
  );
}
