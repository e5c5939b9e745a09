#include "jobs/start_bucket.h"

#include <algorithm>

namespace taskgate::jobs {

StartBucket::StartBucket(const StartRate& rate, const Level& kept) : rate_(rate), level_(kept) {
  level_.credit = std::clamp<std::int64_t>(level_.credit, 0, capacity());
}

std::int64_t StartBucket::credit_at(Time now) const {
  // After one window it is full whatever it was: so the product stays small.
  const auto gone = std::clamp<std::int64_t>((now - level_.at).count(), 0, rate_.window.count());
  return std::min(capacity(), level_.credit + gone * rate_.starts);
}

bool StartBucket::take(Time now) {
  level_ = {credit_at(now), now};
  if (level_.credit < price()) return false;
  level_.credit -= price();
  return true;
}

Time StartBucket::next(Time now) const {
  const std::int64_t missing = price() - credit_at(now);
  if (missing <= 0) return now;
  return now + std::chrono::milliseconds((missing + rate_.starts - 1) / rate_.starts);
}

}  // namespace taskgate::jobs
