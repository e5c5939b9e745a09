#include "jobs/retry.h"

#include <algorithm>
#include <cmath>

namespace taskgate::jobs {

std::chrono::milliseconds backoff_delay(const BackoffPolicy& policy, int retry, double random) {
  const double longest = static_cast<double>(policy.longest.count());
  const double first = static_cast<double>(policy.first.count());
  // Doubling a thousand times overflows to infinity, which the minimum turns into the longest delay.
  const double grown = first * std::pow(policy.factor, std::max(retry, 1) - 1);
  const double delay = std::min(grown, longest);
  const double spread = std::clamp(policy.jitter, 0.0, 1.0) * (2 * random - 1);
  return std::chrono::milliseconds{std::llround(std::max(delay * (1 + spread), 0.0))};
}

}  // namespace taskgate::jobs
