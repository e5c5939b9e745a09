import { describe, expect, it } from "vitest";
import { formatAgo, formatDuration, formatElapsed } from "./time";

describe("durations", () => {
  it.each([
    [-5, "0 ms"],
    [850, "850 ms"],
    [4_290, "4.2 s"],
    [9_999, "9.9 s"],
    [59_999, "59 s"],
    [185_000, "3 m 05 s"],
    [7_800_000, "2 h 10 m"],
    [442_800_000, "5 d 3 h"],
  ])("%i ms is %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
  it("tick in whole seconds", () => {
    expect(formatElapsed(4_290)).toBe("4 s");
    expect(formatElapsed(61_000)).toBe("1 m 01 s");
  });
});

describe("ages", () => {
  const now = new Date("2026-01-31T12:00:00Z");
  it.each([
    [-3_000, "just now"],
    [4_000, "just now"],
    [12_000, "12 s ago"],
    [180_000, "3 m ago"],
    [5 * 3_600_000, "5 h ago"],
    [4 * 86_400_000, "4 d ago"],
  ])("%i ms ago is %s", (age, text) => {
    expect(formatAgo(new Date(now.getTime() - age), now)).toBe(text);
  });
});
