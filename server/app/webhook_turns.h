#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>

#include "base/clock.h"
#include "base/ids.h"

namespace taskgate::app {

// Who may be called now, so that an address that does not answer, or slowly, delays nobody else's webhooks: of one user
// at most `at_once` calls run at a time, and a webhook that does not answer is left alone for a while, twice as long
// each time. Forgotten when the program ends. Not thread-safe: the handler's loop owns it.
class WebhookTurns {
 public:
  struct Options {
    std::size_t at_once = 4;                       // per user
    std::chrono::milliseconds pause_first{5'000};  // after a failure
    std::chrono::milliseconds pause_longest{std::chrono::minutes{10}};
    std::chrono::milliseconds wait_of_busy{100};  // as long as a call may be expected to take
  };

  WebhookTurns() = default;
  explicit WebhookTurns(Options options) : options_(options) {}

  // Nothing: go on, and say `end` afterwards. Otherwise come back after so long.
  [[nodiscard]] std::optional<std::chrono::milliseconds> begin(const UserId& user, JobId webhook, Time now);
  void end(const UserId& user, JobId webhook, bool failed, Time now);

 private:
  struct Load {
    std::size_t running = 0;
    Time told_to_come{};  // the latest moment that anybody was told to come back at
  };
  struct Pause {
    Time until;
    std::chrono::milliseconds length{0};
  };

  Options options_;
  std::map<UserId, Load> loads_;   // of users with running calls
  std::map<JobId, Pause> pauses_;  // of webhooks whose latest call failed
};

}  // namespace taskgate::app
