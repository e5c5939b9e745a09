import {
  IconBan,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCircleXFilled,
  IconProgress,
} from "@tabler/icons-react";
import classes from "./status_badge.module.css";

export type Status = "pending" | "processing" | "completed" | "failed" | "cancelled";

const icons = {
  pending: IconCircleDashed,
  processing: IconProgress,
  completed: IconCircleCheckFilled,
  failed: IconCircleXFilled,
  cancelled: IconBan,
};

/** The status in the API's own word. */
export function StatusBadge({ status }: { status: Status }) {
  const Icon = icons[status];
  return (
    <span className={classes.badge} data-status={status}>
      <Icon size={14} aria-hidden="true" className={classes.icon} />
      {status}
    </span>
  );
}

export function StatusIcon({ status, size = 14 }: { status: Status; size?: number }) {
  const Icon = icons[status];
  return <Icon size={size} aria-hidden="true" className={classes.tinted} data-status={status} />;
}
