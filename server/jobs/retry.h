#pragma once

#include <chrono>
#include <vector>

namespace taskgate::jobs {

// When a failed attempt is tried again. The default: 1 s, doubling, at most one hour, ±20 % jitter. A factor of 1 gives
// a fixed delay.
struct BackoffPolicy {
  std::chrono::milliseconds first{1'000};
  double factor = 2.0;
  std::chrono::milliseconds longest{std::chrono::hours{1}};
  double jitter = 0.2;  // share of the delay, both ways, 0 to 1
  // When given, the delays one by one, the last one repeated; `first`, `factor` and `longest` then play no part.
  std::vector<std::chrono::milliseconds> delays = {};
  bool operator==(const BackoffPolicy&) const = default;
};

// The delay before retry number `retry` (from 1). `random` in [0, 1) decides the jitter, so that the caller owns
// chance.
[[nodiscard]] std::chrono::milliseconds backoff_delay(const BackoffPolicy& policy, int retry, double random);

}  // namespace taskgate::jobs
