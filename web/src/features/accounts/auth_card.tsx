import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import { Brand } from "@/ui/brand";
import { ColorSchemeControl } from "@/ui/color_scheme_control";
import classes from "./auth_card.module.css";

interface AuthCardProps {
  title: string;
  lead?: ReactNode;
  children?: ReactNode;
  /** Other ways to go, under the card. */
  footer?: ReactNode;
}

export function AuthCard({ title, lead, children, footer }: AuthCardProps) {
  useDocumentTitle(`${title} · Taskgate`);
  return (
    <div className={classes.page}>
      <header className={classes.top}>
        <Brand />
        <ColorSchemeControl />
      </header>
      <main className={classes.main}>
        <div className={classes.card}>
          <h1 className={classes.title}>{title}</h1>
          {lead && <div className={classes.lead}>{lead}</div>}
          {children}
        </div>
        {footer && <div className={classes.footer}>{footer}</div>}
      </main>
    </div>
  );
}
