#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"

namespace taskgate {

// A token bucket per key: `burst` requests at once, refilled at `burst` per `window`. At most `keys_max` keys are
// remembered; beyond that the one longest unused is forgotten. Thread-safe.
class RateLimiter {
 public:
  RateLimiter(double burst, std::chrono::milliseconds window, std::size_t keys_max = 100'000);

  // Takes one token. Nothing when the request may pass, otherwise how long until it would.
  [[nodiscard]] std::optional<std::chrono::milliseconds> take(std::string_view key, Time now);
  // Forgets a key (after a successful login).
  void reset(std::string_view key);

 private:
  struct Bucket {
    std::string key;
    double tokens;
    Time updated;
  };

  double burst_;
  std::chrono::milliseconds window_;
  std::size_t keys_max_;
  std::mutex mutex_;
  std::list<Bucket> order_;  // the most recently used first
  std::unordered_map<std::string_view, std::list<Bucket>::iterator> buckets_;
};

}  // namespace taskgate
