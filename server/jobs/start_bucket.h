#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "jobs/queue_control.h"

namespace taskgate::jobs {

// The token bucket behind a StartRate: it holds up to `starts` starts and gains them evenly, `starts` in each window.
// In whole numbers: a start costs `window` (in ms) credits, and each ms brings `starts` of them; so what is kept on
// disk is exact.
//
// Time before the kept moment neither adds nor takes; see set_back.
class StartBucket {
 public:
  struct Level {
    std::int64_t credit = 0;
    Time at;  // when it was so
    bool operator==(const Level&) const = default;
  };

  // Full, or as it was kept.
  StartBucket(const StartRate& rate, Time now) : rate_(rate), level_{capacity(), now} {}
  StartBucket(const StartRate& rate, const Level& kept);

  // Takes one start; false when there is none.
  bool take(Time now);
  // When the next start may be taken; `now` when at once.
  [[nodiscard]] Time next(Time now) const;
  // The clock was set back, from `from` to `to`.
  void set_back(Time from, Time to) { level_ = {credit_at(from), to}; }
  [[nodiscard]] const Level& level() const { return level_; }

 private:
  [[nodiscard]] std::int64_t capacity() const { return rate_.starts * price(); }
  [[nodiscard]] std::int64_t price() const { return rate_.window.count(); }
  [[nodiscard]] std::int64_t credit_at(Time now) const;

  StartRate rate_;
  Level level_;
};

}  // namespace taskgate::jobs
