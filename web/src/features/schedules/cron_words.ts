const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const NICKNAMES: Record<string, string> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

const isOpen = (field: string) => field === "*" || field === "?";
const isNumber = (field: string) => /^\d+$/.test(field);
const pad = (value: string | number) => String(value).padStart(2, "0");

function join(words: string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** The name of a number or of an abbreviation; undefined when it is neither. */
function nameOf(text: string, names: string[], first: number): string | undefined {
  if (isNumber(text)) return names[(Number(text) - first) % names.length];
  return names.find((name) => text.length === 3 && name.toLowerCase().startsWith(text.toLowerCase()));
}

/** Lists and ranges of names; undefined for what has steps. */
function namesOf(field: string, names: string[], first: number): string | undefined {
  const words = field.split(",").map((item) => {
    const ends = item.split("-").map((end) => nameOf(end, names, first));
    return ends.length <= 2 && ends.every((end) => end !== undefined) ? ends.join(" to ") : undefined;
  });
  return words.every((word) => word !== undefined) ? join(words as string[]) : undefined;
}

function numbersOf(field: string): string | undefined {
  return /^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(field)
    ? join(field.split(",").map((item) => item.replace("-", " to ")))
    : undefined;
}

/** `at 09:00 and 17:30`, `every 15 minutes`; undefined for what is better read as it is written. */
function timesOf(seconds: string, minutes: string, hours: string): string | undefined {
  const everySecond = /^\*\/(\d+)$/.exec(seconds);
  if (!isNumber(seconds)) {
    if (!isOpen(minutes) || !isOpen(hours)) return undefined;
    return isOpen(seconds) ? "every second" : everySecond ? `every ${everySecond[1]} seconds` : undefined;
  }
  const end = Number(seconds) === 0 ? "" : `:${pad(seconds)}`;
  const hourList = /^\d+(,\d+)*$/.test(hours) ? hours.split(",") : undefined;
  if (isNumber(minutes) && hourList)
    return `at ${join(hourList.map((hour) => `${pad(hour)}:${pad(minutes)}${end}`))}`;
  if (end !== "") return undefined;
  const step = /^\*\/(\d+)$/.exec(minutes);
  const often = isOpen(minutes) ? "every minute" : step && `every ${step[1]} minutes`;
  const span = /^(\d+)-(\d+)$/.exec(hours);
  const between = span ? ` from ${pad(span[1] ?? "")}:00 to ${pad(span[2] ?? "")}:59` : "";
  if (often && (isOpen(hours) || span)) return often + between;
  if (isNumber(minutes) && (isOpen(hours) || span)) {
    return (Number(minutes) === 0 ? "every hour" : `every hour at minute ${Number(minutes)}`) + between;
  }
  const hourStep = /^\*\/(\d+)$/.exec(hours);
  if (isNumber(minutes) && hourStep) return `every ${hourStep[1]} hours at minute ${Number(minutes)}`;
  return undefined;
}

/** `every weekday`, `on Monday and Friday`, `on day 1 of the month in January`; undefined likewise. */
function daysOf(days: string, months: string, weekdays: string): string | undefined {
  const inMonths = isOpen(months) ? "" : namesOf(months, MONTHS, 1);
  if (inMonths === undefined) return undefined;
  const month = inMonths === "" ? "" : ` in ${inMonths}`;
  const weekday = isOpen(weekdays) ? "" : namesOf(weekdays, DAYS, 0);
  const day = isOpen(days) ? "" : numbersOf(days);
  if (weekday === undefined || day === undefined) return undefined;
  if (weekday === "" && day === "") return month === "" ? "every day" : `every day${month}`;
  const onWeekday = /^(1|mon)-(5|fri)$/i.test(weekdays) ? "every weekday" : `on ${weekday}`;
  if (day === "") return onWeekday + month;
  const onDay = `on day ${day} of the month`;
  return weekday === "" ? onDay + month : `${onDay} and ${onWeekday}${month}`;
}

/** A cron expression in words; undefined when it is better read as it is written, or is none. */
export function cronInWords(expression: string): string | undefined {
  const text = NICKNAMES[expression.trim().toLowerCase()] ?? expression.trim();
  const fields = text.split(/\s+/);
  if (fields.length === 5) fields.unshift("0");
  if (fields.length !== 6) return undefined;
  const [seconds, minutes, hours, days, months, weekdays] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const times = timesOf(seconds, minutes, hours);
  const when = daysOf(days, months, weekdays);
  if (times === undefined || when === undefined) return undefined;
  if (times.startsWith("at ")) return `${when} ${times}`;
  return when === "every day" ? times : `${times}, ${when}`;
}

const UNITS: [number, string][] = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1_000, "second"],
];

/** `every 90 minutes`, in the largest unit that fits. */
export function intervalInWords(everyMs: number): string {
  const [length, unit] = UNITS.find(([ms]) => everyMs % ms === 0) ?? [1, "millisecond"];
  const count = everyMs / length;
  return count === 1 ? `every ${unit}` : `every ${count} ${unit}s`;
}

/** When a schedule runs, for a person. */
export function timingInWords(timing: {
  cron?: string | null | undefined;
  timeZone?: string | null | undefined;
  everyMs?: number | null | undefined;
}): string {
  if (timing.everyMs) return intervalInWords(timing.everyMs);
  const cron = timing.cron ?? "";
  return `${cronInWords(cron) ?? cron}, ${timing.timeZone ?? "UTC"}`;
}
