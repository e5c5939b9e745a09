import { Button } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import classes from "./error_note.module.css";

interface ErrorNoteProps {
  message: string;
  /** Finds the request in the server's log; only for failures that are not explained by their message. */
  requestId?: string | undefined;
  onRetry?: (() => void) | undefined;
}

/** Says what went wrong where it went wrong, in the server's sentence. */
export function ErrorNote({ message, requestId, onRetry }: ErrorNoteProps) {
  return (
    <div role="alert" className={classes.note}>
      <IconAlertCircle size={16} aria-hidden="true" className={classes.icon} />
      <div className={classes.text}>
        <span>{message}</span>
        {requestId && (
          <span className={classes.request}>
            Request <code>{requestId}</code>
          </span>
        )}
      </div>
      {onRetry && (
        <Button size="compact-xs" variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}
