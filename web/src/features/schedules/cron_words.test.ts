import { describe, expect, it } from "vitest";
import { cronInWords, intervalInWords, timingInWords } from "./cron_words";

describe("a cron expression in words", () => {
  it.each([
    ["0 9 * * 1-5", "every weekday at 09:00"],
    ["0 9 * * MON-FRI", "every weekday at 09:00"],
    ["30 2 * * *", "every day at 02:30"],
    ["0 9,17 * * *", "every day at 09:00 and 17:00"],
    ["15 30 9 * * *", "every day at 09:30:15"],
    ["0 12 * * mon,wed,7", "on Monday, Wednesday and Sunday at 12:00"],
    ["0 0 * * 6-7", "on Saturday to Sunday at 00:00"],
    ["0 0 1 * *", "on day 1 of the month at 00:00"],
    ["0 0 1,15 jan-mar *", "on day 1 and 15 of the month in January to March at 00:00"],
    ["0 0 13 * 5", "on day 13 of the month and on Friday at 00:00"],
    ["*/15 * * * *", "every 15 minutes"],
    ["* * * * *", "every minute"],
    ["0 * * * *", "every hour"],
    ["5 * * * *", "every hour at minute 5"],
    ["*/10 9-17 * * 1-5", "every 10 minutes from 09:00 to 17:59, every weekday"],
    ["0 */2 * * *", "every 2 hours at minute 0"],
    ["* * * * * *", "every second"],
    ["*/10 * * * * *", "every 10 seconds"],
    [" @Daily ", "every day at 00:00"],
    ["@weekly", "on Sunday at 00:00"],
  ])("%s: %s", (expression, words) => {
    expect(cronInWords(expression)).toBe(words);
  });

  it.each(["", "* * *", "nonsense", "1-5/2 * * * *", "0 9 */2 * *", "0 0 * 13x *", "0 0 * * funday"])(
    "%s has none",
    (expression) => {
      expect(cronInWords(expression)).toBeUndefined();
    },
  );
});

describe("the timing of a schedule", () => {
  it("names the largest unit of an interval that fits", () => {
    expect(intervalInWords(86_400_000)).toBe("every day");
    expect(intervalInWords(5_400_000)).toBe("every 90 minutes");
    expect(intervalInWords(1_500)).toBe("every 1500 milliseconds");
  });

  it("names the zone, and shows an expression that has no words as it is written", () => {
    expect(timingInWords({ cron: "0 9 * * 1-5", timeZone: "Europe/Berlin" })).toBe(
      "every weekday at 09:00, Europe/Berlin",
    );
    expect(timingInWords({ cron: "1-5/2 * * * *", timeZone: "UTC" })).toBe("1-5/2 * * * *, UTC");
    expect(timingInWords({ everyMs: 60_000 })).toBe("every minute");
  });
});
