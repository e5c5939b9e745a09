#include "jobs/store_pause.h"

#include <algorithm>

#include "base/log.h"

namespace taskgate::jobs {
namespace {

constexpr std::chrono::milliseconds first_pause{100};
constexpr std::chrono::milliseconds longest_pause{5'000};
constexpr int doublings_max = 6;

}  // namespace

Awaitable<void> StorePause::after_failure(std::string doing, std::string error) {
  const auto pause = std::min(first_pause * (1 << std::min(failures_, doublings_max)), longest_pause);
  ++failures_;
  log::error("the job store failed, trying again",
             {{"doing", doing}, {"error", error}, {"again_in_ms", pause.count()}});
  co_await alarm_->wait(pause);
}

}  // namespace taskgate::jobs
