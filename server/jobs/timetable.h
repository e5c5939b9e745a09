#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/time_zone.h"
#include "jobs/cron_expression.h"

namespace taskgate::jobs {

// When a schedule is to run, as it is kept: by a cron expression in a time zone, or at a fixed interval.
struct Timing {
  std::optional<std::string> cron;
  std::string time_zone = "UTC";                   // of `cron`
  std::optional<std::chrono::milliseconds> every;  // instead of `cron`: 1 s – 365 days
  Time anchor{};                                   // of `every`: the slots lie at anchor + n * every, n from 1
  bool operator==(const Timing&) const = default;
};

// A timing that has been understood: it names the slots of a schedule.
//
// Where the clocks of a zone jump:
// - An expression with a certain hour means a time of day. When the clock jumps over it, it runs at the moment of the
//   jump, once however many of its times were skipped; when the time comes twice, it runs at the first.
// - An expression for every hour of the day (hour field `*`) means an interval. It runs at the times that exist, each
//   as often as it comes.
// - A fixed interval knows no local time.
class Timetable {
 public:
  // Errors: validation_failed, naming `cron`, `timeZone` or `everyMs`; also for an expression that never fires (30
  // February) within a hundred years from `now`.
  [[nodiscard]] static Result<Timetable> make(const Timing& timing, Time now);

  // The first slot after that moment; nothing when there is none within a hundred years.
  [[nodiscard]] std::optional<Time> next(Time after) const;
  [[nodiscard]] std::vector<Time> next_runs(Time after, std::size_t count) const;

 private:
  Timetable(std::optional<CronExpression> cron, TimeZone zone, const Timing& timing)
      : cron_(cron),
        zone_(std::move(zone)),
        every_(timing.every.value_or(std::chrono::seconds(1))),
        anchor_(timing.anchor) {}
  [[nodiscard]] std::optional<Time> next_in(const TimeZone::Stretch& stretch, Time from, Time limit) const;

  std::optional<CronExpression> cron_;  // nothing: every_
  TimeZone zone_;
  std::chrono::milliseconds every_;
  Time anchor_;
};

}  // namespace taskgate::jobs
