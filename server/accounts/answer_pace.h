#pragma once

#include <chrono>

#include "base/async.h"

namespace taskgate::accounts {

// Waits until a whole number of paces has passed since `begun`, at least one; no wait for a pace of 0. Refusals that
// leave at such moments tell nothing about the work behind them: which kind of hash an account has, or that there is
// none. Holds no thread.
[[nodiscard]] Awaitable<void> keep_pace(std::chrono::steady_clock::time_point begun, std::chrono::milliseconds pace);

}  // namespace taskgate::accounts
