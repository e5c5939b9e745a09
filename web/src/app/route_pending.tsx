import { Loader } from "@mantine/core";
import classes from "./shell.module.css";

export function RoutePending() {
  return (
    <div className={classes.pending}>
      <Loader size="sm" color="gray" aria-label="Loading" />
    </div>
  );
}
