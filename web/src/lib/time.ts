const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `850 ms`, `4.2 s`, `3 m 05 s`, `2 h 10 m`, `5 d 3 h`: two units at most. */
export function formatDuration(ms: number): string {
  const length = Math.max(0, ms);
  if (length < SECOND) return `${Math.round(length)} ms`;
  if (length < 10 * SECOND) return `${(Math.floor(length / 100) / 10).toFixed(1)} s`;
  if (length < MINUTE) return `${Math.floor(length / SECOND)} s`;
  if (length < HOUR) {
    return `${Math.floor(length / MINUTE)} m ${pad(Math.floor((length % MINUTE) / SECOND))} s`;
  }
  if (length < DAY) return `${Math.floor(length / HOUR)} h ${pad(Math.floor((length % HOUR) / MINUTE))} m`;
  return `${Math.floor(length / DAY)} d ${Math.floor((length % DAY) / HOUR)} h`;
}

/** The same in whole seconds, for clocks that tick. */
export function formatElapsed(ms: number): string {
  const length = Math.max(0, ms);
  return length < MINUTE ? `${Math.floor(length / SECOND)} s` : formatDuration(length);
}

/** `just now`, `12 s ago`, `3 m ago`, `5 h ago`, `4 d ago`, then the date. */
export function formatAgo(at: Date, now: Date): string {
  const age = now.getTime() - at.getTime();
  if (age < 5 * SECOND) return "just now";
  if (age < MINUTE) return `${Math.floor(age / SECOND)} s ago`;
  if (age < HOUR) return `${Math.floor(age / MINUTE)} m ago`;
  if (age < DAY) return `${Math.floor(age / HOUR)} h ago`;
  if (age < 30 * DAY) return `${Math.floor(age / DAY)} d ago`;
  return at.toLocaleDateString();
}

/** To the millisecond, in the reader's zone, with the zone named. */
export function formatExact(at: Date): string {
  return at.toLocaleString(undefined, {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
    timeZoneName: "short",
  });
}

export function formatClock(at: Date): string {
  return at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}

function pad(count: number): string {
  return String(count).padStart(2, "0");
}
