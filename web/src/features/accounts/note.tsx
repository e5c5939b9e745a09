import { IconCircleCheck, IconInfoCircle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import classes from "./auth_card.module.css";

export function Note({ children, good = false }: { children: ReactNode; good?: boolean }) {
  const Icon = good ? IconCircleCheck : IconInfoCircle;
  return (
    <div
      className={classes.note}
      data-tone={good ? "good" : undefined}
      aria-live={good ? "polite" : undefined}
    >
      <Icon size={16} aria-hidden="true" />
      <span>{children}</span>
    </div>
  );
}
