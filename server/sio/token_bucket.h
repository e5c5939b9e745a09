#pragma once

#include <algorithm>
#include <chrono>

#include "sio/engineio_session.h"

namespace taskgate::sio {

// How fast one socket may send events: `burst` at once, refilled at `per_second`. A rate of 0 never refuses.
class TokenBucket {
 public:
  TokenBucket(double per_second, double burst, Moment now)
      : per_second_(per_second), burst_(burst), tokens_(burst), updated_(now) {}

  [[nodiscard]] bool take(Moment now) {
    if (per_second_ <= 0) return true;
    const std::chrono::duration<double> passed = now - updated_;
    tokens_ = std::min(burst_, tokens_ + passed.count() * per_second_);
    updated_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

  // As good as new: nothing would change if it were forgotten.
  [[nodiscard]] bool is_full(Moment now) const {
    const std::chrono::duration<double> passed = now - updated_;
    return per_second_ <= 0 || tokens_ + passed.count() * per_second_ >= burst_;
  }

 private:
  double per_second_;
  double burst_;
  double tokens_;
  Moment updated_;
};

}  // namespace taskgate::sio
