import { Tooltip } from "@mantine/core";
import classes from "./live_indicator.module.css";

const meanings = {
  live: "Changes arrive as they happen.",
  polling: "No live connection; this page asks every 3 seconds.",
  offline: "The server does not answer. What you see may be old.",
};

export function LiveIndicator({ state }: { state: keyof typeof meanings }) {
  return (
    <Tooltip label={meanings[state]} openDelay={150}>
      <span role="status" className={classes.indicator} data-state={state}>
        <span className={classes.dot} aria-hidden="true" />
        {state}
      </span>
    </Tooltip>
  );
}
