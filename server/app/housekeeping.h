#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <memory>
#include <optional>

#include "accounts/account_store.h"
#include "base/async.h"
#include "base/clock.h"
#include "jobs/job_store.h"

namespace taskgate::app {

struct HousekeepingOptions {
  jobs::Retention retention;
  // How long an address may stay unverified after its last link has ended; nothing: for ever.
  std::optional<std::chrono::milliseconds> keep_unverified = std::chrono::hours{7 * 24};
};

// The task that forgets what nobody needs any more: finished jobs past their retention, expired keys and one-time
// tokens, accounts whose address was never verified, sessions that ended over a month ago. It looks every few minutes,
// removes little at a time and rests between, so that requests and claims never wait for it.
class Housekeeping {
 public:
  Housekeeping(boost::asio::any_io_executor loop, accounts::AccountStore& accounts, jobs::JobStore& jobs,
               const Clock& clock, HousekeepingOptions options);
  ~Housekeeping();

  void start();
  // Ends after the step under way. Awaitable from any loop; then it may be destroyed.
  Awaitable<void> stop();

 private:
  class Task;
  std::shared_ptr<Task> task_;
};

}  // namespace taskgate::app
