#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "base/clock.h"
#include "base/ids.h"

namespace taskgate {

// The millisecond that the id belongs to. While the clock was set back, generators used up later ones than it showed.
[[nodiscard]] Time time_of(JobId id);

// The smallest id that belongs to `moment` or later: a range of times is a range of ids.
[[nodiscard]] inline JobId first_job_id_at(Time moment) {
  constexpr int sequence_bits = 22;
  constexpr auto largest = std::numeric_limits<std::int64_t>::max() >> sequence_bits;
  const auto milliseconds = std::clamp<std::int64_t>(moment.time_since_epoch().count(), 0, largest);
  return JobId{static_cast<std::uint64_t>(milliseconds) << sequence_bits};
}

}  // namespace taskgate
