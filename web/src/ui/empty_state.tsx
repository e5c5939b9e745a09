import type { ComponentType, ReactNode } from "react";
import classes from "./empty_state.module.css";

interface EmptyStateProps {
  icon: ComponentType<{ size: number; stroke: number; "aria-hidden": boolean }>;
  title: string;
  /** Where this is all there is on the page, its title is the page's. */
  asPage?: boolean;
  children?: ReactNode;
}

export function EmptyState({ icon: Icon, title, asPage = false, children }: EmptyStateProps) {
  const Title = asPage ? "h1" : "h2";
  return (
    <div className={classes.empty}>
      <span className={classes.icon}>
        <Icon size={24} stroke={1.6} aria-hidden />
      </span>
      <Title className={classes.title}>{title}</Title>
      <div className={classes.body}>{children}</div>
    </div>
  );
}
