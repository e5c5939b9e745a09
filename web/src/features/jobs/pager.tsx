import { Button } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useRef } from "react";
import classes from "./pager.module.css";

interface PagerProps {
  cursor: string | undefined;
  next: string | undefined;
  onChange: (cursor: string | undefined) => void;
}

/** Cursors only go forward, so the way back is remembered; after a reload "Newer" leads to the newest page. */
export function Pager({ cursor, next, onChange }: PagerProps) {
  const cameFrom = useRef(new Map<string, string | undefined>());
  if (cursor === undefined && next === undefined) return null;
  const older = () => {
    if (next === undefined) return;
    cameFrom.current.set(next, cursor);
    onChange(next);
  };
  return (
    <nav aria-label="Pages" className={classes.pager}>
      <Button
        variant="default"
        size="compact-sm"
        leftSection={<IconChevronLeft size={14} />}
        disabled={cursor === undefined}
        onClick={() => cursor !== undefined && onChange(cameFrom.current.get(cursor))}
      >
        Newer
      </Button>
      <Button
        variant="default"
        size="compact-sm"
        rightSection={<IconChevronRight size={14} />}
        disabled={next === undefined}
        onClick={older}
      >
        Older
      </Button>
    </nav>
  );
}
