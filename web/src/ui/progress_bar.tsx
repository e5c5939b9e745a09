import classes from "./progress_bar.module.css";

interface ProgressBarProps {
  /** 0 to 100. */
  value: number;
  label: string;
  thick?: boolean;
}

export function ProgressBar({ value, label, thick = false }: ProgressBarProps) {
  const percent = Math.round(Math.min(100, Math.max(0, value)));
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      className={classes.track}
      data-thick={thick || undefined}
    >
      <div className={classes.bar} style={{ transform: `scaleX(${percent / 100})` }} />
    </div>
  );
}
