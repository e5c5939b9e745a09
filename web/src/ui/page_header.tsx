import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import classes from "./page_header.module.css";

interface PageHeaderProps {
  title: string;
  /** Before the title, for example a way back. */
  before?: ReactNode;
  /** Beside the title. */
  after?: ReactNode;
  actions?: ReactNode;
}

export function PageHeader({ title, before, after, actions }: PageHeaderProps) {
  useDocumentTitle(`${title} · Taskgate`);
  return (
    <header className={classes.header}>
      {before}
      <h1 className={classes.title}>{title}</h1>
      {after}
      <div className={classes.actions}>{actions}</div>
    </header>
  );
}
