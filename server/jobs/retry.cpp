#include "jobs/retry.h"

#include <algorithm>
#include <cmath>

namespace taskgate::jobs {

namespace {

double delay_without_jitter(const BackoffPolicy& policy, int retry) {
  const auto number = static_cast<std::size_t>(std::max(retry, 1) - 1);
  if (!policy.delays.empty())
    return static_cast<double>(policy.delays[std::min(number, policy.delays.size() - 1)].count());
  const double longest = static_cast<double>(policy.longest.count());
  const double first = static_cast<double>(policy.first.count());
  // Doubling a thousand times overflows to infinity, which the minimum turns into the longest delay.
  return std::min(first * std::pow(policy.factor, static_cast<double>(number)), longest);
}

}  // namespace

std::chrono::milliseconds backoff_delay(const BackoffPolicy& policy, int retry, double random) {
  const double delay = delay_without_jitter(policy, retry);
  const double spread = std::clamp(policy.jitter, 0.0, 1.0) * (2 * random - 1);
  return std::chrono::milliseconds{std::llround(std::max(delay * (1 + spread), 0.0))};
}

}  // namespace taskgate::jobs
