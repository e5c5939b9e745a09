#include "base/rate_limiter.h"

#include <algorithm>
#include <cmath>

namespace taskgate {

RateLimiter::RateLimiter(double burst, std::chrono::milliseconds window, std::size_t keys_max)
    : burst_(std::max(burst, 1.0)), window_(std::max(window, std::chrono::milliseconds{1})), keys_max_(keys_max) {}

std::optional<std::chrono::milliseconds> RateLimiter::take(std::string_view key, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = buckets_.find(key);
  if (found == buckets_.end()) {
    if (!order_.empty() && order_.size() >= keys_max_) {
      buckets_.erase(order_.back().key);
      order_.pop_back();
    }
    order_.push_front({std::string(key), burst_ - 1.0, now});
    buckets_.emplace(order_.front().key, order_.begin());
    return std::nullopt;
  }
  order_.splice(order_.begin(), order_, found->second);
  Bucket& bucket = *found->second;
  const double rate = burst_ / static_cast<double>(window_.count());  // tokens per millisecond
  if (now > bucket.updated) {
    bucket.tokens = std::min(burst_, bucket.tokens + rate * static_cast<double>((now - bucket.updated).count()));
    bucket.updated = now;
  }
  if (bucket.tokens >= 1.0) {
    bucket.tokens -= 1.0;
    return std::nullopt;
  }
  return std::chrono::milliseconds{static_cast<std::int64_t>(std::ceil((1.0 - bucket.tokens) / rate))};
}

void RateLimiter::reset(std::string_view key) {
  const std::lock_guard lock(mutex_);
  const auto found = buckets_.find(key);
  if (found == buckets_.end()) return;
  const auto position = found->second;
  buckets_.erase(found);  // before the bucket, whose key the map's view points to
  order_.erase(position);
}

}  // namespace taskgate
