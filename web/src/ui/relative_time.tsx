import { useNow } from "@/lib/now";
import { formatAgo, formatExact } from "@/lib/time";

/** Relative, with the exact time on hover. */
export function RelativeTime({ at }: { at: string }) {
  const now = useNow();
  const date = new Date(at);
  return (
    <time dateTime={at} title={formatExact(date)} className="tabular">
      {formatAgo(date, new Date(now))}
    </time>
  );
}
