import { type PointerEvent, useEffect, useRef, useState } from "react";
import type { Job } from "./model";

export interface HeldList {
  /** What to show. */
  jobs: Job[];
  /** How many new jobs wait until the list is let go. */
  waiting: number;
}

/** A pointer that rests this long is not about to click. */
const RESTING_MS = 3_000;

/** True while a mouse moves over the element that gets the handlers. */
export function usePointerHold() {
  const [held, setHeld] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const hold = (event: PointerEvent) => {
    if (event.pointerType !== "mouse") return;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setHeld(false), RESTING_MS);
    setHeld(true);
  };
  const release = () => {
    clearTimeout(timer.current);
    setHeld(false);
  };
  return { held, onPointerEnter: hold, onPointerMove: hold, onPointerLeave: release };
}

/**
 * While the pointer is in the list, rows keep their places: known ones are renewed where they are, rows
 * that left the list stay, new ones wait and are counted.
 */
export function holdList(shown: Job[], latest: Job[]): HeldList {
  const fresh = new Map(latest.map((job) => [job.id, job]));
  const jobs = shown.map((job) => fresh.get(job.id) ?? job);
  const known = new Set(shown.map((job) => job.id));
  return { jobs, waiting: latest.filter((job) => !known.has(job.id)).length };
}

/** `page` names what the list is about; another page is shown at once, held or not. */
export function useHeldList(latest: Job[], held: boolean, page: string): HeldList {
  const shown = useRef<{ page: string; jobs: Job[] }>({ page, jobs: latest });
  const isHeld = held && shown.current.page === page && shown.current.jobs.length > 0;
  const list = isHeld ? holdList(shown.current.jobs, latest) : { jobs: latest, waiting: 0 };
  shown.current = { page, jobs: list.jobs };
  return list;
}
