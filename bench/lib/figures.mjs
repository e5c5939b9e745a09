// Arithmetic on what was measured.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Of several results with the same fields, the median of each field. */
export function medians(results) {
  const names = Object.keys(results[0]).filter((name) => typeof results[0][name] === "number");
  return Object.fromEntries(names.map((name) => [name, median(results.map((each) => each[name]))]));
}

/** 12,345 · 123 · 1.23 */
export function shown(value, unit = "") {
  if (value === undefined) return "–";
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString("en", { minimumFractionDigits: 0, maximumFractionDigits: digits }) + (unit && ` ${unit}`);
}
