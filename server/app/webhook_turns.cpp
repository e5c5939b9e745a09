#include "app/webhook_turns.h"

#include <algorithm>

namespace taskgate::app {
namespace {

// Beyond that those are forgotten whose time is over: webhooks that were deleted while they failed.
constexpr std::size_t pauses_kept_max = 10'000;

}  // namespace

std::optional<std::chrono::milliseconds> WebhookTurns::begin(const UserId& user, JobId webhook, Time now) {
  const auto paused = pauses_.find(webhook);
  if (paused != pauses_.end() && paused->second.until > now) return paused->second.until - now;
  Load& load = loads_[user];
  if (load.running < options_.at_once) {
    ++load.running;
    return std::nullopt;
  }
  load.told_to_come = std::max(load.told_to_come, now) + options_.wait_of_busy / static_cast<int>(options_.at_once);
  load.told_to_come = std::min(load.told_to_come, now + options_.pause_longest);
  return std::max(load.told_to_come - now, options_.wait_of_busy);
}

void WebhookTurns::end(const UserId& user, JobId webhook, bool failed, Time now) {
  if (const auto load = loads_.find(user); load != loads_.end() && --load->second.running == 0) loads_.erase(load);
  if (!failed) {
    pauses_.erase(webhook);
    return;
  }
  if (pauses_.size() >= pauses_kept_max)
    std::erase_if(pauses_, [now](const auto& each) { return each.second.until <= now; });
  Pause& pause = pauses_[webhook];
  // Calls that ran at the same time fail together: that is one failure.
  if (pause.until > now) return;
  pause.length = std::clamp(pause.length * 2, options_.pause_first, options_.pause_longest);
  pause.until = now + pause.length;
}

}  // namespace taskgate::app
