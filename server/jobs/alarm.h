#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>

#include "base/async.h"

namespace taskgate::jobs {

// What a task waits on: it returns when somebody rings, or when a time has passed. A ring while nobody waits is
// remembered, once. One waiter at a time; use it on its loop only.
class Alarm {
 public:
  explicit Alarm(const boost::asio::any_io_executor& loop) : timer_(loop) {}
  virtual ~Alarm() = default;
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  // Waits for a ring, at most for so long (nothing: forever). True when it was a ring that ended it.
  Awaitable<bool> wait(std::optional<std::chrono::milliseconds> at_most);
  void ring();

 protected:
  // Makes the wait that begins end after `at_most`.
  virtual void arm(std::optional<std::chrono::milliseconds> at_most);
  boost::asio::steady_timer timer_;

 private:
  bool rung_ = false;
};

// Where tasks get their alarms: the machine's timers, or in tests a time that passes on command (manual_alarms.h).
class AlarmSource {
 public:
  virtual ~AlarmSource() = default;
  [[nodiscard]] virtual std::shared_ptr<Alarm> make_alarm(const boost::asio::any_io_executor& loop);
};

}  // namespace taskgate::jobs
