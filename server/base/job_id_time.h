#pragma once

#include "base/clock.h"
#include "base/ids.h"

namespace taskgate {

// The millisecond that the id belongs to. While the clock was set back, generators used up later ones than it showed.
[[nodiscard]] Time time_of(JobId id);

}  // namespace taskgate
