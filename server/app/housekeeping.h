#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "accounts/account_store.h"
#include "base/async.h"
#include "base/clock.h"

namespace taskgate::app {

// The task that forgets what nobody needs any more: expired one-time tokens and sessions that ended over a month ago.
// It looks once an hour and removes little at a time, so that requests never wait for it.
class Housekeeping {
 public:
  Housekeeping(boost::asio::any_io_executor loop, accounts::AccountStore& accounts, const Clock& clock);
  ~Housekeeping();

  void start();
  // Ends after the step under way. Awaitable from any loop; then it may be destroyed.
  Awaitable<void> stop();

 private:
  class Task;
  std::shared_ptr<Task> task_;
};

}  // namespace taskgate::app
