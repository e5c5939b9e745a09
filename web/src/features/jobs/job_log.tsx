import { useLayoutEffect, useRef } from "react";
import { formatClock, formatExact } from "@/lib/time";
import { CopyButton } from "@/ui/copy_button";
import classes from "./job_log.module.css";
import type { Job, LogLine } from "./model";
import { useJobLog } from "./queries";

/** How far from its end a log still counts as read to the end, in pixels. */
const NEAR_END = 24;

/** What the job's attempts said. Follows the end, unless somebody has scrolled up to read. */
export function JobLog({ job }: { job: Job }) {
  const { data: lines = [] } = useJobLog(job);
  const box = useRef<HTMLOListElement>(null);
  const follows = useRef(true);
  const last = lines.at(-1)?.number;
  useLayoutEffect(() => {
    if (last !== undefined && follows.current && box.current)
      box.current.scrollTop = box.current.scrollHeight;
  }, [last]);

  const first = lines[0];
  if (first === undefined) return null;
  const onScroll = ({ currentTarget: at }: React.UIEvent) => {
    follows.current = at.scrollHeight - at.scrollTop - at.clientHeight < NEAR_END;
  };
  return (
    <section className={classes.log} aria-label="Log">
      <header className={classes.head}>
        <h2>Log</h2>
        <CopyButton value={lines.map(({ line }) => line).join("\n")} what="log" />
      </header>
      {first.number > 1 && <p className={classes.dropped}>Earlier lines are not kept.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <ol className={classes.lines} ref={box} onScroll={onScroll} tabIndex={0} aria-label="Lines">
        {lines.map((line, index) => (
          <Line key={line.number} line={line} begins={line.attempt !== lines[index - 1]?.attempt} />
        ))}
      </ol>
    </section>
  );
}

function Line({ line, begins }: { line: LogLine; begins: boolean }) {
  const at = new Date(line.at);
  return (
    <li className={classes.line} data-level={line.level}>
      <time dateTime={line.at} title={`${formatExact(at)}, attempt ${line.attempt}`}>
        {formatClock(at)}
      </time>
      <span>
        {begins && line.attempt > 1 && <span className={classes.attempt}>attempt {line.attempt} </span>}
        {line.line}
      </span>
    </li>
  );
}
