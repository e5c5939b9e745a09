#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace taskgate::jobs {

// A cron expression: which moments of a wall clock it names. It knows no time zone; see timetable.h.
//
// Five fields, minute hour day-of-month month day-of-week; six when seconds come first. A field is `*`, or a list of
// numbers, ranges (`9-17`) and steps (`*/15`, `8-18/2`, `5/20`: from 5 on); months and weekdays have names, too
// (`JAN`, `mon-fri`), Sunday is 0 and 7. `?` stands for `*` in the two fields of days. When both fields of days are
// restricted (neither begins with `*` or `?`), one of them has to fit, as with every cron. Also @yearly, @annually,
// @monthly, @weekly, @daily, @midnight, @hourly.
class CronExpression {
 public:
  // Errors: validation_failed `cron`, naming the field, the place and what is wrong there.
  [[nodiscard]] static Result<CronExpression> parse(std::string_view text);

  // The first named moment in [from, until).
  [[nodiscard]] std::optional<std::chrono::local_seconds> next(std::chrono::local_seconds from,
                                                               std::chrono::local_seconds until) const;
  // Whether it names moments in every hour of its days: such an expression means "so often", not "at that hour".
  [[nodiscard]] bool every_hour() const { return hours_ == all_hours; }

 private:
  static constexpr std::uint64_t all_hours = (std::uint64_t{1} << 24) - 1;

  [[nodiscard]] bool has_day(std::chrono::year_month_day date, std::chrono::local_days day) const;
  [[nodiscard]] std::optional<std::chrono::seconds> next_time(std::chrono::seconds from) const;

  // Bit n: the value n.
  std::uint64_t seconds_ = 1;
  std::uint64_t minutes_ = 0;
  std::uint64_t hours_ = 0;
  std::uint64_t days_ = 0;
  std::uint64_t months_ = 0;
  std::uint64_t weekdays_ = 0;  // Sunday is 0
  bool any_day_ = false;        // the field begins with `*` or `?`
  bool any_weekday_ = false;
};

}  // namespace taskgate::jobs
