import type { ComponentType, ReactNode } from "react";
import classes from "./empty_state.module.css";

interface EmptyStateProps {
  icon: ComponentType<{ size: number; stroke: number; "aria-hidden": boolean }>;
  title: string;
  children?: ReactNode;
}

export function EmptyState({ icon: Icon, title, children }: EmptyStateProps) {
  return (
    <div className={classes.empty}>
      <span className={classes.icon}>
        <Icon size={24} stroke={1.6} aria-hidden />
      </span>
      <h2 className={classes.title}>{title}</h2>
      <div className={classes.body}>{children}</div>
    </div>
  );
}
